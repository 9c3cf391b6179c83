//! The list of all addresses.

use crate::Failure;
use crate::drain::drain;
use crate::measure::measure;
use crate::routes::{
    all_workspaces, app_passwords, audit, changes, dav, delete_file, folders, forget, grants, health, info,
    links, list, login, me, move_or_copy, quota, read_file, read_link, trash, unfinished_uploads, uploads,
    versions, workspaces, write_file,
};
use crate::state::State;
use axum::Router;
use axum::extract::{self, DefaultBodyLimit};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, delete, get, patch, post, put};
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode, Uri};
use std::any::Any;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

/// One address of the interface, as its description names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// `GET`.
    pub method: &'static str,
    /// `/api/v1/workspaces/{workspace}`.
    pub path: &'static str,
    /// What it takes.
    pub needs: Needs,
}

/// What a caller must be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: anyone may.
    Nothing,
    /// To be somebody.
    Caller,
    /// To read in the workspace.
    Reader,
    /// To write in it.
    Writer,
    /// To administer it.
    Admin,
    /// To administer the service.
    Operator,
    /// Nothing but the secret in the address.
    Link,
}

/// All addresses of the interface. Tests walk through it with every kind of caller. Others are in [`crate::PAGES`],
/// [`crate::OPEN`] and [`crate::DAV`].
pub const ROUTES: &[Route] = &[
    route("GET", "/health", Needs::Nothing),
    route("GET", "/ready", Needs::Nothing),
    route("GET", "/metrics", Needs::Operator),
    route("GET", "/api/v1/info", Needs::Nothing),
    route("GET", "/api/v1/openapi.json", Needs::Nothing),
    route("GET", "/api/v1/me", Needs::Caller),
    route("POST", "/api/v1/admin/forget", Needs::Operator),
    route("GET", "/api/v1/admin/workspaces", Needs::Operator),
    route("GET", "/api/v1/workspaces", Needs::Caller),
    route("GET", "/api/v1/workspaces/{workspace}", Needs::Reader),
    route("PUT", "/api/v1/workspaces/{workspace}/quota", Needs::Operator),
    route("GET", "/api/v1/workspaces/{workspace}/list/{path}", Needs::Reader),
    route("PUT", "/api/v1/workspaces/{workspace}/folders/{path}", Needs::Writer),
    route("POST", "/api/v1/workspaces/{workspace}/move/{path}", Needs::Writer),
    route("GET", "/api/v1/workspaces/{workspace}/versions/{path}", Needs::Reader),
    route("POST", "/api/v1/workspaces/{workspace}/restore/{path}", Needs::Writer),
    route("GET", "/api/v1/workspaces/{workspace}/trash", Needs::Writer),
    route("DELETE", "/api/v1/workspaces/{workspace}/trash", Needs::Admin),
    route("POST", "/api/v1/workspaces/{workspace}/trash/{id}", Needs::Writer),
    route("DELETE", "/api/v1/workspaces/{workspace}/trash/{id}", Needs::Admin),
    route("GET", "/api/v1/workspaces/{workspace}/grants", Needs::Admin),
    route("POST", "/api/v1/workspaces/{workspace}/grants", Needs::Admin),
    route("DELETE", "/api/v1/workspaces/{workspace}/grants/{id}", Needs::Admin),
    route("GET", "/api/v1/workspaces/{workspace}/links", Needs::Admin),
    route("POST", "/api/v1/workspaces/{workspace}/links", Needs::Admin),
    route("DELETE", "/api/v1/workspaces/{workspace}/links/{id}", Needs::Admin),
    route("GET", "/api/v1/workspaces/{workspace}/uploads", Needs::Writer),
    route("DELETE", "/api/v1/workspaces/{workspace}/uploads/{id}", Needs::Writer),
    route("GET", "/api/v1/workspaces/{workspace}/audit", Needs::Admin),
    route("GET", "/api/v1/workspaces/{workspace}/changes", Needs::Reader),
    route("GET", "/files/{workspace}/{path}", Needs::Reader),
    route("PUT", "/files/{workspace}/{path}", Needs::Writer),
    route("DELETE", "/files/{workspace}/{path}", Needs::Writer),
    route("OPTIONS", "/uploads", Needs::Nothing),
    route("POST", "/uploads", Needs::Writer),
    route("HEAD", "/uploads/{id}", Needs::Writer),
    route("PATCH", "/uploads/{id}", Needs::Writer),
    route("DELETE", "/uploads/{id}", Needs::Writer),
    route("GET", "/links/{token}", Needs::Link),
    route("GET", "/api/v1/app-passwords", Needs::Caller),
    route("POST", "/api/v1/app-passwords", Needs::Caller),
    route("DELETE", "/api/v1/app-passwords/{id}", Needs::Caller),
];

/// To believe the type of an answer, to show it in no page of others, to tell others nothing of its address, to run nothing of it.
const GUARDS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
];

pub(crate) const fn route(method: &'static str, path: &'static str, needs: Needs) -> Route {
    Route { method, path, needs }
}

/// The service, ready to be listened for.
pub(crate) fn router(state: &State, request_timeout: Duration) -> Router {
    let prefix = state.prefix().trim_end_matches('/');
    let quick = of_the_service(prefix).merge(of_workspaces(prefix)).merge(of_people(prefix)).layer((
        TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, request_timeout),
        DefaultBodyLimit::max(state.max_json_bytes()),
    ));
    quick
        .merge(of_bytes(prefix))
        .merge(crate::pages::mount(state, prefix))
        .fallback(nothing_here)
        .method_not_allowed_fallback(no_such_method)
        // One layer of several, the outermost first: the router boxes, and copies for each request, every layer it is given.
        .layer((
            from_fn(measure),
            map_response(guard),
            from_fn_with_state(state.clone(), login::renew),
            CatchPanicLayer::custom(panicked),
        ))
        .with_state(state.clone())
}

fn of_the_service(prefix: &str) -> Router<State> {
    Router::new()
        .route(&format!("{prefix}/health"), get(health::health))
        .route(&format!("{prefix}/ready"), get(health::ready))
        .route(&format!("{prefix}/metrics"), get(health::metrics))
        .route(&format!("{prefix}/api/v1/info"), get(info::info))
        .route(&format!("{prefix}/api/v1/openapi.json"), get(info::open_api))
        .route(&format!("{prefix}/api/v1/admin/forget"), post(forget::forget))
        .route(&format!("{prefix}/api/v1/admin/workspaces"), get(all_workspaces::all_workspaces))
        .route(&format!("{prefix}/login"), get(login::login))
        .route(&format!("{prefix}/logout"), get(login::logout))
        .route(&format!("{prefix}/oauth_callback"), get(login::callback))
}

fn of_workspaces(prefix: &str) -> Router<State> {
    let all = format!("{prefix}/api/v1/workspaces");
    let one = format!("{all}/{{workspace}}");
    let router = Router::new()
        .route(&all, get(workspaces::workspaces))
        .route(&one, get(workspaces::workspace))
        .route(&format!("{one}/quota"), put(quota::set_quota))
        .route(&format!("{one}/trash"), get(trash::trash).delete(trash::empty))
        .route(&format!("{one}/trash/{{id}}"), post(trash::bring_back).delete(trash::for_good))
        .route(&format!("{one}/grants"), get(grants::grants).post(grants::create))
        .route(&format!("{one}/grants/{{id}}"), delete(grants::take_back))
        .route(&format!("{one}/links"), get(links::links).post(links::create))
        .route(&format!("{one}/links/{{id}}"), delete(links::take_back))
        .route(&format!("{one}/uploads"), get(unfinished_uploads::unfinished_uploads))
        .route(&format!("{one}/uploads/{{id}}"), delete(unfinished_uploads::end))
        .route(&format!("{one}/audit"), get(audit::audit));
    let router = with_path(router, &format!("{one}/list"), &get(list::list));
    let router = with_path(router, &format!("{one}/folders"), &put(folders::make_folder));
    let router = with_path(router, &format!("{one}/move"), &post(move_or_copy::move_or_copy));
    let router = with_path(router, &format!("{one}/versions"), &get(versions::versions));
    with_path(router, &format!("{one}/restore"), &post(versions::restore))
}

fn of_people(prefix: &str) -> Router<State> {
    let passwords = format!("{prefix}/api/v1/app-passwords");
    Router::new()
        .route(&format!("{prefix}/api/v1/me"), get(me::me))
        .route(&passwords, get(app_passwords::app_passwords).post(app_passwords::create))
        .route(&format!("{passwords}/{{id}}"), delete(app_passwords::take_back))
}

/// What may take long: bodies of any size, and the change feed.
fn of_bytes(prefix: &str) -> Router<State> {
    let file = get(read_file::read_file).put(write_file::write_file).delete(delete_file::delete_file);
    let router = Router::new()
        .route(&format!("{prefix}/api/v1/workspaces/{{workspace}}/changes"), get(changes::changes))
        .route(
            &format!("{prefix}/uploads"),
            post(uploads::create).options(uploads::options).layer(map_response(uploads::spoken)),
        )
        .route(
            &format!("{prefix}/uploads/{{id}}"),
            patch(uploads::append)
                .head(uploads::status)
                .delete(uploads::terminate)
                .options(uploads::options)
                .layer(map_response(uploads::spoken)),
        )
        .route(&format!("{prefix}/links/{{token}}"), get(read_link::read_link))
        .route(&format!("{prefix}/dav"), any(dav::dav))
        .route(&format!("{prefix}/dav/"), any(dav::dav))
        .route(&format!("{prefix}/dav/{{*path}}"), any(dav::dav));
    with_path(router, &format!("{prefix}/files/{{workspace}}"), &file)
        .layer((from_fn(drain), DefaultBodyLimit::disable()))
}

/// The same for a path in the workspace, and for the workspace itself.
fn with_path(router: Router<State>, address: &str, methods: &MethodRouter<State>) -> Router<State> {
    below(router.route(address, methods.clone()), address, methods)
}

/// The same for all that lies below an address, and for the address with a slash at its end.
pub(crate) fn below<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    address: &str,
    methods: &MethodRouter<S>,
) -> Router<S> {
    router
        .route(&format!("{address}/"), methods.clone())
        .route(&format!("{address}/{{*path}}"), methods.clone())
}

/// What every answer tells a browser, and answers in JSON every cache, unless its handler said something else.
async fn guard(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.reserve(GUARDS.len());
    for (name, value) in GUARDS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // Names, rights and secrets (OWASP ASVS 4.0, 8.2.1). Bytes of files, which may be JSON too, say themselves what holds.
    if headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json") {
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    response
}

async fn nothing_here(state: extract::State<State>, headers: HeaderMap, uri: Uri) -> Response {
    let message = format!("there is nothing at {}", uri.path().chars().take(200).collect::<String>());
    let failure = Failure::new(StatusCode::NOT_FOUND, "no_such_address", message)
        .advise("api/v1/openapi.json below the address of the service lists what there is");
    crate::pages::for_browsers(failure, &headers, &state)
}

async fn no_such_method(method: Method) -> Failure {
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, "method", format!("this address does not know {method}"))
}

/// A panic is a defect of ours: it is logged, and the caller gets an answer.
fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let text =
        cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("of another type"), "a handler panicked");
    metrics::counter!("mlaas4hep_hub_panics_total").increment(1);
    Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "defect", "the service has a defect")
        .advise("tell the operator the number of this request (x-request-id)")
        .into_response()
}
