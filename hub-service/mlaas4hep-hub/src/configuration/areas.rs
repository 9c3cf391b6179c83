//! The areas of the configuration file. Keys that no area has are refused.

use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// The whole file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Said {
    /// Where to listen.
    pub listen: ListenArea,
    /// The hub of an external service; a managed one has it in its environment.
    pub hub: Option<HubArea>,
    /// IAMs whose tokens are believed.
    pub iam: Vec<IamArea>,
    /// Proxies whose headers are believed.
    pub proxy: ProxyArea,
    /// The shared storage.
    pub workspaces: workspaces::Settings,
    /// What callers may ask.
    pub limits: LimitsArea,
    /// What is written down about it.
    pub log: LogArea,
}

/// `[listen]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListenArea {
    /// `127.0.0.1:9010`. Of a managed service the hub says it. Default: that one.
    pub address: Option<SocketAddr>,
    /// A second listener for data, past the proxy of the hub. Default: none.
    pub data_address: Option<SocketAddr>,
    /// How clients reach it: `https://data.example.org/`. Default: `http://` and the data address.
    pub data_url: Option<String>,
    /// Absolute path of a socket through which programs on this machine fetch open files instead of their bytes; all that may
    /// use the service must be able to reach it. Default: none.
    pub local_socket: Option<PathBuf>,
    /// 64 hexadecimal digits that seal sessions; so they live on over a restart. Default: made at the first start and kept
    /// in the folder of the workspaces.
    pub session_key: Option<workspaces::Secret>,
    /// Seconds that running requests get when the service ends. Default: 20.
    pub grace_seconds: Option<u64>,
}

/// `[hub]`: as the hub's environment of a managed service, in lower case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubArea {
    /// `http://127.0.0.1:8081/hub/api`.
    pub api_url: String,
    /// The token of the service; better in the environment, as `JUPYTERHUB_API_TOKEN`.
    pub api_token: Option<workspaces::Secret>,
    /// Name of the service at the hub. Default: `mlaas4hep`.
    #[serde(default = "service_name")]
    pub service_name: String,
    /// Where the hub lies on its host. Default: `/`.
    #[serde(default = "slash")]
    pub base_url: String,
    /// How browsers reach the service, if over https: then cookies are sent over nothing else.
    pub public_url: Option<String>,
}

fn service_name() -> String {
    "mlaas4hep".to_owned()
}

fn slash() -> String {
    "/".to_owned()
}

/// `[[iam]]`: an IAM (INDIGO IAM, WLCG) whose bearer tokens are believed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IamArea {
    /// `https://iam.example.org/`, letter for letter as its tokens carry it in `iss`.
    pub issuer: String,
    /// What `aud` of a token may hold; one of them suffices.
    pub audiences: Vec<String>,
    /// The claim by which users are named: `sub` or `preferred_username`. The hub should use the same. Default: `sub`.
    #[serde(default)]
    pub name_claim: IamName,
    /// Members of these groups administer the service. Default: nobody.
    #[serde(default)]
    pub admin_groups: Vec<String>,
    /// Where the paths of storage scopes begin: `/`, or a folder such as `/higgs`. Default: `/`.
    #[serde(default = "slash")]
    pub storage_root: String,
    /// The client of the service, to ask about tokens that carry no groups and are no JWT. Default: none.
    pub client_id: Option<String>,
    /// Its secret; better in the environment, as `MLAAS4HEP_HUB_IAM_SECRET` (of the first `client_id`).
    pub client_secret: Option<workspaces::Secret>,
    /// The public client of `mlaas4hep login`, told to everyone. Default: none.
    pub device_client_id: Option<String>,
}

/// Which claim is a user's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IamName {
    /// Never given to anybody else.
    #[default]
    Sub,
    /// Readable.
    PreferredUsername,
}

/// `[proxy]`: oauth2-proxy in front of the service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProxyArea {
    /// Addresses whose `user_header` and `X-Forwarded-Groups` are believed. Default: none.
    pub trusted_addresses: Vec<IpAddr>,
    /// The header that names the caller; the proxy has to take out what callers send in it. Default: `X-Forwarded-User`.
    pub user_header: String,
}

impl Default for ProxyArea {
    fn default() -> Self {
        Self { trusted_addresses: Vec::new(), user_header: "X-Forwarded-User".to_owned() }
    }
}

/// `[limits]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsArea {
    /// Requests a second of one caller, sustained. Default: 500.
    pub requests_per_second: u32,
    /// Uploads of one caller at a time. Default: 16.
    pub uploads_at_once: u32,
    /// Files, or parts of them, that one caller reads at a time; more wait. Default: 64.
    pub downloads_at_once: u32,
    /// Largest JSON body in bytes. Default: 1 MiB.
    pub max_json_bytes: u64,
    /// Seconds that a request without a large body may take. Default: 60.
    pub request_seconds: u64,
    /// Seconds within which the head of a request has to come, then each piece of its body, and a JSON body as a whole.
    /// Default: 30.
    pub silent_seconds: u64,
    /// Connections at a time; more wait. Default: 4096.
    pub connections: u32,
    /// Connections of one address at a time, those of proxies apart; more are closed. Default: 1024.
    pub connections_per_address: u32,
    /// Seconds between two looks at the hub's groups: quotas in their properties, and who is in them. Default: 60.
    pub group_properties_seconds: u64,
}

impl Default for LimitsArea {
    fn default() -> Self {
        Self {
            requests_per_second: 500,
            uploads_at_once: 16,
            downloads_at_once: 64,
            max_json_bytes: 1 << 20,
            request_seconds: 60,
            silent_seconds: 30,
            connections: 4096,
            connections_per_address: 1024,
            group_properties_seconds: 60,
        }
    }
}

/// `[log]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogArea {
    /// `text` or `json`. Default: text.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, or a filter of the crate tracing-subscriber. Default: info.
    pub level: Option<String>,
    /// A file instead of the standard error. It is appended to.
    pub file: Option<PathBuf>,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}
