//! The shell socket: cells to one thread, all else to another.

use super::router::Replies;
use crate::wire::Request;
use std::sync::mpsc::Sender;
use tokio::sync::mpsc::UnboundedSender;

/// Where the requests of the shell socket go.
pub(crate) struct Shell {
    /// The thread of the cells.
    pub(crate) cells: Sender<Request>,
    /// The thread that answers meanwhile.
    pub(crate) answers: Sender<Request>,
    /// The control side.
    pub(crate) control: UnboundedSender<(Request, Replies)>,
}

impl Shell {
    /// Hands a request on; never waits.
    pub(crate) fn handle(&self, request: Request, replies: &Replies) {
        let msg_type = request.msg_type.as_str();
        let is_handed_on = match msg_type {
            "execute_request" => self.cells.send(request).is_ok(),
            // Old front ends send these here; they must not wait for a cell.
            "shutdown_request" | "interrupt_request" => self.control.send((request, replies.clone())).is_ok(),
            _ => self.answers.send(request).is_ok(),
        };
        if !is_handed_on {
            log::error!("a request came while the kernel ends");
        }
    }
}
