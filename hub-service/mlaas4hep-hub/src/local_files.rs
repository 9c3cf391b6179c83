//! Files for programs on this machine: who was admitted to a file by a request may fetch it, open, through a local socket
//! (`SCM_RIGHTS`, unix(7)), so that its bytes need not pass through the service. Rights are looked at by the request; the socket
//! knows nothing but tickets that the request gave out. What is handed out can be read only by who gets it, and is one version
//! of the file for ever: blobs never change.

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hub_api::{LOCAL_TICKET_BYTES, LocalOffer};
use moka::sync::Cache;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use std::fs::{File, Permissions};
use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, Interest};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use workspaces::StoredFile;

/// Files that wait to be fetched; each is open meanwhile.
const MOST_WAITING: u64 = 256;
/// How long.
const TICKET_LIVES: Duration = Duration::from_secs(10);
/// Programs that are served at once; more wait.
const AT_ONCE: usize = 64;
/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tickets, and the files that they are for. Cheap to clone.
#[derive(Clone)]
pub(crate) struct LocalFiles {
    socket: Arc<Path>,
    waiting: Cache<String, Arc<File>>,
}

impl LocalFiles {
    /// At an absolute path of a socket.
    pub(crate) fn new(socket: &Path) -> Self {
        let waiting = Cache::builder().max_capacity(MOST_WAITING).time_to_live(TICKET_LIVES).build();
        Self { socket: socket.into(), waiting }
    }

    /// An offer to fetch a file; `None` for one whose bytes do not lie on this machine.
    pub(crate) fn offer(&self, file: &StoredFile) -> Option<LocalOffer> {
        let blob = file.local_file()?;
        // Opened anew: whoever gets it has a position and flags of their own.
        let opened = File::open(format!("/proc/self/fd/{}", blob.as_raw_fd())).ok()?;
        let ticket = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        self.waiting.insert(ticket.clone(), Arc::new(opened));
        // The cache lets go of what is too old when it is used next, which may be never.
        let waiting = self.waiting.clone();
        tokio::spawn(async move {
            tokio::time::sleep(TICKET_LIVES + Duration::from_secs(1)).await;
            waiting.run_pending_tasks();
        });
        Some(LocalOffer { socket: self.socket.to_path_buf(), ticket })
    }

    /// Opens the socket, in place of one that an earlier service left.
    ///
    /// # Errors
    /// Something else is there, or the folder cannot be written.
    pub(crate) fn listen(&self) -> anyhow::Result<Listening> {
        let path = &*self.socket;
        if std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
            std::fs::remove_file(path)
                .with_context(|| format!("removing the old socket {}", path.display()))?;
        }
        let listener = UnixListener::bind(path)
            .with_context(|| format!("opening the socket {} (listen.local_socket)", path.display()))?;
        // Who may come in is a matter of tickets, and of the folder that the socket lies in.
        std::fs::set_permissions(path, Permissions::from_mode(0o666))
            .with_context(|| format!("opening the socket {} to all", path.display()))?;
        Ok(Listening { listener, path: path.to_path_buf() })
    }

    /// Hands files out until `ending` turns true.
    pub(crate) async fn serve(self, listening: Listening, mut ending: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let next = async {
                let place = places.clone().acquire_owned().await.map_err(std::io::Error::other)?;
                Ok::<_, std::io::Error>((place, listening.listener.accept().await?.0))
            };
            let next = tokio::select! {
                next = next => next,
                // An error says that the sender is gone, which is an end too.
                _ = ending.wait_for(|ending| *ending) => return,
            };
            match next {
                Ok((place, stream)) => {
                    let waiting = self.waiting.clone();
                    tokio::spawn(async move {
                        let _place = place;
                        // Who is silent, or shows no good ticket, gets nothing.
                        let _ = tokio::time::timeout(PATIENCE, hand_out(stream, &waiting)).await;
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a program could not be served at the local socket");
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
            }
        }
    }
}

/// An open socket; its name goes with this.
pub(crate) struct Listening {
    listener: UnixListener,
    path: PathBuf,
}

impl Drop for Listening {
    fn drop(&mut self) {
        // Somebody may have removed it.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Whether the program at the other end cannot open for writing what it gets for reading, through `/proc`: as another user, who is not
/// root either. One of our own user, or of root's, that sees the same files as we do could write them anyway; one in a
/// container could not, and is refused.
fn can_only_read(stream: &UnixStream) -> bool {
    let Ok(peer) = stream.peer_cred() else { return false };
    if peer.uid() != rustix::process::geteuid().as_raw() && peer.uid() != 0 {
        return true;
    }
    let files_of = |process: &str| std::fs::read_link(format!("/proc/{process}/ns/mnt")).ok();
    let theirs = peer.pid().and_then(|pid| files_of(&pid.to_string()));
    theirs.is_some() && theirs == files_of("self")
}

/// A ticket in, the file out.
async fn hand_out(mut stream: UnixStream, waiting: &Cache<String, Arc<File>>) -> std::io::Result<()> {
    if !can_only_read(&stream) {
        return Ok(());
    }
    let mut ticket = [0; LOCAL_TICKET_BYTES];
    stream.read_exact(&mut ticket).await?;
    let ticket = str::from_utf8(&ticket).map_err(std::io::Error::other)?;
    // To look tells whether it is too old, to remove whether another was faster.
    let Some(file) = waiting.get(ticket).and_then(|_| waiting.remove(ticket)) else { return Ok(()) };
    metrics::counter!("mlaas4hep_hub_local_files_total").increment(1);
    stream
        .async_io(Interest::WRITABLE, || {
            let descriptors = [file.as_fd()];
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
            let mut control = SendAncillaryBuffer::new(&mut space);
            control.push(SendAncillaryMessage::ScmRights(&descriptors));
            sendmsg(&stream, &[IoSlice::new(b".")], &mut control, SendFlags::NOSIGNAL)?;
            Ok(())
        })
        .await
}
