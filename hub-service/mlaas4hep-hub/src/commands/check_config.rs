//! `mlaas4hep-hub check-config`

use super::ConfigurationFile;
use std::io::Write;

pub(super) fn run(file: &ConfigurationFile) -> anyhow::Result<()> {
    let checked = file.check()?;
    let settings = checked.workspaces.settings();
    let hub = checked.hub.as_ref().map_or("none", |hub| hub.api_url.as_str());
    let mut lines = vec![
        ("listens on", format!("{}{}", checked.address, checked.prefix)),
        ("hub", hub.to_owned()),
        ("folder", settings.folder.display().to_string()),
        ("database", if settings.database.is_some() { "PostgreSQL" } else { "SQLite" }.to_owned()),
        ("requests a second", checked.requests_per_second.to_string()),
    ];
    if let (Some(address), Some(url)) = (checked.data_address, &checked.data_url) {
        lines.push(("data", format!("{address}, announced as {url}")));
    }
    for iam in &checked.iam {
        lines.push(("issuer", format!("{}, for {}", iam.issuer, iam.audiences.join(", "))));
    }
    if checked.hub.is_none() && checked.iam.is_empty() && checked.proxy.trusted.is_empty() {
        let text = "no hub, no issuer, no trusted proxy: right for a service that the hub starts, which tells it where the hub is; \
                    any other is refused by `serve`";
        lines.push(("note", text.to_owned()));
    }
    let mut out = std::io::stdout();
    for (what, value) in lines {
        writeln!(out, "{what:<18} {value}")?;
    }
    Ok(())
}
