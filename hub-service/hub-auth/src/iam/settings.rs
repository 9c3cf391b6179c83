//! What the service must know of an IAM.

use crate::Token;
use std::net::Ipv4Addr;
use url::{Host, Url};

/// An issuer whose tokens are believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IamSettings {
    /// Its address, letter for letter as its tokens carry it in `iss`.
    pub issuer: String,
    /// What `aud` of a token may hold; one of them suffices. Never empty.
    pub audiences: Vec<String>,
    /// Which claim is the name of the user.
    pub name_claim: NameClaim,
    /// Members of these groups administer the service.
    pub admin_groups: Vec<String>,
    /// Where the paths of storage scopes begin: `/`, or a folder such as `/higgs`.
    pub storage_root: String,
    /// What asks the issuer about tokens that carry nothing themselves (RFC 7662); without it they are shown to its userinfo
    /// endpoint, and tokens that are no JWT are not known.
    pub client: Option<IamClient>,
    /// The public client by which `mlaas4hep login` logs in (RFC 8628); told to everyone.
    pub device_client_id: Option<String>,
}

/// How the service itself is known to the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IamClient {
    /// `client_id`.
    pub id: String,
    /// `client_secret`.
    pub secret: Token,
}

/// Which claim is the name of a user. It should be the one by which the hub names its users: then both are one person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NameClaim {
    /// `sub`: never given to anybody else.
    #[default]
    Sub,
    /// `preferred_username`: readable, and may be given to somebody else one day.
    PreferredUsername,
}

/// Why an issuer will not do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{issuer:?} {reason}")]
pub struct IamSettingsError {
    /// As it was given.
    pub issuer: String,
    /// What is wrong with it, and what would do.
    pub reason: &'static str,
}

impl IamSettings {
    /// Whether the issuer knows the service, or its `mlaas4hep login`, by this `client_id`.
    pub(crate) fn is_our_client(&self, id: &str) -> bool {
        self.client.as_ref().is_some_and(|client| client.id == id)
            || self.device_client_id.as_deref() == Some(id)
    }

    /// Looks whether the settings can work.
    ///
    /// # Errors
    /// An issuer that is no `https` address (`http` is for this machine alone), no audience, a root that is no path.
    pub fn check(&self) -> Result<(), IamSettingsError> {
        let wrong = |reason| Err(IamSettingsError { issuer: self.issuer.clone(), reason });
        if safe_address(&self.issuer).is_none() {
            return wrong(
                "is no address of an issuer: it starts with https:// (http:// for this machine alone)",
            );
        }
        if self.audiences.iter().all(String::is_empty) {
            return wrong("has no audience: name what its tokens for this service carry in `aud`");
        }
        match hub_api::Capabilities::parse("storage.read:/", &self.storage_root) {
            Ok(_) => Ok(()),
            Err(_) => wrong("has a storage_root that is no path: it is `/`, or a folder such as `/higgs`"),
        }
    }
}

/// An address to which secrets may go: over TLS, or on this machine.
pub(crate) fn safe_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_here(&url));
    (is_safe && url.username().is_empty() && url.password().is_none()).then_some(url)
}

/// Whether an address is one of this machine.
pub(crate) fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether an address is one of this machine or of its own wire (link-local: clouds tell their secrets there), however it
/// is written. What a name stands for is not asked.
pub(crate) fn is_near(url: &Url) -> bool {
    let is_near_v4 =
        |address: Ipv4Addr| address.is_loopback() || address.is_unspecified() || address.is_link_local();
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => is_near_v4(address),
        Some(Host::Ipv6(address)) => {
            let is_link_local = address.segments()[0] & 0xffc0 == 0xfe80;
            let mapped = address.to_ipv4_mapped();
            address.is_loopback()
                || address.is_unspecified()
                || is_link_local
                || mapped.is_some_and(is_near_v4)
        }
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers_that_will_not_do() {
        let good = IamSettings {
            issuer: "https://iam.example.org/".to_owned(),
            audiences: vec!["mlaas4hep".to_owned()],
            name_claim: NameClaim::Sub,
            admin_groups: Vec::new(),
            storage_root: "/".to_owned(),
            client: None,
            device_client_id: None,
        };
        assert_eq!(good.check(), Ok(()));
        let check = |settings: IamSettings, word: &str| {
            let error = settings.check().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        };
        let with = |issuer: &str| IamSettings { issuer: issuer.to_owned(), ..good.clone() };
        check(with("http://iam.example.org/"), "https://");
        check(with("https://user:secret@iam.example.org/"), "https://");
        check(with("iam"), "https://");
        assert_eq!(with("http://127.0.0.1:9000").check(), Ok(()));
        assert_eq!(with("http://[::1]:9000").check(), Ok(()));
        check(IamSettings { audiences: Vec::new(), ..good.clone() }, "audience");
        check(IamSettings { storage_root: "higgs".to_owned(), ..good.clone() }, "storage_root");
        check(IamSettings { storage_root: "/a/../b".to_owned(), ..good }, "storage_root");
    }

    #[test]
    fn what_is_near() {
        let check = |host: &str, expected: bool| {
            assert_eq!(is_near(&Url::parse(&format!("https://{host}/keys")).unwrap()), expected, "{host}");
        };
        for host in [
            "localhost",
            "a.localhost",
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0.0.0.0",
            "169.254.169.254",
            "[::1]",
            "[::]",
        ] {
            check(host, true);
        }
        for host in ["[::ffff:127.0.0.1]", "[fe80::1]", "[::ffff:169.254.169.254]"] {
            check(host, true);
        }
        for host in ["iam.example.org", "10.0.0.5", "192.0.2.1", "[2001:db8::1]", "[fd00::1]"] {
            check(host, false);
        }
    }
}
