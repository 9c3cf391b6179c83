//! The iopub socket: one task that publishes what the queue holds, joins stream text, and welcomes subscribers.

use super::iopub_queue::{IopubEvent, IopubQueue, STREAM_BYTES};
use crate::wire::{Parent, Session};
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use zeromq::util::PeerIdentity;
use zeromq::{Socket, SocketEvent, SocketRecv, SocketSend, XPubSocket, ZmqMessage};

/// Stream text waits this long for more of it.
const STREAM_DELAY: Duration = Duration::from_millis(25);
/// An end that may begin a hidden value is looked at again after this time.
const HELD_BACK: Duration = Duration::from_mins(1);
/// How long subscribers have to come back after they were cut off.
const RESUBSCRIBE: Duration = Duration::from_secs(1);

/// Publishes until the process ends. A subscriber that takes nothing for `stall_limit` is cut off.
///
/// The socket is XPUB, not PUB: it writes straight to the connections, so a slow front end slows this task, the
/// queue and at last the cell, where PUB would drop messages.
pub(crate) async fn publish(
    mut socket: XPubSocket,
    queue: Arc<IopubQueue>,
    session: Arc<Session>,
    stall_limit: Duration,
) {
    let monitor = socket.monitor();
    let mut publisher = Publisher {
        socket,
        monitor,
        peers: HashSet::new(),
        session,
        stall_limit,
        stream: None,
        cells: Vec::new(),
        has_published: false,
    };
    loop {
        let deadline = publisher.stream.as_ref().map_or_else(Instant::now, |stream| stream.deadline);
        tokio::select! {
            received = publisher.socket.recv() => {
                if let Ok(message) = received {
                    publisher.welcome(&message).await;
                }
            }
            () = queue.filled() => {
                for event in queue.take() {
                    publisher.handle(event).await;
                }
            }
            () = sleep_until(deadline), if publisher.stream.is_some() => publisher.flush_text().await,
        }
    }
}

struct Publisher {
    socket: XPubSocket,
    monitor: futures_channel::mpsc::Receiver<SocketEvent>,
    peers: HashSet<PeerIdentity>,
    session: Arc<Session>,
    stall_limit: Duration,
    stream: Option<PendingStream>,
    /// The running cells, busy until their own idle.
    cells: Vec<Arc<Parent>>,
    has_published: bool,
}

struct PendingStream {
    parent: Arc<Parent>,
    name: &'static str,
    text: String,
    deadline: Instant,
}

impl Publisher {
    async fn handle(&mut self, event: IopubEvent) {
        match event {
            IopubEvent::Stream { parent, name, text } => self.add_text(&parent, name, &text).await,
            IopubEvent::Status { parent, state, is_cell } => self.status(parent, state, is_cell).await,
            IopubEvent::Message { parent, msg_type, metadata, content, .. } => {
                self.flush().await;
                self.send(&parent, msg_type, Value::Object(metadata), &content).await;
            }
            IopubEvent::Barrier(done) => {
                self.flush().await;
                // Whoever waits may have given up.
                let _ = done.send(());
            }
        }
    }

    async fn add_text(&mut self, parent: &Arc<Parent>, name: &'static str, text: &str) {
        let is_other = |stream: &PendingStream| stream.name != name || !Arc::ptr_eq(&stream.parent, parent);
        if self.stream.as_ref().is_some_and(is_other) {
            self.flush().await;
        }
        for piece in pieces(text) {
            if self.stream.as_ref().is_some_and(|stream| stream.text.len() + piece.len() > STREAM_BYTES) {
                self.flush_text().await;
            }
            let stream = self.stream.get_or_insert_with(|| PendingStream {
                parent: Arc::clone(parent),
                name,
                text: String::new(),
                deadline: Instant::now() + STREAM_DELAY,
            });
            stream.text.push_str(piece);
            stream.deadline = stream.deadline.min(Instant::now() + STREAM_DELAY);
        }
    }

    /// Sends the text that waits, but for an end with which a hidden value may begin: the rest of it may come with the
    /// next text. What comes next, whatever it is, takes it along.
    async fn flush_text(&mut self) {
        let Some(mut stream) = self.stream.take() else { return };
        let mut text = self.session.mask.text(&stream.text).into_owned();
        stream.text = text.split_off(text.len() - self.session.mask.open_end(&text));
        stream.deadline = Instant::now() + HELD_BACK;
        let parent = Arc::clone(&stream.parent);
        let content = json!({"name": stream.name, "text": text});
        self.stream = Some(stream).filter(|stream| !stream.text.is_empty());
        if !text.is_empty() {
            self.send(&parent, "stream", json!({}), &content).await;
        }
    }

    /// Sends all text that waits.
    async fn flush(&mut self) {
        if let Some(stream) = self.stream.take() {
            let content = json!({"name": stream.name, "text": stream.text});
            self.send(&stream.parent, "stream", json!({}), &content).await;
        }
    }

    /// Front ends show the last state they hear of, whoever its parent is; so what was done while a cell runs
    /// must not leave them with idle.
    async fn status(&mut self, parent: Arc<Parent>, state: &'static str, is_cell: bool) {
        self.flush().await;
        self.send(&parent, "status", json!({}), &json!({"execution_state": state})).await;
        if state == "busy" {
            self.cells.extend(is_cell.then_some(parent));
            return;
        }
        self.cells.retain(|cell| !Arc::ptr_eq(cell, &parent));
        if let Some(cell) = self.cells.last().cloned() {
            self.send(&cell, "status", json!({}), &json!({"execution_state": "busy"})).await;
        }
    }

    /// Tells a new subscriber that it hears us from now on (JEP 65).
    async fn welcome(&mut self, message: &ZmqMessage) {
        self.note_peers();
        let Some([1, topic @ ..]) = message.get(0).map(AsRef::as_ref) else { return };
        let Ok(subscription) = std::str::from_utf8(topic) else { return };
        let parent = Parent::default();
        let topic = if topic.is_empty() { None } else { Some(Bytes::copy_from_slice(topic)) };
        let content = json!({"subscription": subscription});
        self.send_to(topic, &parent, "iopub_welcome", json!({}), &content).await;
        if !self.has_published {
            self.send(&parent, "status", json!({}), &json!({"execution_state": "starting"})).await;
        }
    }

    /// The socket tells who came in a channel of limited length, so it is emptied with each subscription.
    fn note_peers(&mut self) {
        while let Ok(event) = self.monitor.try_recv() {
            if let SocketEvent::Accepted(_, peer) = event {
                self.peers.insert(peer);
            }
        }
    }

    async fn send(&mut self, parent: &Parent, msg_type: &str, metadata: Value, content: &Value) {
        self.has_published = true;
        self.send_to(None, parent, msg_type, metadata, content).await;
    }

    async fn send_to(
        &mut self,
        topic: Option<Bytes>,
        parent: &Parent,
        msg_type: &str,
        metadata: Value,
        content: &Value,
    ) {
        let topic = topic.unwrap_or_else(|| Bytes::from(format!("kernel.{}.{msg_type}", self.session.id)));
        let (message, _) = self.session.frames(&[topic], msg_type, parent, &metadata, content);
        match timeout(self.stall_limit, self.socket.send(message.clone())).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => log::warn!("cannot publish a {msg_type}: {error}"),
            Err(_) => self.cut_off(message).await,
        }
    }

    /// The socket does not say which subscriber takes nothing, so all are cut off. Those that live come back by
    /// themselves, and get the message that did not get through once more.
    async fn cut_off(&mut self, message: ZmqMessage) {
        log::warn!("a front end took nothing for {:?}: cutting off all subscribers", self.stall_limit);
        self.note_peers();
        let backend = self.socket.backend();
        for peer in self.peers.drain() {
            backend.peer_disconnected(&peer);
        }
        let until = Instant::now() + RESUBSCRIBE;
        while let Ok(received) = tokio::time::timeout_at(until, self.socket.recv()).await {
            if received.is_err() {
                sleep(Duration::from_millis(10)).await;
            }
        }
        if timeout(RESUBSCRIBE, self.socket.send(message)).await.is_err() {
            log::warn!("a message was lost for front ends that came back and still took nothing");
        }
    }
}

/// The text in pieces of at most [`STREAM_BYTES`], cut between characters.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, others) = rest.split_at(rest.floor_char_boundary(STREAM_BYTES));
        rest = others;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        let text = format!("a{}", "µ".repeat(STREAM_BYTES));
        let cut: Vec<&str> = pieces(&text).collect();
        assert_eq!(cut.concat(), text);
        assert_eq!(cut.len(), 3);
        assert!(cut.iter().all(|piece| piece.len() <= STREAM_BYTES));
    }
}
