//! The service itself beside a hub of a few lines, as notebook servers of that hub meet it.

use crate::{MockHub, SERVICE_TOKEN};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// A message that does not come within this time does not come.
const PATIENCE: Duration = Duration::from_mins(1);

/// The running program and its hub. Both end with this.
pub struct HubService {
    child: Child,
    address: SocketAddr,
    hub: MockHub,
    /// In which the hub runs: those who use this need no runtime.
    _runtime: Runtime,
}

impl HubService {
    /// Starts both on free ports, with the files of the service in `folder`. The hub knows nobody yet.
    ///
    /// # Panics
    /// Where the program cannot be started, or does not listen.
    #[must_use]
    pub fn start(program: &Path, folder: &Path) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let hub = runtime.block_on(MockHub::start());
        let address =
            TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
        std::fs::create_dir_all(folder).expect("a folder");
        let configuration = folder.join("hub.toml");
        let text = format!("[workspaces]\nfolder = \"{}\"\n", folder.join("store").display());
        std::fs::write(&configuration, text).expect("a folder that can be written");
        let child = Command::new(program)
            .args(["serve", "--config"])
            .arg(&configuration)
            .env_clear()
            .env("JUPYTERHUB_API_URL", hub.api_url())
            .env("JUPYTERHUB_API_TOKEN", SERVICE_TOKEN)
            .env("JUPYTERHUB_SERVICE_NAME", "mlaas4hep")
            .env("JUPYTERHUB_SERVICE_PREFIX", "/services/mlaas4hep/")
            .env("JUPYTERHUB_SERVICE_URL", format!("http://{address}"))
            .env("JUPYTERHUB_HOST", hub.host())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the service starts");
        let service = Self { child, address, hub, _runtime: runtime };
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < end, "the service does not listen at {address}");
            std::thread::sleep(Duration::from_millis(20));
        }
        service
    }

    /// `http://127.0.0.1:PORT`: the host below which a notebook server finds the service at `/services/mlaas4hep/`.
    #[must_use]
    pub fn host(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its hub.
    #[must_use]
    pub fn hub(&self) -> &MockHub {
        &self.hub
    }
}

impl Drop for HubService {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
