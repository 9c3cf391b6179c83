//! The front end: a kernel, its sockets, and how to talk to it.

use crate::ports::ReservedPorts;
use crate::sockets::{self, Dealer};
use crate::{Channel, Received, Sent, Start};
use bytes::Bytes;
use jupyter_kernel::wire::{Parent, Session, Signer};
use jupyter_protocol::connection_info::ConnectionInfo;
use serde_json::{Value, json};
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use zeromq::{Socket, SocketRecv, SocketSend, SubSocket, ZmqMessage};

/// A message that does not come within this time does not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A front end with its kernel.
pub struct FrontEnd {
    /// What the kernel's connection file says.
    pub connection: ConnectionInfo,
    /// From the start of the program to the reply to the first `kernel_info_request`.
    pub time_to_info: Duration,
    runtime: Runtime,
    session: Session,
    shell: Dealer,
    control: Dealer,
    stdin: Dealer,
    iopub: Receiver<Received>,
    kernel: Child,
    secret: Option<String>,
    _ports: Option<ReservedPorts>,
    _folder: tempfile::TempDir,
}

impl FrontEnd {
    /// Starts a kernel, connects, and waits until it answers and is heard on iopub.
    pub fn start(start: Start) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let ports = start.reserve_ports();
        let (file, connection) = start.connection_file(folder.path(), ports.as_ref());
        let started = Instant::now();
        let kernel = start.spawn(&file);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("an event loop");
        let session = Session::new(Signer::new(start.key.as_bytes()));
        if start_is_ipc(&connection) {
            wait_for_file(connection.shell_url().trim_start_matches("ipc://"));
        }
        let dealer = |url: String| runtime.block_on(sockets::dealer(&url, &session.id, &session.signer));
        let shell = dealer(connection.shell_url());
        let (control, stdin) = (dealer(connection.control_url()), dealer(connection.stdin_url()));
        let iopub = if start.subscribes {
            runtime.block_on(sockets::subscriber(&connection, &session.signer))
        } else {
            channel().1
        };
        let mut front_end = Self {
            connection,
            time_to_info: Duration::ZERO,
            runtime,
            session,
            shell,
            control,
            stdin,
            iopub,
            kernel,
            secret: start.secret.clone(),
            _ports: ports,
            _folder: folder,
        };
        front_end.greet(started, start.subscribes);
        front_end
    }

    fn greet(&mut self, started: Instant, subscribes: bool) {
        if subscribes {
            self.expect(Channel::Iopub, "iopub_welcome");
            let starting = self.expect(Channel::Iopub, "status");
            assert_eq!(starting.content["execution_state"], "starting");
        }
        let request = self.send(Channel::Shell, "kernel_info_request", json!({}));
        self.expect_reply(&request, "kernel_info_reply");
        self.time_to_info = started.elapsed();
        if subscribes {
            self.expect_busy(&request);
            self.expect_idle(&request);
        }
    }

    /// Sends a request.
    pub fn send(&mut self, channel: Channel, msg_type: &str, content: Value) -> Sent {
        self.send_as(channel, msg_type, &Parent::default(), &content)
    }

    /// Sends a request on shell for a subshell.
    pub fn send_to_subshell(&mut self, subshell: &str, msg_type: &str, content: Value) -> Sent {
        let id = uuid::Uuid::new_v4().to_string();
        let header = json!({
            "msg_id": id,
            "session": self.session.id,
            "username": "test",
            "msg_type": msg_type,
            "version": "5.5",
            "subshell_id": subshell,
        });
        let (header, content) = (header.to_string(), content.to_string());
        let parts = [header.as_bytes(), b"{}", b"{}", content.as_bytes()];
        let signature = self.sign(&parts);
        let mut frames = vec![b"<IDS|MSG>".as_slice(), signature.as_bytes()];
        frames.extend(parts);
        self.send_frames(Channel::Shell, &frames);
        Sent { id, header }
    }

    /// Answers a question of the kernel.
    pub fn answer(&mut self, question: &Received, value: &str) {
        let parent = Parent { header: question.header.clone(), ..Parent::default() };
        self.send_as(Channel::Stdin, "input_reply", &parent, &json!({"status": "ok", "value": value}));
    }

    fn send_as(&mut self, channel: Channel, msg_type: &str, parent: &Parent, content: &Value) -> Sent {
        let (message, id) = self.session.frames(&[], msg_type, parent, &json!({}), content);
        let header = message.get(2).map(|header| String::from_utf8_lossy(header).into_owned());
        self.send_message(channel, message);
        Sent { id, header: header.unwrap_or_default() }
    }

    /// Sends frames as they are, right or wrong.
    pub fn send_frames(&mut self, channel: Channel, frames: &[&[u8]]) {
        let frames: Vec<Bytes> = frames.iter().map(|frame| Bytes::copy_from_slice(frame)).collect();
        self.send_message(channel, ZmqMessage::try_from(frames).expect("at least one frame"));
    }

    fn send_message(&self, channel: Channel, message: ZmqMessage) {
        let socket = match channel {
            Channel::Shell => &self.shell,
            Channel::Control => &self.control,
            Channel::Stdin => &self.stdin,
            Channel::Iopub => panic!("nothing is sent on iopub"),
        };
        socket.outgoing.send(message).expect("an open socket");
    }

    /// The signature of four parts.
    pub fn sign(&self, parts: &[&[u8]]) -> String {
        self.session.signer.sign(parts)
    }

    /// Sends a cell with the settings that front ends send by default.
    pub fn execute(&mut self, code: &str) -> Sent {
        self.execute_with(code, json!({}))
    }

    /// Sends a cell with other settings.
    pub fn execute_with(&mut self, code: &str, settings: Value) -> Sent {
        let mut content = json!({
            "code": code,
            "silent": false,
            "store_history": true,
            "user_expressions": {},
            "allow_stdin": true,
            "stop_on_error": true,
        });
        for (name, value) in settings.as_object().expect("an object of settings") {
            content[name] = value.clone();
        }
        self.send(Channel::Shell, "execute_request", content)
    }

    /// The next message of a channel.
    pub fn next(&self, channel: Channel) -> Received {
        self.next_within(channel, PATIENCE)
            .unwrap_or_else(|| panic!("no message came on {channel:?} within {PATIENCE:?}"))
    }

    /// The next message of a channel, if one comes within the time.
    pub fn next_within(&self, channel: Channel, limit: Duration) -> Option<Received> {
        let message = self.incoming(channel).recv_timeout(limit).ok()?;
        if let Some(secret) = &self.secret {
            let header = String::from_utf8_lossy(&message.header);
            let holds = |text: &str| text.contains(secret.as_str());
            let is_shown = holds(&message.content.to_string()) || holds(&header) || holds(&message.topic);
            assert!(!is_shown, "a secret is shown on {channel:?}: {message:?}");
        }
        Some(message)
    }

    /// Forgets the outputs that are there and those on their way, where a test is not about them.
    pub fn skip_outputs(&mut self) {
        while self.next_within(Channel::Iopub, Duration::from_millis(150)).is_some() {}
    }

    fn incoming(&self, channel: Channel) -> &Receiver<Received> {
        match channel {
            Channel::Shell => &self.shell.incoming,
            Channel::Control => &self.control.incoming,
            Channel::Stdin => &self.stdin.incoming,
            Channel::Iopub => &self.iopub,
        }
    }

    /// Opens shell anew with the same identity and closes the old one after that, as a server does when a browser
    /// comes back.
    pub fn reconnect_shell(&mut self) {
        let (url, session) = (self.connection.shell_url(), &self.session);
        self.shell = self.runtime.block_on(sockets::dealer(&url, &session.id, &session.signer));
    }

    /// A further subscriber, which is read only when it is asked.
    pub fn subscribe(&self) -> Subscriber<'_> {
        let socket = self.runtime.block_on(async {
            let mut socket = SubSocket::new();
            socket.connect(&self.connection.iopub_url()).await.expect("the kernel listens");
            socket.subscribe("").await.expect("a subscription");
            socket
        });
        Subscriber { socket, front_end: self }
    }

    /// Whether the heartbeat comes back.
    pub fn heartbeat(&self, beat: &str) -> bool {
        self.runtime.block_on(async {
            let mut socket = zeromq::ReqSocket::new();
            socket.connect(&self.connection.hb_url()).await.expect("the kernel listens");
            socket.send(beat.into()).await.expect("the kernel takes it");
            socket.recv().await.is_ok_and(|echo| echo.get(0).is_some_and(|frame| frame == beat.as_bytes()))
        })
    }

    /// Number of the kernel's process.
    pub fn process(&self) -> u32 {
        self.kernel.id()
    }

    /// Waits for the end of the kernel.
    pub fn wait(&mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.kernel.try_wait().expect("a child") {
                return status;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the kernel did not end within {PATIENCE:?}");
    }

    /// Fails where a message came that no test has asked for.
    fn expect_nothing_more(&self) {
        for channel in [Channel::Shell, Channel::Control, Channel::Stdin, Channel::Iopub] {
            if let Some(message) = self.next_within(channel, Duration::from_millis(20)) {
                panic!("nobody asked for this on {channel:?}: {message:?}");
            }
        }
    }
}

impl Drop for FrontEnd {
    fn drop(&mut self) {
        // Errors mean that it has ended already.
        let is_running = self.kernel.try_wait().is_ok_and(|status| status.is_none());
        if is_running && !std::thread::panicking() {
            self.expect_nothing_more();
        }
        let _ = self.kernel.kill();
        let _ = self.kernel.wait();
    }
}

/// A subscriber that reads only when it is asked, as a slow front end does.
pub struct Subscriber<'a> {
    socket: SubSocket,
    front_end: &'a FrontEnd,
}

impl Subscriber<'_> {
    /// The next message.
    pub fn receive(&mut self) -> Received {
        let runtime = &self.front_end.runtime;
        let message = runtime.block_on(async { tokio::time::timeout(PATIENCE, self.socket.recv()).await });
        let message = message.unwrap_or_else(|_| panic!("no message came within {PATIENCE:?}"));
        sockets::read(message.expect("an open socket"), &self.front_end.session.signer)
    }
}

fn start_is_ipc(connection: &ConnectionInfo) -> bool {
    connection.shell_url().starts_with("ipc://")
}

/// A Unix socket cannot be connected to before it is there.
fn wait_for_file(path: &str) {
    let until = Instant::now() + PATIENCE;
    while !std::path::Path::new(path).exists() {
        assert!(Instant::now() < until, "the kernel did not make {path}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
