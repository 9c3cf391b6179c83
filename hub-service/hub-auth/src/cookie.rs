//! Cookies: reading those of a request, writing ours (RFC 6265).

use http::HeaderMap;

/// How our cookies are named and guarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieRules {
    /// `/services/NAME/`.
    pub path: String,
    /// Only over https.
    pub is_secure: bool,
    /// Names start with `__Host-`, and the path is `/` then.
    pub has_host_prefix: bool,
}

/// A `Set-Cookie` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCookie(pub String);

impl CookieRules {
    /// The name as the browser knows it.
    #[must_use]
    pub fn name(&self, name: &str) -> String {
        format!("{}{name}", if self.has_host_prefix { "__Host-" } else { "" })
    }

    /// Sets a cookie; `max_age_seconds` of 0 removes it, `None` keeps it until the browser is closed.
    pub(crate) fn set(&self, name: &str, value: &str, max_age_seconds: Option<u64>) -> SetCookie {
        let path = if self.has_host_prefix { "/" } else { &self.path };
        let name = self.name(name);
        let age = max_age_seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let secure = if self.is_secure || self.has_host_prefix { "; Secure" } else { "" };
        SetCookie(format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax{age}{secure}"))
    }

    /// The value that a request carries.
    pub(crate) fn get<'h>(&self, headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
        let name = self.name(name);
        all(headers).find_map(|(of, value)| (of == name).then_some(value))
    }
}

/// A cookie of another program, by its bare name.
pub(crate) fn foreign<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    all(headers).find_map(|(of, value)| (of == name).then_some(value))
}

fn all(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(http::header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(is_secure: bool, has_host_prefix: bool) -> CookieRules {
        CookieRules { path: "/services/x/".to_owned(), is_secure, has_host_prefix }
    }

    #[test]
    fn cookies_are_guarded() {
        assert_eq!(
            rules(false, false).set("a", "1", None).0,
            "a=1; Path=/services/x/; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            rules(true, false).set("a", "1", Some(0)).0,
            "a=1; Path=/services/x/; HttpOnly; SameSite=Lax; Max-Age=0; Secure"
        );
        assert_eq!(
            rules(false, true).set("a", "1", None).0,
            "__Host-a=1; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
    }

    #[test]
    fn cookies_are_found() {
        let mut headers = HeaderMap::new();
        headers.append("cookie", "x=1; a=2;b = 3".parse().unwrap());
        headers.append("cookie", "c=4=5; __Host-a=6".parse().unwrap());
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(rules(false, false).get(&headers, name), expected, "{name}");
        };
        check("x", Some("1"));
        check("a", Some("2"));
        check("c", Some("4=5"));
        check("d", None);
        assert_eq!(rules(false, true).get(&headers, "a"), Some("6"));
    }

    proptest::proptest! {
        /// Whatever else a browser sends, ours is found, and nothing that follows it is taken in.
        #[test]
        fn ours_is_found_among_others(
            value in "[A-Za-z0-9_-]{0,60}", before in "([a-z]{0,5}=?[ -:<-~]{0,10}(;|;|;|;|;|;|;|\u{e9};)){0,4}", after in "(; ?[ -:<-~]{0,12}){0,4}",
        ) {
            let Ok(header) = http::HeaderValue::from_str(&format!("{before} service-x={value}{after}")) else { return Ok(()) };
            let is_text = header.to_str().is_ok();
            let headers = HeaderMap::from_iter([(http::header::COOKIE, header)]);
            let found = rules(false, false).get(&headers, "service-x");
            proptest::prop_assert_eq!(found, is_text.then_some(value.as_str()));
            proptest::prop_assert_eq!(rules(false, true).get(&headers, "service-x"), None);
        }

        #[test]
        fn any_header_is_read(bytes in proptest::collection::vec(0x20_u8.., 0..60)) {
            let Ok(header) = http::HeaderValue::from_bytes(&bytes) else { return Ok(()) };
            let headers = HeaderMap::from_iter([(http::header::COOKIE, header)]);
            let all: Vec<_> = all(&headers).collect();
            proptest::prop_assert!(all.iter().all(|(name, value)| !name.contains([';', '=']) && !value.contains(';')));
        }
    }
}
