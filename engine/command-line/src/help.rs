//! The help as a terminal shows it.

use clap::Command;

/// Takes the backticks out of all help texts: these are the comments of the options, in which code stands between
/// backticks for whoever reads the sources.
pub(crate) fn plain(mut command: Command) -> Command {
    if let Some(about) = command.get_about().map(without_backticks) {
        command = command.about(about);
    }
    if let Some(about) = command.get_long_about().map(without_backticks) {
        command = command.long_about(about);
    }
    let command = command.mut_args(|mut argument| {
        if let Some(help) = argument.get_help().map(without_backticks) {
            argument = argument.help(help);
        }
        if let Some(help) = argument.get_long_help().map(without_backticks) {
            argument = argument.long_help(help);
        }
        argument
    });
    command.mut_subcommands(plain)
}

fn without_backticks(text: &impl ToString) -> String {
    text.to_string().replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn no_help_shows_backticks() {
        let mut all = plain(crate::Arguments::command());
        let mut pages = vec![all.render_long_help().to_string()];
        for command in all.get_subcommands_mut() {
            pages.push(command.render_long_help().to_string());
            pages.push(command.render_help().to_string());
        }
        assert!(pages.len() > 10);
        for page in pages {
            assert!(!page.contains('`'), "{page}");
        }
    }
}
