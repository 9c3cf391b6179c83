//! Headers of oauth2-proxy, believed only where the operator says so.

use crate::Principal;
use crate::principal::tidy_groups;
use http::HeaderMap;
use hub_api::{PrincipalKind, PrincipalSource};
use std::net::IpAddr;

/// From which addresses `X-Forwarded-User` and `X-Forwarded-Groups` are believed. Empty, the default: from none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyHeaders {
    /// Addresses of the proxies.
    pub trusted: Vec<IpAddr>,
}

impl ProxyHeaders {
    /// Whom the proxy names, if the request comes from one that is trusted.
    pub(crate) fn principal(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<Principal> {
        // An address of IPv4 may come in the clothes of IPv6.
        let peer = peer?.to_canonical();
        if !self.trusted.iter().any(|trusted| trusted.to_canonical() == peer) {
            return None;
        }
        let only = |name: &str| {
            let mut values = headers.get_all(name).iter();
            let value = values.next()?.to_str().ok()?.trim();
            // Two of them: one was not the proxy's.
            (values.next().is_none() && !value.is_empty()).then(|| value.to_owned())
        };
        let groups = only("x-forwarded-groups").unwrap_or_default();
        Some(Principal {
            name: only("x-forwarded-preferred-username").or_else(|| only("x-forwarded-user"))?,
            kind: PrincipalKind::User,
            source: PrincipalSource::Proxy,
            groups: tidy_groups(groups.split(',').map(|group| group.trim().to_owned()).collect()),
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
        let proxy = ProxyHeaders { trusted: vec!["127.0.0.1".parse().unwrap()] };
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
        headers.append("x-forwarded-user", "bob".parse().unwrap());
        assert!(from(&proxy, Some("127.0.0.1"), &headers).is_none());
    }
}
