//! The sockets of the front end; each is read by a task, so that no message waits in the kernel.

use crate::Received;
use bytes::Bytes;
use jupyter_kernel::wire::{Request, Signer};
use jupyter_protocol::connection_info::ConnectionInfo;
use serde_json::Value;
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use zeromq::util::PeerIdentity;
use zeromq::{DealerSocket, Socket, SocketOptions, SocketRecv, SocketSend, SubSocket, ZmqMessage};

/// A DEALER socket: what is sent and what has come.
pub(crate) struct Dealer {
    pub(crate) outgoing: UnboundedSender<ZmqMessage>,
    pub(crate) incoming: Receiver<Received>,
    tasks: [JoinHandle<()>; 2],
}

impl Drop for Dealer {
    fn drop(&mut self) {
        // The socket is closed with the tasks that hold its halves.
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Connects a DEALER; all of one front end share an identity, as the protocol wants it.
pub(crate) async fn dealer(url: &str, identity: &str, signer: &Signer) -> Dealer {
    let mut options = SocketOptions::default();
    options.peer_identity(identity.parse::<PeerIdentity>().expect("a short identity"));
    let mut socket = DealerSocket::with_options(options);
    socket.connect(url).await.expect("the kernel listens");
    let (send_half, receive_half) = socket.split();
    let (outgoing, to_send) = unbounded_channel();
    let (received, incoming) = channel();
    let sending = tokio::spawn(send_all(send_half, to_send));
    let receiving = tokio::spawn(receive_all(receive_half, signer.clone(), received));
    Dealer { outgoing, incoming, tasks: [sending, receiving] }
}

/// Subscribes to all of iopub.
pub(crate) async fn subscriber(connection: &ConnectionInfo, signer: &Signer) -> Receiver<Received> {
    let (received, incoming) = channel();
    let mut socket = SubSocket::new();
    socket.connect(&connection.iopub_url()).await.expect("the kernel listens");
    socket.subscribe("").await.expect("a subscription");
    tokio::spawn(receive_all(socket, signer.clone(), received));
    incoming
}

async fn send_all(mut socket: impl SocketSend, mut messages: UnboundedReceiver<ZmqMessage>) {
    while let Some(message) = messages.recv().await {
        socket.send(message).await.expect("the kernel takes messages");
    }
}

async fn receive_all(mut socket: impl SocketRecv, signer: Signer, received: Sender<Received>) {
    while let Ok(message) = socket.recv().await {
        if received.send(read(message, &signer)).is_err() {
            return;
        }
    }
}

/// Verifies and reads a message of the kernel.
///
/// # Panics
/// When the kernel has signed it wrongly or sends what is no message.
pub(crate) fn read(message: ZmqMessage, signer: &Signer) -> Received {
    let frames: Vec<Bytes> = message.into_vec();
    let topic = String::from_utf8_lossy(&frames[0]).into_owned();
    let message = Request::parse(frames, signer).expect("a sound message");
    let content = message.content.expect("a sound content");
    Received {
        msg_type: message.msg_type,
        parent: message.answers,
        header: message.parent.header.clone(),
        content: Value::Object(content),
        topic,
    }
}
