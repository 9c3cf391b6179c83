//! The heartbeat socket: sends back what it gets.

use std::time::Duration;
use zeromq::{RepSocket, SocketRecv, SocketSend};

/// Echoes until the process ends.
pub(crate) async fn echo(mut socket: RepSocket) {
    loop {
        let echoed = match socket.recv().await {
            Ok(message) => socket.send(message).await,
            Err(error) => Err(error),
        };
        if let Err(error) = echoed {
            log::debug!("heartbeat: {error}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
