//! Every page and form, as every kind of visitor opens it: with the sessions of browsers that logged in at the hub.

use super::browser_session::Browser;
use super::service::{CALLERS, PASSWORD_TO_READ, Service};
use super::table::{self, DONE, next_address, next_number, rightful};
use hub_testing::SERVICE_TOKEN;
use mlaas4hep_hub::{Needs, OPEN, PAGES, Route};
use reqwest::RequestBuilder;
use std::collections::HashMap;

const FORM: &str = "application/x-www-form-urlencoded";

/// The callers that come with a browser.
fn visitors() -> impl Iterator<Item = &'static str> {
    CALLERS.into_iter().filter(|caller| !["a-service", PASSWORD_TO_READ].contains(caller))
}

/// The service, and the browser of each visitor.
struct House {
    service: Service,
    browsers: HashMap<&'static str, Browser>,
}

impl House {
    async fn new() -> Self {
        let limits = "[limits]\nrequests_per_second = 100000\n[log]\nlevel = \"debug\"\n";
        let service = Service::start_with(limits).await;
        let root = super::root_preview::signal(100);
        assert_eq!(service.put("files/higgs/signal.root", "writer", root).await, 201);
        let mut browsers = HashMap::new();
        for visitor in visitors() {
            let browser = match visitor {
                "anonymous" => Browser::with_cookie(""),
                "unknown" => Browser::with_cookie("service-mlaas4hep=no-session"),
                visitor => Browser::log_in(&service, visitor).await,
            };
            browsers.insert(visitor, browser);
        }
        service.end_tokens().await;
        Self { service, browsers }
    }

    /// What a request is about, made anew: the address of it.
    async fn address(&self, page: &Route) -> String {
        let service = &self.service;
        let address = page.path.trim_start_matches('/').replace("{workspace}", "higgs");
        let id = match page.path.split_once("/{id}").map(|(of, _)| of) {
            None => String::new(),
            Some(of) if of.ends_with("/trash") => service.new_in_trash().await,
            Some(of) if of.ends_with("/grants") => service.new_grant().await,
            Some(of) if of.ends_with("/links") => service.new_link().await.0,
            Some(of) if of.ends_with("/uploads") => service.new_upload().await,
            Some(of) if of.ends_with("/app-passwords") => service.new_app_password().await,
            Some(of) => panic!("nothing is made for {of}"),
        };
        let path = match page.path {
            of if of.contains("/histogram/") => "signal.root?tree=Events&branch=Jet_pt".to_owned(),
            of if of.contains("{path}") => service.new_file().await,
            _ => String::new(),
        };
        let path = match page.path {
            of if of.contains("/new-folder/") || of.contains("/upload/") => path.replace(".txt", ""),
            _ => path,
        };
        address.replace("{id}", &id).replace("{path}", &path)
    }

    /// A request of a visitor; a form has the code of the pages, or another one.
    fn request(&self, page: &Route, address: &str, visitor: &str, code: Option<&str>) -> RequestBuilder {
        let browser = &self.browsers[visitor];
        let request = browser.request(page.method, &self.service.url(address));
        let request = request.header("x-forwarded-for", next_address());
        if page.method == "GET" {
            return request;
        }
        let (kind, body) = form(page, code.unwrap_or(&browser.xsrf));
        request.header("content-type", kind).body(body)
    }

    /// The status; 401 also where a browser is sent to the login. No answer shows a token.
    async fn status(&self, request: RequestBuilder) -> u16 {
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let location =
            answer.headers().get("location").map_or("", |place| place.to_str().unwrap()).to_owned();
        let headers = format!("{:?}", answer.headers());
        let text = answer.text().await.unwrap();
        assert_eq!(self.service.secret_in(&headers).or_else(|| self.service.secret_in(&text)), None);
        match status {
            303 if location.starts_with("/services/mlaas4hep/login?next=") => 401,
            303 => DONE,
            status => status,
        }
    }
}

/// The fields of a form that lacks nothing, with their kind.
fn form(page: &Route, code: &str) -> (&'static str, String) {
    let number = next_number();
    let fields = match page.path {
        "/admin" => "workspace=higgs&limit_gibibytes=1&limit_entries=100000",
        "/app-passwords" => "label=of+a+test&role=writer",
        "/w/{workspace}/new-folder/{path}" => "name=made",
        "/w/{workspace}/move/{path}" => &format!("to_path=copies/{number}&to_workspace=higgs&copy=true"),
        "/w/{workspace}/restore/{path}" => "version=1",
        "/w/{workspace}/grants" => "kind=user&name=somebody&role=reader",
        "/w/{workspace}/links" => "path=signal.root",
        "/w/{workspace}/quota" => "limit_gibibytes=1&limit_entries=100000",
        "/w/{workspace}/upload/{path}" => {
            let part = |name: &str, text: &str| {
                format!("--X\r\ncontent-disposition: form-data; name={name}\r\n\r\n{text}\r\n")
            };
            let body = part("\"xsrf\"", code) + &part("\"file\"; filename=\"a\"", "text") + "--X--\r\n";
            return ("multipart/form-data; boundary=X", body);
        }
        _ => "",
    };
    (FORM, format!("xsrf={code}&{fields}"))
}

/// What a visitor gets.
fn expected(page: &Route, visitor: &str) -> u16 {
    let by_role = table::expected(page.needs, visitor);
    match (page.path, visitor) {
        _ if by_role == 401 => by_role,
        ("/app-passwords/{id}/delete", visitor) if visitor != "writer" => 404,
        ("/w/{workspace}/uploads/{id}/delete", "fellow") => 404,
        _ => by_role,
    }
}

/// Who is refused changes nothing: who may does the same to the same thing afterwards.
#[tokio::test]
async fn every_page_as_every_visitor() {
    let house = House::new().await;
    let mut wrong = Vec::new();
    for page in PAGES {
        for visitor in visitors() {
            let address = house.address(page).await;
            let mut check = async |visitor: &str, due: u16| {
                let status = house.status(house.request(page, &address, visitor, None)).await;
                if status != due {
                    wrong.push(format!("{} {address} as {visitor}: {status}, not {due}", page.method));
                }
            };
            let due = expected(page, visitor);
            check(visitor, due).await;
            if due != DONE {
                check(rightful(page.needs), DONE).await;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A form with the code of another session, with none, or with a token in place of a session does nothing.
#[tokio::test]
async fn every_form_comes_from_a_page_of_its_session() {
    let house = House::new().await;
    for page in PAGES.iter().filter(|page| page.method == "POST") {
        let (who, address) = (rightful(page.needs), house.address(page).await);
        for code in ["", "none", house.browsers["fellow"].xsrf.as_str()] {
            let request = house.request(page, &address, who, Some(code));
            assert_eq!(house.status(request).await, 403, "{address} with {code:?}");
        }
        let (kind, body) = form(page, &house.browsers[who].xsrf);
        let by_token = house.service.request("POST", &address, who).header("content-type", kind).body(body);
        assert_eq!(house.status(by_token).await, 403, "{address} with a token");
        let elsewhere = house.request(page, &address, who, None).header("sec-fetch-site", "cross-site");
        assert_eq!(house.status(elsewhere).await, 403, "{address} from another site");
        let request = house.request(page, &address, who, None).header("sec-fetch-site", "same-origin");
        assert_eq!(house.status(request).await, DONE, "{address} with the right code");
    }
}

/// The login is open to everyone, and tells nobody anything.
#[tokio::test]
async fn the_login_as_every_visitor() {
    let house = House::new().await;
    let hub = house.service.hub.host();
    for visitor in visitors() {
        let browser = &house.browsers[visitor];
        for line in OPEN {
            assert_eq!(line.needs, Needs::Nothing, "{}", line.path);
            let path = line.path.trim_start_matches('/').replace("{name}", "none").replace("{id}", "none");
            let answer = browser.request(line.method, &house.service.url(&path)).send().await.unwrap();
            let location = answer.headers().get("location").map(|place| place.to_str().unwrap().to_owned());
            let due = match line.path {
                "/login" => (303, Some("hub/api/oauth2/authorize?")),
                "/logout" => (303, Some("hub/logout")),
                // It began nowhere.
                "/oauth_callback" => (400, None),
                "/assets/{name}" => (404, None),
                _ => (204, None),
            };
            assert_eq!(answer.status().as_u16(), due.0, "{} as {visitor}", line.path);
            assert_eq!(location.is_some(), due.1.is_some(), "{} as {visitor}", line.path);
            if let (Some(location), Some(place)) = (location, due.1) {
                assert!(location.starts_with(&format!("{hub}/{place}")), "{location}");
                assert!(!location.contains(SERVICE_TOKEN) && house.service.secret_in(&location).is_none());
            }
        }
    }
    let foreign = "oauth_callback?error=access_denied&error_description=no";
    let refused = house.browsers["anonymous"].request("GET", &house.service.url(foreign));
    assert_eq!(refused.send().await.unwrap().status(), 403);
}
