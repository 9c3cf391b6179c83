//! The service for programs without a runtime: the same calls, waiting.

use std::future::Future;
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hub_api::{Entry, Info, Me, SharedUri, WorkspaceInfo, WorkspaceName};
use tokio::runtime::{Builder, Runtime};

use crate::{
    Connection, DeviceCode, DeviceLogin, DownloadOptions, Fetched, HubClient, HubError, OnProgress, Opened,
    PinnedFile, RetryRule, Sent, Share, Sharing, Token, UploadOptions,
};

/// Threads that move bytes; the waiting happens on the threads of the callers.
const N_THREADS: usize = 2;
/// How often it is asked whether to stop.
const LOOKED_EVERY: Duration = Duration::from_millis(50);

/// The service, with a small runtime of its own. Cheap to clone; may be called from several threads at once, but not from
/// within another runtime.
#[derive(Clone, Debug)]
pub struct Hub {
    running: Arc<Running>,
    is_stopped: Option<IsStopped>,
}

/// Whether whoever waits has given up.
#[derive(Clone)]
struct IsStopped(Arc<dyn Fn() -> bool + Send + Sync>);

impl std::fmt::Debug for IsStopped {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("IsStopped")
    }
}

impl IsStopped {
    /// Ends when it says so.
    async fn said(&self) {
        while !(self.0)() {
            tokio::time::sleep(LOOKED_EVERY).await;
        }
    }
}

#[derive(Debug)]
struct Running {
    client: HubClient,
    /// Always there until it is dropped.
    runtime: Option<Runtime>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Waiting for connections to close helps nobody.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn runtime() -> Result<Runtime, HubError> {
    Builder::new_multi_thread()
        .worker_threads(N_THREADS)
        .thread_name("hub-client")
        .enable_all()
        .build()
        .map_err(|error| HubError::Client { cause: error.to_string() })
}

impl Hub {
    /// A client; no request is made yet.
    ///
    /// # Errors
    /// [`HubError::Client`].
    pub fn new(connection: Connection, retry: RetryRule) -> Result<Self, HubError> {
        let client = HubClient::new(connection, retry)?;
        Ok(Self { running: Arc::new(Running { client, runtime: Some(runtime()?) }), is_stopped: None })
    }

    /// The same, whose calls end with [`HubError::Stopped`] soon after `is_stopped` says yes, whatever they wait for.
    #[must_use]
    pub fn until(self, is_stopped: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { is_stopped: Some(IsStopped(Arc::new(is_stopped))), ..self }
    }

    /// The same as async functions.
    #[must_use]
    pub fn client(&self) -> &HubClient {
        &self.running.client
    }

    /// Where the service is, and where the token came from.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        self.client().connection()
    }

    pub(crate) fn wait<T>(&self, future: impl Future<Output = Result<T, HubError>>) -> Result<T, HubError> {
        let Some(runtime) = &self.running.runtime else { return Err(HubError::Stopped) };
        runtime.handle().block_on(async {
            let Some(is_stopped) = &self.is_stopped else { return future.await };
            tokio::select! {
                result = future => result,
                () = is_stopped.said() => Err(HubError::Stopped),
            }
        })
    }

    /// As [`HubClient::info`].
    ///
    /// # Errors
    /// [`HubError`].
    pub fn info(&self) -> Result<Info, HubError> {
        self.wait(self.client().info())
    }

    /// As [`HubClient::me`].
    ///
    /// # Errors
    /// [`HubError`].
    pub fn me(&self) -> Result<Me, HubError> {
        self.wait(self.client().me())
    }

    /// As [`HubClient::workspaces`].
    ///
    /// # Errors
    /// [`HubError`].
    pub fn workspaces(&self) -> Result<Vec<WorkspaceInfo>, HubError> {
        self.wait(self.client().workspaces())
    }

    /// As [`HubClient::workspace`].
    ///
    /// # Errors
    /// [`HubError`].
    pub fn workspace(&self, name: &WorkspaceName) -> Result<WorkspaceInfo, HubError> {
        self.wait(self.client().workspace(name))
    }

    /// As [`HubClient::list`].
    ///
    /// # Errors
    /// [`HubError`].
    pub fn list(&self, folder: &SharedUri, is_recursive: bool) -> Result<Vec<Entry>, HubError> {
        self.wait(self.client().list(folder, is_recursive))
    }

    /// As [`HubClient::stat`].
    ///
    /// # Errors
    /// [`HubError`].
    pub fn stat(&self, uri: &SharedUri) -> Result<Entry, HubError> {
        self.wait(self.client().stat(uri))
    }

    /// As [`HubClient::download`].
    ///
    /// # Errors
    /// [`HubError`].
    pub fn download(
        &self,
        from: &SharedUri,
        to: &Path,
        options: DownloadOptions,
        on_progress: OnProgress<'_>,
    ) -> Result<Fetched, HubError> {
        self.wait(self.client().download(from, to, options, on_progress))
    }

    /// As [`HubClient::upload`].
    ///
    /// # Errors
    /// [`HubError`].
    pub fn upload(
        &self,
        from: &Path,
        to: &SharedUri,
        options: &UploadOptions,
        on_progress: OnProgress<'_>,
    ) -> Result<Sent, HubError> {
        self.wait(self.client().upload(from, to, options, on_progress))
    }

    /// As [`HubClient::make_folder`].
    ///
    /// # Errors
    /// [`HubError`].
    pub fn make_folder(&self, folder: &SharedUri) -> Result<(), HubError> {
        self.wait(self.client().make_folder(folder))
    }

    /// As [`HubClient::move_or_copy`].
    ///
    /// # Errors
    /// [`HubError`].
    pub fn move_or_copy(
        &self,
        from: &SharedUri,
        to: &SharedUri,
        is_copy: bool,
        overwrite: bool,
    ) -> Result<(), HubError> {
        self.wait(self.client().move_or_copy(from, to, is_copy, overwrite))
    }

    /// As [`HubClient::delete`].
    ///
    /// # Errors
    /// [`HubError`].
    pub fn delete(&self, uri: &SharedUri, etag: Option<&str>) -> Result<(), HubError> {
        self.wait(self.client().delete(uri, etag))
    }

    /// As [`HubClient::share`].
    ///
    /// # Errors
    /// [`HubError`].
    pub fn share(&self, of: &SharedUri, sharing: Sharing) -> Result<String, HubError> {
        self.wait(self.client().share(of, sharing))
    }

    /// As [`HubClient::shares`].
    ///
    /// # Errors
    /// [`HubError`].
    pub fn shares(&self, of: &SharedUri) -> Result<Vec<Share>, HubError> {
        self.wait(self.client().shares(of))
    }

    /// As [`HubClient::open`].
    ///
    /// # Errors
    /// [`HubError`].
    pub fn open(&self, uri: &SharedUri, n_first_bytes: u64) -> Result<Opened, HubError> {
        self.wait(self.client().open(uri, n_first_bytes))
    }

    /// As [`HubClient::read_range`].
    ///
    /// # Errors
    /// [`HubError`].
    pub fn read_range(&self, file: &PinnedFile, range: Range<u64>) -> Result<Vec<u8>, HubError> {
        self.wait(self.client().read_range(file, range))
    }

    /// Logs in at an IAM by the device flow: `show` gets the code for the user, `go_on` is asked while the user is awaited.
    /// Gives the token and for how many seconds it holds.
    ///
    /// # Errors
    /// [`HubError::Login`], [`HubError::Stopped`].
    pub fn log_in_by_device(
        issuer: &str,
        client_id: &str,
        scope: &str,
        show: &mut dyn FnMut(&DeviceCode),
        go_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<(Token, Option<u64>), HubError> {
        runtime()?.block_on(async {
            let login = DeviceLogin::begin(issuer, client_id, scope).await?;
            show(login.code());
            login.finish(go_on).await
        })
    }
}
