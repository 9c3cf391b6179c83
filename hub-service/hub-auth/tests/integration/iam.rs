//! Tokens of an IAM, against an issuer of a few lines.

use crate::{service, with_token};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hub_api::{Action, FilePath, PrincipalSource, WorkspaceName};
use hub_auth::{
    AuthError, Authenticator, Caller, CookieRules, Freshness, Iam, IamClient, IamSettings, NameClaim,
    ProxyHeaders, SealKey, Token,
};
use hub_testing::{MockHub, MockIssuer, Person, Weather};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Claims of a token for us that holds for a while, with more or other ones.
fn claims(more: Value) -> Value {
    let mut claims = json!({ "sub": "alice", "aud": "mlaas4hep", "exp": now() + 600 });
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

fn settings(issuer: &MockIssuer) -> IamSettings {
    IamSettings {
        issuer: issuer.issuer(),
        audiences: vec!["mlaas4hep".to_owned(), "https://wlcg.cern.ch/jwt/v1/any".to_owned()],
        name_claim: NameClaim::Sub,
        admin_groups: vec!["operators".to_owned()],
        storage_root: "/".to_owned(),
        client: None,
        device_client_id: Some("laptop".to_owned()),
    }
}

fn client() -> IamClient {
    IamClient { id: "service".to_owned(), secret: Token::new("hush") }
}

fn believing(settings: Vec<IamSettings>) -> Authenticator {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cookies = CookieRules { path: "/".to_owned(), is_secure: false, has_host_prefix: false };
    Authenticator::new(None, None, ProxyHeaders::default(), SealKey::random(), cookies)
        .with_iam(Iam::new(settings).unwrap())
}

async fn ask(service: &Authenticator, token: &str) -> Result<Caller, AuthError> {
    service.caller(&with_token(token), None, None, Freshness::Read).await
}

async fn refusal(service: &Authenticator, token: &str) -> (u16, String) {
    let error = ask(service, token).await.unwrap_err();
    (error.status(), error.to_string())
}

#[tokio::test]
async fn a_token_names_its_user_and_groups() {
    let issuer = MockIssuer::start().await;
    let service = believing(vec![settings(&issuer)]);
    let exp = now() + 600;
    let token = issuer.sign(claims(json!({
        "wlcg.groups": ["/higgs", "/cms/higgs"], "groups": ["ignored"], "exp": exp, "nbf": now() + 30, "wlcg.ver": "1.0"
    })));
    let principal = ask(&service, &token).await.unwrap().principal;
    assert_eq!((principal.name.as_str(), principal.source), ("alice", PrincipalSource::Iam));
    // A group inside another one does not bring the outer.
    assert_eq!(principal.groups, ["cms/higgs", "higgs"]);
    assert!(!principal.is_admin && principal.capabilities.is_none() && principal.role_ceiling.is_none());
    let expires: jiff::Timestamp = principal.expires.as_deref().unwrap().parse().unwrap();
    assert_eq!(expires.as_second(), exp as i64);

    let of = async |more: Value| ask(&service, &issuer.sign(claims(more))).await.unwrap().principal;
    let operator = of(json!({ "groups": ["operators"] })).await;
    assert!(operator.is_admin);
    assert_eq!(operator.groups, ["operators"]);
    assert!(of(json!({ "scope": "openid" })).await.groups.is_empty());
    of(json!({ "groups": [], "aud": ["https://other.org", "https://wlcg.cern.ch/jwt/v1/any"] })).await;
    // Without an audience it is for whom it was given to.
    of(json!({ "groups": [], "aud": null, "client_id": "laptop" })).await;
    assert_eq!((issuer.n_asked("discovery"), issuer.n_asked("keys")), (1, 1));
}

#[tokio::test]
async fn tokens_that_do_not_hold() {
    let issuer = MockIssuer::start().await;
    let service = believing(vec![settings(&issuer)]);
    let check = async |token: String, word: &str| {
        let (status, error) = refusal(&service, &token).await;
        assert_eq!(status, 401, "{error}");
        assert!(error.contains(word), "{error}");
        assert!(!error.contains(&token));
    };
    let signed = |more: Value| issuer.sign(claims(more));
    check(signed(json!({ "groups": [], "exp": now() - 61 })), "Expired").await;
    ask(&service, &signed(json!({ "groups": [], "exp": now() - 30 }))).await.unwrap();
    check(signed(json!({ "groups": [], "nbf": now() + 90 })), "Immature").await;
    check(signed(json!({ "groups": [], "exp": null })), "exp").await;
    check(signed(json!({ "groups": [], "sub": null })), "sub").await;
    check(signed(json!({ "groups": [], "sub": "../alice" })), "refused").await;
    for audience in [json!("mlaas4hep/"), json!("MLAAS4HEP"), json!(["a", "b"]), json!([]), json!("")] {
        check(signed(json!({ "groups": [], "aud": audience })), "another audience").await;
    }
    check(signed(json!({ "groups": [], "aud": null })), "no audience").await;
    check(signed(json!({ "groups": [], "aud": null, "client_id": "somebody" })), "no audience").await;
    check(signed(json!({ "groups": [], "iss": format!("{}/", issuer.issuer()) })), "unknown").await;
    check(signed(json!({ "groups": [], "iss": "https://evil.example.org" })), "unknown").await;
    check(signed(json!({ "groups": [], "iss": null })), "unknown").await;
    // Signed by the key of another issuer.
    let other = MockIssuer::start().await;
    check(other.sign(claims(json!({ "groups": [], "iss": issuer.issuer() }))), "Signature").await;
    let good = signed(json!({ "groups": ["higgs"] }));
    let parts: Vec<&str> = good.split('.').collect();
    let coded = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let other_claims = coded(claims(json!({ "groups": ["operators"], "iss": issuer.issuer() })));
    check(format!("{}.{other_claims}.{}", parts[0], parts[2]), "Signature").await;
    for algorithm in ["none", "None", "HS256", "RS384", "EdDSA"] {
        let header = coded(json!({ "alg": algorithm, "typ": "JWT" }));
        check(format!("{header}.{}.", parts[1]), "").await;
        check(format!("{header}.{}.{}", parts[1], parts[2]), "").await;
    }
    // An RSA signature is not looked for with the key of a curve.
    let header = coded(json!({ "alg": "RS256", "kid": "key-1" }));
    check(format!("{header}.{}.{}", parts[1], parts[2]), "").await;
    for nonsense in ["a.b.c", "..", "e30.e30.e30", "eyJhbGciOiJub25lIn0.e30."] {
        check(nonsense.to_owned(), "").await;
    }
    assert_eq!(issuer.n_asked("keys"), 1);
}

#[tokio::test]
async fn keys_are_asked_for_when_they_must_be() {
    let issuer = MockIssuer::start().await;
    let service = believing(vec![settings(&issuer)]);
    let good = claims(json!({ "groups": [] }));
    ask(&service, &issuer.sign_as(good.clone(), None)).await.unwrap();
    for n in 0..20 {
        let (status, error) = refusal(&service, &issuer.sign_as(good.clone(), Some(&format!("k{n}")))).await;
        assert_eq!(status, 401);
        assert!(error.contains("no such key"), "{error}");
    }
    assert_eq!(issuer.n_asked("keys"), 1, "within a minute they are not asked for again");

    // Tokens that come together wait for one answer.
    issuer.set_weather(Weather::Slow(Duration::from_millis(100)));
    let service = believing(vec![settings(&issuer)]);
    let all = (0..20).map(|n| {
        let (service, token) = (service.clone(), issuer.sign(claims(json!({ "groups": [], "jti": n }))));
        tokio::spawn(async move { ask(&service, &token).await.is_ok() })
    });
    for one in all.collect::<Vec<_>>() {
        assert!(one.await.unwrap());
    }
    assert_eq!(issuer.n_asked("keys"), 2);
}

#[tokio::test]
async fn an_issuer_that_fails_is_no_refusal() {
    let issuer = MockIssuer::start().await;
    let token = issuer.sign(claims(json!({ "groups": [] })));
    let cases = [
        (Weather::Failing(503), 503),
        (Weather::Failing(500), 503),
        (Weather::Failing(404), 502),
        (Weather::Babbling, 502),
    ];
    for (weather, expected) in cases {
        issuer.set_weather(weather);
        let service = believing(vec![IamSettings { client: Some(client()), ..settings(&issuer) }]);
        for token in [token.as_str(), "opaque"] {
            let (status, error) = refusal(&service, token).await;
            assert_eq!(status, expected, "{error}");
            assert!(error.contains(&issuer.issuer()), "{error}");
        }
    }
    issuer.set_weather(Weather::Fine);
    let service = believing(vec![settings(&issuer)]);
    ask(&service, &token).await.unwrap();
    issuer.set_weather(Weather::Failing(503));
    service.forget_all();
    ask(&service, &token).await.expect("its keys are known");
    issuer.rename("https://evil.example.org");
    issuer.set_weather(Weather::Fine);
    assert_eq!(
        refusal(&believing(vec![settings(&issuer)]), &token).await.0,
        502,
        "another issuer's document"
    );
    let settings = settings(&issuer);
    drop(issuer);
    assert_eq!(refusal(&believing(vec![settings]), &token).await.0, 503);
    ask(&service, &token).await.expect("its keys are known while it is away");
}

#[tokio::test]
async fn an_issuer_that_fails_is_left_alone_for_a_while() {
    let (failing, other) = (MockIssuer::start().await, MockIssuer::start().await);
    let asking = |issuer: &MockIssuer| IamSettings { client: Some(client()), ..settings(issuer) };
    let service = believing(vec![asking(&failing), asking(&other)]);
    failing.set_weather(Weather::Failing(503));
    other.introspect_as("opaque", json!({ "sub": "alice", "aud": "mlaas4hep", "groups": [] }));
    assert_eq!(ask(&service, "opaque").await.unwrap().principal.name, "alice", "the other one knows it");
    for n in 0..5 {
        assert_eq!(refusal(&service, &format!("unknown-{n}")).await.0, 503, "the first one might know it");
    }
    assert_eq!(failing.n_asked("discovery"), 1);
    assert_eq!(other.n_asked("introspect"), 6);
}

#[tokio::test]
async fn storage_scopes_come_before_groups() {
    let issuer = MockIssuer::start().await;
    let service = believing(vec![settings(&issuer)]);
    let scope = "openid storage.read:/higgs/data storage.create:/higgs/out";
    let token = issuer.sign(claims(json!({ "scope": scope, "wlcg.groups": ["/operators", "/atlas"] })));
    let principal = ask(&service, &token).await.unwrap().principal;
    assert!(principal.groups.is_empty() && !principal.is_admin);
    let all = principal.capabilities.clone().unwrap();
    let allowed = |path: &str, action: Action| {
        all.allow(&WorkspaceName::new("higgs").unwrap(), &FilePath::new(path).unwrap(), action)
    };
    assert!(allowed("data/x", Action::Read) && !allowed("database", Action::Read));
    assert!(allowed("out/x", Action::Create) && !allowed("out/x", Action::Write));
    for scope in ["storage.read", "storage.read:", "storage.read:higgs", "openid storage.modify:/a/../b"] {
        let token = issuer.sign(claims(json!({ "scope": scope, "groups": ["higgs"] })));
        assert_eq!(refusal(&service, &token).await.0, 401, "{scope}");
    }
    let below = IamSettings { storage_root: "/higgs".to_owned(), ..settings(&issuer) };
    let token = issuer.sign(claims(json!({ "scope": "storage.read:/" })));
    let principal = ask(&believing(vec![below]), &token).await.unwrap().principal;
    let all = principal.capabilities.clone().unwrap();
    let path = FilePath::new("x").unwrap();
    assert!(all.allow(&WorkspaceName::new("higgs").unwrap(), &path, Action::Read));
    assert!(!all.allow(&WorkspaceName::new("atlas").unwrap(), &path, Action::Read));
}

#[tokio::test]
async fn a_token_that_says_nothing_is_asked_about() {
    let issuer = MockIssuer::start().await;
    let bare = issuer.sign(claims(json!({ "jti": "bare" })));
    let about_alice = json!({ "sub": "alice", "preferred_username": "al", "groups": ["higgs"] });
    issuer.inform(&bare, about_alice.clone());
    let principal = ask(&believing(vec![settings(&issuer)]), &bare).await.unwrap().principal;
    assert_eq!(
        (principal.name.as_str(), principal.groups.as_slice()),
        ("alice", ["higgs".to_owned()].as_slice())
    );
    assert!(principal.expires.is_some());
    let by_name = IamSettings { name_claim: NameClaim::PreferredUsername, ..settings(&issuer) };
    assert_eq!(ask(&believing(vec![by_name]), &bare).await.unwrap().principal.name, "al");
    // An answer about somebody else.
    issuer.inform(&bare, json!({ "sub": "bob", "groups": ["atlas"] }));
    assert_eq!(refusal(&believing(vec![settings(&issuer)]), &bare).await.0, 502);
    // Not every issuer takes a token for a service at its own endpoint: then no group is known.
    issuer.revoke(&bare);
    assert!(ask(&believing(vec![settings(&issuer)]), &bare).await.unwrap().principal.groups.is_empty());

    let asking = IamSettings { client: Some(client()), ..settings(&issuer) };
    issuer.introspect_as(&bare, json!({ "sub": "alice", "scope": "storage.read:/higgs" }));
    let principal = ask(&believing(vec![asking.clone()]), &bare).await.unwrap().principal;
    assert!(principal.capabilities.is_some());
    issuer.revoke(&bare);
    assert_eq!(
        refusal(&believing(vec![asking]), &bare).await.0,
        401,
        "taken back though its time is not over"
    );
    assert_eq!(issuer.n_asked("userinfo"), 4);
}

#[tokio::test]
async fn opaque_tokens_are_asked_about_where_we_may() {
    let hub = MockHub::start().await;
    hub.add("of-the-hub", Person::user("bob", &[]));
    let issuer = MockIssuer::start().await;
    let asking = IamSettings { client: Some(client()), ..settings(&issuer) };
    let service = service(&hub).with_iam(Iam::new(vec![asking.clone()]).unwrap());
    let exp = now() + 600;
    issuer.introspect_as(
        "opaque",
        json!({ "sub": "alice", "client_id": "laptop", "scope": "openid profile", "exp": exp }),
    );
    issuer.inform("opaque", json!({ "sub": "alice", "groups": ["higgs"] }));
    let principal = ask(&service, "opaque").await.unwrap().principal;
    assert_eq!((principal.name.as_str(), principal.source), ("alice", PrincipalSource::Iam));
    assert_eq!(principal.groups, ["higgs"]);
    assert_eq!(hub.n_asked(), 1, "the hub comes first");
    assert_eq!(ask(&service, "of-the-hub").await.unwrap().principal.source, PrincipalSource::Hub);
    assert_eq!(issuer.n_asked("introspect"), 1, "and what it knows is its own");
    ask(&service, "opaque").await.unwrap();
    assert_eq!(issuer.n_asked("introspect"), 1, "the answer is kept");
    issuer.revoke("opaque");
    service.forget_all();
    assert_eq!(refusal(&service, "opaque").await.0, 401);

    // Given to another program, and for nobody in particular: that program could be anybody.
    issuer
        .introspect_as("of-others", json!({ "sub": "alice", "client_id": "somebody", "groups": ["higgs"] }));
    let (status, error) = refusal(&service, "of-others").await;
    assert!(status == 401 && error.contains("no audience"), "{error}");
    issuer.introspect_as(
        "for-others",
        json!({ "sub": "alice", "client_id": "laptop", "aud": "x", "groups": [] }),
    );
    assert!(refusal(&service, "for-others").await.1.contains("another audience"));
    issuer.introspect_as(
        "for-us",
        json!({ "sub": "carol", "client_id": "x", "aud": ["x", "mlaas4hep"], "groups": [] }),
    );
    assert_eq!(ask(&service, "for-us").await.unwrap().principal.name, "carol");

    // An answer does not outlive the token.
    issuer.introspect_as(
        "short",
        json!({ "sub": "alice", "aud": "mlaas4hep", "groups": [], "exp": now() + 1 }),
    );
    ask(&service, "short").await.unwrap();
    issuer.revoke("short");
    tokio::time::sleep(Duration::from_millis(2100)).await;
    assert_eq!(refusal(&service, "short").await.0, 401);

    // Who may not ask does not.
    let n_asked = issuer.n_asked("introspect");
    assert_eq!(refusal(&believing(vec![settings(&issuer)]), "for-us").await.0, 401);
    assert_eq!(issuer.n_asked("introspect"), n_asked);
    // A wrong secret is not the fault of the caller.
    let wrong = IamClient { secret: Token::new("wrong"), ..client() };
    let wrong = IamSettings { client: Some(wrong), ..asking.clone() };
    assert_eq!(refusal(&believing(vec![wrong]), "for-us").await.0, 502);
    // One that is down does not hide another.
    let away = MockIssuer::start().await;
    let away_settings = IamSettings { client: Some(client()), ..settings(&away) };
    drop(away);
    let both = believing(vec![away_settings, asking]);
    assert_eq!(ask(&both, "for-us").await.unwrap().principal.name, "carol");
    assert_eq!(refusal(&both, "nobodys").await.0, 503);
}

#[tokio::test]
async fn nobody_is_believed_where_no_issuer_is_set() {
    let issuer = MockIssuer::start().await;
    let token = issuer.sign(claims(json!({ "groups": ["higgs"] })));
    assert_eq!(ask(&believing(Vec::new()), &token).await.unwrap_err(), AuthError::UnknownToken);
    assert_eq!(issuer.n_asked("discovery"), 0);
}
