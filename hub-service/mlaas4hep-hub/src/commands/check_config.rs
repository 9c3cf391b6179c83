//! `mlaas4hep-hub check-config`

use super::{ConfigurationFile, block_on};
use crate::configuration::Checked;
use anyhow::ensure;
use hub_auth::{HubClient, Iam};
use std::io::Write;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(flatten)]
    file: ConfigurationFile,
    /// Also ask the hub, the issuers, the database and the object store whether they answer. Nothing is changed there.
    #[arg(long)]
    connect: bool,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let checked = options.file.check()?;
    say(&checked)?;
    if options.connect { block_on(connect(&checked)) } else { Ok(()) }
}

/// Asks everything that the service will need.
async fn connect(checked: &Checked) -> anyhow::Result<()> {
    let mut answers = Vec::new();
    if let Some(settings) = checked.hub.clone() {
        // The groups need all scopes that the service has.
        let asked = HubClient::new(settings)?.groups().await;
        answers.push(("hub".to_owned(), asked.map(drop).map_err(anyhow::Error::from)));
    }
    for (issuer, answer) in Iam::new(checked.iam.clone())?.answers().await {
        answers.push((issuer, answer.map_err(anyhow::Error::from)));
    }
    for (what, answer) in workspaces::reach(&checked.workspaces).await {
        answers.push((what.to_owned(), answer.map_err(anyhow::Error::from)));
    }
    let mut out = std::io::stdout();
    let mut n_failed = 0;
    for (what, answer) in answers {
        match answer {
            Ok(()) => writeln!(out, "{what:<18} answers")?,
            Err(error) => {
                n_failed += 1;
                writeln!(out, "{what:<18} fails: {error:#}")?;
            }
        }
    }
    ensure!(n_failed == 0, "{n_failed} of what the service needs does not answer as it should");
    Ok(())
}

fn say(checked: &Checked) -> anyhow::Result<()> {
    let settings = checked.workspaces.settings();
    let hub = checked.hub.as_ref().map_or("none", |hub| hub.api_url.as_str());
    let mut lines = vec![
        ("listens on", format!("{}{}", checked.address, checked.prefix)),
        ("hub", hub.to_owned()),
        ("folder", settings.folder.display().to_string()),
        ("database", if settings.database.is_some() { "PostgreSQL" } else { "SQLite" }.to_owned()),
        ("links for anybody", if settings.public_links { "yes" } else { "no" }.to_owned()),
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
