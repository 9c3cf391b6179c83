//! Headers of oauth2-proxy, believed only where the operator says so.

use crate::Principal;
use crate::principal::tidy_groups;
use http::{HeaderMap, HeaderName};
use hub_api::{PrincipalKind, PrincipalSource};
use std::net::IpAddr;

const GROUPS: HeaderName = HeaderName::from_static("x-forwarded-groups");

/// From which addresses a header is believed that names the caller, and one with its groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyHeaders {
    /// Addresses of the proxies. Empty, the default: nobody is believed.
    pub trusted: Vec<IpAddr>,
    /// The one header with the name. No other counts: a proxy takes out only those of the caller that it sets itself. Default:
    /// `X-Forwarded-User`.
    pub user_header: HeaderName,
}

impl Default for ProxyHeaders {
    fn default() -> Self {
        Self { trusted: Vec::new(), user_header: HeaderName::from_static("x-forwarded-user") }
    }
}

impl ProxyHeaders {
    /// Whom the proxy names, if the request comes from one that is trusted.
    pub(crate) fn principal(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<Principal> {
        // An address of IPv4 may come in the clothes of IPv6.
        let peer = peer?.to_canonical();
        if !self.trusted.iter().any(|trusted| trusted.to_canonical() == peer) {
            return None;
        }
        let only = |name: &HeaderName| {
            let mut values = headers.get_all(name).iter();
            let value = values.next()?.to_str().ok()?.trim();
            // Two of them: one was not the proxy's.
            (values.next().is_none() && !value.is_empty()).then(|| value.to_owned())
        };
        let groups = only(&GROUPS).unwrap_or_default();
        Some(Principal {
            name: only(&self.user_header)?,
            kind: PrincipalKind::User,
            source: PrincipalSource::Proxy,
            groups: tidy_groups(groups.split(',').map(|group| group.trim().to_owned()).collect()),
            says_groups: true,
            is_admin: false,
            role_ceiling: None,
            capabilities: None,
            expires: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let proxy = ProxyHeaders { trusted: vec!["127.0.0.1".parse().unwrap()], ..ProxyHeaders::default() };
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-user", "alice".parse().unwrap());
        headers.insert("x-forwarded-groups", "/higgs, cms/top,,higgs".parse().unwrap());
        let from = |proxy: &ProxyHeaders, peer: Option<&str>, headers: &HeaderMap| {
            proxy.principal(headers, peer.map(|peer| peer.parse().unwrap()))
        };
        let principal = from(&proxy, Some("127.0.0.1"), &headers).unwrap();
        assert_eq!((principal.name.as_str(), principal.is_admin), ("alice", false));
        assert_eq!(principal.groups, ["cms/top", "higgs"]);
        assert!(from(&proxy, Some("::ffff:127.0.0.1"), &headers).is_some());
        assert!(from(&proxy, Some("10.0.0.1"), &headers).is_none());
        assert!(from(&proxy, None, &headers).is_none());
        assert!(from(&ProxyHeaders::default(), Some("127.0.0.1"), &headers).is_none());
        headers.insert("x-forwarded-preferred-username", "bob".parse().unwrap());
        assert_eq!(from(&proxy, Some("127.0.0.1"), &headers).unwrap().name, "alice");
        let preferred = HeaderName::from_static("x-forwarded-preferred-username");
        let other = ProxyHeaders { user_header: preferred, ..proxy.clone() };
        assert_eq!(from(&other, Some("127.0.0.1"), &headers).unwrap().name, "bob");
        headers.append("x-forwarded-user", "bob".parse().unwrap());
        assert!(from(&proxy, Some("127.0.0.1"), &headers).is_none());
    }
}
