//! `mlaas4hep-hub serve`

use super::{ConfigurationFile, block_on, log};
use anyhow::ensure;

pub(super) fn run(file: &ConfigurationFile) -> anyhow::Result<()> {
    let checked = file.check()?;
    ensure!(
        checked.hub.is_some() || !checked.iam.is_empty() || !checked.proxy.trusted.is_empty(),
        "nobody could log in: there is no JupyterHub (JUPYTERHUB_API_URL and JUPYTERHUB_API_TOKEN, or [hub] in the \
         configuration), no issuer ([[iam]]) and no trusted proxy; `mlaas4hep-hub dev` serves one local user"
    );
    log::start(&checked.log)?;
    block_on(crate::listen::serve(checked, None, |_| {}))
}
