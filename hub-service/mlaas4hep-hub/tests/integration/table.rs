//! What the tables of addresses share: who gets what, and what is there to be asked for.

use super::resumable;
use super::service::Service;
use mlaas4hep_hub::Needs;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

/// Stands for every status of a success.
pub(super) const DONE: u16 = 200;

/// What a caller gets of the service, or of something in the workspace `higgs`.
pub(super) fn expected(needs: Needs, caller: &str) -> u16 {
    match (needs, caller) {
        (Needs::Nothing | Needs::Link, _) => DONE,
        (_, "anonymous" | "unknown" | "expired" | "revoked") => 401,
        (Needs::Caller, _) | (Needs::Operator, "operator") => DONE,
        (Needs::Operator, _) => 403,
        // As of a workspace that is not there. Who administers the service sees none of others.
        (_, "outsider" | "of-another-group" | "operator" | "a-service") => 404,
        (Needs::Reader, _) | (_, "admin") | (Needs::Writer, "writer" | "fellow") => DONE,
        _ => 403,
    }
}

/// Who may do what needs this, whatever it is about.
pub(super) fn rightful(needs: Needs) -> &'static str {
    match needs {
        Needs::Operator => "operator",
        Needs::Admin => "admin",
        _ => "writer",
    }
}

pub(super) fn is_as_expected(status: u16, expected: u16) -> bool {
    if expected == DONE { (200..300).contains(&status) } else { status == expected }
}

/// A number that no other request has.
pub(super) fn next_number() -> u32 {
    static LAST: AtomicU32 = AtomicU32::new(0);
    LAST.fetch_add(1, Ordering::Relaxed)
}

/// An address of its own for each request: refusals are counted by address.
pub(super) fn next_address() -> String {
    let number = next_number();
    format!("10.{}.{}.{}", number >> 16 & 255, number >> 8 & 255, number & 255)
}

/// Things in the workspace `higgs`, made by who may.
impl Service {
    /// A new file of the writer: its path.
    pub(super) async fn new_file(&self) -> String {
        let path = format!("data/{}.txt", next_number());
        assert_eq!(self.put(&format!("files/higgs/{path}"), "writer", "text").await, 201);
        path
    }

    /// A file in the trash.
    pub(super) async fn new_in_trash(&self) -> String {
        let file = format!("files/higgs/{}", self.new_file().await);
        let deleted: Value =
            self.request("DELETE", &file, "writer").send().await.unwrap().json().await.unwrap();
        deleted["id"].as_str().unwrap().to_owned()
    }

    /// An upload of 3 bytes that the writer began.
    pub(super) async fn new_upload(&self) -> String {
        let path = format!("up/{}", next_number());
        let begun = resumable::create(self, &path, 3, "writer").send().await.unwrap();
        resumable::id(&begun).strip_prefix("uploads/").unwrap().to_owned()
    }

    pub(super) async fn new_grant(&self) -> String {
        let grantee = json!({ "kind": "user", "name": format!("user-{}", next_number()) });
        let wish = json!({ "grantee": grantee, "role": "reader" });
        self.made("api/v1/workspaces/higgs/grants", "admin", &wish).await["id"].as_str().unwrap().to_owned()
    }

    /// Its number, and the secret of its address.
    pub(super) async fn new_link(&self) -> (String, String) {
        let wish = json!({ "path": self.new_file().await });
        let link = self.made("api/v1/workspaces/higgs/links", "admin", &wish).await;
        let secret = link["url"].as_str().unwrap().rsplit('/').next().unwrap();
        self.keep_secret(secret);
        (link["id"].as_str().unwrap().to_owned(), secret.to_owned())
    }

    /// An app password of the writer: its number.
    pub(super) async fn new_app_password(&self) -> String {
        let made = self.made("api/v1/app-passwords", "writer", &json!({ "label": "of a test" })).await;
        self.keep_secret(made["password"].as_str().unwrap());
        made["id"].as_str().unwrap().to_owned()
    }

    async fn made(&self, route: &str, caller: &str, wish: &Value) -> Value {
        let answer = self.request("POST", route, caller).json(wish).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 201, "{route}");
        answer.json().await.unwrap()
    }
}
