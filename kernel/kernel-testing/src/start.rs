//! Starting a kernel with a connection file of its own.

use crate::ports::ReservedPorts;
use jupyter_protocol::connection_info::{ConnectionInfo, Transport};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

/// How a kernel is started.
#[derive(Debug, Clone)]
pub struct Start {
    program: PathBuf,
    before_file: Vec<String>,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    transport: Transport,
    pub(crate) key: String,
    pub(crate) subscribes: bool,
    pub(crate) secret: Option<String>,
}

impl Start {
    /// `<program> run <connection file>` over TCP.
    pub fn of(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            before_file: vec!["run".to_string()],
            arguments: Vec::new(),
            environment: Vec::new(),
            transport: Transport::TCP,
            key: uuid::Uuid::new_v4().to_string(),
            subscribes: true,
            secret: None,
        }
    }

    /// With other arguments before the connection file than `run`.
    #[must_use]
    pub fn started_by(mut self, arguments: &[&str]) -> Self {
        self.before_file = arguments.iter().map(ToString::to_string).collect();
        self
    }

    /// With more arguments after the connection file.
    #[must_use]
    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(ToString::to_string));
        self
    }

    /// With a variable of the environment.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_string(), value.into()));
        self
    }

    /// Over Unix sockets instead of TCP.
    #[must_use]
    pub fn over_ipc(mut self) -> Self {
        self.transport = Transport::IPC;
        self
    }

    /// Without signatures.
    #[must_use]
    pub fn without_key(mut self) -> Self {
        self.key = String::new();
        self
    }

    /// Without listening to iopub: the test subscribes by itself.
    #[must_use]
    pub fn without_subscription(mut self) -> Self {
        self.subscribes = false;
        self
    }

    /// A test fails where any message of the kernel holds this text.
    #[must_use]
    pub fn never_showing(mut self, secret: &str) -> Self {
        self.secret = Some(secret.to_string());
        self
    }

    /// The ports of a kernel over TCP.
    pub(crate) fn reserve_ports(&self) -> Option<ReservedPorts> {
        (self.transport == Transport::TCP).then(ReservedPorts::new)
    }

    /// A connection file in `folder`, and what it says. Without ports it is of Unix sockets.
    pub(crate) fn connection_file(
        &self,
        folder: &Path,
        reserved: Option<&ReservedPorts>,
    ) -> (PathBuf, ConnectionInfo) {
        let ports = reserved.map_or([1, 2, 3, 4, 5], |reserved| reserved.ports);
        let socket_prefix = folder.join("socket").display().to_string();
        let connection = ConnectionInfo {
            ip: if reserved.is_some() { "127.0.0.1".to_string() } else { socket_prefix },
            transport: self.transport.clone(),
            shell_port: ports[0],
            iopub_port: ports[1],
            stdin_port: ports[2],
            control_port: ports[3],
            hb_port: ports[4],
            key: self.key.clone(),
            signature_scheme: "hmac-sha256".to_string(),
            kernel_name: Some("test".to_string()),
        };
        let file = folder.join("connection.json");
        let text = serde_json::to_string(&connection).expect("a connection file");
        std::fs::write(&file, text).expect("a folder that can be written");
        (file, connection)
    }

    pub(crate) fn spawn(&self, connection_file: &Path) -> Child {
        let mut command = Command::new(&self.program);
        command.args(&self.before_file).arg(connection_file).args(&self.arguments);
        command.env_remove("JPY_PARENT_PID").envs(self.environment.iter().cloned());
        command.spawn().unwrap_or_else(|error| panic!("{}: {error}", self.program.display()))
    }
}
