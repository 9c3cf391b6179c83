//! Every address of the interface, as every kind of caller asks for it.

use super::service::{CALLERS, Service, token};
use mlaas4hep_hub::{Needs, ROUTES, Route};
use reqwest::RequestBuilder;

/// An address with its names filled in, and what a request of it carries.
fn filled(service: &Service, route: &Route, caller: &str) -> RequestBuilder {
    let path = route.path.trim_start_matches('/');
    let path = path.replace("{workspace}", "higgs").replace("{path}", "data/a.txt");
    let path = path.replace("{id}", "00000000000000000000000000000000").replace("{token}", "nobodys");
    let path = match route.path {
        of if of.ends_with("/restore/{path}") => path.replace("a.txt", "kept.txt?version=1"),
        of if of.ends_with("/folders/{path}") => path.replace("a.txt", "folder"),
        _ => path,
    };
    let request = service.request(route.method, &path, caller);
    match (route.method, route.path) {
        ("PUT", path) if path.ends_with("/quota") => {
            request.json(&serde_json::json!({ "limit_bytes": 1 << 30, "limit_entries": 1000 }))
        }
        ("POST", path) if path.ends_with("/grants") => request.json(&serde_json::json!({
            "grantee": { "kind": "user", "name": "somebody" }, "role": "reader", "expires_in_seconds": 60
        })),
        ("POST", path) if path.ends_with("/links") => {
            request.json(&serde_json::json!({ "path": "data/a.txt", "expires_in_seconds": 60 }))
        }
        ("POST", path) if path.contains("/move/") => {
            request.json(&serde_json::json!({ "copy": true, "to_path": format!("copies/{caller}.txt") }))
        }
        ("POST", "/api/v1/app-passwords") => request.json(&serde_json::json!({ "label": "of a test" })),
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

/// What a caller gets: the statuses that would do.
fn expected(route: &Route, caller: &str) -> &'static [u16] {
    const DONE: &[u16] = &[200, 201, 202, 204];
    let names_nothing = route.path.contains("{id}");
    let done: &[u16] = if names_nothing { &[404] } else { DONE };
    match (route.needs, caller) {
        (Needs::Nothing, _) => DONE,
        (Needs::Link, _) => &[404],
        (_, "anonymous" | "unknown") => &[401],
        // Only people have app passwords.
        (Needs::Caller, "a-service") if route.method == "POST" => &[404],
        (Needs::Caller, _) => done,
        (Needs::Operator, "operator") if !route.path.contains("{workspace}") => done,
        // The operator sets the quota of a workspace that only its group can see.
        (Needs::Operator, "operator") => &[200],
        (Needs::Operator, "reader" | "writer" | "admin") => &[403],
        (Needs::Operator, _) if route.path.contains("{workspace}") => &[403, 404],
        (Needs::Operator, _) => &[403],
        // An upload belongs to who began it, and is not there for anyone else.
        (Needs::Writer, _) if route.path == "/uploads/{id}" => &[404],
        (_, "outsider" | "of-another-group" | "operator" | "a-service") => &[404],
        (Needs::Writer, "reader") | (Needs::Admin, "reader" | "writer") => &[403],
        (Needs::Reader | Needs::Writer | Needs::Admin, _) => done,
    }
}

#[tokio::test]
async fn every_route_as_every_caller() {
    let service = Service::start().await;
    assert_eq!(service.put("files/higgs/data/kept.txt", "writer", "text").await, 201);
    let (mut wrong, mut n_asked) = (Vec::new(), 0);
    for route in ROUTES {
        for caller in CALLERS {
            // What an earlier request deleted is there again.
            assert!(service.put("files/higgs/data/a.txt", "writer", "text").await < 300);
            // Refusals are counted by address: each request comes from one of its own.
            n_asked += 1;
            let from = format!("10.0.{}.{}", n_asked / 250, n_asked % 250);
            let request = filled(&service, route, caller).header("x-forwarded-for", from);
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            if !expected(route, caller).contains(&status) {
                let is_stream =
                    answer.headers().get("content-type").is_some_and(|kind| kind == "text/event-stream");
                let text = if is_stream { String::new() } else { answer.text().await.unwrap() };
                wrong.push(format!("{} {} as {caller}: {status} {text}", route.method, route.path));
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
