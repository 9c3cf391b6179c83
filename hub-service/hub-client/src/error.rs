//! What can go wrong between here and the service, and what to do then.

use std::path::PathBuf;

use hub_api::{Entry, UriError, bytes_text, seconds_text};

/// Why a call was not done. No variant carries a token.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// Nobody said where the service is.
    #[error(
        "no hub service is known ({looked}); in a notebook server the operator sets MLAAS4HEP_HUB_URL, \
         elsewhere log in: mlaas4hep login ADDRESS"
    )]
    NotConfigured {
        /// Where was looked.
        looked: String,
    },
    /// The address of the service cannot be one.
    #[error("{address:?} is no address of a hub service: {reason}")]
    Address {
        /// What was given.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A text that cannot be a token; the text is not kept.
    #[error("the token is empty or has characters that no token has; copy it again, in one line")]
    Token,
    /// A `shared://` name that cannot be one.
    #[error(transparent)]
    Uri(#[from] UriError),
    /// No answer, after all tries.
    #[error(
        "cannot {action}: {address} does not answer ({cause}); check the network, or ask the operator whether the service runs"
    )]
    Unreachable {
        /// What was tried.
        action: String,
        /// Scheme, host and port.
        address: String,
        /// What the system said.
        cause: String,
    },
    /// Something answers at the address, but it is not the service.
    #[error(
        "cannot {action}: what answers at {address} is no hub service ({found}); check the address, which ends in \
         /services/NAME/ at a JupyterHub"
    )]
    NoService {
        /// What was tried.
        action: String,
        /// Of the service, as it was said.
        address: String,
        /// What came.
        found: String,
    },
    /// 401: the token is unknown or has expired.
    #[error("cannot {action}: {message}; {cure}")]
    TokenRefused {
        /// What was tried.
        action: String,
        /// What the service said.
        message: String,
        /// What to do.
        cure: String,
    },
    /// 403: the token may not be used at the service.
    #[error("cannot {action}: the token lacks a scope ({message}); {cure}")]
    ScopeMissing {
        /// What was tried.
        action: String,
        /// What the service said.
        message: String,
        /// What to do.
        cure: String,
    },
    /// 403: the role does not suffice.
    #[error("cannot {action}: {message}; {cure}")]
    Forbidden {
        /// What was tried.
        action: String,
        /// What the service said.
        message: String,
        /// What to do.
        cure: String,
    },
    /// 404: not there, or not to be seen.
    #[error("cannot {action}: {name} is not there, or you may not see it{}", did_you_mean(nearest))]
    NotFound {
        /// What was tried.
        action: String,
        /// The `shared://` name, or what else was asked for.
        name: String,
        /// Names beside it that look alike, best first.
        nearest: Vec<String>,
    },
    /// 409: something of that name stands in the way.
    #[error("cannot {action}: {message}{}; {cure}", written_by(current.as_deref()))]
    Conflict {
        /// What was tried.
        action: String,
        /// What the service said.
        message: String,
        /// What is there.
        current: Option<Box<Entry>>,
        /// What to do.
        cure: String,
    },
    /// 412: somebody else wrote the file since it was read.
    #[error(
        "cannot {action}: {name} is not what it was{}; read it again, and write with what you then know",
        written_by(current.as_deref())
    )]
    ChangedMeanwhile {
        /// What was tried.
        action: String,
        /// The `shared://` name.
        name: String,
        /// What is there now; nothing where it is gone.
        current: Option<Box<Entry>>,
    },
    /// 413: larger than any file may be.
    #[error("cannot {action}: {message}; split the file, or ask the operator for a larger limit")]
    TooLarge {
        /// What was tried.
        action: String,
        /// What the service said, with the limit.
        message: String,
    },
    /// 507: no room in the workspace.
    #[error("cannot {action}: no room in {workspace}{}: {message}; {cure}", used_of(*used_bytes, *limit_bytes))]
    NoRoom {
        /// What was tried.
        action: String,
        /// The workspace.
        workspace: String,
        /// Bytes in use, where they could be asked for.
        used_bytes: Option<u64>,
        /// Bytes that are allowed, where they could be asked for.
        limit_bytes: Option<u64>,
        /// What the service said.
        message: String,
        /// What to do.
        cure: String,
    },
    /// Another answer that is no success.
    #[error("cannot {action}: the service answered {status}: {message}{}{}", then(cure.as_deref()), request(request_id.as_deref()))]
    Refused {
        /// What was tried.
        action: String,
        /// The HTTP status.
        status: u16,
        /// The service's word for programs.
        code: String,
        /// What the service said.
        message: String,
        /// What to do, where the service says so.
        cure: Option<String>,
        /// By which the operator finds the request in the log.
        request_id: Option<String>,
    },
    /// The answer is not what the interface says.
    #[error("cannot {action}: the answer of the service makes no sense: {problem}")]
    Answer {
        /// What was tried.
        action: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The bytes that arrived are not those that were sent.
    #[error("the bytes of {name} have the SHA-256 {found}, not {expected}; transfer the file again")]
    Checksum {
        /// The file.
        name: String,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A file of this machine.
    #[error("cannot {action} {}: {cause}", path.display())]
    File {
        /// `read`, `write`, ...
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// Some of several files.
    #[error("{n_failed} of {n_files} files did not come through: {first}{}", if *n_failed > 1 { "; and others" } else { "" })]
    Partly {
        /// How many failed.
        n_failed: usize,
        /// Of how many.
        n_files: usize,
        /// What happened to the first of them.
        first: Box<HubError>,
    },
    /// One of several that cannot be sent, found before the first was.
    #[error("{first}; nothing was sent")]
    NothingSent {
        /// What is wrong.
        first: Box<HubError>,
    },
    /// A log in that did not succeed.
    #[error("cannot log in: {reason}")]
    Login {
        /// Why not, and what to do.
        reason: String,
    },
    /// The client itself could not be made.
    #[error("cannot make a client for HTTP: {cause}")]
    Client {
        /// What the system or the library said.
        cause: String,
    },
    /// The callback asked to stop.
    #[error("stopped on request")]
    Stopped,
}

fn did_you_mean(nearest: &[String]) -> String {
    if nearest.is_empty() { String::new() } else { format!("; did you mean {}?", nearest.join(" or ")) }
}

fn written_by(current: Option<&Entry>) -> String {
    current.map_or_else(String::new, |entry| {
        format!(
            " ({} wrote version {} of it at {}, {} bytes)",
            entry.modified_by,
            entry.version,
            seconds_text(&entry.modified),
            entry.size_bytes
        )
    })
}

fn used_of(used_bytes: Option<u64>, limit_bytes: Option<u64>) -> String {
    match (used_bytes, limit_bytes) {
        (Some(used), Some(limit)) => format!(" ({} of {} are used)", bytes_text(used), bytes_text(limit)),
        _ => String::new(),
    }
}

fn then(cure: Option<&str>) -> String {
    cure.map_or_else(String::new, |cure| format!("; {cure}"))
}

fn request(id: Option<&str>) -> String {
    id.map_or_else(String::new, |id| format!(" (request {id})"))
}

impl HubError {
    /// Whether the file was written anew since it was opened or read.
    #[must_use]
    pub fn is_change(&self) -> bool {
        matches!(self, Self::ChangedMeanwhile { .. })
    }
}
