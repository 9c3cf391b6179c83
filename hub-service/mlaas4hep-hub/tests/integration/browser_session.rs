//! A browser that logged in at the hub.

use super::service::{PREFIX, Service, token};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};

/// What it keeps of the login: it follows no redirect by itself.
pub(super) struct Browser {
    client: Client,
    cookie: String,
    /// The code of its pages.
    pub(super) xsrf: String,
}

impl Browser {
    /// One with a cookie that may be none of ours, or empty.
    pub(super) fn with_cookie(cookie: &str) -> Self {
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { client, cookie: cookie.to_owned(), xsrf: "none".to_owned() }
    }

    /// Goes through the login of the hub and back.
    pub(super) async fn log_in(service: &Service, caller: &str) -> Self {
        service.hub.log_in(&token(caller));
        let mut browser = Self::with_cookie("");
        let login =
            browser.request("GET", &service.url(&format!("login?next={PREFIX}"))).send().await.unwrap();
        browser.keep_cookie(service, &login);
        let hub = browser.request("GET", header(&login, "location")).send().await.unwrap();
        let back = format!("http://{}{}", service.address, header(&hub, "location"));
        let done = browser.request("GET", &back).send().await.unwrap();
        assert_eq!((done.status().as_u16(), header(&done, "location")), (303, PREFIX));
        browser.keep_cookie(service, &done);
        let page = browser.request("GET", &service.url("")).send().await.unwrap().text().await.unwrap();
        let (_, rest) = page.split_once("data-xsrf=\"").expect("a page with the code");
        rest.split('"').next().unwrap().clone_into(&mut browser.xsrf);
        browser
    }

    /// A request for a page.
    pub(super) fn request(&self, method: &str, url: &str) -> RequestBuilder {
        let request = self.client.request(method.parse().unwrap(), url).header("accept", "text/html");
        if self.cookie.is_empty() { request } else { request.header("cookie", &self.cookie) }
    }

    fn keep_cookie(&mut self, service: &Service, answer: &Response) {
        header(answer, "set-cookie").split(';').next().unwrap().clone_into(&mut self.cookie);
        service.keep_secret(self.cookie.split_once('=').unwrap().1);
    }
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers()[name].to_str().unwrap()
}
