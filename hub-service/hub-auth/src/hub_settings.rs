//! What the service must know of its hub.

use crate::{InternalTls, Token};
use std::time::Duration;

/// A hub, as a managed service finds it in its environment, or an external one in its configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubSettings {
    /// `http://127.0.0.1:8081/hub/api`, without a slash at the end.
    pub api_url: String,
    /// The token of the service, which is the secret of its OAuth client too.
    pub api_token: Token,
    /// `service-NAME`.
    pub client_id: String,
    /// `/services/NAME/`: the proxy leaves it in the path.
    pub prefix: String,
    /// Where the hub sends browsers back to, as the hub knows it.
    pub callback_url: String,
    /// Any one of these opens the service.
    pub access_scopes: Vec<String>,
    /// `/` or where else the hub lies on its host.
    pub base_url: String,
    /// `https://host` where the hub is another host than the service (subdomains); else empty.
    pub hub_host: String,
    /// How others reach the service, with its prefix, where the hub knows it (`JUPYTERHUB_PUBLIC_URL`).
    pub public_url: Option<String>,
    /// Whether browsers come over https: cookies are `Secure` then.
    pub is_https: bool,
    /// Whether cookies are named `__Host-...`.
    pub has_host_prefix: bool,
    /// TLS with the hub and its proxy, where the hub wants it.
    pub tls: Option<InternalTls>,
    /// How long the hub may take. Default: 5 s.
    pub timeout: Duration,
}

/// Why there is no hub to talk to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HubSettingsError {
    /// Something must be there and is not.
    #[error("{name} is not set: a service of JupyterHub needs it")]
    Missing {
        /// Name of the variable.
        name: &'static str,
    },
    /// Something is there and will not do.
    #[error("{name} is {value:?}, but {allowed}")]
    Wrong {
        /// Name of the variable.
        name: &'static str,
        /// What it holds.
        value: String,
        /// What would do.
        allowed: &'static str,
    },
}

impl HubSettings {
    /// From the variables that the hub gives to a managed service (the same names serve an external one). `None` where
    /// there is no hub at all: neither an address nor a token.
    ///
    /// # Errors
    /// A variable that is missing or makes no sense.
    pub fn from_variables(
        get: &dyn Fn(&'static str) -> Option<String>,
    ) -> Result<Option<Self>, HubSettingsError> {
        let need =
            |name| get(name).filter(|value| !value.is_empty()).ok_or(HubSettingsError::Missing { name });
        if get("JUPYTERHUB_API_URL").is_none() && get("JUPYTERHUB_API_TOKEN").is_none() {
            return Ok(None);
        }
        let api_url = web_address("JUPYTERHUB_API_URL", &need("JUPYTERHUB_API_URL")?)?;
        let service = need("JUPYTERHUB_SERVICE_NAME")?;
        let prefix = get("JUPYTERHUB_SERVICE_PREFIX").unwrap_or_else(|| format!("/services/{service}/"));
        if !prefix.starts_with('/') || !prefix.ends_with('/') {
            let allowed = "it starts and ends with a slash";
            return Err(HubSettingsError::Wrong {
                name: "JUPYTERHUB_SERVICE_PREFIX",
                value: prefix,
                allowed,
            });
        }
        let public_url = get("JUPYTERHUB_PUBLIC_URL").unwrap_or_default();
        let is_secure = is_secure(get("JUPYTERHUB_COOKIE_OPTIONS"))?;
        let has_host_prefix = get("JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED").as_deref() == Some("1");
        Ok(Some(Self {
            api_url,
            api_token: Token::new(need("JUPYTERHUB_API_TOKEN")?),
            client_id: get("JUPYTERHUB_CLIENT_ID").unwrap_or_else(|| format!("service-{service}")),
            callback_url: get("JUPYTERHUB_OAUTH_CALLBACK_URL")
                .filter(|url| !url.is_empty())
                .unwrap_or_else(|| format!("{prefix}oauth_callback")),
            access_scopes: access_scopes(get("JUPYTERHUB_OAUTH_ACCESS_SCOPES"), &service)?,
            base_url: get("JUPYTERHUB_BASE_URL").filter(|url| !url.is_empty()).unwrap_or_else(|| "/".into()),
            hub_host: get("JUPYTERHUB_HOST").unwrap_or_default(),
            public_url: below_its_origin(&public_url, &prefix),
            is_https: public_url.starts_with("https://") || has_host_prefix || is_secure,
            has_host_prefix,
            tls: internal_tls(get)?,
            timeout: Duration::from_secs(5),
            prefix,
        }))
    }
}

/// All three files, or none.
fn internal_tls(
    get: &dyn Fn(&'static str) -> Option<String>,
) -> Result<Option<InternalTls>, HubSettingsError> {
    let names = ["JUPYTERHUB_SSL_KEYFILE", "JUPYTERHUB_SSL_CERTFILE", "JUPYTERHUB_SSL_CLIENT_CA"];
    let files = names.map(|name| (name, get(name).filter(|path| !path.is_empty())));
    if files.iter().all(|(_, file)| file.is_none()) {
        return Ok(None);
    }
    let need = |(name, file): (_, Option<String>)| file.ok_or(HubSettingsError::Missing { name });
    let [key, certificate, authorities] = files;
    Ok(Some(InternalTls {
        key: need(key)?.into(),
        certificate: need(certificate)?.into(),
        authorities: need(authorities)?.into(),
    }))
}

/// Whether the operator wants cookies over https alone. Other options are for the hub's own cookies; ours are stricter.
fn is_secure(options: Option<String>) -> Result<bool, HubSettingsError> {
    let Some(value) = options.filter(|text| !text.is_empty()) else { return Ok(false) };
    let found = serde_json::from_str::<std::collections::BTreeMap<String, serde_json::Value>>(&value);
    let secure = found.map(|options| options.get("secure").and_then(serde_json::Value::as_bool));
    secure.map(|is_secure| is_secure.unwrap_or(false)).map_err(|_| HubSettingsError::Wrong {
        name: "JUPYTERHUB_COOKIE_OPTIONS",
        value,
        allowed: "it is a JSON object",
    })
}

fn web_address(name: &'static str, value: &str) -> Result<String, HubSettingsError> {
    match url::Url::parse(value) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(value.trim_end_matches('/').to_owned()),
        _ => Err(HubSettingsError::Wrong {
            name,
            value: value.to_owned(),
            allowed: "it is an address that starts with http:// or https://",
        }),
    }
}

/// The prefix of the service at the host of its public address; that of the hub itself will do too.
fn below_its_origin(public_url: &str, prefix: &str) -> Option<String> {
    let origin = url::Url::parse(public_url).ok()?.origin();
    origin.is_tuple().then(|| format!("{}{prefix}", origin.ascii_serialization()))
}

fn access_scopes(given: Option<String>, service: &str) -> Result<Vec<String>, HubSettingsError> {
    let name = "JUPYTERHUB_OAUTH_ACCESS_SCOPES";
    let Some(value) = given.filter(|text| !text.is_empty()) else {
        return Ok(vec!["access:services".into(), format!("access:services!service={service}")]);
    };
    match serde_json::from_str::<Vec<String>>(&value) {
        Ok(scopes) if !scopes.is_empty() => Ok(scopes),
        _ => Err(HubSettingsError::Wrong { name, value, allowed: "it is a JSON list of at least one scope" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: [(&str, &str); 7] = [
        ("JUPYTERHUB_SERVICE_NAME", "mlaas4hep"),
        ("JUPYTERHUB_API_URL", "http://127.0.0.1:8081/hub/api"),
        ("JUPYTERHUB_API_TOKEN", "abc"),
        ("JUPYTERHUB_SERVICE_PREFIX", "/services/mlaas4hep/"),
        ("JUPYTERHUB_CLIENT_ID", "service-mlaas4hep"),
        ("JUPYTERHUB_OAUTH_CALLBACK_URL", "/services/mlaas4hep/oauth_callback"),
        ("JUPYTERHUB_OAUTH_ACCESS_SCOPES", r#"["access:services","access:services!service=mlaas4hep"]"#),
    ];

    fn read(change: &[(&str, Option<&str>)]) -> Result<Option<HubSettings>, HubSettingsError> {
        HubSettings::from_variables(&|name| {
            let changed = change.iter().find(|(of, _)| *of == name);
            let given = GIVEN.iter().find(|(of, _)| *of == name).map(|(_, value)| *value);
            changed.map_or(given, |(_, value)| *value).map(str::to_owned)
        })
    }

    #[test]
    fn a_managed_service_knows_its_hub() {
        let settings = read(&[]).unwrap().unwrap();
        assert_eq!(settings.api_url, "http://127.0.0.1:8081/hub/api");
        assert_eq!(settings.prefix, "/services/mlaas4hep/");
        assert_eq!(settings.base_url, "/");
        assert!(!settings.is_https);
        assert!(!format!("{settings:?}").contains("abc"));
    }

    #[test]
    fn what_follows_from_the_name_may_be_left_out() {
        let left_out = ["JUPYTERHUB_SERVICE_PREFIX", "JUPYTERHUB_CLIENT_ID", "JUPYTERHUB_OAUTH_CALLBACK_URL"];
        let change: Vec<_> = left_out.iter().map(|name| (*name, None)).collect();
        assert_eq!(read(&change).unwrap(), read(&[]).unwrap());
        let scopes = read(&[("JUPYTERHUB_OAUTH_ACCESS_SCOPES", Some(""))]).unwrap().unwrap().access_scopes;
        assert_eq!(scopes, ["access:services", "access:services!service=mlaas4hep"]);
    }

    #[test]
    fn no_hub_at_all_is_none() {
        assert_eq!(read(&[("JUPYTERHUB_API_URL", None), ("JUPYTERHUB_API_TOKEN", None)]), Ok(None));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let check = |name: &'static str, value: Option<&str>, expected: &str| {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.starts_with(name) && error.contains(expected), "{error}");
        };
        check("JUPYTERHUB_API_TOKEN", None, "is not set");
        check("JUPYTERHUB_SERVICE_NAME", Some(""), "is not set");
        check("JUPYTERHUB_API_URL", Some("hub"), "an address");
        check("JUPYTERHUB_API_URL", Some("file:///etc/passwd"), "an address");
        check("JUPYTERHUB_SERVICE_PREFIX", Some("services"), "slash");
        check("JUPYTERHUB_OAUTH_ACCESS_SCOPES", Some("[]"), "at least one");
        check("JUPYTERHUB_OAUTH_ACCESS_SCOPES", Some("access"), "JSON");
    }

    #[test]
    fn the_public_address_is_the_prefix_at_its_host() {
        let check = |said: &str, expected: Option<&str>| {
            let settings = read(&[("JUPYTERHUB_PUBLIC_URL", Some(said))]).unwrap().unwrap();
            assert_eq!(settings.public_url.as_deref(), expected, "{said}");
        };
        let whole = Some("https://hub.org/services/mlaas4hep/");
        check("https://hub.org/services/mlaas4hep/", whole);
        check("https://hub.org", whole);
        check("http://hub.org:8000/x", Some("http://hub.org:8000/services/mlaas4hep/"));
        for none in ["", "hub.org", "/services/x/", "file:///x"] {
            check(none, None);
        }
    }

    #[test]
    fn tls_with_the_hub_has_three_files() {
        let [key, certificate, authorities] =
            ["JUPYTERHUB_SSL_KEYFILE", "JUPYTERHUB_SSL_CERTFILE", "JUPYTERHUB_SSL_CLIENT_CA"];
        let all = [(key, Some("/k")), (certificate, Some("/c")), (authorities, Some("/a"))];
        let expected = InternalTls { key: "/k".into(), certificate: "/c".into(), authorities: "/a".into() };
        assert_eq!(read(&all).unwrap().unwrap().tls, Some(expected));
        assert_eq!(read(&all[..2]), Err(HubSettingsError::Missing { name: authorities }));
    }

    #[test]
    fn options_of_cookies_say_whether_they_are_secure() {
        let check = |options: &str, expected: bool| {
            let settings = read(&[("JUPYTERHUB_COOKIE_OPTIONS", Some(options))]).unwrap().unwrap();
            assert_eq!(settings.is_https, expected, "{options}");
        };
        check(r#"{"secure": true, "samesite": "Strict"}"#, true);
        check(r#"{"expires_days": 1}"#, false);
        check("", false);
        assert!(read(&[("JUPYTERHUB_COOKIE_OPTIONS", Some("secure"))]).is_err());
    }

    #[test]
    fn https_and_host_prefixes_make_cookies_secure() {
        assert!(
            read(&[("JUPYTERHUB_PUBLIC_URL", Some("https://hub.org/services/x/"))])
                .unwrap()
                .unwrap()
                .is_https
        );
        let settings = read(&[("JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED", Some("1"))]).unwrap().unwrap();
        assert!(settings.is_https && settings.has_host_prefix);
    }
}
