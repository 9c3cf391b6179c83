//! `%share`.

use crate::arguments::{Form, Free, ValueKind, option};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use hub_client::hub_api::{Grantee, Role, SharedUri};
use hub_client::{HubError, LinkWish};

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "share",
    aliases: &[],
    form: Form::Line,
    group: Group::Sharing,
    summary: "Give someone a right in a workspace, or make a link to one file.",
    details: "With --user or --group the right holds in the whole workspace. Without them a link is made by which anybody \
              can read the file for a while.",
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
    ],
    examples: &[
        "%share shared://higgs/ --user carol --role reader --days 30",
        "%share shared://higgs/score.pdf",
    ],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let problem = |error: HubError| MagicError::hub(&error);
    let value = |name: &str| call.arguments.value(name);
    let uri: SharedUri = call.arguments.text().parse().map_err(|error| problem(HubError::from(error)))?;
    let days: Option<u64> = value("--days").and_then(|days| days.parse().ok());
    let is_link = value("--user").is_none() && value("--group").is_none();
    if days.is_some_and(|days| days == 0 || (is_link && days > 30)) {
        let most = if is_link { "30, as long as a link lives" } else { "36500" };
        return Err(MagicError::new("ArgumentError", format!("--days must be between 1 and {most}")));
    }
    let expires_in_seconds = days.map(|days| days.saturating_mul(24 * 3600));
    let grantee = match (value("--user"), value("--group")) {
        (Some(user), None) => Some(Grantee::User(user.to_string())),
        (None, Some(group)) => Some(Grantee::Group(group.to_string())),
        (None, None) => None,
        (Some(_), Some(_)) => {
            return Err(MagicError::new("ArgumentError", "--user and --group exclude each other"));
        }
    };
    let hub = context.session.shared.hub().map_err(problem)?;
    if let Some(grantee) = grantee {
        if !uri.path.is_root() {
            let message = "rights are given in a whole workspace";
            return Err(MagicError::new("ArgumentError", message).advise(format!(
                "Name shared://{}/, or leave out --user and --group for a link to the file.",
                uri.workspace
            )));
        }
        let role = value("--role").and_then(|role| role.parse().ok()).unwrap_or(Role::Reader);
        let grant = hub.grant(&uri.workspace, grantee, role, expires_in_seconds).map_err(problem)?;
        context.line(&grant.sentence(&uri.workspace));
        return Ok(());
    }
    let link = hub.make_link(&uri, LinkWish { expires_in_seconds, password: None }).map_err(problem)?;
    context.line(&format!("{}\nuntil {}", link.url.unwrap_or_default(), link.expires));
    Ok(())
}
