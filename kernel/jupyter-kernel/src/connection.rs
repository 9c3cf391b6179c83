//! The connection file, and sockets bound as it says.

use crate::KernelError;
use jupyter_protocol::connection_info::{ConnectionInfo, Transport};
use serde::Deserialize;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use zeromq::Socket;

/// The file as front ends write it; what they may leave out has the protocol's default.
#[derive(Deserialize)]
#[serde(default)]
struct ConnectionFile {
    ip: String,
    transport: String,
    shell_port: u16,
    iopub_port: u16,
    stdin_port: u16,
    control_port: u16,
    hb_port: u16,
    key: String,
    signature_scheme: String,
    kernel_name: Option<String>,
}

impl Default for ConnectionFile {
    fn default() -> Self {
        Self {
            ip: "127.0.0.1".to_string(),
            transport: "tcp".to_string(),
            shell_port: 0,
            iopub_port: 0,
            stdin_port: 0,
            control_port: 0,
            hb_port: 0,
            key: String::new(),
            signature_scheme: "hmac-sha256".to_string(),
            kernel_name: None,
        }
    }
}

/// Reads a connection file.
///
/// # Errors
/// When the file cannot be read, is no connection file, or wants a transport or signature that is not built.
pub(crate) fn read(path: &Path) -> Result<ConnectionInfo, KernelError> {
    let refused = |reason: String| KernelError::ConnectionFile { path: path.to_path_buf(), reason };
    let text = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
    let file: ConnectionFile = serde_json::from_slice(&text).map_err(|error| refused(error.to_string()))?;
    let transport = match file.transport.as_str() {
        "tcp" => Transport::TCP,
        "ipc" => Transport::IPC,
        other => return Err(refused(format!("the transport '{other}' is not built: use tcp or ipc"))),
    };
    if file.signature_scheme != "hmac-sha256" && !file.key.is_empty() {
        let scheme = &file.signature_scheme;
        return Err(refused(format!("the signature scheme '{scheme}' is not built: use hmac-sha256")));
    }
    Ok(ConnectionInfo {
        ip: file.ip,
        transport,
        shell_port: file.shell_port,
        iopub_port: file.iopub_port,
        stdin_port: file.stdin_port,
        control_port: file.control_port,
        hb_port: file.hb_port,
        key: file.key,
        signature_scheme: file.signature_scheme,
        kernel_name: file.kernel_name,
    })
}

/// Removes the files of IPC sockets, which nobody else does.
pub(crate) fn remove_socket_files(connection: &ConnectionInfo) {
    let urls = [
        connection.shell_url(),
        connection.iopub_url(),
        connection.stdin_url(),
        connection.control_url(),
        connection.hb_url(),
    ];
    for path in urls.iter().filter_map(|url| url.strip_prefix("ipc://")) {
        // The front end may have been faster.
        let _ = std::fs::remove_file(path);
    }
}

/// Binds a new socket; the file of an IPC socket that a dead kernel left behind is replaced.
///
/// # Errors
/// When the address is taken or wrong.
pub(crate) async fn bind<S: Socket>(url: &str) -> Result<S, KernelError> {
    if let Some(path) = url.strip_prefix("ipc://") {
        let is_socket = std::fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket());
        if is_socket && let Err(error) = std::fs::remove_file(path) {
            log::warn!("cannot remove the old socket {path}: {error}");
        }
    }
    let mut socket = S::new();
    let bound = socket.bind(url).await;
    bound.map_err(|cause| KernelError::Bind { address: url.to_string(), cause })?;
    Ok(socket)
}
