//! Every address of the interface, as every kind of caller asks for it.

use super::service::{CALLERS, PASSWORD_TO_READ, Service, token};
use super::table::{self, DONE, is_as_expected, next_address, rightful};
use mlaas4hep_hub::{ROUTES, Route};
use reqwest::RequestBuilder;
use serde_json::json;

/// What a request is about: each has its own, and it is there.
struct Object {
    /// Of a file.
    path: String,
    /// What stands for `{id}` or `{token}`.
    name: String,
}

impl Object {
    async fn new(service: &Service, route: &Route) -> Self {
        let path = service.new_file().await;
        let (_, last) = route.path.split_at(route.path.rfind('/').unwrap());
        let name = match route.path.trim_end_matches(last) {
            _ if !["/{id}", "/{token}"].contains(&last) => String::new(),
            of if of.ends_with("/trash") => service.new_in_trash().await,
            of if of.ends_with("/grants") => service.new_grant().await,
            of if of.ends_with("/uploads") => service.new_upload().await,
            of if of.ends_with("/app-passwords") => service.new_app_password().await,
            "/links" => service.new_link().await.1,
            of if of.ends_with("/links") => service.new_link().await.0,
            of => panic!("nothing is made for {of}"),
        };
        Self { path, name }
    }

    /// The address with its names filled in.
    fn fill(&self, route: &Route) -> String {
        let address = route.path.trim_start_matches('/').replace("{workspace}", "higgs");
        let address = address.replace("{id}", &self.name).replace("{token}", &self.name);
        let more = match route.path {
            of if of.ends_with("/restore/{path}") => "?version=1",
            of if of.ends_with("/folders/{path}") => ".folder",
            _ => "",
        };
        format!("{}{more}", address.replace("{path}", &self.path))
    }
}

/// A request that lacks nothing.
fn request(service: &Service, route: &Route, caller: &str, object: &Object) -> RequestBuilder {
    let request = service.request(route.method, &object.fill(route), caller);
    let request = request.header("x-forwarded-for", next_address());
    match (route.method, route.path) {
        ("PUT", path) if path.ends_with("/quota") => {
            request.json(&json!({ "limit_bytes": 1 << 30, "limit_entries": 100_000 }))
        }
        ("POST", path) if path.ends_with("/grants") => request.json(&json!({
            "grantee": { "kind": "user", "name": "somebody" }, "role": "reader", "expires_in_seconds": 60
        })),
        ("POST", path) if path.ends_with("/links") => {
            request.json(&json!({ "path": object.path, "expires_in_seconds": 60 }))
        }
        ("POST", path) if path.contains("/move/") => {
            request.json(&json!({ "copy": true, "to_path": format!("copies/{}", object.path) }))
        }
        ("POST", "/api/v1/app-passwords") => request.json(&json!({ "label": "of a test" })),
        ("POST", "/uploads") => request
            .header("tus-resumable", "1.0.0")
            .header("upload-length", "3")
            // higgs, up/x
            .header("upload-metadata", "workspace aGlnZ3M=,path dXAveA=="),
        ("PATCH", "/uploads/{id}") => request
            .header("tus-resumable", "1.0.0")
            .header("upload-offset", "0")
            .header("content-type", "application/offset+octet-stream")
            .body("abc"),
        (_, path) if path.starts_with("/uploads") => request.header("tus-resumable", "1.0.0"),
        ("PUT", path) if path.starts_with("/files") => request.body("text"),
        _ => request,
    }
}

/// What a caller gets.
fn expected(route: &Route, caller: &str) -> u16 {
    let by_role = table::expected(route.needs, caller);
    match (route.method, route.path, caller) {
        _ if by_role == 401 => by_role,
        // An upload belongs to who began it, and is not there for anyone else.
        (method, "/uploads/{id}", caller) if method != "OPTIONS" && caller != "writer" => 404,
        ("DELETE", "/api/v1/workspaces/{workspace}/uploads/{id}", "fellow") => 404,
        // An app password makes and ends none, and only people have some: each its own.
        ("POST" | "DELETE", path, PASSWORD_TO_READ) if path.starts_with("/api/v1/app-passwords") => 403,
        ("POST", "/api/v1/app-passwords", "a-service") => 404,
        ("DELETE", "/api/v1/app-passwords/{id}", caller) if caller != "writer" => 404,
        _ => by_role,
    }
}

/// Asks, and tells what is wrong with the answer.
async fn complaint(
    service: &Service,
    route: &Route,
    (caller, due): (&str, u16),
    object: &Object,
) -> Option<String> {
    let answer = request(service, route, caller, object).send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), format!("{:?}", answer.headers()));
    let is_stream = headers.contains("text/event-stream");
    let text = if is_stream { String::new() } else { answer.text().await.unwrap() };
    let secret = service.secret_in(&headers).or_else(|| service.secret_in(&text));
    let is_right = is_as_expected(status, due) && secret.is_none();
    (!is_right).then(|| {
        format!("{} {} as {caller}: {status}, not {due}: {text} {secret:?}", route.method, route.path)
    })
}

/// Who is refused changes nothing: who may does the same to the same thing afterwards.
#[tokio::test]
async fn every_route_as_every_caller() {
    let limits = "[limits]\nrequests_per_second = 100000\n[log]\nlevel = \"debug\"\n";
    let service = Service::start_with(limits).await;
    service.give_password_to_read().await;
    service.end_tokens().await;
    let mut wrong = Vec::new();
    for route in ROUTES {
        for caller in CALLERS {
            let object = Object::new(&service, route).await;
            let due = expected(route, caller);
            wrong.extend(complaint(&service, route, (caller, due), &object).await);
            if due != DONE {
                wrong.extend(complaint(&service, route, (rightful(route.needs), DONE), &object).await);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_token_that_is_taken_back_opens_nothing() {
    let service = Service::start().await;
    assert_eq!(service.status("GET", "api/v1/me", "writer").await, 200);
    service.hub.revoke(&token("writer"));
    assert_eq!(service.status("POST", "api/v1/admin/forget", "operator").await, 204);
    assert_eq!(service.status("GET", "api/v1/me", "writer").await, 401);
}

#[tokio::test]
async fn a_hidden_workspace_answers_as_one_that_is_not_there() {
    let service = Service::start().await;
    assert!(service.put("files/higgs/secret.txt", "writer", "text").await < 300);
    let text = async |route: &str| {
        let answer = service.request("GET", route, "outsider").send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    for route in ["files/higgs/secret.txt", "api/v1/workspaces/higgs", "api/v1/workspaces/higgs/list/"] {
        let (status, body) = text(route).await;
        let (status_of_none, body_of_none) = text(&route.replace("higgs", "nosuch")).await;
        assert_eq!((status, status_of_none), (404, 404), "{route}");
        assert_eq!(body.replace("higgs", "nosuch"), body_of_none, "{route}");
    }
}

#[tokio::test]
async fn refusals_are_counted_by_address() {
    let service = Service::start().await;
    let mut last = 0;
    // A notebook that shows its old token again and again bars nobody.
    for _ in 0..60 {
        assert_eq!(service.status("GET", "api/v1/me", "unknown").await, 401);
    }
    let request = service.request("POST", "api/v1/app-passwords", "reader");
    let made = request.json(&serde_json::json!({ "label": "laptop" })).send().await.unwrap();
    let made: serde_json::Value = made.json().await.unwrap();
    let by_password = async || {
        let request = service.client.get(service.url("api/v1/me"));
        let request = request.basic_auth("reader", made["password"].as_str());
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(by_password().await, 200);
    for guess in 0..60 {
        last = service.status("GET", "api/v1/me", &format!("guess-{guess}")).await;
    }
    assert_eq!(last, 429);
    assert_eq!(
        service.status("GET", "api/v1/me", "writer").await,
        429,
        "a stranger from the same address waits too"
    );
    let elsewhere = service.request("GET", "api/v1/me", "writer").header("x-forwarded-for", "10.0.0.1");
    assert_eq!(elsewhere.send().await.unwrap().status().as_u16(), 200);
    assert_eq!(service.status("GET", "api/v1/me", "writer").await, 200, "who is known does not wait");
    assert_eq!(by_password().await, 200, "nor does a password that was right");
}
