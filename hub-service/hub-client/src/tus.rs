//! Resumable uploads: TUS 1.0, core and creation (<https://tus.io/protocols/resumable-upload>).

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream;
use hub_api::SharedUri;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, LOCATION};
use reqwest::{Body, Method, Response};
use tokio::sync::mpsc;

use crate::progress::{OnProgress, Progress, Step};
use crate::request::{Call, is_passing};
use crate::upload::Local;
use crate::{Condition, HubClient, HubError, UploadOptions};

/// Bytes of one request: proxies cut longer ones, and what a request brought is kept.
const PIECE_BYTES: u64 = 64 << 20;
/// Bytes that are read from the file at a time.
const CHUNK_BYTES: usize = 256 << 10;
/// How often progress is told and an answer of stop is heard.
const TELL_EVERY: Duration = Duration::from_millis(100);

const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");

impl HubClient {
    pub(crate) async fn send_in_pieces(
        &self,
        local: &Local<'_>,
        to: &SharedUri,
        options: &UploadOptions,
        on_progress: OnProgress<'_>,
    ) -> Result<(), HubError> {
        // What is stopped stays at the service for a while: the same upload goes on with it.
        let (place, offset) = self.begin_upload(local, to, options).await?;
        let sent = self.send_pieces(local, to, (&place, offset), on_progress).await;
        if sent.is_err() && local.has_changed() {
            // Nobody can go on with it. Where it cannot be ended either, the service does so after two days.
            let _ = self.done(tus(Method::DELETE, "give up writing", to, &place)).await;
        }
        self.or_there_already(sent, local, to).await
    }

    /// Announces the file; gives the address to which its bytes go, and how many of an earlier upload are there.
    async fn begin_upload(
        &self,
        local: &Local<'_>,
        to: &SharedUri,
        options: &UploadOptions,
    ) -> Result<(String, u64), HubError> {
        let base = self.data_url("uploads").await?;
        let call = tus(Method::POST, "write", to, base.as_str())
            .header(UPLOAD_LENGTH, &local.size_bytes.to_string())
            .header(UPLOAD_METADATA, &metadata(local, to, options));
        let answer = self.send(&call).await?;
        let location = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok());
        let place = location.and_then(|location| base.join(location).ok());
        let problem =
            |problem: &str| HubError::Answer { action: call.action.clone(), problem: problem.to_owned() };
        let place = place.ok_or_else(|| problem("it does not say where the bytes go"))?;
        // The token goes with the bytes.
        if place.origin() != base.origin() {
            return Err(problem("it sends the bytes to another host"));
        }
        Ok((place.to_string(), offset_of(&answer).unwrap_or(0).min(local.size_bytes)))
    }

    async fn send_pieces(
        &self,
        local: &Local<'_>,
        to: &SharedUri,
        (place, begun_at): (&str, u64),
        on_progress: OnProgress<'_>,
    ) -> Result<(), HubError> {
        let (mut offset, mut n_broken) = (begun_at, 0);
        // Of what was whole when it was begun the service has made the file.
        let mut is_made = begun_at >= local.size_bytes;
        while !is_made {
            // The last piece may be empty: all bytes are there, and the service is asked once more to make the file.
            let error = match self.send_piece(local, to, place, offset, on_progress).await {
                Ok(reached) if reached > offset || reached >= local.size_bytes => {
                    (offset, n_broken) = (reached, 0);
                    is_made = reached >= local.size_bytes;
                    continue;
                }
                Ok(_) => HubError::Answer {
                    action: format!("write {to}"),
                    problem: format!("the upload does not go on beyond byte {offset}"),
                },
                Err(error) if is_worth_another_try(&error) => error,
                Err(error) => return Err(error),
            };
            n_broken += 1;
            let Some(pause) = self.inner.retry.pause(n_broken, None) else { return Err(error) };
            tokio::time::sleep(pause).await;
            match self.reached(to, place).await {
                Ok(reached) => {
                    if reached > offset {
                        n_broken = 0;
                    }
                    offset = reached;
                }
                // All bytes were there, and only the answer got lost.
                Err(
                    HubError::NotFound { .. }
                    | HubError::NoService { .. }
                    | HubError::Refused { status: 410, .. },
                ) if self.is_there(local, to).await => {
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Sends the next bytes; gives the offset that the service then has.
    async fn send_piece(
        &self,
        local: &Local<'_>,
        to: &SharedUri,
        place: &str,
        offset: u64,
        on_progress: OnProgress<'_>,
    ) -> Result<u64, HubError> {
        let n_bytes = local.size_bytes.saturating_sub(offset).min(PIECE_BYTES);
        let n_sent = Arc::new(AtomicU64::new(0));
        let body = body_of(local, offset, n_bytes, Arc::clone(&n_sent))?;
        let call = tus(Method::PATCH, "write", to, place)
            .header(UPLOAD_OFFSET, &offset.to_string())
            .header(CONTENT_TYPE, "application/offset+octet-stream")
            .header(CONTENT_LENGTH, &n_bytes.to_string());
        let mut sending = std::pin::pin!(self.answer(&call, Some(body)));
        let mut tick = tokio::time::interval(TELL_EVERY);
        let answer = loop {
            tokio::select! {
                answer = &mut sending => break answer?,
                _ = tick.tick() => {
                    let done_bytes = offset + n_sent.load(Ordering::Relaxed);
                    let total_bytes = local.size_bytes;
                    if on_progress(Progress { step: Step::Transfer, done_bytes, total_bytes }).is_break() {
                        return Err(HubError::Stopped);
                    }
                }
            }
        };
        if !answer.status().is_success() {
            return Err(self.explain(&call, answer).await);
        }
        let reached = offset_of(&answer).unwrap_or(offset + n_bytes);
        // What is sent is sent: an answer of stop is heard at the next piece.
        let _ = on_progress(Progress {
            step: Step::Transfer,
            done_bytes: reached,
            total_bytes: local.size_bytes,
        });
        Ok(reached)
    }

    /// The offset that the service has.
    async fn reached(&self, to: &SharedUri, place: &str) -> Result<u64, HubError> {
        let call = tus(Method::HEAD, "go on with the upload of", to, place);
        let answer = self.send(&call).await?;
        offset_of(&answer).ok_or_else(|| HubError::Answer {
            action: call.action.clone(),
            problem: "it does not say how many bytes are there".to_owned(),
        })
    }
}

fn tus(method: Method, action: &str, to: &SharedUri, place: &str) -> Call {
    let call = Call::new(method, format!("{action} {to}"), place).about(to);
    Call { is_data: true, ..call }.header(TUS_RESUMABLE, "1.0.0")
}

/// Also when another request of ours still holds the upload (423), or brought more than its answer said (409).
fn is_worth_another_try(error: &HubError) -> bool {
    match error {
        HubError::Unreachable { .. } | HubError::Conflict { .. } => true,
        HubError::Refused { status, .. } => {
            *status == 423 || reqwest::StatusCode::from_u16(*status).is_ok_and(is_passing)
        }
        _ => false,
    }
}

fn offset_of(answer: &Response) -> Option<u64> {
    answer.headers().get(UPLOAD_OFFSET)?.to_str().ok()?.trim().parse().ok()
}

/// Keys and values in Base64, with commas.
fn metadata(local: &Local<'_>, to: &SharedUri, options: &UploadOptions) -> String {
    let mut pairs = vec![
        ("workspace", to.workspace.as_str().to_owned()),
        ("path", to.path.as_str().to_owned()),
        ("sha256", local.sha256_text()),
    ];
    pairs.extend(options.made_by.clone().map(|made_by| ("madeby", made_by)));
    match &options.condition {
        Condition::Any => {}
        Condition::IfAbsent => pairs.push(("ifnonematch", "*".to_owned())),
        Condition::IfMatch(etag) => pairs.push(("ifmatch", etag.clone())),
    }
    let pairs = pairs.into_iter().map(|(key, value)| format!("{key} {}", STANDARD.encode(value)));
    pairs.collect::<Vec<_>>().join(",")
}

/// The bytes of the file from an offset on, read on a thread of their own a few chunks ahead of the network.
fn body_of(local: &Local<'_>, offset: u64, n_bytes: u64, n_sent: Arc<AtomicU64>) -> Result<Body, HubError> {
    let mut file = File::open(local.path).map_err(|cause| local.failed(cause))?;
    file.seek(SeekFrom::Start(offset)).map_err(|cause| local.failed(cause))?;
    let (sender, receiver) = mpsc::channel::<std::io::Result<Bytes>>(4);
    tokio::task::spawn_blocking(move || {
        let mut n_left = n_bytes;
        while n_left > 0 {
            let mut chunk = vec![0; CHUNK_BYTES.min(n_left as usize)];
            let read = file.read_exact(&mut chunk).map(|()| Bytes::from(chunk));
            let is_last = read.is_err();
            n_left -= read.as_ref().map_or(0, Bytes::len) as u64;
            // The request may have ended before its body.
            if sender.blocking_send(read).is_err() || is_last {
                return;
            }
        }
    });
    Ok(Body::wrap_stream(stream::unfold((receiver, n_sent), |(mut receiver, n_sent)| async move {
        let chunk = receiver.recv().await?;
        if let Ok(chunk) = &chunk {
            n_sent.fetch_add(chunk.len() as u64, Ordering::Relaxed);
        }
        Some((chunk, (receiver, n_sent)))
    })))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn metadata_says_what_the_interface_names() {
        let local = Local { path: Path::new("x"), size_bytes: 1, sha256: [0xab; 32], modified: None };
        let to: SharedUri = "shared://cms%2Fhiggs/a b.root".parse().unwrap();
        let options = UploadOptions {
            condition: Condition::IfAbsent,
            made_by: Some("test".into()),
            ..UploadOptions::default()
        };
        let decoded: Vec<(String, String)> = metadata(&local, &to, &options)
            .split(',')
            .map(|pair| {
                let (key, value) = pair.split_once(' ').unwrap();
                (key.to_owned(), String::from_utf8(STANDARD.decode(value).unwrap()).unwrap())
            })
            .collect();
        let expected = [
            ("workspace", "cms/higgs"),
            ("path", "a b.root"),
            ("sha256", &"ab".repeat(32)),
            ("madeby", "test"),
            ("ifnonematch", "*"),
        ];
        assert_eq!(decoded, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }
}
