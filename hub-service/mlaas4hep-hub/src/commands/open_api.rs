//! `mlaas4hep-hub openapi`

use std::io::Write;

pub(super) fn run() -> anyhow::Result<()> {
    let text = crate::open_api().to_pretty_json()?;
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}
