//! Quotas that stand in the properties of the hub's groups.

use super::service::{Service, token};
use hub_testing::Person;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The limits of a workspace, once they are those.
async fn wait_for_limits(service: &Service, workspace: &str, caller: &str, expected: (u64, u64)) {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let route = format!("api/v1/workspaces/{workspace}");
        let answer = service.request("GET", &route, caller).send().await.unwrap();
        let found: Value = answer.json().await.unwrap();
        let quota = &found["quota"];
        if (quota["limit_bytes"].as_u64(), quota["limit_entries"].as_u64())
            == (Some(expected.0), Some(expected.1))
        {
            return;
        }
        assert!(Instant::now() < end, "{found}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn properties_of_groups_are_quotas() {
    let mut service = Service::start_with("group_limit_bytes = 5000\n").await;
    let entries = entries_allowed(&service).await;
    let properties = json!({ "mlaas4hep_limit_bytes": "1000", "other": { "of": "others" } });
    service.hub.set_properties("higgs", properties);
    service
        .hub
        .set_properties("atlas", json!({ "mlaas4hep_limit_bytes": "much", "mlaas4hep_limit_entries": 3 }));
    service.kill_and_start_again().await;
    wait_for_limits(&service, "higgs", "writer", (1000, entries)).await;
    assert_eq!(service.put("files/higgs/small", "writer", vec![0; 900]).await, 201);
    assert_eq!(service.put("files/higgs/large", "writer", vec![0; 200]).await, 507);
    // What is wrong in one group is told, and changes nothing.
    wait_for_limits(&service, "atlas", "of-another-group", (5000, entries)).await;
    let log = std::fs::read_to_string(service.folder.path().join("log")).unwrap();
    assert!(log.contains("atlas: mlaas4hep_limit_bytes is no whole number"), "{log}");

    // What a property says is set there and nowhere else; a group without them keeps what was set by hand.
    let by_hand = async |service: &Service, workspace: &str| {
        let route = format!("api/v1/workspaces/{workspace}/quota");
        let limits = json!({ "limit_bytes": 7000, "limit_entries": 70 });
        service.request("PUT", &route, "operator").json(&limits).send().await.unwrap().status().as_u16()
    };
    assert_eq!(by_hand(&service, "higgs").await, 409);
    service.hub.set_properties("higgs", json!({}));
    service.hub.set_properties("atlas", json!({}));
    service.kill_and_start_again().await;
    let end = Instant::now() + Duration::from_secs(10);
    while by_hand(&service, "higgs").await != 200 {
        assert!(Instant::now() < end, "the group has no properties any more");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(by_hand(&service, "atlas").await, 200);
    assert_eq!(by_hand(&service, "higs").await, 404, "no workspace is made of a mistyped name");
    service.hub.set_properties("higgs", json!({ "mlaas4hep_limit_bytes": 2000 }));
    service.kill_and_start_again().await;
    wait_for_limits(&service, "higgs", "writer", (2000, 70)).await;
    wait_for_limits(&service, "atlas", "of-another-group", (7000, 70)).await;
    assert_eq!(service.put("files/higgs/large", "writer", vec![0; 200]).await, 201);
    let audit = service.request("GET", "api/v1/workspaces/higgs/audit", "admin").send().await.unwrap();
    let audit = audit.text().await.unwrap();
    assert!(audit.contains("\"jupyterhub\"") && audit.contains("7000 -> 2000 bytes"), "{audit}");
}

#[tokio::test]
async fn a_property_that_changes_is_followed() {
    let service = Service::start_with("[limits]\ngroup_properties_seconds = 1\n").await;
    let entries = entries_allowed(&service).await;
    for bytes in [1000, 2000] {
        service.hub.set_properties("higgs", json!({ "mlaas4hep_limit_bytes": bytes }));
        wait_for_limits(&service, "higgs", "writer", (bytes, entries)).await;
    }
}

#[tokio::test]
async fn groups_beyond_the_longest_page_of_the_hub_count() {
    let mut service = Service::start_with("[limits]\ngroup_properties_seconds = 1\n").await;
    assert_eq!(service.put("files/higgs/a", "writer", "bytes").await, 201);
    let made = service.request("POST", "api/v1/app-passwords", "writer").json(&json!({ "label": "laptop" }));
    let made: Value = made.send().await.unwrap().json().await.unwrap();
    // Of 203 groups `higgs` comes after two hundred others.
    for n in 0..200 {
        service.hub.add(&format!("of-{n}"), Person::user(&format!("person-{n}"), &[&format!("a{n}")]));
    }
    service.hub.set_properties("higgs", json!({ "mlaas4hep_limit_bytes": 1234 }));
    service.kill_and_start_again().await;
    let entries = entries_allowed(&service).await;
    wait_for_limits(&service, "higgs", "admin", (1234, entries)).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let read = service.client.get(service.url("files/higgs/a"));
    let read = read.basic_auth("writer", made["password"].as_str()).send().await.unwrap();
    assert_eq!(read.status(), 200, "the writer is still in the group");
}

#[tokio::test]
async fn who_leaves_a_group_leaves_no_key_behind() {
    let service = Service::start_with("[limits]\ngroup_properties_seconds = 1\n").await;
    assert_eq!(service.put("files/higgs/a", "admin", "bytes").await, 201);
    let made = async |route: &str, body: Value| -> Value {
        let answer = service.request("POST", route, "admin").json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{route}");
        answer.json().await.unwrap()
    };
    let password = made("api/v1/app-passwords", json!({ "label": "laptop" })).await["password"].clone();
    let link = made("api/v1/workspaces/higgs/links", json!({ "path": "a" })).await["url"].clone();
    let by_password = async |route: &str| {
        let request = service.client.get(service.url(route)).basic_auth("admin", password.as_str());
        request.send().await.unwrap().status().as_u16()
    };
    let secret = link.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let by_link = async || service.status("GET", &format!("links/{secret}"), "anonymous").await;
    assert_eq!((by_password("files/higgs/a").await, by_link().await), (200, 200));
    // The administrator is no longer in the group, and does not come back to say so.
    service.hub.add(&token("admin"), Person::user("admin", &[]));
    let end = Instant::now() + Duration::from_secs(10);
    while (by_password("files/higgs/a").await, by_link().await) != (404, 404) {
        assert!(Instant::now() < end, "the rights go");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(by_password("api/v1/workspaces/~admin/list/").await, 200, "what is one's own stays");
    // And now the hub has no such user any more; another may get the name.
    service.hub.remove("admin");
    while by_password("api/v1/workspaces/~admin/list/").await != 401 {
        assert!(Instant::now() < end + Duration::from_secs(10), "the password goes");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    service.hub.add(&token("admin"), Person::user("admin", &["higgs", "higgs/admins"]));
    assert_eq!(by_link().await, 404);
    let audit = service.request("GET", "api/v1/workspaces/~admin/audit", "admin").send().await.unwrap();
    assert!(audit.text().await.unwrap().contains("keys_taken_back"));
}

#[tokio::test]
async fn a_group_that_is_named_as_a_person_sets_no_limits_of_that_person() {
    let mut service = Service::start().await;
    let answer = service.request("GET", "api/v1/workspaces/~writer", "writer").send().await.unwrap();
    let before = answer.json::<Value>().await.unwrap()["quota"]["limit_bytes"].as_u64().unwrap();
    service.hub.add(&token("of-a-group"), Person::user("of-a-group", &["~writer", "higgs"]));
    service.hub.set_properties("~writer", json!({ "mlaas4hep_limit_bytes": 1 }));
    service
        .hub
        .set_properties("higgs", json!({ "mlaas4hep_limit_bytes": 1000, "mlaas4hep_limit_entries": 10 }));
    service.kill_and_start_again().await;
    let told = "~writer: a group sets no limits of a person";
    let end = Instant::now() + Duration::from_secs(10);
    while !std::fs::read_to_string(service.folder.path().join("log")).unwrap().contains(told) {
        assert!(Instant::now() < end, "it is logged");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    wait_for_limits(&service, "higgs", "writer", (1000, 10)).await;
    let answer = service.request("GET", "api/v1/workspaces/~writer", "writer").send().await.unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap()["quota"]["limit_bytes"], before);
}

/// How many files and folders are allowed unless said.
async fn entries_allowed(service: &Service) -> u64 {
    let answer = service.request("GET", "api/v1/workspaces/higgs", "writer").send().await.unwrap();
    answer.json::<Value>().await.unwrap()["quota"]["limit_entries"].as_u64().unwrap()
}
