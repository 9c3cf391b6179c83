//! Open files.

use std::{convert::Infallible, fmt, io::SeekFrom, sync::Arc, sync::Mutex, sync::PoisonError};

use bytes::{Buf, Bytes};
use dav_server::fs::{DavFile, DavMetaData, FsError, FsFuture, FsResult};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use hub_api::{ContentRange, Entry};
use tokio::{sync::mpsc, task::JoinHandle};
use workspaces::{Actor, StoreError, StoredFile, Upload, UploadStatus, WorkspaceError, Workspaces};

use crate::{asked::Asked, handler::ActorNow, metadata::Metadata, place::Place};

/// Bytes that are read and sent at a time.
pub(crate) const BLOCK_BYTES: usize = 1 << 19;

type Blocks = BoxStream<'static, Result<Bytes, StoreError>>;

/// A file that is read, from any position on.
pub(crate) struct ReadFile {
    file: StoredFile,
    position: u64,
    /// In a lock only because a stream is not `Sync`; there is one reader.
    blocks: Mutex<Option<Blocks>>,
    rest: Bytes,
    asked: Arc<Asked>,
}

impl ReadFile {
    pub(crate) fn new(file: StoredFile, asked: Arc<Asked>) -> Self {
        Self { file, position: 0, blocks: Mutex::default(), rest: Bytes::new(), asked }
    }

    async fn read(&mut self, n_bytes: usize) -> FsResult<Bytes> {
        while self.rest.is_empty() && self.position < self.file.size_bytes() {
            let blocks = self.blocks.get_mut().unwrap_or_else(PoisonError::into_inner);
            // A short read is the end of a range: nothing is read ahead of it.
            let end = if n_bytes < BLOCK_BYTES { self.position + n_bytes as u64 } else { u64::MAX };
            let stream = blocks.get_or_insert_with(|| self.file.stream(self.position..end));
            match stream.next().await {
                Some(Ok(block)) => self.rest = block,
                Some(Err(error)) => {
                    tracing::error!(%error, "a file cannot be read on");
                    return Err(self.asked.failed(error.into()));
                }
                None => *blocks = None,
            }
        }
        let taken = self.rest.split_to(n_bytes.min(self.rest.len()));
        self.position += taken.len() as u64;
        Ok(taken)
    }
}

impl DavFile for ReadFile {
    fn metadata(&mut self) -> FsFuture<'_, Box<dyn DavMetaData>> {
        metadata_of(Some(&self.file.entry))
    }

    fn read_bytes(&mut self, count: usize) -> FsFuture<'_, Bytes> {
        Box::pin(self.read(count))
    }

    fn seek(&mut self, to: SeekFrom) -> FsFuture<'_, u64> {
        let size = self.file.size_bytes();
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => size.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        let Some(position) = position.filter(|&position| position <= size) else {
            return Box::pin(std::future::ready(Err(FsError::GeneralFailure)));
        };
        *self.blocks.get_mut().unwrap_or_else(PoisonError::into_inner) = None;
        (self.position, self.rest) = (position, Bytes::new());
        Box::pin(std::future::ready(Ok(position)))
    }

    fn write_buf(&mut self, _: Box<dyn Buf + Send>) -> FsFuture<'_, ()> {
        refused()
    }

    fn write_bytes(&mut self, _: Bytes) -> FsFuture<'_, ()> {
        refused()
    }

    fn flush(&mut self) -> FsFuture<'_, ()> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// A file that is written as a whole. It becomes visible when it is flushed, which the protocol library does once, at the end.
pub(crate) struct WriteFile {
    /// `None` once it is written.
    pub(crate) upload: Option<Upload>,
    pub(crate) entry: Option<Entry>,
    pub(crate) asked: Arc<Asked>,
    pub(crate) again: Option<ActorNow>,
}

/// The caller as it is now; `None`: as before.
async fn looked_at_again(again: Option<&ActorNow>) -> FsResult<Option<Actor>> {
    match again {
        Some(again) => again().await.map(Some).ok_or(FsError::Forbidden),
        None => Ok(None),
    }
}

impl WriteFile {
    async fn write(&mut self, bytes: Bytes) -> FsResult<()> {
        let upload = self.upload.as_mut().ok_or(FsError::GeneralFailure)?;
        upload.append(bytes).await.map_err(|error| self.asked.failed(error))
    }

    async fn finish(&mut self) -> FsResult<()> {
        if let Some(mut upload) = self.upload.take() {
            if let Some(actor) = looked_at_again(self.again.as_ref()).await? {
                upload.act_as(actor);
            }
            self.entry = Some(upload.finish(None).await.map_err(|error| self.asked.failed(error))?);
        }
        Ok(())
    }
}

impl DavFile for WriteFile {
    fn metadata(&mut self) -> FsFuture<'_, Box<dyn DavMetaData>> {
        metadata_of(self.entry.as_ref())
    }

    fn read_bytes(&mut self, _: usize) -> FsFuture<'_, Bytes> {
        refused()
    }

    fn seek(&mut self, _: SeekFrom) -> FsFuture<'_, u64> {
        refused()
    }

    fn write_buf(&mut self, mut bytes: Box<dyn Buf + Send>) -> FsFuture<'_, ()> {
        let bytes = bytes.copy_to_bytes(bytes.remaining());
        Box::pin(self.write(bytes))
    }

    fn write_bytes(&mut self, bytes: Bytes) -> FsFuture<'_, ()> {
        Box::pin(self.write(bytes))
    }

    fn flush(&mut self) -> FsFuture<'_, ()> {
        Box::pin(self.finish())
    }
}

/// A file of which one part is written (`Content-Range`). Parts come in order; the last one makes the file visible. It is a
/// resumable upload: what came before a connection broke stays.
pub(crate) struct PartOfFile {
    workspaces: Workspaces,
    actor: Arc<Actor>,
    asked: Arc<Asked>,
    again: Option<ActorNow>,
    part: ContentRange,
    id: String,
    bytes: Option<mpsc::Sender<Result<Bytes, Infallible>>>,
    appending: Option<JoinHandle<Result<UploadStatus, WorkspaceError>>>,
    entry: Option<Entry>,
}

impl PartOfFile {
    /// Goes on with the upload to a place, or begins one at byte 0.
    pub(crate) async fn open(
        workspaces: &Workspaces,
        (actor, asked, again): (&Arc<Actor>, &Arc<Asked>, Option<ActorNow>),
        place: &Place,
        part: ContentRange,
        options: workspaces::WriteOptions,
    ) -> Result<Self, WorkspaceError> {
        let known = workspaces.find_upload(actor, &place.workspace, &place.path).await?;
        let known = known.filter(|upload| upload.size_bytes == Some(part.size_bytes));
        let upload = match known {
            Some(upload) if part.first > 0 && part.first == upload.offset => {
                workspaces.restate_upload(actor, &upload.id, &options).await?;
                upload
            }
            Some(upload) if part.first > 0 => {
                return Err(WorkspaceError::OffsetMismatch { expected: upload.offset, found: part.first });
            }
            None if part.first > 0 => {
                return Err(WorkspaceError::OffsetMismatch { expected: 0, found: part.first });
            }
            _ => workspaces.restart_upload(actor, &place.workspace, &place.path, options).await?,
        };
        let (sender, receiver) = mpsc::channel(2);
        let bytes = stream::unfold(receiver, |mut receiver: mpsc::Receiver<_>| async move {
            receiver.recv().await.map(|bytes| (bytes, receiver))
        });
        let (storage, who, id) = (workspaces.clone(), actor.clone(), upload.id.clone());
        let appending =
            tokio::spawn(async move { storage.append_upload(&who, &id, part.first, bytes.boxed()).await });
        Ok(Self {
            workspaces: workspaces.clone(),
            actor: actor.clone(),
            asked: asked.clone(),
            again,
            part,
            id: upload.id,
            bytes: Some(sender),
            appending: Some(appending),
            entry: None,
        })
    }

    async fn write(&mut self, bytes: Bytes) -> FsResult<()> {
        let sender = self.bytes.as_ref().ok_or(FsError::GeneralFailure)?;
        if sender.send(Ok(bytes)).await.is_err() {
            // The other end has failed: it says why.
            self.appended().await?;
            return Err(FsError::GeneralFailure);
        }
        Ok(())
    }

    async fn appended(&mut self) -> FsResult<UploadStatus> {
        self.bytes = None;
        let appending = self.appending.take().ok_or(FsError::GeneralFailure)?;
        let appended = appending.await.map_err(|_| FsError::GeneralFailure)?;
        appended.map_err(|error| self.asked.failed(error))
    }

    async fn finish(&mut self) -> FsResult<()> {
        let offset = self.appended().await?.offset;
        if offset < self.part.size_bytes {
            self.asked.note(|outcome| outcome.unfinished_at = Some(offset));
            return Ok(());
        }
        let now = looked_at_again(self.again.as_ref()).await?;
        let actor = now.as_ref().unwrap_or(&self.actor);
        let written = self.workspaces.finish_upload(actor, &self.id, None).await;
        self.entry = Some(written.map_err(|error| self.asked.failed(error))?);
        Ok(())
    }
}

impl DavFile for PartOfFile {
    fn metadata(&mut self) -> FsFuture<'_, Box<dyn DavMetaData>> {
        metadata_of(self.entry.as_ref())
    }

    fn read_bytes(&mut self, _: usize) -> FsFuture<'_, Bytes> {
        refused()
    }

    /// The part says itself where it starts.
    fn seek(&mut self, _: SeekFrom) -> FsFuture<'_, u64> {
        Box::pin(std::future::ready(Ok(self.part.first)))
    }

    fn write_buf(&mut self, mut bytes: Box<dyn Buf + Send>) -> FsFuture<'_, ()> {
        let bytes = bytes.copy_to_bytes(bytes.remaining());
        Box::pin(self.write(bytes))
    }

    fn write_bytes(&mut self, bytes: Bytes) -> FsFuture<'_, ()> {
        Box::pin(self.write(bytes))
    }

    fn flush(&mut self) -> FsFuture<'_, ()> {
        Box::pin(self.finish())
    }
}

fn metadata_of<'a>(entry: Option<&Entry>) -> FsFuture<'a, Box<dyn DavMetaData>> {
    let metadata = entry.map(|entry| -> Box<dyn DavMetaData> { Box::new(Metadata::of(entry)) });
    Box::pin(std::future::ready(metadata.ok_or(FsError::NotFound)))
}

fn refused<'a, T: Send + 'a>() -> FsFuture<'a, T> {
    Box::pin(std::future::ready(Err(FsError::NotImplemented)))
}

macro_rules! debug_by_name {
    ($($name:ident),*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(stringify!($name))
            }
        })*
    };
}

debug_by_name!(ReadFile, WriteFile, PartOfFile);
