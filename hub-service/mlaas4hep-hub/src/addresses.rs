//! The addresses that are not in the description of the interface: pages with their forms, the login, `WebDAV`.

use crate::router::{Needs, Route, route};

/// The pages and their forms. Tests walk through them with every kind of visitor.
pub const PAGES: &[Route] = &[
    route("GET", "/", Needs::Caller),
    route("GET", "/admin", Needs::Operator),
    route("POST", "/admin", Needs::Operator),
    route("GET", "/app-passwords", Needs::Caller),
    route("POST", "/app-passwords", Needs::Caller),
    route("POST", "/app-passwords/{id}/delete", Needs::Caller),
    route("GET", "/w/{workspace}/browse/{path}", Needs::Reader),
    route("GET", "/w/{workspace}/file/{path}", Needs::Reader),
    route("GET", "/w/{workspace}/histogram/{path}", Needs::Reader),
    route("POST", "/w/{workspace}/new-folder/{path}", Needs::Writer),
    route("POST", "/w/{workspace}/upload/{path}", Needs::Writer),
    route("GET", "/w/{workspace}/move/{path}", Needs::Reader),
    route("POST", "/w/{workspace}/move/{path}", Needs::Writer),
    route("POST", "/w/{workspace}/delete/{path}", Needs::Writer),
    route("POST", "/w/{workspace}/restore/{path}", Needs::Writer),
    route("GET", "/w/{workspace}/trash", Needs::Writer),
    route("POST", "/w/{workspace}/trash", Needs::Admin),
    route("POST", "/w/{workspace}/trash/{id}/restore", Needs::Writer),
    route("POST", "/w/{workspace}/trash/{id}/delete", Needs::Admin),
    route("GET", "/w/{workspace}/sharing", Needs::Admin),
    route("POST", "/w/{workspace}/grants", Needs::Admin),
    route("POST", "/w/{workspace}/grants/{id}/delete", Needs::Admin),
    route("POST", "/w/{workspace}/links", Needs::Admin),
    route("POST", "/w/{workspace}/links/{id}/delete", Needs::Admin),
    route("GET", "/w/{workspace}/quota", Needs::Reader),
    route("POST", "/w/{workspace}/quota", Needs::Operator),
    route("POST", "/w/{workspace}/uploads/{id}/delete", Needs::Writer),
    route("GET", "/w/{workspace}/audit", Needs::Admin),
];

/// For everyone: the login, style and script, and what is spoken where an upload lies.
pub const OPEN: &[Route] = &[
    route("GET", "/login", Needs::Nothing),
    route("GET", "/logout", Needs::Nothing),
    route("GET", "/oauth_callback", Needs::Nothing),
    route("GET", "/assets/{name}", Needs::Nothing),
    route("OPTIONS", "/uploads/{id}", Needs::Nothing),
];

/// Where `WebDAV` is spoken. It looks at the method itself, so that any comes to it.
pub const DAV: &str = "/dav/{path}";

#[cfg(test)]
mod tests {
    use super::{DAV, OPEN, PAGES};
    use crate::configuration::Said;
    use crate::router::{ROUTES, router};
    use crate::state::State;
    use axum::Router;
    use axum::body::Body;
    use http::{Request, StatusCode};
    use hub_auth::{DevUser, Token};
    use std::collections::BTreeSet;
    use std::time::Duration;
    use tower::ServiceExt;

    /// `HEAD` comes with `GET`. The last one is no method of HTTP.
    const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"];

    async fn service() -> (Router, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let mut said = Said::default();
        said.workspaces.folder = folder.path().join("store");
        let checked = said.check(&|_| None).unwrap();
        let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle();
        let (_end, ending) = tokio::sync::watch::channel(false);
        let user = DevUser { name: "ann".to_owned(), groups: Vec::new(), token: Token::new("hush") };
        let state = State::build(&checked, Some(user), metrics, ending).await.unwrap();
        (router(&state, Duration::from_mins(1)), folder)
    }

    /// The paths of a router as it prints them, which is its only way to tell: `RouteId(7): "/health"`.
    fn paths(router: &Router) -> BTreeSet<String> {
        let printed = format!("{router:?}");
        let (printed, _) = printed.split_once("fallback_router").expect("another way to print a router");
        let path = |rest: &str| {
            let (_, rest) = rest.split_once("): \"")?;
            Some(rest.split('"').next()?.to_owned())
        };
        let ids = printed.split("RouteId(").skip(1);
        ids.filter(|rest| rest.split_once(')').is_some_and(|(_, rest)| rest.starts_with(": \"/")))
            .filter_map(path)
            .collect()
    }

    /// Whether an address knows a method: of a workspace that is not there, whatever else it answers. Strangers are not told.
    async fn knows(router: &Router, method: &str, path: &str) -> bool {
        let parts = path.split(['{', '}']).enumerate();
        let uri: String = parts.map(|(at, part)| if at % 2 == 1 { "x" } else { part }).collect();
        let request = Request::builder().method(method).uri(uri).header("authorization", "token hush");
        let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        answer.status() != StatusCode::METHOD_NOT_ALLOWED
    }

    /// An address with a slash at its end, or without a path below it, has the line of the one with a path.
    fn has_line(method: &str, path: &str) -> bool {
        ROUTES.iter().chain(PAGES).chain(OPEN).any(|line| line.method == method && is_of(path, line.path))
    }

    fn is_of(path: &str, line: &str) -> bool {
        let path = path.replace("{*", "{");
        let bare = path.trim_end_matches('/');
        line == path || line == bare || line == format!("{bare}/{{path}}")
    }

    #[tokio::test]
    async fn every_address_of_the_router_has_its_line() {
        let (router, _folder) = service().await;
        let paths = paths(&router);
        assert!(paths.len() > 60, "{paths:?}");
        for path in paths.iter().filter(|path| !is_of(path, DAV)) {
            let has_get = knows(&router, "GET", path).await;
            for method in METHODS {
                let is_known = knows(&router, method, path).await;
                let is_listed = has_line(method, path) || (method == "HEAD" && has_get);
                assert_eq!(is_known, is_listed, "{method} {path}");
            }
        }
    }

    #[tokio::test]
    async fn every_line_is_an_address_of_the_router() {
        let (router, _folder) = service().await;
        let paths: BTreeSet<String> = paths(&router).iter().map(|path| path.replace("{*", "{")).collect();
        for line in ROUTES.iter().chain(PAGES).chain(OPEN) {
            assert!(paths.contains(line.path), "{}", line.path);
            assert!(knows(&router, line.method, line.path).await, "{} {}", line.method, line.path);
        }
        assert!(paths.contains(DAV));
    }
}
