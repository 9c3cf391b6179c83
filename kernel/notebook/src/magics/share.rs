//! `%share`.

use crate::arguments::{Form, Free, ValueKind, option, switch};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use hub_client::hub_api::SharedUri;
use hub_client::{HubError, Share, ShareWish};
use text_table::TextTable;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "share",
    aliases: &[],
    form: Form::Line,
    group: Group::Sharing,
    summary: "Give someone a right in a workspace, or make a link to one file; list these, take them back.",
    details: "With --user or --group the right holds in the whole workspace. Without them a link is made by which anybody \
              can read the file for a while, where the service allows links.",
    free: Free::Words { name: "FILE", kinds: &[ValueKind::File], least: 1, most: Some(1) },
    options: &[
        option("--user", "NAME", ValueKind::Text, "Give the right to this person."),
        option("--group", "NAME", ValueKind::Text, "Give the right to all members of this group."),
        option(
            "--role",
            "ROLE",
            ValueKind::Choice(&["reader", "writer", "admin"]),
            "What may be done; reader unless said.",
        ),
        option(
            "--days",
            "N",
            ValueKind::Count,
            "Days after which it ends; a link lives a week unless said, and 30 days at most.",
        ),
        switch("--list", "List the rights and links that were given."),
        switch("--take-back", "Take back the right of the person or group, or all links to the file."),
    ],
    examples: &[
        "%share shared://higgs/ --user carol --role reader --days 30",
        "%share shared://higgs/score.pdf",
        "%share shared://higgs/ --list",
        "%share shared://higgs/ --user carol --take-back",
    ],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let problem = |error: HubError| MagicError::hub(&error);
    let value = |name: &str| call.arguments.value(name);
    let uri: SharedUri = call.arguments.text().parse().map_err(|error| problem(HubError::from(error)))?;
    let hub = || context.hub();
    if call.arguments.has("--list") {
        let mut table = TextTable::new(&Share::COLUMNS);
        hub()?.shares(&uri).map_err(problem)?.iter().for_each(|share| table.row(share.cells()));
        if table.n_rows() == 0 {
            context.line("nothing");
        } else {
            context.show_table("", &table);
        }
        return Ok(());
    }
    let wish = ShareWish {
        user: value("--user").map(str::to_string),
        group: value("--group").map(str::to_string),
        role: value("--role").and_then(|role| role.parse().ok()),
        days: value("--days").and_then(|days| days.parse().ok()),
        takes_back: call.arguments.has("--take-back"),
    };
    let sharing = wish.check(&uri).map_err(|error| MagicError::new("ArgumentError", error.to_string()))?;
    let said = hub()?.share(&uri, sharing).map_err(problem)?;
    context.line(&said);
    Ok(())
}
