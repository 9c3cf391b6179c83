//! Files of workspaces: where the hub service is, and what opens `shared://` names.

use crate::console;
use crate::failure::{self, Kind};
use anyhow::Context;
use byte_source::{FileOpener, OutputFile};
use hub_client::{Connection, Hub, HubError, LoginFile, RetryRule, SharedFiles, Wish};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use trained_model::TrainedModel;

/// Most bytes of a model file.
const MOST_MODEL_BYTES: u64 = 4_000_000_000;

static OPENER: LazyLock<FileOpener> = LazyLock::new(|| {
    let made_by = concat!("mlaas4hep ", env!("CARGO_PKG_VERSION"));
    FileOpener::with(Arc::new(SharedFiles::new(hub, made_by)))
});

/// Opens files of this machine and of workspaces; the service is asked for at the first `shared://` name.
pub(crate) fn opener() -> FileOpener {
    OPENER.clone()
}

/// The service, where the environment or `mlaas4hep login` say. Ctrl-C ends whatever is waited for.
pub(crate) fn hub() -> Result<Hub, HubError> {
    let wish = Wish { login_file: login_file(), ..Wish::default() };
    Ok(Hub::new(Connection::find(&wish, &variable)?, RetryRule::default())?.until(console::is_stopped))
}

/// Where `mlaas4hep login` keeps what it learned.
pub(crate) fn login_file() -> Option<PathBuf> {
    LoginFile::usual_path(&variable)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A model file, wherever it lies.
pub(crate) fn read_model_file(path: &Path) -> anyhow::Result<TrainedModel> {
    let name = path.to_string_lossy();
    if opener().afar(&name).is_none() {
        return Ok(TrainedModel::open(path)?);
    }
    Ok(TrainedModel::from_bytes(&name, &opener().read(&name, MOST_MODEL_BYTES)?)?)
}

/// Gives an output its name in the workspace, where it has one there.
pub(crate) fn publish(output: OutputFile, name: &Path) -> anyhow::Result<()> {
    output
        .publish()
        .with_context(|| format!("cannot publish {}", name.display()))
        .map_err(failure::of(Kind::Output))
}
