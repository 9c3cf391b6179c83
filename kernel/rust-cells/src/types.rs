//! Whether rust-analyzer knows types, and what is done where it does not.
//!
//! evcxr asks it for the types of the variables of a cell. It loads what it knows by running rustc and cargo, and where
//! one of these fails (it was interrupted, the machine could start no process) it goes on without what it did not get
//! and says nothing. So a cell whose types nobody knows is a reason to look whether the known ones are known.

use evcxr::{CommandContext, Error};

/// Begins of words that it completes where it knows the standard library and `notebook-api`; and a part of the answer.
const PROBES: [(&str, &str); 2] = [
    ("let probe = vec![1_u8]; probe.is_emp", "is_empty"),
    ("let probe = mlaas4hep::Histogram::new(\"\", 1, 0.0, 1.0); probe.fil", "fill"),
];
/// Another manifest than that of the cells, which makes it load everything anew.
const OTHER_MANIFEST: &str = ":opt 1\nlet probe = 1;";
/// How often it is loaded anew at most.
const TRIES: usize = 2;

/// Whether a cell may have failed because types are unknown that should be known: evcxr did not find the type of a
/// variable, or took it for `!`.
pub(crate) fn may_be_unknown(error: &Error) -> bool {
    match error {
        Error::CompilationErrors(errors) => errors.iter().any(|error| error.code() == Some("E0658")),
        error => error.to_string().contains("determine type of variable"),
    }
}

/// Whether it knows the types that every cell may use.
pub(crate) fn are_known(context: &mut CommandContext) -> bool {
    PROBES.iter().all(|(code, wanted)| {
        let found = context.completions(code, code.len());
        found.is_ok_and(|found| found.completions.iter().any(|one| one.code.starts_with(wanted)))
    })
}

/// Loads what it knows anew until the types are known; whether they were unknown and are known now.
pub(crate) fn were_restored(context: &mut CommandContext) -> bool {
    if are_known(context) {
        return false;
    }
    (0..TRIES).any(|_| {
        // Whether this works is seen by what is known then.
        let _ = context.completions(OTHER_MANIFEST, OTHER_MANIFEST.len());
        are_known(context)
    })
}
