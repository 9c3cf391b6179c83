//! The commands of evcxr that a cell may hold.

use crate::render::{self, Mark};
use crate::semicolon::{code_start, line_of_surplus_brace};
use crate::sink::RustError;

/// Those that only look, build or set how is built and shown.
const ALLOWED: [&str; 26] = [
    "allow_static_linking",
    "build_env",
    "cache",
    "clear_cache",
    "codegen_backend",
    "dep",
    "doc",
    "efmt",
    "explain",
    "fmt",
    "help",
    "last_compile_dir",
    "last_error_json",
    "linker",
    "offline",
    "opt",
    "preserve_vars_on_panic",
    "show_deps",
    "t",
    "time_passes",
    "timing",
    "toolchain",
    "type",
    "types",
    "vars",
    "version",
];

/// Refuses a cell that closes more than it opens, and commands: what would end the kernel (`:quit`), change its environment (`:env`), forget what cells need (`:clear`),
/// or run in its place (`!ls`).
pub(crate) fn check(code: &str) -> Result<(), RustError> {
    for line in code[..code_start(code)].lines().map(str::trim) {
        let refused = |what: String| Err(RustError::plain("UnknownCommand", what));
        if let Some(command) = line.strip_prefix('!') {
            return refused(format!("`!{command}` is no Rust: run it with %%bash"));
        }
        let Some(command) = line.strip_prefix(':') else { continue };
        let name = command.split_whitespace().next().unwrap_or_default();
        match name {
            "quit" => return refused("`:quit`: shut the kernel down in the front end".to_string()),
            "clear" | "restart" => return refused(format!("`:{name}`: use %restart")),
            "env" => return refused("`:env`: use %env".to_string()),
            name if ALLOWED.contains(&name) => {}
            name => return refused(format!("there is no command `:{name}`; `:help` lists them")),
        }
    }
    match line_of_surplus_brace(code) {
        None => Ok(()),
        Some(line) => {
            let mut error = RustError::plain("Error", "a closing brace closes nothing");
            let text = code.lines().nth(line - 1).unwrap_or_default();
            let length = text.chars().count();
            let mark =
                Mark { line, columns: (1, length + 1), label: "in this line".to_string(), is_primary: true };
            error.rendered.extend(render::snippet(code, &[mark]));
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_touch_the_kernel_are_refused() {
        for code in
            [":quit", "  :quit", "// a\n:clear", ":env A=1", "!ls", ":load_config", ":internal_debug", ":"]
        {
            assert_eq!(check(code).unwrap_err().name, "UnknownCommand", "{code}");
        }
        for code in [":dep x = \"1\"\n:vars", "let a = 1;\n:quit", "", "1 + 1", "// :quit"] {
            assert_eq!(check(code), Ok(()), "{code}");
        }
    }
}
