//! The stdin socket: one question at a time to the front end whose cell runs.

use super::router::Replies;
use crate::wire::{Parent, Request};
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, mpsc};
use std::time::Duration;

/// Why there is no line of input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// The request was sent with `allow_stdin` false.
    #[error("this front end does not take questions (allow_stdin is false): run the cell in one that does")]
    NotAllowed,
    /// The user has interrupted the cell.
    #[error("interrupted while waiting for input")]
    Interrupted,
    /// Nobody is there to answer.
    #[error("no front end is there to answer: it has closed its stdin channel or is gone")]
    NoFrontEnd,
}

/// Interrupts are looked for this often while a question is open.
const CHECK: Duration = Duration::from_millis(10);

/// The open question, if any, and the way to ask it.
#[derive(Default)]
pub(crate) struct Questions {
    replies: OnceLock<Replies>,
    one_at_a_time: Mutex<()>,
    open: Mutex<Option<Open>>,
}

struct Open {
    msg_id: String,
    answer: mpsc::SyncSender<String>,
}

impl Questions {
    /// Says where questions go; without it nobody answers.
    pub(crate) fn connect(&self, replies: Replies) {
        // Called once, when the socket is bound.
        let _ = self.replies.set(replies);
    }

    /// Asks and waits for the answer.
    pub(crate) fn ask(
        &self,
        parent: &Parent,
        prompt: &str,
        password: bool,
        is_interrupted: &AtomicBool,
    ) -> Result<String, InputError> {
        let replies = self.replies.get().ok_or(InputError::NoFrontEnd)?;
        let _turn = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        let (answer, answered) = mpsc::sync_channel(1);
        let content = json!({"prompt": prompt, "password": password});
        let mut sent = {
            let mut open = self.open();
            let (msg_id, sent) = replies.send(parent, "input_request", &content);
            *open = Some(Open { msg_id, answer });
            sent
        };
        let answer = loop {
            match answered.recv_timeout(CHECK) {
                Ok(answer) => break Ok(answer),
                Err(_) if is_interrupted.load(Ordering::SeqCst) => break Err(InputError::Interrupted),
                Err(mpsc::RecvTimeoutError::Disconnected) => break Err(InputError::NoFrontEnd),
                Err(mpsc::RecvTimeoutError::Timeout) if sent.try_recv() == Ok(false) => {
                    break Err(InputError::NoFrontEnd);
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
        };
        *self.open() = None;
        answer
    }

    /// Takes what the front end sends on stdin.
    pub(crate) fn answer(&self, request: &Request) {
        let value =
            request.fields().and_then(|fields| Ok(fields.optional_text("value")?.unwrap_or("").to_string()));
        let mut open = self.open();
        // An answer to an earlier question, which was interrupted, is not for this one.
        let is_for = |open: &Open| request.answers.is_empty() || request.answers == open.msg_id;
        match (open.take_if(|open| is_for(open)), value) {
            (Some(question), Ok(value)) if request.msg_type == "input_reply" => {
                // The cell may just have been interrupted.
                let _ = question.answer.try_send(value);
            }
            (question, _) => {
                log::warn!("stdin: dropped a {} that answers no open question", request.msg_type);
                *open = open.take().or(question);
            }
        }
    }

    fn open(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
