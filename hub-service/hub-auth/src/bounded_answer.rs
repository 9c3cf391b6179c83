//! Answers in JSON, read no further than they may be long.

use reqwest::Response;
use serde::de::DeserializeOwned;

/// Why there is no answer.
pub(crate) enum NoAnswer {
    /// The line broke.
    Broken,
    /// It is too long, or not what was asked for.
    Nonsense,
}

/// The body of an answer of at most so many bytes.
pub(crate) async fn read<T: DeserializeOwned>(
    mut answer: Response,
    most_bytes: usize,
) -> Result<T, NoAnswer> {
    let mut body = Vec::new();
    while let Some(bytes) = answer.chunk().await.map_err(|_| NoAnswer::Broken)? {
        if body.len() + bytes.len() > most_bytes {
            return Err(NoAnswer::Nonsense);
        }
        body.extend_from_slice(&bytes);
    }
    serde_json::from_slice(&body).map_err(|_| NoAnswer::Nonsense)
}
