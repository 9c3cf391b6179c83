//! The control socket: interrupt, shutdown, usage; never waits for a cell.

use super::router::Replies;
use crate::answers;
use crate::kernel::{Kernel, guarded};
use crate::subshells::Subshells;
use crate::usage::Usage;
use crate::wire::Request;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// A language that takes longer to react to an interrupt goes on doing so after the reply.
const INTERRUPT_LIMIT: Duration = Duration::from_millis(30);
/// A language that takes longer to shut down is not waited for.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(2);

/// The control side of a kernel.
pub(crate) struct Control {
    pub(crate) kernel: Arc<Kernel>,
    /// Told once, with the reply on its way.
    pub(crate) stop: UnboundedSender<()>,
    pub(crate) usage: Usage,
    pub(crate) subshells: Arc<Subshells>,
}

impl Control {
    /// Answers requests one after the other until the process ends.
    pub(crate) async fn run(mut self, mut requests: UnboundedReceiver<(Request, Replies)>) {
        while let Some((request, replies)) = requests.recv().await {
            match request.msg_type.as_str() {
                "interrupt_request" => {
                    self.kernel.status(&request.parent, "busy");
                    interrupt(&self.kernel).await;
                    self.reply(&request, &replies, &json!({"status": "ok"}));
                }
                "shutdown_request" => self.shutdown(&request, &replies).await,
                "usage_request" => {
                    self.kernel.status(&request.parent, "busy");
                    let content = self.usage().await;
                    self.reply(&request, &replies, &content);
                }
                "create_subshell_request" => {
                    self.kernel.status(&request.parent, "busy");
                    self.reply(&request, &replies, &self.subshells.create());
                }
                "delete_subshell_request" => {
                    self.kernel.status(&request.parent, "busy");
                    self.reply(&request, &replies, &self.subshells.delete(&request));
                }
                "list_subshell_request" => {
                    self.kernel.status(&request.parent, "busy");
                    self.reply(&request, &replies, &self.subshells.list());
                }
                _ => self.answer(request, replies),
            }
        }
    }

    fn reply(&self, request: &Request, replies: &Replies, content: &Value) {
        replies.reply(&request.parent, &request.reply_type(), content);
        self.kernel.status(&request.parent, "idle");
    }

    async fn shutdown(&self, request: &Request, replies: &Replies) {
        let restart = request.fields().and_then(|fields| fields.flag("restart", false)).unwrap_or(false);
        self.kernel.status(&request.parent, "busy");
        end_language(&self.kernel, restart).await;
        let content = json!({"status": "ok", "restart": restart});
        self.kernel.publish(&request.parent, "shutdown_reply", content.clone());
        self.kernel.status(&request.parent, "idle");
        let (_, sent) = replies.send(&request.parent, "shutdown_reply", &content);
        // The front end may be gone; then there is nobody to wait for.
        let _ = sent.await;
        let _ = self.stop.send(());
    }

    async fn usage(&mut self) -> Value {
        let mut usage = std::mem::take(&mut self.usage);
        let measured = spawn_blocking(move || (usage.measure(), usage)).await;
        let (mut content, usage) = measured.unwrap_or_default();
        self.usage = usage;
        content["dropped_messages"] = json!(self.kernel.dropped.messages.load(Ordering::Relaxed));
        content
    }

    /// `kernel_info_request` and the like, which ask the language, and messages that nobody knows. The next
    /// request does not wait for it.
    fn answer(&self, request: Request, replies: Replies) {
        let kernel = Arc::clone(&self.kernel);
        spawn_blocking(move || answers::answer(&kernel, &replies, &request));
    }
}

/// Interrupts the running cells.
pub(crate) async fn interrupt(kernel: &Arc<Kernel>) {
    kernel.set_interrupted();
    let kernel = Arc::clone(kernel);
    let told = spawn_blocking(move || guarded(|| kernel.language.interrupt()));
    if timeout(INTERRUPT_LIMIT, told).await.is_err() {
        log::warn!("the language takes longer than {INTERRUPT_LIMIT:?} to react to an interrupt");
    }
}

/// Interrupts the running cells and tells the language that it ends.
pub(crate) async fn end_language(kernel: &Arc<Kernel>, restart: bool) {
    kernel.is_ending.store(true, Ordering::SeqCst);
    interrupt(kernel).await;
    let kernel = Arc::clone(kernel);
    let told = spawn_blocking(move || guarded(|| kernel.language.shutdown(restart)));
    if timeout(SHUTDOWN_LIMIT, told).await.is_err() {
        log::warn!("the language takes longer than {SHUTDOWN_LIMIT:?} to shut down and is not waited for");
    }
}
