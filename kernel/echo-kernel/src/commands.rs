//! The commands of the toy language.

use jupyter_kernel::{CellError, MimeBundle, Output};
use serde_json::{Map, json};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Name of each command and what it does.
pub(crate) const COMMANDS: &[(&str, &str)] = &[
    ("clear", "clears the output"),
    ("comm", "TARGET: opens a comm from this side and closes it"),
    ("display", "TEXT: shows a text and a picture"),
    ("error", "TEXT: prints to stderr"),
    ("input", "PROMPT: asks for a line and prints it"),
    ("later", "MILLISECONDS TEXT: prints from a thread of its own after the time"),
    ("lines", "N: prints so many lines"),
    ("next", "TEXT: puts a text into the next cell"),
    ("page", "TEXT: shows a text in the pager"),
    ("panic", "TEXT: panics"),
    ("password", "PROMPT: asks for a password and prints how long it is"),
    ("print", "TEXT: prints without a new line"),
    ("raise", "TEXT: fails"),
    ("result", "TEXT: has a text as its value"),
    ("show", "ID TEXT: shows a text that can be updated"),
    ("sleep", "MILLISECONDS: waits, can be interrupted"),
    ("spin", "MILLISECONDS: waits, cannot be interrupted"),
    ("update", "ID TEXT: replaces what was shown"),
];

/// What a mutex of the language is for: a panic while it is held must not end the kernel.
#[derive(Default)]
pub(crate) struct State {
    n_commands: Mutex<u64>,
}

/// Obeys one command.
pub(crate) fn obey(state: &State, command: &str, output: &Output) -> Result<(), CellError> {
    *state.n_commands.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += 1;
    let (name, text) = command.split_once(' ').unwrap_or((command, ""));
    match name {
        "clear" => output.clear(true),
        "comm" => {
            let comm = output.open_comm(text, &json!({"hello": 1}), Map::new());
            output.close_comm(&comm, &json!({}));
        }
        "display" => output.display(&picture(text)),
        "error" => output.stderr(&format!("{text}\n")),
        "input" => output.stdout(&format!("{}\n", asked(output.read_line(text))?)),
        "later" => later(text, output)?,
        "lines" => lines(number(text)?, output)?,
        "next" => output.set_next_input(text),
        "page" => output.page(&MimeBundle::text(text)),
        "panic" => panic!("{text}"),
        "password" => {
            let length = asked(output.read_password(text))?.chars().count();
            output.stdout(&format!("{length} letters\n"));
        }
        "print" => output.stdout(text),
        "raise" => return Err(error("Raised", text)),
        "result" => output.result(&MimeBundle::text(text)),
        "show" => with_id(text, |id, bundle| output.display_with_id(id, bundle)),
        "sleep" => sleep(number(text)?, output)?,
        "spin" => std::thread::sleep(Duration::from_millis(number(text)?)),
        "update" => with_id(text, |id, bundle| output.update_display(id, bundle)),
        _ => return Err(error("UnknownCommand", &format!("there is no command '!{name}'; Tab lists them"))),
    }
    Ok(())
}

pub(crate) fn error(name: &str, value: &str) -> CellError {
    CellError {
        name: name.to_string(),
        value: value.to_string(),
        traceback: vec![format!("{name}: {value}")],
    }
}

fn picture(text: &str) -> MimeBundle {
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><circle r='9'/></svg>";
    MimeBundle::text(text).with("image/svg+xml", svg).with_metadata("image/svg+xml", "isolated", true)
}

fn with_id(text: &str, show: impl Fn(&str, &MimeBundle)) {
    let (id, text) = text.split_once(' ').unwrap_or((text, ""));
    show(id, &MimeBundle::text(text));
}

fn number(text: &str) -> Result<u64, CellError> {
    text.trim().parse().map_err(|_| error("BadNumber", &format!("'{text}' is no whole number")))
}

fn asked(answer: Result<String, jupyter_kernel::InputError>) -> Result<String, CellError> {
    answer.map_err(|problem| error("InputError", &problem.to_string()))
}

fn lines(n_lines: u64, output: &Output) -> Result<(), CellError> {
    for line in 0..n_lines {
        if output.is_interrupted() {
            return Err(interrupted());
        }
        output.stdout(&format!("line {line}\n"));
    }
    Ok(())
}

fn later(text: &str, output: &Output) -> Result<(), CellError> {
    let (wait, text) = text.split_once(' ').unwrap_or((text, ""));
    let (wait, text, output) = (Duration::from_millis(number(wait)?), text.to_string(), output.clone());
    std::thread::spawn(move || {
        std::thread::sleep(wait);
        output.stdout(&text);
    });
    Ok(())
}

fn sleep(milliseconds: u64, output: &Output) -> Result<(), CellError> {
    let until = Instant::now() + Duration::from_millis(milliseconds);
    while Instant::now() < until {
        if output.is_interrupted() {
            return Err(interrupted());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

fn interrupted() -> CellError {
    error("Interrupted", "stopped by the user")
}
