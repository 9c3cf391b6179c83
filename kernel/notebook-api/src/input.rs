//! Asking the person at the notebook.

use std::fmt::Write as _;
use std::io;

use crate::{Error, channel};

/// How a request begins; the words are evcxr's, which answers with one line on standard input.
const REQUEST: &str = "EVCXR_INPUT_REQUEST";
/// How the prompt of our own requests begins: the rest is percent-encoded, and so is the answer, behind a letter
/// that says whether there was one.
const ENCODED: &str = "%mlaas4hep%";

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

fn ask(request: &str, prompt: &str) -> Result<String, Error> {
    let mut line = String::new();
    if channel::is_connected() {
        channel::write_out(&format!("{request}:{ENCODED}{}\n", percent_encoded(prompt)));
    } else {
        channel::write_out(prompt);
    }
    let length =
        io::stdin().read_line(&mut line).map_err(|error| Error::NoInput { reason: error.to_string() })?;
    let line = line.trim_end_matches(['\n', '\r']);
    if !channel::is_connected() {
        return if length == 0 { Err(no_input("it has ended")) } else { Ok(line.to_string()) };
    }
    match line.split_at_checked(1) {
        Some(("V", answer)) => Ok(percent_decoded(answer)),
        Some(("E", reason)) => Err(no_input(&percent_decoded(reason))),
        _ => Err(no_input("the kernel gave no answer")),
    }
}

fn no_input(reason: &str) -> Error {
    Error::NoInput { reason: reason.to_string() }
}

/// The kernel's side: the prompt of a request, if it came from here.
#[doc(hidden)]
pub fn decode_prompt(prompt: &str) -> Option<String> {
    prompt.strip_prefix(ENCODED).map(percent_decoded)
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
        assert_eq!(decode_prompt(&encoded).as_deref(), Some(prompt));
        assert_eq!(decode_prompt("name"), None);
        assert_eq!(percent_decoded(&encode_answer(Ok("a b"))[1..]), "a b");
        assert!(encode_answer(Err("no")).starts_with('E'));
        assert_eq!(percent_decoded("a%4"), "a");
    }
}
