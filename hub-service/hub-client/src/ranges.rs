//! Bytes of one state of a file, by ranges (RFC 9110 section 14).

use std::ops::Range;

use hub_api::{ContentRange, LocalOffer, SharedUri, routes};
use reqwest::header::{CONTENT_RANGE, ETAG, HeaderName, IF_MATCH, RANGE};
use reqwest::{Method, Response};

use crate::request::Call;
use crate::{HubClient, HubError};

/// A file as it was when it was opened. All ranges of it are of that content: the service refuses to give others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedFile {
    /// Its name.
    pub uri: SharedUri,
    /// Entity tag of the content, quotes included.
    pub etag: String,
    /// Bytes.
    pub size_bytes: u64,
}

/// A file that was opened by one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Its state.
    pub file: PinnedFile,
    /// Its first bytes.
    pub first: Vec<u8>,
    /// Where a program on the machine of the service can fetch it open.
    pub offer: Option<LocalOffer>,
}

impl HubClient {
    /// Opens a file: one request that gives its size, its tag, and its first bytes, at most `n_first_bytes` of them.
    ///
    /// # Errors
    /// [`HubError::NotFound`] with the nearest names, [`HubError::Answer`] where the service gives no ranges.
    pub async fn open(&self, uri: &SharedUri, n_first_bytes: u64) -> Result<Opened, HubError> {
        let range = format!("bytes=0-{}", n_first_bytes.max(1) - 1);
        let call = Call::of_file(Method::GET, "open", uri).header(RANGE, &range);
        let call = call.header(HeaderName::from_static(routes::WANT_LOCAL_FILE), "?1");
        let mut answer = self.answer(&call, None).await?;
        let status = answer.status().as_u16();
        if !matches!(status, 200 | 206 | 416) {
            return Err(self.explain(&call, answer).await);
        }
        let problem =
            |problem: &str| HubError::Answer { action: call.action.clone(), problem: problem.to_owned() };
        let size_bytes = match status {
            200 => answer.content_length(),
            _ => placed(&answer).map(|(_, size)| size),
        };
        let size_bytes = size_bytes.ok_or_else(|| problem("it does not say the size of the file"))?;
        if status == 416 && size_bytes > 0 {
            return Err(problem("it refuses the first bytes of the file"));
        }
        let etag = match answer.headers().get(ETAG).and_then(|tag| tag.to_str().ok()) {
            Some(tag) if !tag.starts_with("W/") => tag.to_owned(),
            // Of a file without bytes there is nothing that could change while it is read.
            _ if size_bytes == 0 => String::new(),
            _ => return Err(problem("it has no strong entity tag")),
        };
        let offer = answer.headers().get(routes::LOCAL_FILE);
        let offer = offer.and_then(|offer| LocalOffer::parse(offer.as_bytes()));
        let file = PinnedFile { uri: uri.clone(), etag, size_bytes };
        // A whole answer to a small question is read no further than asked.
        let n_wanted = if status == 416 { 0 } else { n_first_bytes.min(size_bytes) as usize };
        let mut first = Vec::with_capacity(n_wanted);
        while first.len() < n_wanted {
            match answer.chunk().await.map_err(|error| self.unreachable(&call, &error))? {
                Some(chunk) => first.extend_from_slice(&chunk[..chunk.len().min(n_wanted - first.len())]),
                None => return Err(problem("it ends before the bytes that it announced")),
            }
        }
        Ok(Opened { file, first, offer })
    }

    /// The bytes of a range; goes on where a broken connection left off.
    ///
    /// # Errors
    /// [`HubError::ChangedMeanwhile`] when the file is no longer what it was at [`HubClient::open`].
    pub async fn read_range(&self, file: &PinnedFile, range: Range<u64>) -> Result<Vec<u8>, HubError> {
        let mut bytes = Vec::with_capacity(range.end.saturating_sub(range.start) as usize);
        self.read_chunks(file, range, |chunk| bytes.extend_from_slice(chunk)).await?;
        Ok(bytes)
    }

    /// As [`HubClient::read_range`]; `take` gets the bytes as they come, in their order.
    pub(crate) async fn read_chunks(
        &self,
        file: &PinnedFile,
        range: Range<u64>,
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), HubError> {
        let mut rest = range;
        let mut n_broken = 0;
        while !rest.is_empty() {
            let start = rest.start;
            let mut answer = self.ranged(file, &rest).await?;
            let error = loop {
                match answer.chunk().await {
                    Ok(Some(chunk)) => {
                        let n_left = rest.end - rest.start;
                        let chunk = &chunk[..(chunk.len() as u64).min(n_left) as usize];
                        take(chunk);
                        rest.start += chunk.len() as u64;
                    }
                    Ok(None) => break None,
                    Err(error) => break Some(error),
                }
            };
            if rest.start > start {
                n_broken = 0;
            }
            if !rest.is_empty() {
                n_broken += 1;
                let Some(pause) = self.inner.retry.pause(n_broken, None) else {
                    let call = Call::of_file(Method::GET, "read", &file.uri);
                    return Err(match error {
                        Some(error) => self.unreachable(&call, &error),
                        None => {
                            HubError::Answer { action: call.action, problem: "it ends too early".to_owned() }
                        }
                    });
                };
                tokio::time::sleep(pause).await;
            }
        }
        Ok(())
    }

    /// The answer to a range of the pinned content, before its bytes.
    pub(crate) async fn ranged(&self, file: &PinnedFile, range: &Range<u64>) -> Result<Response, HubError> {
        let header = format!("bytes={}-{}", range.start, range.end.max(range.start + 1) - 1);
        let call =
            Call::of_file(Method::GET, "read", &file.uri).header(RANGE, &header).header(IF_MATCH, &file.etag);
        let answer = self.answer(&call, None).await?;
        let problem =
            |problem: &str| HubError::Answer { action: call.action.clone(), problem: problem.to_owned() };
        match answer.status().as_u16() {
            206 => {}
            // Without a range in the answer these would be other bytes; the whole file is right where it was asked for.
            200 if range.start == 0 && range.end == file.size_bytes => {}
            200 => return Err(problem("it gives the whole file where a range was asked for")),
            _ => return Err(self.explain(&call, answer).await),
        }
        let tag = answer.headers().get(ETAG).and_then(|tag| tag.to_str().ok());
        if tag.is_some_and(|tag| tag != file.etag) {
            return Err(HubError::ChangedMeanwhile {
                action: call.action,
                name: file.uri.to_string(),
                current: None,
            });
        }
        match placed(&answer) {
            Some((start, _)) if start != range.start => {
                Err(problem("it gives other bytes than those asked for"))
            }
            None if answer.status() == 206 => Err(problem("it does not say which bytes it gives")),
            _ => Ok(answer),
        }
    }
}

/// First byte and size of the file, as `Content-Range` says them: `bytes 0-9/100`, `bytes */100`.
fn placed(answer: &Response) -> Option<(u64, u64)> {
    parse_content_range(answer.headers().get(CONTENT_RANGE)?.to_str().ok()?)
}

fn parse_content_range(text: &str) -> Option<(u64, u64)> {
    if let Some(range) = ContentRange::parse(text.as_bytes()) {
        return Some((range.first, range.size_bytes));
    }
    Some((0, text.trim().strip_prefix("bytes */")?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        for (text, expected) in [
            ("bytes 0-9/100", Some((0, 100))),
            ("bytes 90-99/100", Some((90, 100))),
            ("bytes */0", Some((0, 0))),
            ("bytes */100", Some((0, 100))),
            ("bytes 0-9/*", None),
            ("bytes 9-0/100", None),
            ("bytes 0-100/100", None),
            ("items 0-9/100", None),
            ("", None),
        ] {
            assert_eq!(parse_content_range(text), expected, "{text}");
        }
    }
}
