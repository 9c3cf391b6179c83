//! Tokens in headers.

use crate::{headers, service, with_token};
use http::header;
use hub_api::{PrincipalKind, PrincipalSource};
use hub_auth::{AuthError, Freshness};
use hub_testing::{MockHub, Person, Weather};
use std::time::Duration;

#[tokio::test]
async fn a_good_token_names_its_user() {
    let hub = MockHub::start().await;
    hub.add("good", Person { is_admin: true, ..Person::user("alice", &["/higgs", "cms/top", "higgs"]) });
    let caller = service(&hub).caller(&with_token("good"), None, None, Freshness::Read).await.unwrap();
    assert_eq!(caller.principal.name, "alice");
    assert_eq!(caller.principal.kind, PrincipalKind::User);
    assert_eq!(caller.principal.source, PrincipalSource::Hub);
    assert_eq!(caller.principal.groups, ["cms/top", "higgs"]);
    assert!(caller.principal.is_admin && caller.xsrf.is_none());
}

#[tokio::test]
async fn a_service_has_no_groups() {
    let hub = MockHub::start().await;
    hub.add("of-a-service", Person { kind: "service", ..Person::user("culler", &["higgs"]) });
    let caller =
        service(&hub).caller(&with_token("of-a-service"), None, None, Freshness::Read).await.unwrap();
    assert_eq!((caller.principal.kind, caller.principal.groups.len()), (PrincipalKind::Service, 0));
}

#[tokio::test]
async fn who_cannot_be_believed_is_told_why() {
    let hub = MockHub::start().await;
    hub.add("narrow", Person { scopes: vec!["self".into()], ..Person::user("bob", &[]) });
    let service = service(&hub);
    let error = async |headers| service.caller(&headers, None, None, Freshness::Read).await.unwrap_err();
    assert_eq!(error(http::HeaderMap::new()).await, AuthError::NoCredentials);
    assert_eq!(error(with_token("unknown")).await, AuthError::UnknownToken);
    assert_eq!(error(headers(&[(header::AUTHORIZATION, "Negotiate abc")])).await, AuthError::NoCredentials);
    assert_eq!(error(headers(&[(header::COOKIE, "service-mlaas4hep=abc")])).await, AuthError::SessionEnded);
    let narrow = error(with_token("narrow")).await;
    assert_eq!(narrow.status(), 403);
    assert!(narrow.to_string().contains("bob") && narrow.to_string().contains("access:services"), "{narrow}");
    assert!(!narrow.to_string().contains("narrow"));
}

#[tokio::test]
async fn a_hub_that_fails_is_no_refusal() {
    let hub = MockHub::start().await;
    hub.add("good", Person::user("alice", &[]));
    let service = service(&hub);
    let status = async || {
        service.caller(&with_token("good"), None, None, Freshness::Read).await.map_err(|e| e.status())
    };
    for (weather, expected) in [
        (Weather::Failing(500), 502),
        (Weather::Failing(503), 502),
        (Weather::Babbling, 502),
        (Weather::Slow(Duration::from_secs(5)), 503),
    ] {
        hub.set_weather(weather);
        assert_eq!(status().await.unwrap_err(), expected, "{weather:?}");
    }
    hub.set_weather(Weather::Fine);
    assert!(status().await.is_ok(), "a failure is not remembered");
    drop(hub);
    assert!(status().await.is_ok(), "an answer is remembered while the hub is away");
}

#[tokio::test]
async fn the_hub_is_asked_once_for_many() {
    let hub = MockHub::start().await;
    hub.add("good", Person::user("alice", &[]));
    hub.set_weather(Weather::Slow(Duration::from_millis(100)));
    let service = service(&hub);
    let all = (0..20).map(|_| {
        let service = service.clone();
        tokio::spawn(
            async move { service.caller(&with_token("good"), None, None, Freshness::Read).await.is_ok() },
        )
    });
    for one in all.collect::<Vec<_>>() {
        assert!(one.await.unwrap());
    }
    assert_eq!(hub.n_asked(), 1);
    service.caller(&with_token("good"), None, None, Freshness::Write).await.unwrap();
    assert_eq!(hub.n_asked(), 1, "what was said just now is fresh enough to write");
    hub.revoke("good");
    service.forget_all();
    assert!(service.caller(&with_token("good"), None, None, Freshness::Read).await.is_err());
    assert_eq!(hub.n_asked(), 2);
}

#[tokio::test]
async fn a_refusal_is_remembered_for_a_while() {
    let hub = MockHub::start().await;
    let service = service(&hub);
    for _ in 0..5 {
        assert!(service.caller(&with_token("bad"), None, None, Freshness::Read).await.is_err());
    }
    assert_eq!(hub.n_asked(), 1);
}

#[tokio::test]
async fn groups_are_listed_by_the_service() {
    let hub = MockHub::start().await;
    hub.add("good", Person::user("alice", &["cms/higgs"]));
    let service = service(&hub);
    let groups = service.hub().unwrap().groups().await.unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!(
        (groups[0].name.as_str(), groups[0].users.as_slice()),
        ("cms/higgs", ["alice".to_owned()].as_slice())
    );
}
