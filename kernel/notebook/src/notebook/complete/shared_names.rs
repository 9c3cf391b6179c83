//! Names of workspaces and of what lies in them, as file names complete on this machine.

use super::Found;
use hub_client::hub_api::{EntryKind, FilePath, SharedUri};
use hub_client::{HubError, SharedFiles};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

const SCHEME: &str = "shared://";
/// Longest that Tab waits for the service.
const PATIENCE: Duration = Duration::from_millis(1500);
/// Whether a question is still open: a service that does not answer is not asked again meanwhile.
static IS_ASKING: AtomicBool = AtomicBool::new(false);

/// What fits the name at the end of a line; `None` where that is no name of a workspace.
pub(super) fn complete(line: &str, shared: &Arc<SharedFiles>) -> Option<Found> {
    let name_start = line.rfind(SCHEME)?;
    let typed = &line[name_start..];
    if typed.contains(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | ',')) {
        return None;
    }
    let start = typed.rfind('/').map_or(typed.len(), |slash| slash + 1);
    let (folder, prefix) = typed.split_at(start);
    let mut words = asked(shared, folder);
    words.retain(|(word, _)| word.starts_with(prefix));
    words.sort();
    Some(Found { start: name_start + start, words })
}

/// Asks on a thread of its own: who types must not wait for a network.
fn asked(shared: &Arc<SharedFiles>, folder: &str) -> Vec<(String, &'static str)> {
    if IS_ASKING.swap(true, Ordering::SeqCst) {
        return Vec::new();
    }
    let (found, answer) = channel();
    let (shared, folder) = (Arc::clone(shared), folder.to_string());
    let ask = move || {
        // Without a service, or with one that refuses, there is nothing to offer.
        let names = names_below(&shared, &folder).unwrap_or_default();
        IS_ASKING.store(false, Ordering::SeqCst);
        // Nobody listens when it came too late.
        let _ = found.send(names);
    };
    if std::thread::Builder::new().name("shared-names".into()).spawn(ask).is_err() {
        IS_ASKING.store(false, Ordering::SeqCst);
        return Vec::new();
    }
    answer.recv_timeout(PATIENCE).unwrap_or_default()
}

/// Workspaces below `shared://`, entries below a folder; as they are written in a name.
fn names_below(shared: &SharedFiles, folder: &str) -> Result<Vec<(String, &'static str)>, HubError> {
    let hub = shared.hub()?;
    if folder == SCHEME {
        let workspaces = hub.workspaces()?.into_iter();
        return Ok(workspaces.map(|one| (format!("{}/", one.name.segment()), "workspace")).collect());
    }
    let folder: SharedUri = folder.parse()?;
    let entries = hub.list(&folder, false)?.into_iter();
    let word = |path: &FilePath| path.in_uri().rsplit('/').next().unwrap_or_default().to_owned();
    let entry = |path: &FilePath, is_folder| {
        if is_folder { (format!("{}/", word(path)), "folder") } else { (word(path), "file") }
    };
    Ok(entries.map(|one| entry(&one.path, one.kind == EntryKind::Folder)).collect())
}
