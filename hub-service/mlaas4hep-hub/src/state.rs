//! What was built of the configuration; every handler gets it.

use crate::configuration::Checked;
use crate::hub_groups::HubGroups;
use crate::local_files::LocalFiles;
use crate::rate_limit::RateLimits;
use crate::slots::Slots;
use anyhow::Context;
use hub_api::{Info, Issuer, Limits};
use hub_auth::{Authenticator, CookieRules, DevUser, HubClient, Iam, IamSettings, Login, SealKey};
use hub_webdav::WebDav;
use moka::sync::Cache;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use workspaces::{WorkspaceError, Workspaces};

/// Change feeds of one caller at a time: each holds a connection for a minute.
const FEEDS_AT_ONCE: u32 = 16;
/// Persons whose groups are remembered.
const MOST_NOTED: u64 = 10_000;
/// How long.
const NOTED_FOR: Duration = Duration::from_mins(1);

/// Shared by all requests. Cheap to clone.
#[derive(Clone)]
pub(crate) struct State(Arc<Inner>);

struct Inner {
    workspaces: Workspaces,
    dav: WebDav,
    authenticator: Authenticator,
    login: Option<Login>,
    rates: RateLimits,
    uploads: Slots,
    downloads: Slots,
    feeds: Slots,
    info: Info,
    prefix: String,
    proxies: Vec<IpAddr>,
    has_groups_of_hub_only: bool,
    max_json_bytes: usize,
    silence: Duration,
    /// Groups that the storage has noted of late, by person.
    noted: Cache<String, Vec<String>>,
    hub_groups: HubGroups,
    local_files: Option<LocalFiles>,
    metrics: metrics_exporter_prometheus::PrometheusHandle,
    ending: watch::Receiver<bool>,
}

impl State {
    /// Opens the storage, and builds the rest around it. `ending` turns true when the service is to end.
    pub(crate) async fn build(
        checked: &Checked,
        dev: Option<DevUser>,
        metrics: metrics_exporter_prometheus::PrometheusHandle,
        ending: watch::Receiver<bool>,
    ) -> anyhow::Result<Self> {
        let workspaces = Workspaces::open(&checked.workspaces).await.context("opening the storage")?;
        let key = match &checked.session_key {
            Some(key) => key.clone(),
            None => kept_key(&checked.workspaces.settings().folder)?,
        };
        let hub = checked.hub.clone().map(HubClient::new).transpose()?;
        let settings = checked.hub.as_ref();
        let cookies = CookieRules {
            path: checked.prefix.clone(),
            is_secure: settings.is_some_and(|hub| hub.is_https),
            has_host_prefix: settings.is_some_and(|hub| hub.has_host_prefix),
        };
        let info = info(checked, dev.is_some());
        let authenticator = Authenticator::new(hub, dev, checked.proxy.clone(), key, cookies)
            .with_iam(Iam::new(checked.iam.clone())?);
        Ok(Self(Arc::new(Inner {
            dav: WebDav::new(workspaces.clone()),
            workspaces,
            login: authenticator.login(),
            authenticator,
            rates: RateLimits::new(checked.requests_per_second),
            uploads: Slots::new("uploads", checked.uploads_at_once),
            downloads: Slots::new("downloads", checked.downloads_at_once),
            feeds: Slots::new("feeds", FEEDS_AT_ONCE),
            info,
            prefix: checked.prefix.clone(),
            proxies: checked.connections.uncounted.clone(),
            has_groups_of_hub_only: checked.iam.is_empty() && checked.proxy.trusted.is_empty(),
            max_json_bytes: checked.max_json_bytes,
            silence: checked.connections.silence,
            noted: Cache::builder().max_capacity(MOST_NOTED).time_to_live(NOTED_FOR).build(),
            hub_groups: HubGroups::default(),
            local_files: checked.local_socket.as_deref().map(LocalFiles::new),
            metrics,
            ending,
        })))
    }

    pub(crate) fn workspaces(&self) -> &Workspaces {
        &self.0.workspaces
    }

    pub(crate) fn dav(&self) -> &WebDav {
        &self.0.dav
    }

    /// Notes the groups of a person for what acts in their name while they are away; without a look at the database where
    /// it was told the same a moment ago.
    pub(crate) async fn note_groups(&self, person: &str, groups: &[String]) -> Result<(), WorkspaceError> {
        if self.0.noted.get(person).is_some_and(|noted| noted == groups) {
            return Ok(());
        }
        self.workspaces().note_groups(person, groups).await?;
        self.0.noted.insert(person.to_owned(), groups.to_vec());
        Ok(())
    }

    pub(crate) fn authenticator(&self) -> &Authenticator {
        &self.0.authenticator
    }

    /// Whether nobody but the hub says who is in which group.
    pub(crate) fn has_groups_of_hub_only(&self) -> bool {
        self.0.has_groups_of_hub_only
    }

    pub(crate) fn login(&self) -> Option<&Login> {
        self.0.login.as_ref()
    }

    pub(crate) fn rates(&self) -> &RateLimits {
        &self.0.rates
    }

    pub(crate) fn info(&self) -> &Info {
        &self.0.info
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// How others reach the service, with its prefix, where it was told.
    pub(crate) fn public_url(&self) -> Option<&str> {
        self.authenticator().hub().and_then(|hub| hub.settings().public_url.as_deref())
    }

    pub(crate) fn is_behind_proxy(&self) -> bool {
        !self.0.proxies.is_empty()
    }

    /// Whether an address is that of a proxy, which speaks for many.
    pub(crate) fn is_proxy(&self, address: IpAddr) -> bool {
        self.0.proxies.contains(&address.to_canonical())
    }

    pub(crate) fn max_json_bytes(&self) -> usize {
        self.0.max_json_bytes
    }

    /// The groups of the hub, as far as limits go.
    pub(crate) fn hub_groups(&self) -> &HubGroups {
        &self.0.hub_groups
    }

    /// Where programs on this machine fetch open files.
    pub(crate) fn local_files(&self) -> Option<&LocalFiles> {
        self.0.local_files.as_ref()
    }

    /// Within which a JSON body has to come.
    pub(crate) fn silence(&self) -> Duration {
        self.0.silence
    }

    pub(crate) fn metrics(&self) -> &metrics_exporter_prometheus::PrometheusHandle {
        &self.0.metrics
    }

    /// Turns true when the service is to end: what never ends by itself stops then.
    pub(crate) fn ending(&self) -> watch::Receiver<bool> {
        self.0.ending.clone()
    }

    /// Who follows how many workspaces at a time.
    pub(crate) fn feeds(&self) -> &Slots {
        &self.0.feeds
    }

    /// Who downloads how much at a time.
    pub(crate) fn downloads(&self) -> &Slots {
        &self.0.downloads
    }

    /// Who uploads how much at a time.
    pub(crate) fn uploads(&self) -> &Slots {
        &self.0.uploads
    }
}

fn info(checked: &Checked, is_dev: bool) -> Info {
    let mut logins = Vec::new();
    if checked.hub.is_some() {
        logins.push("hub".to_owned());
    }
    if !checked.iam.is_empty() {
        logins.push("iam".to_owned());
    }
    if is_dev {
        logins.push("dev".to_owned());
    }
    let issuer = |iam: &IamSettings| Issuer {
        issuer: iam.issuer.clone(),
        audiences: iam.audiences.clone(),
        device_client_id: iam.device_client_id.clone(),
    };
    Info {
        service: "mlaas4hep-hub".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        api: vec!["v1".to_owned()],
        direct_url: checked
            .data_url
            .as_ref()
            .map(|url| format!("{}{}", url.trim_end_matches('/'), checked.prefix)),
        logins,
        issuers: checked.iam.iter().map(issuer).collect(),
        limits: Limits {
            max_file_bytes: checked.workspaces.settings().max_file_bytes,
            max_json_bytes: checked.max_json_bytes as u64,
            requests_per_second: checked.requests_per_second.get(),
            uploads_at_once: checked.uploads_at_once,
        },
        public_links: Some(checked.workspaces.settings().public_links),
    }
}

/// The key of the sessions that was made at the first start.
fn kept_key(folder: &std::path::Path) -> anyhow::Result<SealKey> {
    let path = folder.join("session-key");
    if !path.exists() {
        let bytes: [u8; 32] = rand::random();
        write_privately(&path, &hex::encode(bytes)).with_context(|| format!("writing {}", path.display()))?;
    }
    let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    crate::configuration::parse_key(&text)
        .with_context(|| format!("{} holds no key: remove it, and a new one is made", path.display()))
}

/// A file that only its owner can read, whole or not at all.
fn write_privately(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let beside = path.with_extension("new");
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(beside, path)
}
