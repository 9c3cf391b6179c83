//! The toy language: a line that starts with `!` is a command, any other is printed.

use crate::commands::{self, COMMANDS};
use jupyter_kernel::{
    Cell, CellDone, CellError, Comm, Completeness, Completions, Language, LanguageInfo, MimeBundle, Output,
};
use serde_json::Value;

/// The toy language.
#[derive(Default)]
pub(crate) struct Echo {
    pub(crate) state: commands::State,
}

impl Language for Echo {
    fn info(&self) -> LanguageInfo {
        LanguageInfo {
            name: "echo".to_string(),
            version: env!("CARGO_PKG_VERSION").to_string(),
            mimetype: "text/plain".to_string(),
            file_extension: ".echo".to_string(),
            pygments_lexer: "text".to_string(),
            codemirror_mode: Value::from("null"),
            banner: "Echo: says what it is told".to_string(),
            help_links: vec![(
                "Jupyter messages".to_string(),
                "https://jupyter-client.readthedocs.io/".to_string(),
            )],
            implementation: "echo-kernel".to_string(),
            implementation_version: env!("CARGO_PKG_VERSION").to_string(),
        }
    }

    fn execute(&self, cell: &Cell, output: &Output) -> Result<CellDone, CellError> {
        for line in cell.code.lines() {
            match line.strip_prefix('!') {
                Some(command) => commands::obey(&self.state, command, output)?,
                None => output.stdout(&format!("{line}\n")),
            }
        }
        Ok(CellDone::default())
    }

    fn complete(&self, code: &str, cursor: usize) -> Completions {
        let before = &code[..cursor];
        assert!(!before.ends_with("!panic!"), "asked to panic");
        let start = before
            .rfind(|letter: char| letter.is_whitespace())
            .map_or(0, |end| end + before[end..].chars().next().map_or(0, char::len_utf8));
        let typed = &before[start..];
        let fitting =
            COMMANDS.iter().map(|(name, _)| format!("!{name}")).filter(|name| name.starts_with(typed));
        let matches: Vec<String> = fitting.collect();
        let kinds = matches.iter().map(|_| "command".to_string()).collect();
        Completions { matches, start, end: cursor, kinds }
    }

    fn inspect(&self, code: &str, cursor: usize, detail_level: u8) -> Option<MimeBundle> {
        let before = code[..cursor].rsplit(char::is_whitespace).next()?.strip_prefix('!')?;
        assert!(before != "panic!", "asked to panic");
        let (name, help) = COMMANDS.iter().find(|(name, _)| *name == before)?;
        let more = if detail_level > 0 { " (in the file commands.rs)" } else { "" };
        Some(MimeBundle::text(format!("!{name} {help}{more}")))
    }

    fn is_complete(&self, code: &str) -> Completeness {
        match code {
            _ if code.contains("!?") => Completeness::Invalid,
            _ if code.ends_with('\\') => Completeness::Incomplete { indent: "  ".to_string() },
            _ if code.is_empty() => Completeness::Unknown,
            _ => Completeness::Complete,
        }
    }

    fn interrupt(&self) {}

    fn shutdown(&self, restart: bool) {
        log::info!("shutdown, restart: {restart}");
    }

    fn remembered(&self, code: &str) -> Option<String> {
        (!code.contains("secret")).then(|| code.to_string())
    }

    fn has_subshells(&self) -> bool {
        true
    }

    fn evaluate(&self, expression: &str) -> Option<Result<MimeBundle, CellError>> {
        match expression.strip_prefix("!raise ") {
            Some(value) => Some(Err(commands::error("Raised", value))),
            None if expression == "!panic" => panic!("asked to panic"),
            None => Some(Ok(MimeBundle::text(expression.to_uppercase()))),
        }
    }

    fn comm_open(&self, comm: &Comm, data: &Value, output: &Output) -> bool {
        let is_known = comm.target == "echo";
        if is_known {
            output.send_comm(comm, data);
        }
        is_known
    }

    fn comm_message(&self, comm: &Comm, data: &Value, output: &Output) {
        output.send_comm(comm, data);
    }
}
