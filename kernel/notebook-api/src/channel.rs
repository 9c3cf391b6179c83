//! Lines on standard output that the kernel takes as messages.
//!
//! A message is one line: [`MARK`], then a JSON object. It goes the way of printed text, so that a picture stands
//! between the lines between which it was shown, and so that a full pipe slows the cell and not the notebook.
//!
//! | key | value |
//! | --- | --- |
//! | `display` | object: media type to text; with `id` (a text) and `update` (true to replace the display of that id) |
//! | `value` | true beside `display` where it is the value of the last expression of the cell |
//! | `progress` | object: `id`, `done`, `total`, `text` |
//! | `put` | the name of the table that was handed back; with `sample` and `branch` where it is a branch of a sample |

use std::fmt::Write as _;
use std::io::{self, Write as _};

use crate::{Content, store};

/// How a line of a message begins. The first byte is a control character, which text does not hold.
pub const MARK: &str = "\u{2}mlaas4hep ";

/// Whether a kernel reads standard output.
pub(crate) fn is_connected() -> bool {
    std::env::var_os(store::STORE_VARIABLE).is_some()
}

/// Sends the value of the last expression of a cell, or prints it where no kernel listens.
pub(crate) fn send_value(content: &Content) {
    send(content, ",\"value\":true", None, false);
}

/// Sends a display, or prints its text where no kernel listens.
pub(crate) fn send_display(content: &Content, id: Option<&str>, is_update: bool) {
    send(content, "", id, is_update);
}

fn send(content: &Content, more: &str, id: Option<&str>, is_update: bool) {
    if !is_connected() {
        write_out(&format!("{}\n", content.plain_text()));
        return;
    }
    let mut line = format!("{MARK}{{\"display\":{{");
    for (index, (media_type, text)) in content.forms().iter().enumerate() {
        if index > 0 {
            line.push(',');
        }
        push_json_text(&mut line, media_type);
        line.push(':');
        push_json_text(&mut line, text);
    }
    line.push('}');
    line.push_str(more);
    if let Some(id) = id {
        line.push_str(",\"id\":");
        push_json_text(&mut line, id);
    }
    let _ = writeln!(line, ",\"update\":{is_update}}}");
    write_out(&line);
}

/// Sends the state of something long.
pub(crate) fn send_progress(id: &str, done: u64, total: u64, text: &str) {
    if !is_connected() {
        write_out(&format!("{text}: {done} of {total}\n"));
        return;
    }
    let mut line = format!("{MARK}{{\"progress\":{{\"id\":");
    push_json_text(&mut line, id);
    let _ = write!(line, ",\"done\":{done},\"total\":{total},\"text\":");
    push_json_text(&mut line, text);
    line.push_str("}}\n");
    write_out(&line);
}

/// Says that a table lies in the store.
pub(crate) fn send_put(name: &str) {
    if is_connected() {
        let mut line = format!("{MARK}{{\"put\":");
        push_json_text(&mut line, name);
        line.push_str("}\n");
        write_out(&line);
    }
}

/// Says that a table lies in the store whose column is a branch of a sample.
pub(crate) fn send_put_branch(table: &str, sample: &str, branch: &str) {
    if is_connected() {
        let mut line = format!("{MARK}{{\"put\":");
        push_json_text(&mut line, table);
        line.push_str(",\"sample\":");
        push_json_text(&mut line, sample);
        line.push_str(",\"branch\":");
        push_json_text(&mut line, branch);
        line.push_str("}\n");
        write_out(&line);
    }
}

/// Writes in one piece, so that no other thread writes between.
pub(crate) fn write_out(text: &str) {
    let mut stdout = io::stdout().lock();
    // A failure means that the kernel is gone; the worker ends with it.
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Appends `text` as a JSON string without line breaks.
pub(crate) fn push_json_text(line: &mut String, text: &str) {
    line.push('"');
    for letter in text.chars() {
        match letter {
            '"' => line.push_str("\\\""),
            '\\' => line.push_str("\\\\"),
            '\n' => line.push_str("\\n"),
            letter if letter < ' ' => {
                let _ = write!(line, "\\u{:04x}", u32::from(letter));
            }
            letter => line.push(letter),
        }
    }
    line.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_texts_stay_on_one_line() {
        let mut line = String::new();
        push_json_text(&mut line, "a \"b\"\\\n\t\u{2}é");
        assert_eq!(line, r#""a \"b\"\\\n\u0009\u0002é""#);
    }
}
