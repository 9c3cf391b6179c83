//! The description of the interface (`OpenAPI` 3.1).

use crate::routes::{
    all_workspaces, app_passwords, audit, changes, delete_file, folders, forget, grants, health, info, links,
    list, me, move_or_copy, quota, read_file, read_link, trash, unfinished_uploads, uploads, versions,
    workspaces, write_file,
};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, Response, ResponseBuilder, Server};
use utoipa::{Modify, OpenApi as _};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "mlaas4hep-hub", description = "Shared workspaces of groups and people, beside JupyterHub."),
    modifiers(&Security, &Errors),
    components(schemas(hub_api::ApiError)),
    paths(
        health::health,
        health::ready,
        health::metrics,
        info::info,
        info::open_api,
        me::me,
        forget::forget,
        all_workspaces::all_workspaces,
        workspaces::workspaces,
        workspaces::workspace,
        quota::set_quota,
        list::list,
        folders::make_folder,
        move_or_copy::move_or_copy,
        versions::versions,
        versions::restore,
        trash::trash,
        trash::empty,
        trash::bring_back,
        trash::for_good,
        grants::grants,
        grants::create,
        grants::take_back,
        links::links,
        links::create,
        links::take_back,
        audit::audit,
        changes::changes,
        read_file::read_file,
        write_file::write_file,
        delete_file::delete_file,
        unfinished_uploads::unfinished_uploads,
        unfinished_uploads::end,
        uploads::options,
        uploads::create,
        uploads::status,
        uploads::append,
        uploads::terminate,
        read_link::read_link,
        app_passwords::app_passwords,
        app_passwords::create,
        app_passwords::take_back,
    )
)]
struct Description;

/// Tokens by `Authorization: Bearer`, app passwords by Basic.
struct Security;

impl Modify for Security {
    fn modify(&self, description: &mut OpenApi) {
        let components = description.components.get_or_insert_default();
        for (name, scheme) in [("bearer", HttpAuthScheme::Bearer), ("basic", HttpAuthScheme::Basic)] {
            components.add_security_scheme(name, SecurityScheme::Http(Http::new(scheme)));
        }
        let none: [&str; 0] = [];
        description.security =
            Some(vec![SecurityRequirement::new("bearer", none), SecurityRequirement::new("basic", none)]);
    }
}

/// What every request may be answered with besides what is said of it alone.
struct Errors;

impl Modify for Errors {
    fn modify(&self, description: &mut OpenApi) {
        for item in description.paths.paths.values_mut() {
            let operations = [
                &mut item.get,
                &mut item.put,
                &mut item.post,
                &mut item.delete,
                &mut item.options,
                &mut item.head,
                &mut item.patch,
            ];
            for operation in operations.into_iter().flatten() {
                let responses = &mut operation.responses.responses;
                responses.insert("4XX".to_owned(), error("The request cannot be done as it is.").into());
                responses.insert("5XX".to_owned(), error("The hub, the database or the store fails.").into());
            }
        }
    }
}

fn error(description: &str) -> Response {
    let schema = Ref::from_schema_name("ApiError");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(description).content("application/json", content).build()
}

/// The description, with addresses from the root of the service.
#[must_use]
pub fn open_api() -> OpenApi {
    Description::openapi()
}

/// The description of a service below a prefix.
pub(crate) fn served_below(prefix: &str) -> OpenApi {
    let mut description = open_api();
    description.servers = Some(vec![Server::new(prefix.trim_end_matches('/'))]);
    description
}
