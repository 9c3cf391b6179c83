//! Messages over a Unix stream socket.
//!
//! A frame is the length of the JSON (`u32`), the length of the bytes that follow it (`u64`), both little-endian,
//! the JSON, the bytes. A file descriptor may travel beside the first byte of a frame.

use std::{
    io::{ErrorKind, IoSlice, IoSliceMut, Read, Write},
    mem::MaybeUninit,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::net::UnixStream,
    },
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec},
    net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
        SendFlags,
    },
};
use serde::{Serialize, de::DeserializeOwned};

const HEADER_BYTES: usize = 12;
/// The largest message is a plan with the history of a resumed training.
const MAX_JSON_BYTES: u32 = 64 << 20;
/// The largest block of bytes is a network: a billion weights.
const MAX_BLOCK_BYTES: u64 = 4 << 30;
/// A frame that has begun comes through at once, or the other side is broken.
const FRAME_TIMEOUT: Duration = Duration::from_mins(1);

/// One end of the conversation.
#[derive(Debug)]
pub struct Connection {
    stream: UnixStream,
}

/// What arrived.
#[derive(Debug)]
pub struct Received<M> {
    /// The message.
    pub message: M,
    /// The bytes that came with it; mostly none.
    pub block: Vec<u8>,
    /// The file descriptor that came with it.
    pub file: Option<OwnedFd>,
}

impl Connection {
    /// A conversation over this socket.
    ///
    /// # Errors
    /// [`ConnectionError::System`] where the system refuses to set timeouts on it.
    pub fn new(stream: UnixStream) -> Result<Self, ConnectionError> {
        stream
            .set_read_timeout(Some(FRAME_TIMEOUT))
            .and_then(|()| stream.set_nonblocking(false))
            .map_err(system("prepare"))?;
        Ok(Self { stream })
    }

    /// Two connected ends: one to keep, one to give to the worker as its standard input.
    ///
    /// The kept end does not wait for ever to be listened to; the worker's does, for the pipeline may be busy
    /// reading events, and its end is noticed anyway.
    ///
    /// # Errors
    /// [`ConnectionError::System`].
    pub fn pair() -> Result<(Self, UnixStream), ConnectionError> {
        let (ours, theirs) = UnixStream::pair().map_err(system("make"))?;
        ours.set_write_timeout(Some(FRAME_TIMEOUT)).map_err(system("prepare"))?;
        Ok((Self::new(ours)?, theirs))
    }

    /// Sends a message, with a block of bytes (may be empty) and a file descriptor where it needs one.
    ///
    /// # Errors
    /// [`ConnectionError::Closed`] where the other side is gone.
    pub fn send<M: Serialize>(
        &mut self,
        message: &M,
        block: &[u8],
        file: Option<BorrowedFd<'_>>,
    ) -> Result<(), ConnectionError> {
        let json = serde_json::to_vec(message)?;
        let json_bytes = u32::try_from(json.len()).ok().filter(|bytes| *bytes <= MAX_JSON_BYTES);
        let block_bytes = Some(block.len() as u64).filter(|bytes| *bytes <= MAX_BLOCK_BYTES);
        let (Some(json_bytes), Some(block_bytes)) = (json_bytes, block_bytes) else {
            return Err(too_large(json.len() as u64, block.len() as u64));
        };
        let mut frame = Vec::with_capacity(HEADER_BYTES + json.len());
        frame.extend_from_slice(&json_bytes.to_le_bytes());
        frame.extend_from_slice(&block_bytes.to_le_bytes());
        frame.extend_from_slice(&json);
        let n_sent = match file {
            Some(file) => self.send_file(&frame, file)?,
            None => 0,
        };
        let rest = frame.get(n_sent..).unwrap_or_default();
        self.stream.write_all(rest).map_err(system("write to"))?;
        self.stream.write_all(block).map_err(system("write to"))
    }

    fn send_file(&self, frame: &[u8], file: BorrowedFd<'_>) -> Result<usize, ConnectionError> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let files = [file];
        control.push(SendAncillaryMessage::ScmRights(&files));
        rustix::net::sendmsg(&self.stream, &[IoSlice::new(frame)], &mut control, SendFlags::NOSIGNAL)
            .map_err(|error| system("write to")(error.into()))
    }

    /// Waits for a message, at most so long; `None` where none came.
    ///
    /// # Errors
    /// [`ConnectionError::Closed`] where the other side is gone, others where it talks nonsense.
    pub fn receive_within<M: DeserializeOwned>(
        &mut self,
        timeout: Duration,
    ) -> Result<Option<Received<M>>, ConnectionError> {
        if self.is_readable(timeout)? { self.receive().map(Some) } else { Ok(None) }
    }

    fn is_readable(&self, timeout: Duration) -> Result<bool, ConnectionError> {
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let timespec = Timespec {
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: i64::from(left.subsec_nanos()),
            };
            let mut polled = [PollFd::from_borrowed_fd(self.stream.as_fd(), PollFlags::IN)];
            match rustix::event::poll(&mut polled, Some(&timespec)) {
                Ok(n_ready) => return Ok(n_ready > 0),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(system("wait for")(error.into())),
            }
        }
    }

    /// Waits for a message as long as it takes.
    ///
    /// # Errors
    /// As [`Connection::receive_within`].
    pub fn receive_whenever<M: DeserializeOwned>(&mut self) -> Result<Received<M>, ConnectionError> {
        while !self.is_readable(FRAME_TIMEOUT)? {}
        self.receive()
    }

    fn receive<M: DeserializeOwned>(&mut self) -> Result<Received<M>, ConnectionError> {
        let (header, file) = self.receive_header()?;
        let (json_bytes, block_bytes) = header.split_at(4);
        let json_bytes = json_bytes.try_into().map_or(u32::MAX, u32::from_le_bytes);
        let block_bytes = block_bytes.try_into().map_or(u64::MAX, u64::from_le_bytes);
        if json_bytes > MAX_JSON_BYTES || block_bytes > MAX_BLOCK_BYTES {
            return Err(too_large(u64::from(json_bytes), block_bytes));
        }
        let json = self.receive_bytes(u64::from(json_bytes))?;
        let message = serde_json::from_slice(&json)?;
        let block = self.receive_bytes(block_bytes)?;
        Ok(Received { message, block, file })
    }

    fn receive_header(&mut self) -> Result<([u8; HEADER_BYTES], Option<OwnedFd>), ConnectionError> {
        let mut header = [0; HEADER_BYTES];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let n_received = loop {
            let mut parts = [IoSliceMut::new(&mut header)];
            match rustix::net::recvmsg(&self.stream, &mut parts, &mut control, RecvFlags::CMSG_CLOEXEC) {
                Ok(received) => break received.bytes,
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(system("read from")(error.into())),
            }
        };
        if n_received == 0 {
            return Err(ConnectionError::Closed);
        }
        let mut file = None;
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(mut files) = message {
                file = files.next().or(file);
            }
        }
        let rest = header.get_mut(n_received..).unwrap_or_default();
        self.stream.read_exact(rest).map_err(system("read from"))?;
        Ok((header, file))
    }

    /// Reads so many bytes; memory grows as they come, so that an absurd length costs nothing.
    fn receive_bytes(&mut self, n_bytes: u64) -> Result<Vec<u8>, ConnectionError> {
        let mut bytes = Vec::with_capacity(usize::try_from(n_bytes.min(1 << 20)).unwrap_or(0));
        let n_read = (&self.stream).take(n_bytes).read_to_end(&mut bytes).map_err(system("read from"))?;
        if n_read as u64 == n_bytes { Ok(bytes) } else { Err(ConnectionError::Closed) }
    }
}

fn system(attempt: &'static str) -> impl Fn(std::io::Error) -> ConnectionError {
    move |source| match source.kind() {
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof => {
            ConnectionError::Closed
        }
        _ => ConnectionError::System { attempt, source },
    }
}

fn too_large(json_bytes: u64, block_bytes: u64) -> ConnectionError {
    ConnectionError::TooLarge { json_bytes, block_bytes }
}

/// Why the two sides cannot talk.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// The other side has ended, or closed its end.
    #[error("the other side has gone")]
    Closed,
    /// The system refused.
    #[error("cannot {attempt} the connection between pipeline and training worker")]
    System {
        /// What was attempted.
        attempt: &'static str,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A message that cannot be meant.
    #[error("a message of {json_bytes} bytes with {block_bytes} bytes beside it is too large")]
    TooLarge {
        /// Length of its JSON.
        json_bytes: u64,
        /// Length of the bytes beside it.
        block_bytes: u64,
    },
    /// A message that this side does not know.
    #[error("a message between pipeline and training worker is not understood: {0}")]
    Json(#[from] serde_json::Error),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FromWorker, Ring, RingShape, ToWorker};

    const SECOND: Duration = Duration::from_secs(1);

    fn pair() -> (Connection, Connection) {
        let (ours, theirs) = Connection::pair().unwrap();
        (ours, Connection::new(theirs).unwrap())
    }

    fn check_refused(bytes: &[u8], expected: &str) {
        let (mut ours, mut theirs) = pair();
        ours.stream.write_all(bytes).unwrap();
        drop(ours);
        let error = theirs.receive_within::<ToWorker>(SECOND).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[test]
    fn messages_blocks_and_files_arrive_in_order() {
        let (mut ours, mut theirs) = pair();
        let shape = RingShape { n_slots: 2, max_rows: 3, n_columns: 2, n_outputs: 1 };
        let mut ring = Ring::create(shape).unwrap();
        ours.send(&ToWorker::Hello { protocol: 7 }, b"block", None).unwrap();
        ours.send(&ToWorker::Ring { shape }, &[], Some(ring.file())).unwrap();
        ours.send(&ToWorker::EndOfPass, &[], None).unwrap();

        let first = theirs.receive_whenever::<ToWorker>().unwrap();
        assert_eq!((first.message, first.block.as_slice()), (ToWorker::Hello { protocol: 7 }, &b"block"[..]));
        assert!(first.file.is_none());
        let second = theirs.receive_whenever::<ToWorker>().unwrap();
        assert_eq!(second.message, ToWorker::Ring { shape });
        let mut attached = Ring::attach(second.file.unwrap(), shape).unwrap();
        attached.slot(1).unwrap().labels.fill(0.5);
        assert_eq!(ring.slot(1).unwrap().labels, [0.5; 3]);
        assert_eq!(theirs.receive_whenever::<ToWorker>().unwrap().message, ToWorker::EndOfPass);
    }

    #[test]
    fn a_large_block_arrives_whole() {
        let (mut ours, mut theirs) = pair();
        let block: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
        let sent = block.clone();
        let sender = std::thread::spawn(move || ours.send(&ToWorker::EndOfPass, &sent, None));
        assert!(theirs.receive_whenever::<ToWorker>().unwrap().block == block);
        sender.join().unwrap().unwrap();
    }

    #[test]
    fn silence_and_the_end_are_told_apart() {
        let (ours, mut theirs) = pair();
        let wait = Duration::from_millis(5);
        assert!(theirs.receive_within::<FromWorker>(wait).unwrap().is_none());
        drop(ours);
        assert!(matches!(theirs.receive_within::<FromWorker>(SECOND), Err(ConnectionError::Closed)));
        let sent = theirs.send(&ToWorker::EndOfPass, &[], None);
        assert!(matches!(sent, Err(ConnectionError::Closed)), "{sent:?}");
    }

    #[test]
    fn nonsense_is_refused() {
        check_refused(&[], "gone");
        check_refused(&[1, 0, 0], "gone");
        check_refused(&[0xff; 12], "too large");
        check_refused(&[5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b'{'], "gone");
        check_refused(&[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b'{', b'}'], "not understood");
        check_refused(&[2, 0, 0, 0, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, b'{', b'}'], "not understood");
    }
}
