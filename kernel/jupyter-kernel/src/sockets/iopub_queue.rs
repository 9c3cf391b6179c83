//! What waits to be published: bounded in bytes, so that a cell that prints faster than front ends read is slowed
//! down and nothing is lost.

use crate::wire::Parent;
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A stream message ends at this size; longer texts are cut into pieces.
pub(crate) const STREAM_BYTES: usize = 64 * 1024;

/// One thing for all front ends.
#[derive(Debug)]
pub(crate) enum IopubEvent {
    /// Text for stdout or stderr; neighbours are joined.
    Stream { parent: Arc<Parent>, name: &'static str, text: String },
    /// Busy or idle. The busy and idle of a cell frame those of requests that are answered meanwhile.
    Status { parent: Arc<Parent>, state: &'static str, is_cell: bool },
    /// Any other message.
    Message {
        parent: Arc<Parent>,
        msg_type: &'static str,
        metadata: Map<String, Value>,
        content: Value,
        n_bytes: usize,
    },
    /// Answered once all before it is with the sockets.
    Barrier(SyncSender<()>),
}

impl IopubEvent {
    fn n_bytes(&self) -> usize {
        const OVERHEAD: usize = 256;
        OVERHEAD
            + match self {
                Self::Stream { text, .. } => text.len(),
                Self::Message { n_bytes, .. } => *n_bytes,
                Self::Status { .. } | Self::Barrier(_) => 0,
            }
    }
}

/// The queue between whoever has something to show and the iopub socket.
pub(crate) struct IopubQueue {
    state: Mutex<State>,
    space: Condvar,
    filled: tokio::sync::Notify,
    limit_bytes: usize,
    /// Without it nobody answers barriers, so nobody may wait for one.
    has_publisher: bool,
}

#[derive(Default)]
struct State {
    events: VecDeque<IopubEvent>,
    n_bytes: usize,
    is_closed: bool,
}

impl IopubQueue {
    /// A queue in which about `limit_bytes` may wait.
    pub(crate) fn new(limit_bytes: usize) -> Arc<Self> {
        Arc::new(Self::with(limit_bytes, true))
    }

    /// A queue without limit that is read by a test and not by a publisher.
    pub(crate) fn without_publisher() -> Arc<Self> {
        Arc::new(Self::with(usize::MAX, false))
    }

    fn with(limit_bytes: usize, has_publisher: bool) -> Self {
        Self {
            state: Mutex::default(),
            space: Condvar::new(),
            filled: tokio::sync::Notify::new(),
            limit_bytes,
            has_publisher,
        }
    }

    /// Queues an event, and waits while the queue is full; for the thread of a cell.
    pub(crate) fn push(&self, event: IopubEvent) {
        let is_full = |state: &mut State| state.n_bytes >= self.limit_bytes && !state.is_closed;
        let state = self.space.wait_while(self.lock(), is_full).unwrap_or_else(PoisonError::into_inner);
        self.append(state, event);
    }

    /// Queues an event at once; for small messages of threads that must not wait.
    pub(crate) fn push_now(&self, event: IopubEvent) {
        self.append(self.lock(), event);
    }

    fn append(&self, mut state: MutexGuard<'_, State>, event: IopubEvent) {
        let is_unheard = matches!(event, IopubEvent::Barrier(_)) && !self.has_publisher;
        if state.is_closed || is_unheard {
            return;
        }
        state.n_bytes += event.n_bytes();
        if let Some(event) = joined(state.events.back_mut(), event) {
            state.events.push_back(event);
        }
        drop(state);
        self.filled.notify_one();
    }

    /// Resolves once something may be there.
    pub(crate) async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Takes all that waits.
    pub(crate) fn take(&self) -> VecDeque<IopubEvent> {
        let mut state = self.lock();
        state.n_bytes = 0;
        let events = std::mem::take(&mut state.events);
        drop(state);
        self.space.notify_all();
        events
    }

    /// Lets nobody wait any more; what is queued from now on is lost.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.space.notify_all();
        self.take();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Joins a stream text to the last event where that is the same stream; else gives it back.
fn joined(last: Option<&mut IopubEvent>, event: IopubEvent) -> Option<IopubEvent> {
    if let IopubEvent::Stream { parent, name, text } = &event
        && let Some(IopubEvent::Stream { parent: last_parent, name: last_name, text: last_text }) = last
        && Arc::ptr_eq(parent, last_parent)
        && name == last_name
        && last_text.len() + text.len() <= STREAM_BYTES
    {
        last_text.push_str(text);
        return None;
    }
    Some(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn line(parent: &Arc<Parent>, name: &'static str, text: &str) -> IopubEvent {
        IopubEvent::Stream { parent: Arc::clone(parent), name, text: text.to_string() }
    }

    #[test]
    fn neighbours_of_one_stream_are_joined() {
        let queue = IopubQueue::new(1 << 20);
        let (cell, other) = (Arc::new(Parent::default()), Arc::new(Parent::default()));
        for event in [
            line(&cell, "stdout", "a"),
            line(&cell, "stdout", "b"),
            line(&cell, "stderr", "c"),
            line(&other, "stderr", "d"),
            line(&other, "stderr", &"e".repeat(STREAM_BYTES)),
        ] {
            queue.push(event);
        }
        let texts: Vec<String> = queue.take().into_iter().map(text_of).collect();
        assert_eq!(texts[..3], ["ab", "c", "d"]);
        assert_eq!(texts.len(), 4);
    }

    fn text_of(event: IopubEvent) -> String {
        match event {
            IopubEvent::Stream { text, .. } => text,
            _ => String::new(),
        }
    }

    #[test]
    fn a_full_queue_makes_the_cell_wait_until_it_is_emptied() {
        let queue = IopubQueue::new(1000);
        let parent = Arc::new(Parent::default());
        queue.push(line(&parent, "stdout", &"a".repeat(1000)));
        let (sender, pushed) = std::sync::mpsc::channel();
        let (waiting, cell) = (Arc::clone(&queue), Arc::clone(&parent));
        std::thread::spawn(move || {
            waiting.push(line(&cell, "stdout", "b"));
            sender.send(()).expect("the test waits");
        });
        assert!(pushed.recv_timeout(Duration::from_millis(100)).is_err(), "it did not wait");
        queue.push_now(line(&parent, "stderr", "now"));
        assert_eq!(queue.take().len(), 2);
        pushed.recv_timeout(Duration::from_secs(10)).expect("it goes on");
    }

    #[test]
    fn a_closed_queue_lets_everybody_go() {
        let queue = IopubQueue::new(0);
        let waiting = Arc::clone(&queue);
        let cell = std::thread::spawn(move || waiting.push(line(&Arc::default(), "stdout", "b")));
        queue.close();
        cell.join().expect("it goes on");
        assert!(queue.take().is_empty());
    }
}
