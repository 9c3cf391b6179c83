//! What makes sense of the file and of the environment together.

use super::{HubArea, IamArea, IamName, LimitsArea, ListenArea, LogArea, Said, proxy::proxy_headers};
use hub_auth::{
    HubSettings, HubSettingsError, IamClient, IamSettings, NameClaim, ProxyHeaders, SealKey, Token,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;
use workspaces::CheckedSettings;

/// Where the service listens unless it is told.
const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9010);
const GRACE_SECONDS: u64 = 10;
/// Longest path of a socket (unix(7): 108 bytes with the zero at its end).
pub(crate) const MOST_SOCKET_BYTES: usize = 107;

/// A configuration that can be served.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Where to listen.
    pub address: SocketAddr,
    /// The second listener.
    pub data_address: Option<SocketAddr>,
    /// How clients reach it.
    pub data_url: Option<String>,
    /// The socket for programs on this machine.
    pub local_socket: Option<PathBuf>,
    /// In front of all addresses: `/services/NAME/`, or `/`.
    pub prefix: String,
    /// Key of the sessions; `None`: the one in the folder.
    pub session_key: Option<SealKey>,
    /// How long running requests get at the end.
    pub grace: Duration,
    /// The hub, where there is one.
    pub hub: Option<HubSettings>,
    /// Issuers that are believed.
    pub iam: Vec<IamSettings>,
    /// Proxies that are believed.
    pub proxy: ProxyHeaders,
    /// The storage.
    pub workspaces: CheckedSettings,
    /// Requests a second of one caller.
    pub requests_per_second: NonZeroU32,
    /// Uploads of one caller at a time.
    pub uploads_at_once: u32,
    /// Files or parts of them that one caller reads at a time.
    pub downloads_at_once: u32,
    /// Largest JSON body in bytes.
    pub max_json_bytes: usize,
    /// What connections may do.
    pub connections: ConnectionRules,
    /// How long a request may take that carries no file.
    pub request_timeout: Duration,
    /// Between two looks at the hub's groups.
    pub group_properties_every: Duration,
    /// The log.
    pub log: LogArea,
}

/// What connections may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionRules {
    /// At a time; more wait in the queue of the system.
    pub most: usize,
    /// Of one address at a time; more are closed at once.
    pub most_of_one_address: u32,
    /// Within which the head of a request has to come, and then each piece of its body; an open connection without a request
    /// is closed after it.
    pub silence: Duration,
    /// Proxies, which speak for many: theirs are not counted by address.
    pub uncounted: Vec<IpAddr>,
}

/// Why a configuration will not do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The file.
    #[error("cannot read the configuration {path}: {reason}", path = .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why not; of a wrong key with its line and the keys that there are.
        reason: String,
    },
    /// A key of it.
    #[error("{key}: {reason}")]
    Wrong {
        /// `limits.requests_per_second`.
        key: &'static str,
        /// Why it will not do, and what would.
        reason: String,
    },
    /// The hub.
    #[error(transparent)]
    Hub(#[from] HubSettingsError),
    /// The storage.
    #[error(transparent)]
    Workspaces(#[from] workspaces::SettingsError),
}

/// Reads a variable of the environment.
type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Said {
    /// Checks the whole, without opening anything.
    ///
    /// # Errors
    /// What does not fit, by its key.
    pub fn check(mut self, variable: Variable<'_>) -> Result<Checked, ConfigurationError> {
        let hub = hub_settings(self.hub.as_ref(), variable)?;
        if hub.is_some() && self.iam.is_empty() && self.proxy.trusted_addresses.is_empty() {
            // The hub is asked for all groups every minute: nothing ages.
            self.workspaces.keep_groups_days = u32::MAX;
        }
        let address = listen_address(&self.listen, hub.is_some(), variable)?;
        let data_url = data_url(&self.listen)?;
        let wrong = |key, reason: &str| ConfigurationError::Wrong { key, reason: reason.to_owned() };
        let requests_per_second = NonZeroU32::new(self.limits.requests_per_second)
            .ok_or_else(|| wrong("limits.requests_per_second", "is 0, and must be at least 1"))?;
        for (key, most) in [
            ("limits.uploads_at_once", self.limits.uploads_at_once),
            ("limits.downloads_at_once", self.limits.downloads_at_once),
        ] {
            if most == 0 {
                return Err(wrong(key, "is 0, and must be at least 1"));
            }
        }
        if !(1024..=64 << 20).contains(&self.limits.max_json_bytes) {
            return Err(wrong("limits.max_json_bytes", "must be between 1024 and 67108864"));
        }
        let limits = &self.limits;
        for (key, seconds, most) in [
            ("limits.request_seconds", limits.request_seconds, 3600),
            ("limits.silent_seconds", limits.silent_seconds, 3600),
            ("limits.group_properties_seconds", limits.group_properties_seconds, 86_400),
        ] {
            if !(1..=most).contains(&seconds) {
                return Err(wrong(key, &format!("must be between 1 and {most}")));
            }
        }
        if let Some(level) = &self.log.level
            && let Err(error) = tracing_subscriber::EnvFilter::try_new(level)
        {
            return Err(wrong("log.level", &format!("{level:?} is no level and no filter: {error}")));
        }
        if self.listen.data_address == Some(address) && address.port() != 0 {
            return Err(wrong("listen.data_address", "is the address of the service itself: name another"));
        }
        let connections = connections(limits, &self.proxy.trusted_addresses, hub.is_some())?;
        Ok(Checked {
            address,
            data_address: self.listen.data_address,
            data_url,
            local_socket: local_socket(self.listen.local_socket.clone())?,
            prefix: hub.as_ref().map_or_else(|| "/".to_owned(), |hub| hub.prefix.clone()),
            session_key: self.listen.session_key.as_ref().map(session_key).transpose()?,
            grace: Duration::from_secs(self.listen.grace_seconds.unwrap_or(GRACE_SECONDS)),
            hub,
            iam: iam_settings(self.iam, variable)?,
            proxy: proxy_headers(self.proxy)?,
            workspaces: self.workspaces.check()?,
            requests_per_second,
            uploads_at_once: self.limits.uploads_at_once,
            downloads_at_once: self.limits.downloads_at_once,
            max_json_bytes: self.limits.max_json_bytes as usize,
            connections,
            request_timeout: Duration::from_secs(self.limits.request_seconds),
            group_properties_every: Duration::from_secs(self.limits.group_properties_seconds),
            log: self.log,
        })
    }
}

/// Behind a hub, connections of this machine are those of the hub's proxy.
fn connections(
    limits: &LimitsArea,
    proxies: &[IpAddr],
    has_hub: bool,
) -> Result<ConnectionRules, ConfigurationError> {
    let wrong = |key, reason: &str| Err(ConfigurationError::Wrong { key, reason: reason.to_owned() });
    if !(16..=1_000_000).contains(&limits.connections) {
        return wrong("limits.connections", "must be between 16 and 1000000");
    }
    if limits.connections_per_address == 0 {
        return wrong("limits.connections_per_address", "is 0, and must be at least 1");
    }
    let here = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    let here = here.into_iter().filter(|_| has_hub || !proxies.is_empty());
    Ok(ConnectionRules {
        most: limits.connections as usize,
        most_of_one_address: limits.connections_per_address,
        silence: Duration::from_secs(limits.silent_seconds),
        uncounted: proxies.iter().map(IpAddr::to_canonical).chain(here).collect(),
    })
}

/// The hub of the environment; what it leaves out may stand in the file.
fn hub_settings(
    area: Option<&HubArea>,
    variable: Variable<'_>,
) -> Result<Option<HubSettings>, ConfigurationError> {
    let get = |name: &'static str| {
        variable(name).or_else(|| {
            let area = area?;
            match name {
                "JUPYTERHUB_API_URL" => Some(area.api_url.clone()),
                "JUPYTERHUB_API_TOKEN" => Some(area.api_token.as_ref()?.reveal().to_owned()),
                "JUPYTERHUB_SERVICE_NAME" => Some(area.service_name.clone()),
                "JUPYTERHUB_BASE_URL" => Some(area.base_url.clone()),
                "JUPYTERHUB_SERVICE_PREFIX" => {
                    Some(format!("{}services/{}/", area.base_url, area.service_name))
                }
                "JUPYTERHUB_PUBLIC_URL" => area.public_url.clone(),
                _ => None,
            }
        })
    };
    Ok(HubSettings::from_variables(&get)?)
}

fn iam_settings(areas: Vec<IamArea>, variable: Variable<'_>) -> Result<Vec<IamSettings>, ConfigurationError> {
    let mut secret = variable("MLAAS4HEP_HUB_IAM_SECRET").filter(|secret| !secret.is_empty());
    let mut all: Vec<IamSettings> = Vec::new();
    for area in areas {
        let wrong = |reason: String| ConfigurationError::Wrong { key: "iam", reason };
        let said = area.client_secret.map(|secret| secret.reveal().to_owned());
        let said = area.client_id.as_ref().and_then(|_| secret.take()).or(said);
        let client = match (area.client_id, said) {
            (Some(id), Some(secret)) => Some(IamClient { id, secret: Token::new(secret) }),
            (None, None) => None,
            _ => {
                return Err(wrong(format!(
                    "{}: client_id and client_secret (or MLAAS4HEP_HUB_IAM_SECRET) belong together",
                    area.issuer
                )));
            }
        };
        let settings = IamSettings {
            issuer: area.issuer,
            audiences: area.audiences,
            name_claim: match area.name_claim {
                IamName::Sub => NameClaim::Sub,
                IamName::PreferredUsername => NameClaim::PreferredUsername,
            },
            admin_groups: area.admin_groups,
            storage_root: area.storage_root,
            client,
            device_client_id: area.device_client_id,
        };
        settings.check().map_err(|error| wrong(error.to_string()))?;
        if all.iter().any(|other| other.issuer == settings.issuer) {
            return Err(wrong(format!("{} stands twice", settings.issuer)));
        }
        all.push(settings);
    }
    match secret {
        Some(_) => Err(ConfigurationError::Wrong {
            key: "iam",
            reason: "MLAAS4HEP_HUB_IAM_SECRET is set, and no issuer has a client_id that it belongs to"
                .to_owned(),
        }),
        None => Ok(all),
    }
}

/// A managed service listens where the hub says (`JUPYTERHUB_SERVICE_URL`).
fn listen_address(
    area: &ListenArea,
    has_hub: bool,
    variable: Variable<'_>,
) -> Result<SocketAddr, ConfigurationError> {
    if let Some(address) = area.address {
        return Ok(address);
    }
    let Some(text) = variable("JUPYTERHUB_SERVICE_URL").filter(|text| has_hub && !text.is_empty()) else {
        return Ok(ADDRESS);
    };
    let found = url::Url::parse(&text).ok().and_then(|url| {
        let addresses = url.socket_addrs(|| None).ok()?;
        addresses.first().copied()
    });
    found.ok_or_else(|| ConfigurationError::Wrong {
        key: "JUPYTERHUB_SERVICE_URL",
        reason: format!("is {text:?}, but it needs the form http://127.0.0.1:PORT"),
    })
}

fn data_url(area: &ListenArea) -> Result<Option<String>, ConfigurationError> {
    let Some(address) = area.data_address else {
        return match &area.data_url {
            None => Ok(None),
            Some(_) => Err(ConfigurationError::Wrong {
                key: "listen.data_url",
                reason: "is set without listen.data_address: nothing would answer there".to_owned(),
            }),
        };
    };
    let url = area.data_url.clone().unwrap_or_else(|| format!("http://{address}/"));
    if !(url.starts_with("http://") || url.starts_with("https://")) || !url.ends_with('/') {
        return Err(ConfigurationError::Wrong {
            key: "listen.data_url",
            reason: format!("is {url:?}, but it starts with http:// or https:// and ends with a slash"),
        });
    }
    Ok(Some(url))
}

fn local_socket(said: Option<PathBuf>) -> Result<Option<PathBuf>, ConfigurationError> {
    let fits = |path: &PathBuf| path.is_absolute() && path.as_os_str().len() <= MOST_SOCKET_BYTES;
    match said {
        Some(path) if !fits(&path) => Err(ConfigurationError::Wrong {
            key: "listen.local_socket",
            reason: format!(
                "is {}, but it needs an absolute path of at most {MOST_SOCKET_BYTES} bytes",
                path.display()
            ),
        }),
        said => Ok(said),
    }
}

fn session_key(secret: &workspaces::Secret) -> Result<SealKey, ConfigurationError> {
    parse_key(secret.reveal()).ok_or_else(|| ConfigurationError::Wrong {
        key: "listen.session_key",
        reason: "needs 64 hexadecimal digits; `openssl rand -hex 32` makes them".to_owned(),
    })
}

/// A key written in 64 hexadecimal digits.
pub(crate) fn parse_key(text: &str) -> Option<SealKey> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.trim(), &mut bytes).ok()?;
    Some(SealKey::from_bytes(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, variables: &[(&str, &str)]) -> Result<Checked, ConfigurationError> {
        let said: Said = toml::from_str(text).unwrap();
        said.check(&|name| variables.iter().find(|(of, _)| *of == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn nothing_said_is_a_service_alone() {
        let checked = check("", &[]).unwrap();
        assert_eq!(checked.address.to_string(), "127.0.0.1:9010");
        assert_eq!(checked.prefix, "/");
        assert!(checked.hub.is_none() && checked.data_address.is_none());
    }

    #[test]
    fn a_managed_service_follows_its_hub() {
        let variables = [
            ("JUPYTERHUB_SERVICE_NAME", "mlaas4hep"),
            ("JUPYTERHUB_API_URL", "http://127.0.0.1:8081/hub/api"),
            ("JUPYTERHUB_API_TOKEN", "hush"),
            ("JUPYTERHUB_SERVICE_URL", "http://127.0.0.1:9123"),
            ("JUPYTERHUB_SERVICE_PREFIX", "/base/services/mlaas4hep/"),
        ];
        let checked = check("", &variables).unwrap();
        assert_eq!(checked.address.to_string(), "127.0.0.1:9123");
        assert_eq!(checked.prefix, "/base/services/mlaas4hep/");
        assert!(!format!("{checked:?}").contains("hush"));
        let mut wrong = variables;
        wrong[3].1 = "unix:///tmp/x";
        assert!(check("", &wrong).unwrap_err().to_string().starts_with("JUPYTERHUB_SERVICE_URL"));
    }

    #[test]
    fn an_external_service_says_its_hub() {
        let text = "[hub]\napi_url = \"http://hub:8081/hub/api\"\nbase_url = \"/jupyter/\"";
        let checked = check(text, &[("JUPYTERHUB_API_TOKEN", "hush")]).unwrap();
        assert_eq!(checked.prefix, "/jupyter/services/mlaas4hep/");
        assert_eq!(checked.hub.unwrap().client_id, "service-mlaas4hep");
        assert!(check(text, &[]).unwrap_err().to_string().contains("JUPYTERHUB_API_TOKEN is not set"));
    }

    #[test]
    fn what_makes_no_sense_is_named_by_its_key() {
        let wrong = |text: &str, key: &str| {
            let error = check(text, &[]).unwrap_err().to_string();
            assert!(error.starts_with(key), "{error}");
        };
        wrong("limits.requests_per_second = 0", "limits.requests_per_second");
        wrong("limits.uploads_at_once = 0", "limits.uploads_at_once");
        wrong("limits.max_json_bytes = 1", "limits.max_json_bytes");
        wrong("limits.request_seconds = 0", "limits.request_seconds");
        wrong("limits.silent_seconds = 0", "limits.silent_seconds");
        wrong("limits.group_properties_seconds = 0", "limits.group_properties_seconds");
        wrong("limits.connections = 1", "limits.connections");
        wrong("limits.connections_per_address = 0", "limits.connections_per_address");
        wrong("listen.data_url = \"http://a/\"", "listen.data_url");
        wrong("listen.data_address = \"127.0.0.1:1\"\nlisten.data_url = \"a\"", "listen.data_url");
        let iam = |more: &str| format!("[[iam]]\nissuer = \"https://iam.example.org/\"\n{more}");
        wrong(&iam("audiences = []"), "iam: \"https://iam.example.org/\" has no audience");
        wrong(&iam("audiences = [\"a\"]\nclient_id = \"b\""), "iam: https://iam.example.org/: client_id and");
        let twice = iam("audiences = [\"a\"]\n");
        wrong(&format!("{twice}{twice}"), "iam: https://iam.example.org/ stands twice");
        wrong("listen.session_key = \"abc\"", "listen.session_key");
        wrong("proxy.user_header = \"Cookie\"", "proxy.user_header");
        wrong("listen.local_socket = \"hub.sock\"", "listen.local_socket");
        wrong("listen.data_address = \"127.0.0.1:9010\"", "listen.data_address");
        wrong("log.level = \"a=b=c\"", "log.level");
        wrong(&format!("listen.local_socket = \"/{}\"", "a".repeat(107)), "listen.local_socket");
        wrong("workspaces.keep_versions = 0", "workspaces.keep_versions");
    }

    #[test]
    fn a_secret_goes_to_the_issuer_that_has_a_client() {
        let issuer = |name: &str, more: &str| {
            format!("[[iam]]\nissuer = \"https://{name}.example.org/\"\naudiences = [\"a\"]\n{more}\n")
        };
        let secret = [("MLAAS4HEP_HUB_IAM_SECRET", "hush")];
        let alone = issuer("first", "");
        let error = check(&alone, &secret).unwrap_err().to_string();
        assert!(error.contains("MLAAS4HEP_HUB_IAM_SECRET is set, and no issuer has a client_id"), "{error}");
        let checked = check(&(alone + &issuer("second", "client_id = \"us\"")), &secret).unwrap();
        assert_eq!(checked.iam[0].client, None);
        let expected = IamClient { id: "us".to_owned(), secret: Token::new("hush") };
        assert_eq!(checked.iam[1].client, Some(expected));
        assert!(check(&issuer("first", "client_secret = \"hush\""), &[]).is_err());
    }

    #[test]
    fn unknown_keys_are_refused_with_those_that_there_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.toml");
        std::fs::write(&path, "[listen]\nadress = \"127.0.0.1:1\"\n").unwrap();
        let error = super::super::load(Some(&path)).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("`address`"), "{error}");
        assert!(super::super::load(Some(&folder.path().join("none"))).is_err());
    }
}
