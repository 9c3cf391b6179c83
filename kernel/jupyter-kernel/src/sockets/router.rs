//! Receiving and replying on a ROUTER socket, for shell, control and stdin.

use crate::kernel::Dropped;
use crate::wire::{Parent, Request, Session, WireError};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use zeromq::{RouterRecvHalf, RouterSendHalf, RouterSocket, SocketRecv, SocketSend, ZmqMessage};

struct Outgoing {
    message: ZmqMessage,
    sent: Option<oneshot::Sender<bool>>,
}

/// Sends to the front ends of one ROUTER socket; never waits.
#[derive(Clone)]
pub(crate) struct Replies {
    queue: mpsc::UnboundedSender<Outgoing>,
    session: Arc<Session>,
}

impl Replies {
    /// Answers a request.
    pub(crate) fn reply(&self, parent: &Parent, msg_type: &str, content: &Value) {
        self.queue(parent, msg_type, content, None);
    }

    /// Sends a message and gives its `msg_id`, and later whether the front end was there.
    pub(crate) fn send(
        &self,
        parent: &Parent,
        msg_type: &str,
        content: &Value,
    ) -> (String, oneshot::Receiver<bool>) {
        let (sender, sent) = oneshot::channel();
        (self.queue(parent, msg_type, content, Some(sender)), sent)
    }

    fn queue(
        &self,
        parent: &Parent,
        msg_type: &str,
        content: &Value,
        sent: Option<oneshot::Sender<bool>>,
    ) -> String {
        let (message, msg_id) =
            self.session.frames(&parent.identities, msg_type, parent, &json!({}), content);
        // The other end lives as long as the runtime.
        let _ = self.queue.send(Outgoing { message, sent });
        msg_id
    }
}

/// Opens a bound socket: what sends on it from now on, and what will receive.
pub(crate) fn open(
    socket: RouterSocket,
    name: &'static str,
    session: &Arc<Session>,
    dropped: &Arc<Dropped>,
) -> (Replies, Receiver) {
    let (send_half, socket) = socket.split();
    let (queue, outgoing) = mpsc::unbounded_channel();
    let replies = Replies { queue, session: Arc::clone(session) };
    tokio::spawn(send_all(send_half, outgoing, name));
    (replies.clone(), Receiver { socket, replies, name, dropped: Arc::clone(dropped) })
}

async fn send_all(
    mut socket: RouterSendHalf,
    mut outgoing: mpsc::UnboundedReceiver<Outgoing>,
    name: &'static str,
) {
    while let Some(Outgoing { message, sent }) = outgoing.recv().await {
        let result = socket.send(message).await;
        if let Err(error) = &result {
            log::warn!("{name}: a message has no taker, its front end is gone: {error}");
        }
        if let Some(sent) = sent {
            // Whoever asked may have given up.
            let _ = sent.send(result.is_ok());
        }
    }
}

/// The receiving side of a ROUTER socket.
pub(crate) struct Receiver {
    socket: RouterRecvHalf,
    replies: Replies,
    name: &'static str,
    dropped: Arc<Dropped>,
}

impl Receiver {
    /// Hands verified requests to `handle`, which must not block, until the process ends.
    pub(crate) async fn receive(mut self, mut handle: impl FnMut(Request, &Replies) + Send) {
        loop {
            match self.socket.recv().await {
                Ok(message) => match Request::parse(message.into_vec(), &self.replies.session.signer) {
                    Ok(request) => handle(request, &self.replies),
                    Err(error) => self.refuse(error),
                },
                Err(error) => {
                    log::warn!("{}: {error}", self.name);
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        }
    }

    fn refuse(&self, error: WireError) {
        let n_dropped = self.dropped.messages.fetch_add(1, Ordering::Relaxed) + 1;
        log::warn!("{}: dropped message number {n_dropped}: {error}", self.name);
        if let WireError::Header { identities, reason } = error {
            let parent = Parent { identities, ..Parent::default() };
            let content = error_content("UnreadableHeader", &format!("the header cannot be read: {reason}"));
            self.replies.reply(&parent, "error", &content);
        }
    }
}

/// Content of an error reply.
pub(crate) fn error_content(name: &str, value: &str) -> Value {
    json!({
        "status": "error",
        "ename": name,
        "evalue": value,
        "traceback": [format!("{name}: {value}")],
    })
}
