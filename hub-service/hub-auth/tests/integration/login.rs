//! The way of a browser through the hub.

use crate::{headers, service};
use http::{HeaderMap, header};
use hub_auth::{AuthError, Authenticator, Freshness, LoggedIn, Redirect};
use hub_testing::{MockHub, Person};

/// What the browser sends back of the cookies that it got.
fn cookies(redirects: &[&Redirect]) -> HeaderMap {
    let all = redirects.iter().flat_map(|redirect| &redirect.cookies);
    let kept: Vec<&str> = all.filter_map(|cookie| cookie.0.split(';').next()).collect();
    headers(&[(header::COOKIE, &kept.join("; "))])
}

/// State and code that the hub sends a browser back with.
async fn at_the_hub(start: &Redirect) -> (String, String) {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = client.get(&start.location).send().await.unwrap();
    let location = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let (path, query) = location.split_once('?').unwrap();
    assert_eq!(path, "/services/mlaas4hep/oauth_callback");
    let pairs: Vec<(&str, &str)> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
    let of = |name: &str| pairs.iter().find(|(of, _)| *of == name).unwrap().1.to_owned();
    (of("state"), of("code"))
}

async fn log_in(service: &Authenticator, next: &str) -> LoggedIn {
    let login = service.login().unwrap();
    let start = login.start(next);
    let (state, code) = at_the_hub(&start).await;
    login.finish(&state, &code, &cookies(&[&start])).await.unwrap()
}

async fn hub_with_alice() -> MockHub {
    let hub = MockHub::start().await;
    hub.add("alices", Person::user("alice", &["higgs"]));
    hub.log_in("alices");
    hub
}

#[tokio::test]
async fn a_browser_comes_back_with_a_session() {
    let hub = hub_with_alice().await;
    let service = service(&hub);
    let done = log_in(&service, "/services/mlaas4hep/w/higgs/").await;
    assert_eq!(done.redirect.location, "/services/mlaas4hep/w/higgs/");
    let session = cookies(&[&done.redirect]);
    assert!(!format!("{session:?}").contains("alices"), "the token itself stays here");
    let caller = service.caller(&session, None, None, Freshness::Read).await.unwrap();
    assert_eq!(caller.principal.name, "alice");
    assert!(caller.xsrf.is_some(), "a session needs the code of our pages");
    let ended = service.end_session(&session).await;
    assert!(ended.0.contains("Max-Age=0"));
}

#[tokio::test]
async fn a_login_works_once_and_only_in_its_browser() {
    let hub = hub_with_alice().await;
    let service = service(&hub);
    let login = service.login().unwrap();
    let (start, other) = (login.start("/services/mlaas4hep/"), login.start("/services/mlaas4hep/"));
    let (state, code) = at_the_hub(&start).await;
    let refused =
        async |state: &str, headers: &HeaderMap| login.finish(state, &code, headers).await.unwrap_err();
    assert_eq!(refused(&state, &HeaderMap::new()).await, AuthError::UnknownLogin);
    assert_eq!(refused(&state, &cookies(&[&other])).await, AuthError::UnknownLogin);
    assert_eq!(refused("", &cookies(&[&start])).await, AuthError::UnknownLogin);
    assert!(login.finish(&state, &code, &cookies(&[&start])).await.is_ok());
    let again = AuthError::LoginRefused { reason: "invalid_grant".to_owned() };
    assert_eq!(refused(&state, &cookies(&[&start])).await, again, "it works once");
}

#[tokio::test]
async fn many_logins_that_are_begun_do_not_end_one_that_was() {
    let hub = hub_with_alice().await;
    let service = service(&hub);
    let login = service.login().unwrap();
    let start = login.start("/services/mlaas4hep/1");
    for _ in 0..20_000 {
        let _ = login.start("/services/mlaas4hep/");
    }
    let (state, code) = at_the_hub(&start).await;
    assert!(login.finish(&state, &code, &cookies(&[&start])).await.is_ok());
}

#[tokio::test]
async fn two_tabs_do_not_disturb_each_other() {
    let hub = hub_with_alice().await;
    let service = service(&hub);
    let login = service.login().unwrap();
    let (one, two) = (login.start("/services/mlaas4hep/1"), login.start("/services/mlaas4hep/2"));
    let browser = cookies(&[&one, &two]);
    for (start, expected) in [(&two, "/services/mlaas4hep/2"), (&one, "/services/mlaas4hep/1")] {
        let (state, code) = at_the_hub(start).await;
        assert_eq!(login.finish(&state, &code, &browser).await.unwrap().redirect.location, expected);
    }
}

#[tokio::test]
async fn a_code_that_the_hub_does_not_know_is_refused() {
    let hub = hub_with_alice().await;
    let service = service(&hub);
    let login = service.login().unwrap();
    let start = login.start("/services/mlaas4hep/");
    let (state, _) = at_the_hub(&start).await;
    let error = login.finish(&state, "code-of-another", &cookies(&[&start])).await.unwrap_err();
    assert_eq!(error, AuthError::LoginRefused { reason: "invalid_grant".to_owned() });
}

#[tokio::test]
async fn a_logout_at_the_hub_is_felt() {
    let hub = hub_with_alice().await;
    let service = service(&hub);
    let done = log_in(&service, "/").await;
    let session = |id: &str| {
        let cookie = done.redirect.cookies[0].0.split(';').next().unwrap();
        headers(&[(header::COOKIE, &format!("{cookie}; jupyterhub-session-id={id}"))])
    };
    let is_known = async |id: &str| service.caller(&session(id), None, None, Freshness::Read).await;
    assert!(is_known("first").await.is_ok());
    hub.revoke("alices");
    assert_eq!(
        is_known("second").await.unwrap_err(),
        AuthError::SessionEnded,
        "another session is asked for anew"
    );
}
