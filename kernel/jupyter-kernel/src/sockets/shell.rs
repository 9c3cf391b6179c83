//! The shell socket: cells to their threads, all else to another.

use super::router::Replies;
use crate::kernel::Kernel;
use crate::subshells::{self, Subshells};
use crate::wire::Request;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use tokio::sync::mpsc::UnboundedSender;

/// Where the requests of the shell socket go.
pub(crate) struct Shell {
    pub(crate) kernel: Arc<Kernel>,
    /// The threads of the cells.
    pub(crate) subshells: Arc<Subshells>,
    /// The thread that answers meanwhile, for all subshells.
    pub(crate) answers: Sender<Request>,
    /// The control side.
    pub(crate) control: UnboundedSender<(Request, Replies)>,
}

impl Shell {
    /// Hands a request on; never waits.
    pub(crate) fn handle(&self, request: Request, replies: &Replies) {
        let is_handed_on = match request.msg_type.as_str() {
            // Old front ends send these here; they must not wait for a cell.
            "shutdown_request" | "interrupt_request" => self.control.send((request, replies.clone())).is_ok(),
            _ if !self.subshells.has(&request) => {
                self.refuse(&request, replies);
                true
            }
            "execute_request" => self.subshells.send(request).is_ok(),
            _ => self.answers.send(request).is_ok(),
        };
        if !is_handed_on {
            log::error!("a request came while the kernel or its subshell ends");
        }
    }

    /// Also what gets no reply is framed by busy and idle: that is all that its front end can wait for.
    fn refuse(&self, request: &Request, replies: &Replies) {
        self.kernel.status(&request.parent, "busy");
        let content = subshells::unknown(request.subshell.as_deref().unwrap_or_default());
        replies.reply(&request.parent, &request.reply_type(), &content);
        self.kernel.status(&request.parent, "idle");
    }
}
