//! The life of a kernel: bind, serve, end.

use crate::kernel::Kernel;
use crate::sockets::control::{Control, end_language};
use crate::sockets::iopub_queue::IopubEvent;
use crate::sockets::router::{self, Replies};
use crate::sockets::shell::Shell;
use crate::sockets::{heartbeat, iopub};
use crate::subshells::{CELL_STACK_BYTES, Subshells};
use crate::usage::Usage;
use crate::wire::{Request, Session, Signer};
use crate::{KernelError, Language, answers, connection, watch};
use jupyter_protocol::connection_info::ConnectionInfo;
use secrets::Mask;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use zeromq::{RepSocket, RouterSocket, XPubSocket};

/// The sockets write in the background, so the process stays this long after the last message.
const LAST_MESSAGES: Duration = Duration::from_millis(100);
/// How long the last outputs may take to leave.
const LAST_OUTPUT: Duration = Duration::from_secs(1);

/// Requests for the control side, and where their replies go.
type ControlQueue = UnboundedSender<(Request, Replies)>;

/// How a kernel behaves beyond its language.
#[derive(Debug, Clone)]
pub struct KernelOptions {
    /// File with the cells of all sessions, shared by all kernels of one language; `None`, the default, remembers
    /// this session only.
    pub history_file: Option<PathBuf>,
    /// A front end that takes no output for so long is cut off, so that its cell goes on; 60 s by default. It can
    /// connect again.
    pub stalled_front_end_limit: Duration,
    /// Values that stand in no message, in no history and, by [`crate::log_to_file`], in no log; none by default.
    pub hidden: Mask,
}

impl Default for KernelOptions {
    fn default() -> Self {
        Self { history_file: None, stalled_front_end_limit: Duration::from_mins(1), hidden: Mask::default() }
    }
}

/// Runs a kernel until it is shut down: by its front end, by SIGTERM, or by the end of the process that
/// `JPY_PARENT_PID` names. A cell may still run then, so the caller should leave `main` soon.
///
/// # Errors
/// When the connection file cannot be used or a socket cannot be bound.
pub fn run(
    connection_file: &Path,
    language: Arc<dyn Language>,
    options: KernelOptions,
) -> Result<(), KernelError> {
    let connection = connection::read(connection_file)?;
    // One thread for all sockets: zeromq knows connections by the identity that the front end chose, and where two
    // threads see the end of an old connection and the start of a new one at once, the new one is lost.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|cause| system("start the event loop", cause))?;
    let result = runtime.block_on(serve(connection, language, options));
    // Calls into the language may hang; they must not keep the process.
    runtime.shutdown_background();
    result
}

fn system(action: &'static str, cause: std::io::Error) -> KernelError {
    KernelError::System { action, cause }
}

struct Sockets {
    shell: RouterSocket,
    control: RouterSocket,
    stdin: RouterSocket,
    iopub: XPubSocket,
    heartbeat: RepSocket,
}

async fn bind_all(connection: &ConnectionInfo) -> Result<Sockets, KernelError> {
    Ok(Sockets {
        iopub: connection::bind(&connection.iopub_url()).await?,
        control: connection::bind(&connection.control_url()).await?,
        stdin: connection::bind(&connection.stdin_url()).await?,
        heartbeat: connection::bind(&connection.hb_url()).await?,
        // Last: a front end that reaches shell finds the others there.
        shell: connection::bind(&connection.shell_url()).await?,
    })
}

async fn serve(
    connection: ConnectionInfo,
    language: Arc<dyn Language>,
    options: KernelOptions,
) -> Result<(), KernelError> {
    let sockets = bind_all(&connection).await?;
    let session = Session::new(Signer::new(connection.key.as_bytes())).hiding(options.hidden.clone());
    let session = Arc::new(session);
    let kernel = Kernel::start(language, connection, options.history_file, options.hidden);
    let kernel = Arc::new(kernel.map_err(|cause| system("start the history thread", cause))?);
    tokio::spawn(heartbeat::echo(sockets.heartbeat));
    let queue = Arc::clone(&kernel.iopub);
    tokio::spawn(iopub::publish(sockets.iopub, queue, Arc::clone(&session), options.stalled_front_end_limit));
    let (stop, mut stopped) = unbounded_channel();
    let (to_control, control_requests) = unbounded_channel::<(Request, Replies)>();
    let subshells = Arc::new(Subshells::new(Arc::clone(&kernel)));
    let (of_kernel, usage) = (Arc::clone(&kernel), Usage::default());
    let control = Control { kernel: of_kernel, stop, usage, subshells: Arc::clone(&subshells) };
    tokio::spawn(control.run(control_requests));
    serve_stdin(&kernel, sockets.stdin, &session);
    serve_control(&kernel, sockets.control, &session, to_control.clone());
    serve_shell(&kernel, sockets.shell, &session, to_control, subshells)?;
    tokio::spawn(watch::interrupt_on_sigint(Arc::clone(&kernel)));
    let is_asked = tokio::select! {
        _ = stopped.recv() => true,
        () = watch::terminated() => false,
        () = watch::parent_gone() => false,
    };
    end(&kernel, is_asked).await;
    Ok(())
}

fn serve_stdin(kernel: &Kernel, socket: RouterSocket, session: &Arc<Session>) {
    let (replies, receiver) = router::open(socket, "stdin", session, &kernel.dropped);
    kernel.questions.connect(replies);
    let questions = Arc::clone(&kernel.questions);
    tokio::spawn(receiver.receive(move |request, _| questions.answer(&request)));
}

fn serve_control(kernel: &Kernel, socket: RouterSocket, session: &Arc<Session>, control: ControlQueue) {
    let (_, receiver) = router::open(socket, "control", session, &kernel.dropped);
    tokio::spawn(receiver.receive(move |request, replies| {
        // The control task lives as long as the runtime.
        let _ = control.send((request, replies.clone()));
    }));
}

/// Serves the shell socket with its two threads: one for cells, one for what is answered meanwhile.
fn serve_shell(
    kernel: &Arc<Kernel>,
    socket: RouterSocket,
    session: &Arc<Session>,
    control: ControlQueue,
    subshells: Arc<Subshells>,
) -> Result<(), KernelError> {
    let failed = |cause| system("start a thread", cause);
    let (replies, receiver) = router::open(socket, "shell", session, &kernel.dropped);
    subshells.connect(&replies).map_err(failed)?;
    let (answers, requests) = mpsc::channel();
    let of_answers = Arc::clone(kernel);
    let thread = std::thread::Builder::new().name("answers".to_string()).stack_size(CELL_STACK_BYTES);
    thread.spawn(move || answers::run(&of_answers, &replies, &requests)).map_err(failed)?;
    let shell = Shell { kernel: Arc::clone(kernel), subshells, answers, control };
    tokio::spawn(receiver.receive(move |request, replies| shell.handle(request, replies)));
    Ok(())
}

/// Lets the last messages leave. `is_asked` is true where the front end has asked and the language knows already.
async fn end(kernel: &Arc<Kernel>, is_asked: bool) {
    if !is_asked {
        end_language(kernel, false).await;
    }
    let (sender, sent) = mpsc::sync_channel(1);
    kernel.iopub.push_now(IopubEvent::Barrier(sender));
    let last = Arc::clone(kernel);
    let waited = tokio::task::spawn_blocking(move || {
        last.history.stop();
        sent.recv_timeout(LAST_OUTPUT).is_ok()
    });
    if !waited.await.unwrap_or(false) {
        log::warn!("the last output may be missing: the front end takes none");
    }
    kernel.iopub.close();
    tokio::time::sleep(LAST_MESSAGES).await;
    connection::remove_socket_files(&kernel.connection);
}
