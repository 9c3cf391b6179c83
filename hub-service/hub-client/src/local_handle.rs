//! An open file of the service, where both run on one machine: fetched through a local socket instead of its bytes.

use std::fs::File;
use std::io::{self, IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use hub_api::LocalOffer;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

/// How long the service may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The file of an offer, if it can be had: in a container, or on another machine, there is no such socket, and the bytes come by
/// ranges then. `size_bytes`: what the file must have.
pub(crate) fn fetch(offer: &LocalOffer, size_bytes: u64) -> Option<File> {
    let file = receive(offer).ok()?;
    let metadata = file.metadata().ok()?;
    (metadata.is_file() && metadata.len() == size_bytes).then_some(file)
}

fn receive(offer: &LocalOffer) -> io::Result<File> {
    let mut stream = UnixStream::connect(&offer.socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(offer.ticket.as_bytes())?;
    let mut byte = [0];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    recvmsg(&stream, &mut [IoSliceMut::new(&mut byte)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let descriptor = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    descriptor.map(File::from).ok_or_else(|| io::ErrorKind::NotFound.into())
}
