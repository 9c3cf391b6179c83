//! Blobs as objects of a bucket.

use std::{future::Future, ops::Range, path::Path as FilePath, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use object_store::{
    ClientOptions, GetOptions, GetRange, ObjectStore, ObjectStoreExt, RetryConfig, WriteMultipart,
    aws::{AmazonS3, AmazonS3Builder},
    path::Path,
    signer::Signer,
};
use tokio::io::AsyncReadExt;

use super::StoreError;
use crate::S3Settings;

/// Bytes of a part of a large object; S3 asks for 5 MiB at least.
const PART_BYTES: usize = 8 << 20;
/// Parts of one object that travel at a time.
const PARTS_AT_ONCE: usize = 2;

/// A bucket.
#[derive(Clone, Debug)]
pub(crate) struct ObjectStorage {
    store: Arc<AmazonS3>,
    prefix: String,
    timeout_seconds: u32,
}

impl ObjectStorage {
    pub(crate) fn open(settings: &S3Settings) -> Result<Self, StoreError> {
        let timeout = Duration::from_secs(settings.timeout_seconds.into());
        let client = ClientOptions::new()
            .with_connect_timeout(timeout.min(Duration::from_secs(5)))
            // A large object may travel for long: `in_time` looks at each step instead.
            .with_timeout_disabled()
            .with_allow_http(settings.allow_http);
        let retry = RetryConfig { max_retries: 2, retry_timeout: timeout, ..RetryConfig::default() };
        let store = AmazonS3Builder::new()
            .with_endpoint(&settings.endpoint)
            .with_bucket_name(&settings.bucket)
            .with_region(&settings.region)
            .with_access_key_id(&settings.access_key)
            .with_secret_access_key(settings.secret_key.reveal())
            .with_client_options(client)
            .with_retry(retry)
            .build()
            .map_err(|source| StoreError::Object {
                what: format!("opening the bucket {}", settings.bucket),
                cause: source,
            })?;
        let prefix = settings.prefix.trim_matches('/').to_owned();
        Ok(Self { store: Arc::new(store), prefix, timeout_seconds: settings.timeout_seconds })
    }

    fn key(&self, id: &str) -> Path {
        let folder = id.get(..2).unwrap_or("00");
        self.prefix.split('/').filter(|part| !part.is_empty()).chain([folder, id]).collect()
    }

    /// Waits as long as the settings say.
    async fn in_time<T>(
        &self,
        what: &str,
        work: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, StoreError> {
        let limit = Duration::from_secs(self.timeout_seconds.into());
        match tokio::time::timeout(limit, work).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(source)) => Err(self.failed(what, source)),
            Err(_) => Err(StoreError::Stalled { what: what.to_owned(), seconds: self.timeout_seconds }),
        }
    }

    fn failed(&self, what: &str, source: object_store::Error) -> StoreError {
        let what = what.to_owned();
        match source {
            object_store::Error::NotFound { path, .. } => {
                StoreError::Missing { blob: path.rsplit('/').next().unwrap_or_default().to_owned() }
            }
            source if format!("{source:?}").contains("Timeout") => {
                StoreError::Stalled { what, seconds: self.timeout_seconds }
            }
            cause => StoreError::Object { what, cause },
        }
    }

    /// Sends a file, in parts where it is large.
    pub(crate) async fn put_file(&self, id: &str, path: &FilePath) -> Result<(), StoreError> {
        let key = self.key(id);
        let unreadable = |error| StoreError::io(format!("reading {}", path.display()), error);
        let mut file = tokio::fs::File::open(path).await.map_err(unreadable)?;
        let length = file.metadata().await.map_err(unreadable)?.len();
        if length <= PART_BYTES as u64 {
            let mut bytes = Vec::with_capacity(length as usize);
            file.read_to_end(&mut bytes).await.map_err(unreadable)?;
            return self.in_time("storing an object", self.store.put(&key, bytes.into())).await.map(drop);
        }
        let upload = self.in_time("starting a large object", self.store.put_multipart(&key)).await?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        match self.send_parts(&mut upload, &mut file, unreadable).await {
            Ok(()) => self.in_time("finishing a large object", upload.finish()).await.map(drop),
            Err(error) => {
                // What was sent is of no use; if it cannot be taken back either, the bucket's own rules clear it.
                let _ = self.in_time("giving up a large object", upload.abort()).await;
                Err(error)
            }
        }
    }

    async fn send_parts(
        &self,
        upload: &mut WriteMultipart,
        file: &mut tokio::fs::File,
        unreadable: impl Fn(std::io::Error) -> StoreError,
    ) -> Result<(), StoreError> {
        let mut buffer = vec![0; 1 << 18];
        loop {
            let n = file.read(&mut buffer).await.map_err(&unreadable)?;
            if n == 0 {
                return Ok(());
            }
            self.in_time("sending a part", upload.wait_for_capacity(PARTS_AT_ONCE)).await?;
            upload.write(&buffer[..n]);
        }
    }

    /// The bytes in a range.
    pub(crate) fn stream(
        &self,
        id: &str,
        range: Range<u64>,
    ) -> BoxStream<'static, Result<Bytes, StoreError>> {
        if range.is_empty() {
            return stream::empty().boxed();
        }
        let (this, key) = (self.clone(), self.key(id));
        let start = async move {
            let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
            let answer = this.in_time("reading an object", this.store.get_opts(&key, options)).await?;
            let blocks = stream::unfold(answer.into_stream(), move |mut blocks| {
                let this = this.clone();
                async move {
                    let next = async { blocks.next().await.transpose() };
                    let block = this.in_time("reading an object", next).await.transpose()?;
                    Some((block, blocks))
                }
            });
            Ok(blocks)
        };
        stream::once(start).try_flatten().boxed()
    }

    /// Whether the bucket is there and lets us in.
    pub(crate) async fn reach(&self) -> Result<(), StoreError> {
        let what = "listing the bucket".to_owned();
        let limit = Duration::from_secs(self.timeout_seconds.into());
        match tokio::time::timeout(limit, self.store.list(None).next()).await {
            Ok(None | Some(Ok(_))) => {}
            Ok(Some(Err(cause))) => return Err(StoreError::Object { what, cause }),
            Err(_) => return Err(StoreError::Stalled { what, seconds: self.timeout_seconds }),
        }
        // A page for people, of a login for example, reads as a list of nothing.
        if self.length("mlaas4hep-hub-asks-for-what-is-not-there").await?.is_none() {
            return Ok(());
        }
        let source = "it answers for an object that is not there: this is no S3".into();
        let cause = object_store::Error::Generic { store: "S3", source };
        Err(StoreError::Object { what: "asking for an object".to_owned(), cause })
    }

    pub(crate) async fn length(&self, id: &str) -> Result<Option<u64>, StoreError> {
        match self.in_time("looking at an object", self.store.head(&self.key(id))).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(StoreError::Missing { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }

    pub(crate) async fn remove(&self, id: &str) -> Result<(), StoreError> {
        match self.in_time("deleting an object", self.store.delete(&self.key(id))).await {
            Err(StoreError::Missing { .. }) => Ok(()),
            other => other,
        }
    }

    pub(crate) async fn all_names(&self) -> Result<Vec<String>, StoreError> {
        let prefix: Path = self.prefix.split('/').filter(|part| !part.is_empty()).collect();
        let (mut objects, mut names) = (self.store.list(Some(&prefix)), Vec::new());
        while let Some(meta) = self.in_time("listing objects", objects.try_next()).await? {
            names.extend(meta.location.filename().map(str::to_owned));
        }
        Ok(names)
    }

    pub(crate) async fn presigned(&self, id: &str, valid: Duration) -> Result<String, StoreError> {
        let key = self.key(id);
        let signed = self.store.signed_url(http::Method::GET, &key, valid);
        self.in_time("signing an address", signed).await.map(|url| url.to_string())
    }
}
