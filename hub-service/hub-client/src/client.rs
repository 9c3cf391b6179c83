//! The service as async functions.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hub_api::{Info, Me, WorkspaceInfo, WorkspaceName};
use reqwest::Method;
use reqwest::redirect::Policy;
use tokio::sync::OnceCell;
use url::Url;

use crate::request::{Call, whole};
use crate::{Connection, HubError, RetryRule};

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest silence in the middle of an answer.
const SILENCE_TIMEOUT: Duration = Duration::from_mins(1);
/// Longest wait for the second listener to show itself: it must be near to be of use.
const DIRECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Longest description of a service that is read.
const MOST_INFO_BYTES: usize = 1 << 20;
/// Connections that are kept for the next requests.
const IDLE_CONNECTIONS: usize = 16;

/// The service at an address. Cheap to clone; needs a tokio runtime ([`crate::Hub`] brings one).
#[derive(Clone)]
pub struct HubClient {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) http: reqwest::Client,
    pub(crate) connection: Connection,
    pub(crate) retry: RetryRule,
    /// Where bytes are asked for: past the proxy of the hub where that works.
    data_address: OnceCell<Url>,
    /// The second listener was there and is gone.
    has_lost_direct: AtomicBool,
}

impl fmt::Debug for HubClient {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("HubClient").field("connection", &self.inner.connection).finish_non_exhaustive()
    }
}

impl HubClient {
    /// A client; no request is made yet.
    ///
    /// # Errors
    /// [`HubError::Client`] when the system gives no certificates.
    pub fn new(connection: Connection, retry: RetryRule) -> Result<Self, HubError> {
        // Another part of the program may have chosen a provider before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(concat!("mlaas4hep/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(SILENCE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .tcp_nodelay(true)
            // A redirect to a page where people log in is an answer to be explained, not to be followed.
            .redirect(Policy::none())
            .build()
            .map_err(|error| HubError::Client { cause: crate::request::cause_of(&error) })?;
        Ok(Self {
            inner: Arc::new(Inner {
                http,
                connection,
                retry,
                data_address: OnceCell::new(),
                has_lost_direct: AtomicBool::new(false),
            }),
        })
    }

    /// Where the service is, and where the token came from.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.inner.connection
    }

    /// What the service is; needs no token.
    ///
    /// # Errors
    /// [`HubError`].
    pub async fn info(&self) -> Result<Info, HubError> {
        let info: Info = self.json(Call::get("ask what the service is", "api/v1/info")).await?;
        if info.api.iter().any(|version| version == "v1") {
            return Ok(info);
        }
        let problem =
            format!("it speaks {} and this program v1; install the matching version", info.api.join(", "));
        Err(HubError::Answer { action: "ask what the service is".into(), problem })
    }

    /// Who the caller is.
    ///
    /// # Errors
    /// [`HubError`].
    pub async fn me(&self) -> Result<Me, HubError> {
        let call = Call::get("ask who you are", "api/v1/me");
        let no_service = self.no_service(&call, "404 for what every service has");
        self.json(call).await.map_err(|error| match error {
            HubError::NotFound { .. } => no_service,
            error => error,
        })
    }

    /// The workspaces that the caller can see.
    ///
    /// # Errors
    /// [`HubError`].
    pub async fn workspaces(&self) -> Result<Vec<WorkspaceInfo>, HubError> {
        self.json(Call::get("list the workspaces", "api/v1/workspaces")).await
    }

    /// Role and quota in one workspace.
    ///
    /// # Errors
    /// [`HubError`].
    pub async fn workspace(&self, name: &WorkspaceName) -> Result<WorkspaceInfo, HubError> {
        let route = format!("api/v1/workspaces/{}", name.segment());
        let call = Call::get(format!("look at the workspace {name}"), route);
        self.json(call.of_workspace(name)).await
    }

    /// An address of the service, for answers and small requests.
    pub(crate) fn url(&self, route: &str) -> Result<Url, HubError> {
        join(self.inner.connection.address(), route)
    }

    /// An address of the service, for the bytes of files.
    pub(crate) async fn data_url(&self, route: &str) -> Result<Url, HubError> {
        if self.inner.has_lost_direct.load(Ordering::Relaxed) {
            return self.url(route);
        }
        join(self.inner.data_address.get_or_init(|| self.find_data_address()).await, route)
    }

    /// Nothing listens at an address any more: bytes go by the main address from now on. Whether that is another one.
    pub(crate) fn leave_direct(&self, lost: &Url) -> bool {
        let is_other = lost.origin() != self.inner.connection.address().origin();
        if is_other {
            self.inner.has_lost_direct.store(true, Ordering::Relaxed);
        }
        is_other
    }

    /// The second listener of the service, where it says one and that answers as the same service; else the address itself.
    async fn find_data_address(&self) -> Url {
        let own = self.inner.connection.address();
        let Some(info) = self.info_at(own).await else { return own.clone() };
        match info.direct_url.as_deref().and_then(|direct| usable_direct(own, direct)) {
            Some(direct) if self.info_at(&direct).await.as_ref() == Some(&info) => direct,
            _ => own.clone(),
        }
    }

    /// Asked once and without a token: an address that does not answer is not used.
    async fn info_at(&self, address: &Url) -> Option<Info> {
        let url = join(address, "api/v1/info").ok()?;
        let answer = self.inner.http.request(Method::GET, url).timeout(DIRECT_TIMEOUT).send().await.ok()?;
        serde_json::from_slice(&whole(answer, MOST_INFO_BYTES).await.ok()?).ok()
    }
}

/// The token goes to the second listener too, so that it must not be sent there less safely.
fn usable_direct(own: &Url, direct: &str) -> Option<Url> {
    let mut direct = Url::parse(direct).ok()?;
    if !direct.path().ends_with('/') {
        let path = format!("{}/", direct.path());
        direct.set_path(&path);
    }
    let is_http = direct.scheme() == "http" && own.scheme() == "http";
    (direct.scheme() == "https" || is_http).then_some(direct)
}

fn join(base: &Url, route: &str) -> Result<Url, HubError> {
    base.join(route)
        .map_err(|error| HubError::Address { address: base.to_string(), reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_never_sent_less_safely() {
        let check = |own: &str, direct: &str, expected: Option<&str>| {
            let found = usable_direct(&Url::parse(own).unwrap(), direct);
            assert_eq!(found.as_ref().map(Url::as_str), expected);
        };
        check("https://h/s/", "http://h:9000/", None);
        check("https://h/s/", "https://h:9000/x", Some("https://h:9000/x/"));
        check("http://h/s/", "http://h:9000/", Some("http://h:9000/"));
        check("http://h/s/", "file:///etc/passwd", None);
        check("http://h/s/", "nonsense", None);
    }
}
