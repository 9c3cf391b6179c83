//! Asking the person at the notebook.

use std::fmt::Write as _;
use std::io;
use std::sync::{Mutex, PoisonError};

use crate::{Error, channel};

/// How a request begins; the words are evcxr's, which answers with one line on standard input.
const REQUEST: &str = "EVCXR_INPUT_REQUEST";
/// How the prompt of our own requests begins: the rest is percent-encoded, and so is the answer, behind a letter
/// that says whether there was one.
const ENCODED: &str = "%mlaas4hep%";
/// How a request for a table begins: the kernel writes it to the store before it answers.
const ENCODED_TABLE: &str = "%mlaas4hep-table%";

/// A request and its answer belong together, whichever thread of a cell asks.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// What the kernel is asked for.
#[doc(hidden)]
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// A line of the person, with this prompt.
    Line(String),
    /// A table of this name, as it is now; empty to ask for names only.
    Table(String),
}

/// Asks for a line of text.
///
/// # Errors
/// [`Error::NoInput`] where the front end gives none, as when a notebook is run by a program.
pub fn input(prompt: &str) -> Result<String, Error> {
    ask(REQUEST, prompt)
}

/// Asks for a line of text that is not shown while it is typed.
///
/// # Errors
/// [`Error::NoInput`] where the front end gives none.
pub fn password(prompt: &str) -> Result<String, Error> {
    ask("EVCXR_INPUT_REQUEST_PASSWORD", prompt)
}

/// Asks the kernel to bring a table of the session up to date in the store; gives the names of all that it knows.
///
/// # Errors
/// Why it cannot be brought, as for lack of memory.
pub(crate) fn request_table(name: &str) -> Result<Vec<String>, String> {
    let answer = exchange(&format!("{REQUEST}:{ENCODED_TABLE}{}\n", percent_encoded(name)));
    match answer.map_err(|error| error.to_string())? {
        Some(answer) => Ok(answer?.lines().map(str::to_string).collect()),
        // Nobody listens: what lies in the store is all there is.
        None => Ok(Vec::new()),
    }
}

fn ask(request: &str, prompt: &str) -> Result<String, Error> {
    let failed = |error: io::Error| no_input(&error.to_string());
    if channel::is_connected() {
        let answer =
            exchange(&format!("{request}:{ENCODED}{}\n", percent_encoded(prompt))).map_err(failed)?;
        return match answer {
            Some(answer) => answer.map_err(|reason| no_input(&reason)),
            None => Err(no_input("the kernel gave no answer")),
        };
    }
    channel::write_out(prompt);
    let mut line = String::new();
    match io::stdin().read_line(&mut line).map_err(failed)? {
        0 => Err(no_input("it has ended")),
        _ => Ok(line.trim_end_matches(['\n', '\r']).to_string()),
    }
}

/// Sends a line to the kernel and reads its answer: a text or a reason; `None` where it gives none.
fn exchange(request: &str) -> io::Result<Option<Result<String, String>>> {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    channel::write_out(request);
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(match line.trim_end_matches(['\n', '\r']).split_at_checked(1) {
        Some(("V", answer)) => Some(Ok(percent_decoded(answer))),
        Some(("E", reason)) => Some(Err(percent_decoded(reason))),
        _ => None,
    })
}

fn no_input(reason: &str) -> Error {
    Error::NoInput { reason: reason.to_string() }
}

/// The kernel's side: what a request asks for, if it came from here.
#[doc(hidden)]
pub fn decode_request(prompt: &str) -> Option<Request> {
    let line = || Some(Request::Line(percent_decoded(prompt.strip_prefix(ENCODED)?)));
    let table = || Some(Request::Table(percent_decoded(prompt.strip_prefix(ENCODED_TABLE)?)));
    line().or_else(table)
}

/// The kernel's side: the line that answers a request from here.
#[doc(hidden)]
pub fn encode_answer(answer: Result<&str, &str>) -> String {
    match answer {
        Ok(text) => format!("V{}", percent_encoded(text)),
        Err(reason) => format!("E{}", percent_encoded(reason)),
    }
}

/// ASCII letters and digits as they are, other bytes as `%XX`: no line break, no colon.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut digit = || char::from(rest.next()?).to_digit(16);
        match byte {
            b'%' => {
                let (Some(high), Some(low)) = (digit(), digit()) else { break };
                bytes.push((16 * high + low) as u8);
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_and_answers_come_back() {
        let prompt = "name: é\n%";
        let encoded = format!("{ENCODED}{}", percent_encoded(prompt));
        assert!(!encoded.contains([':', '\n']));
        assert_eq!(decode_request(&encoded), Some(Request::Line(prompt.to_string())));
        assert_eq!(decode_request("%mlaas4hep-table%tt%48"), Some(Request::Table("ttH".to_string())));
        assert_eq!(decode_request("name"), None);
        assert_eq!(percent_decoded(&encode_answer(Ok("a b"))[1..]), "a b");
        assert!(encode_answer(Err("no")).starts_with('E'));
        assert_eq!(percent_decoded("a%4"), "a");
    }
}
