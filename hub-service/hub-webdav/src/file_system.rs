//! The tree of the workspaces, for one request.

use std::{future::Future, pin::Pin, sync::Arc};

use dav_server::{
    davpath::DavPath,
    fs::{
        DavDirEntry, DavFile, DavFileSystem, DavMetaData, DavProp, FsError, FsFuture, FsResult, FsStream,
        OpenOptions, ReadDirMeta,
    },
};
use futures_util::{StreamExt, stream};
use http::StatusCode;
use hub_api::MoveOrCopy;
use workspaces::{Actor, Parents, WorkspaceError, Workspaces, WriteOptions};

use crate::{
    asked::{Asked, Opened},
    file::{PartOfFile, ReadFile, WriteFile},
    handler::ActorNow,
    metadata::Metadata,
    place::{Found, Place, find},
    properties,
};

/// The file system of one request.
#[derive(Clone)]
pub(crate) struct Tree {
    pub(crate) workspaces: Workspaces,
    pub(crate) actor: Arc<Actor>,
    pub(crate) asked: Arc<Asked>,
    pub(crate) again: Option<ActorNow>,
    /// Where the request goes.
    pub(crate) target: Found,
}

impl Tree {
    fn failed(&self, error: WorkspaceError) -> FsError {
        self.asked.failed(error)
    }

    /// Something to read, or to look at.
    fn place(path: &DavPath) -> FsResult<Place> {
        match find(path) {
            Found::In(place) => Ok(place),
            Found::Top => Err(FsError::Forbidden),
            Found::Nowhere(_) => Err(FsError::NotFound),
        }
    }

    /// Something to write.
    fn new_place(&self, path: &DavPath) -> FsResult<Place> {
        match find(path) {
            Found::In(place) => Ok(place),
            Found::Top => Err(FsError::Forbidden),
            Found::Nowhere(why) => Err(self.asked.bad_name(why)),
        }
    }

    async fn stat(&self, path: &DavPath) -> FsResult<Metadata> {
        if find(path) == Found::Top {
            return Ok(Metadata::of_top());
        }
        let place = Self::place(path)?;
        let entry = self.workspaces.stat(&self.actor, &place.workspace, &place.path).await;
        Ok(Metadata::of(&entry.map_err(|error| self.failed(error))?))
    }

    async fn open_file(&self, path: &DavPath, options: OpenOptions) -> FsResult<Box<dyn DavFile>> {
        if !options.write {
            let place = Self::place(path)?;
            let file = self.workspaces.read(&self.actor, &place.workspace, &place.path, None).await;
            let file = file.map_err(|error| self.failed(error))?;
            let (adler32, media_type) = (file.adler32, file.entry.media_type.clone());
            let is_elsewhere = file.local_file().is_none();
            self.asked.note(|outcome| outcome.opened = Some(Opened { adler32, media_type, is_elsewhere }));
            return Ok(Box::new(ReadFile::new(file, self.asked.clone())));
        }
        let place = self.new_place(path)?;
        let mut preconditions = self.asked.preconditions.clone();
        preconditions.if_none_match_any |= options.create_new;
        let part = self.asked.part.filter(|_| self.asked.is("PUT"));
        // A lock on a name that is not there makes an empty file (RFC 4918 section 7.3).
        let is_lock = self.asked.is("LOCK");
        let write_options = WriteOptions {
            preconditions,
            parents: Parents::MustExist,
            size_bytes: if is_lock { Some(0) } else { part.map(|part| part.size_bytes).or(options.size) },
            sha256: self.asked.sha256.clone().filter(|_| self.asked.is("PUT")),
            made_by: self.asked.made_by.clone(),
            media_type: self.asked.media_type.clone().filter(|_| !is_lock),
        };
        if let Some(part) = part {
            let who = (&self.actor, &self.asked, self.again.clone());
            let file = PartOfFile::open(&self.workspaces, who, &place, part, write_options).await;
            return Ok(Box::new(file.map_err(|error| self.failed(error))?));
        }
        let upload =
            self.workspaces.begin_write(&self.actor, &place.workspace, &place.path, write_options).await;
        let upload = upload.map_err(|error| self.failed(error))?;
        let mut file = WriteFile {
            upload: Some(upload),
            entry: None,
            asked: self.asked.clone(),
            again: self.again.clone(),
        };
        if is_lock {
            file.flush().await?;
        }
        Ok(Box::new(file))
    }

    async fn make_folder(&self, path: &DavPath) -> FsResult<()> {
        let place = self.new_place(path)?;
        if self.asked.is("COPY") && !self.asked.is_shallow {
            let from = match &self.target {
                Found::In(from) => from.clone(),
                _ => return Err(FsError::Forbidden),
            };
            return self.transfer(&from, place, true).await;
        }
        let made =
            self.workspaces.make_folder(&self.actor, &place.workspace, &place.path, Parents::MustExist).await;
        match made {
            Ok(made) if made.is_new => Ok(()),
            Ok(_) => Err(FsError::Exists),
            Err(WorkspaceError::NotAFolder { path }) if path == place.path => Err(FsError::Exists),
            Err(error) => Err(self.failed(error)),
        }
    }

    async fn remove(&self, path: &DavPath) -> FsResult<()> {
        // What stands in the way of a move or a copy goes in the same transaction, later.
        let is_in_the_way = self.asked.is("MOVE") || (self.asked.is("COPY") && !self.asked.is_shallow);
        if is_in_the_way {
            return Ok(());
        }
        let place = Self::place(path)?;
        let nothing = workspaces::Preconditions::default();
        let preconditions = if self.asked.is("DELETE") { &self.asked.preconditions } else { &nothing };
        let deleted = self.workspaces.delete(&self.actor, &place.workspace, &place.path, preconditions).await;
        deleted.map(drop).map_err(|error| self.failed(error))
    }

    async fn transfer(&self, from: &Place, to: Place, copy: bool) -> FsResult<()> {
        let request = MoveOrCopy {
            copy,
            to_workspace: Some(to.workspace),
            to_path: to.path,
            overwrite: self.asked.overwrite,
        };
        let moved = self
            .workspaces
            .move_or_copy(&self.actor, &from.workspace, &from.path, &request, Parents::MustExist)
            .await;
        moved.map(drop).map_err(|error| self.failed(error))
    }

    async fn transfer_paths(&self, from: &DavPath, to: &DavPath, copy: bool) -> FsResult<()> {
        let (from, to) = (Self::place(from)?, self.new_place(to)?);
        self.transfer(&from, to, copy).await
    }

    async fn change_properties(
        &self,
        path: &DavPath,
        patch: Vec<(bool, DavProp)>,
    ) -> FsResult<Vec<(StatusCode, DavProp)>> {
        let place = Self::place(path)?;
        let changes = properties::changes(&patch);
        let changed =
            self.workspaces.change_properties(&self.actor, &place.workspace, &place.path, changes).await;
        changed.map_err(|error| self.failed(error))?;
        let done = |(_, property): (bool, DavProp)| (StatusCode::OK, DavProp { xml: None, ..property });
        Ok(patch.into_iter().map(done).collect())
    }
}

impl DavFileSystem for Tree {
    fn open<'a>(&'a self, path: &'a DavPath, options: OpenOptions) -> FsFuture<'a, Box<dyn DavFile>> {
        Box::pin(self.open_file(path, options))
    }

    /// To delete, move or copy a folder is one step for the storage: the library finds nothing to do below it.
    fn read_dir<'a>(
        &'a self,
        _: &'a DavPath,
        _: ReadDirMeta,
    ) -> FsFuture<'a, FsStream<Box<dyn DavDirEntry>>> {
        Box::pin(std::future::ready(Ok(stream::empty().boxed())))
    }

    fn metadata<'a>(&'a self, path: &'a DavPath) -> FsFuture<'a, Box<dyn DavMetaData>> {
        Box::pin(async move {
            let metadata: Box<dyn DavMetaData> = Box::new(self.stat(path).await?);
            Ok(metadata)
        })
    }

    fn create_dir<'a>(&'a self, path: &'a DavPath) -> FsFuture<'a, ()> {
        Box::pin(self.make_folder(path))
    }

    fn remove_dir<'a>(&'a self, path: &'a DavPath) -> FsFuture<'a, ()> {
        Box::pin(self.remove(path))
    }

    fn remove_file<'a>(&'a self, path: &'a DavPath) -> FsFuture<'a, ()> {
        Box::pin(self.remove(path))
    }

    fn rename<'a>(&'a self, from: &'a DavPath, to: &'a DavPath) -> FsFuture<'a, ()> {
        Box::pin(self.transfer_paths(from, to, false))
    }

    fn copy<'a>(&'a self, from: &'a DavPath, to: &'a DavPath) -> FsFuture<'a, ()> {
        Box::pin(self.transfer_paths(from, to, true))
    }

    fn have_props<'a>(&'a self, path: &'a DavPath) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        let is_name = matches!(find(path), Found::In(place) if !place.path.is_root());
        Box::pin(std::future::ready(is_name))
    }

    fn patch_props<'a>(
        &'a self,
        path: &'a DavPath,
        patch: Vec<(bool, DavProp)>,
    ) -> FsFuture<'a, Vec<(StatusCode, DavProp)>> {
        Box::pin(self.change_properties(path, patch))
    }
}
