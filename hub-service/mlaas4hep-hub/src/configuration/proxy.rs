//! Whose word counts about who the caller is: that of a proxy in front.

use super::{ConfigurationError, ProxyArea};
use http::HeaderName;
use hub_auth::ProxyHeaders;

/// Beginnings of names of headers that callers send for other ends.
const BEGINNINGS: [&str; 11] = [
    "accept",
    "access-control-",
    "content-",
    "digest",
    "if",
    "repr-",
    "sec-",
    "tus-",
    "upload-",
    "want-",
    "x-amz-",
];

/// Other headers that callers send for other ends, and which no proxy takes out.
const NAMES: [&str; 41] = [
    "authorization",
    "cache-control",
    "connection",
    "cookie",
    "date",
    "depth",
    "destination",
    "dnt",
    "expect",
    "forwarded",
    "from",
    "host",
    "keep-alive",
    "last-event-id",
    "link-password",
    "lock-token",
    "max-forwards",
    "origin",
    "overwrite",
    "pragma",
    "prefer",
    "priority",
    "proxy-authorization",
    "range",
    "referer",
    "te",
    "timeout",
    "traceparent",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "upgrade-insecure-requests",
    "user-agent",
    "via",
    "x-forwarded-for",
    "x-forwarded-groups",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-request-id",
    "x-xsrftoken",
];

/// The proxy, unless its header is one of these. Whether it takes out what callers send, only the operator knows.
pub(super) fn proxy_headers(area: ProxyArea) -> Result<ProxyHeaders, ConfigurationError> {
    let wrong = |why: &str| ConfigurationError::Wrong {
        key: "proxy.user_header",
        reason: format!("is {:?}, which {why}", area.user_header),
    };
    let user_header: HeaderName = area.user_header.parse().map_err(|_| wrong("is no name of a header"))?;
    if is_everybodys(user_header.as_str()) {
        return Err(wrong(
            "callers send for other ends: name the one that the proxy sets, such as X-Forwarded-User",
        ));
    }
    Ok(ProxyHeaders { trusted: area.trusted_addresses, user_header })
}

fn is_everybodys(name: &str) -> bool {
    NAMES.contains(&name) || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_may_name_a_user() {
        let check = |user_header: &str, expected: bool| {
            let area = ProxyArea { user_header: user_header.to_owned(), ..ProxyArea::default() };
            assert_eq!(proxy_headers(area).is_ok(), expected, "{user_header}");
        };
        for proxys in
            ["X-Forwarded-User", "X-Forwarded-Email", "X-Auth-Request-User", "Remote-User", "OIDC_CLAIM_sub"]
        {
            check(proxys, true);
        }
        for callers in ["Cookie", "user-agent", "If", "Prefer", "Link-Password", "Want-Digest", "a b", ""] {
            check(callers, false);
        }
    }
}
