//! The one list of magics. Help, completion and the reference page derive from it.
#![allow(clippy::unnecessary_wraps, reason = "all magics have one signature")]

mod bash;
mod cd;
mod clear;
mod config;
mod corr;
mod cut;
mod dataset;
mod define;
mod dep;
mod drop;
mod env;
mod export;
mod get;
mod help;
mod hist;
mod hist2d;
mod hub;
mod load;
mod ls;
mod lsmagic;
mod memory;
mod model;
mod open;
mod predict;
mod provenance;
mod put;
mod pwd;
mod report;
mod restart;
mod rm;
mod run;
mod save;
mod select;
mod share;
mod show;
mod specs;
mod sql;
mod time;
mod timeit;
mod train;
mod type_of;
mod vars;
mod who;
mod workflow;

use crate::magic::{MagicError, MagicInfo};
use event_columns::nearest_names;

/// All magics, in the order of the help within their groups.
pub const ALL: &[MagicInfo] = &[
    open::MAGIC,
    dataset::MAGIC,
    specs::MAGIC,
    show::MAGIC,
    sql::MAGIC,
    define::MAGIC,
    cut::MAGIC,
    select::MAGIC,
    drop::MAGIC,
    hist::MAGIC,
    hist2d::MAGIC,
    corr::MAGIC,
    model::MAGIC,
    train::MAGIC,
    report::MAGIC,
    predict::MAGIC,
    save::MAGIC,
    load::MAGIC,
    export::MAGIC,
    workflow::MAGIC,
    hub::MAGIC,
    ls::MAGIC,
    put::MAGIC,
    get::MAGIC,
    rm::MAGIC,
    share::MAGIC,
    dep::MAGIC,
    vars::MAGIC,
    type_of::MAGIC,
    restart::MAGIC,
    who::MAGIC,
    config::MAGIC,
    time::MAGIC,
    timeit::MAGIC,
    provenance::MAGIC,
    memory::MAGIC,
    help::MAGIC,
    lsmagic::MAGIC,
    clear::MAGIC,
    run::MAGIC,
    bash::MAGIC,
    env::MAGIC,
    cd::MAGIC,
    pwd::MAGIC,
];

/// The magic of a name, without percent signs.
///
/// # Errors
/// There is none; the message has the nearest names.
pub fn find(name: &str) -> Result<&'static MagicInfo, MagicError> {
    let is_called = |magic: &&MagicInfo| magic.name == name || magic.aliases.contains(&name);
    ALL.iter().find(is_called).ok_or_else(|| {
        let nearest = nearest_names(name, ALL.iter().map(|magic| magic.name), 3);
        let advice = if nearest.is_empty() {
            "%lsmagic lists all of them.".to_string()
        } else {
            format!("Did you mean %{}?", nearest.join(" or %"))
        };
        MagicError::new("UnknownMagic", format!("there is no magic %{name}")).advise(advice)
    })
}

/// A cell as it may be remembered: what is assigned to names that speak of tokens or passwords is left out.
pub(crate) fn without_secrets(code: &str) -> String {
    code.split_inclusive('\n').map(line_without_secrets).collect()
}

fn line_without_secrets(code: &str) -> String {
    let end = code.trim_end().len();
    let set =
        code[..end].trim_start().strip_prefix("%env").and_then(|rest| env::assignment(rest.trim_start()));
    if let Some((name, value)) = set
        && !value.is_empty()
        && secrets::is_secret(name)
    {
        return format!("%env {name}=(not remembered){}", &code[end..]);
    }
    let word = |word: &str| match word.split_once('=') {
        Some((name, value)) if !value.is_empty() && secrets::is_secret(name) => {
            format!("{name}=(not remembered)")
        }
        _ => word.to_string(),
    };
    code.split_inclusive(char::is_whitespace)
        .map(|piece| {
            let end = piece.trim_end().len();
            word(&piece[..end]) + &piece[end..]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_options_are_well_formed() {
        let mut names = BTreeSet::new();
        for magic in ALL {
            for name in magic.aliases.iter().chain([&magic.name]) {
                assert!(names.insert(*name), "{name} twice");
            }
            assert!(magic.summary.ends_with('.'), "{}", magic.name);
            for option in magic.options {
                assert!(
                    option.name.starts_with("--") && option.help.ends_with('.'),
                    "{} {}",
                    magic.name,
                    option.name
                );
            }
        }
    }

    #[test]
    fn examples_can_be_parsed() {
        for magic in ALL {
            for example in magic.examples {
                let line = example.lines().next().unwrap_or_default();
                let rest = line.trim_start_matches('%').strip_prefix(magic.name);
                let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with(' ')) else {
                    continue;
                };
                let parsed = crate::arguments::parse(magic, rest.trim_start());
                assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
            }
        }
    }

    #[test]
    fn secrets_are_not_remembered() {
        let remembered = without_secrets("export API_TOKEN=abc  X=1\n%who");
        assert_eq!(remembered, "export API_TOKEN=(not remembered)  X=1\n%who");
        let check = |code: &str, kept: &str| assert_eq!(without_secrets(code), kept);
        check("%env API_TOKEN a b\n%who", "%env API_TOKEN=(not remembered)\n%who");
        check("%env API_TOKEN='a b'", "%env API_TOKEN=(not remembered)");
        check("%env PATH x\n", "%env PATH x\n");
    }

    #[test]
    fn a_wrong_name_answers_with_the_nearest() {
        assert!(find("hits").err().unwrap().advice.starts_with("Did you mean %hist"));
        assert_eq!(find("files").unwrap().name, "dataset");
    }
}
