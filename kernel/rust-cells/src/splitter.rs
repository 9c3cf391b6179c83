//! Takes the standard output of a worker apart: printed text, displays, and the words of evcxr's protocol.
//!
//! evcxr reads lines and keeps of each media type the last display of a cell; it takes an end of cell that follows
//! text without an end of line for text, and waits for ever; and bytes that are not UTF-8 end its reading. So a
//! proxy reads for it, and hands on only the words that evcxr needs.

use mlaas4hep::channel::MARK;
use serde_json::{Map, Value};

/// evcxr's word for the end of a cell.
pub(crate) const COMPLETE: &str = "EVCXR_EXECUTION_COMPLETE";
/// evcxr's word for a cell that left early by `?`.
pub(crate) const LEFT_EARLY: &str = "EVCXR_ERROR_OCCURRED";
/// evcxr's word for a cell that panicked.
pub(crate) const PANICKED: &str = "EVCXR_PANIC_NOTIFICATION";

const WORDS: &str = "EVCXR_";
const CHANGED_TYPE: &str = "EVCXR_VARIABLE_CHANGED_TYPE:";
const INPUT: &str = "EVCXR_INPUT_REQUEST:";
const PASSWORD: &str = "EVCXR_INPUT_REQUEST_PASSWORD:";
const BEGIN_CONTENT: &str = "EVCXR_BEGIN_CONTENT ";
const END_CONTENT: &str = "EVCXR_END_CONTENT";

/// A part of the output.
#[derive(Debug, PartialEq)]
pub(crate) enum Piece {
    /// Printed text.
    Text(String),
    /// A display: media types and contents.
    Display(Map<String, Value>),
    /// The JSON of a line of [`mlaas4hep::channel`].
    Message(String),
    /// A line that evcxr needs.
    ForEvcxr(String),
    /// The cell asks the person.
    Input { prompt: String, is_password: bool },
    /// The cell left early by `?`.
    LeftEarly,
    /// The cell panicked.
    Panicked,
    /// The cell has ended.
    Complete,
}

/// Bytes that have come and wait for more.
#[derive(Default)]
pub(crate) struct Splitter {
    waiting: Vec<u8>,
    /// Bytes of `waiting`, from its first word on, that hold no end of line.
    searched: usize,
    text: TextDecoder,
    content: Option<(String, String)>,
    display: Map<String, Value>,
    pieces: Vec<Piece>,
}

impl Splitter {
    /// Takes more bytes; gives what they complete.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Vec<Piece> {
        self.waiting.extend_from_slice(bytes);
        while self.step() {}
        std::mem::take(&mut self.pieces)
    }

    /// Whether a display waits for further forms of it.
    pub(crate) fn has_waiting_display(&self) -> bool {
        !self.display.is_empty()
    }

    /// Gives the display that waited for further forms.
    pub(crate) fn take_waiting_display(&mut self) -> Option<Piece> {
        self.has_waiting_display().then(|| Piece::Display(std::mem::take(&mut self.display)))
    }

    /// Gives what is left when no more bytes come.
    pub(crate) fn finish(&mut self) -> Vec<Piece> {
        let rest = std::mem::take(&mut self.waiting);
        self.push_text(&rest);
        let end = self.text.finish();
        self.push(Piece::Text(end));
        self.pieces.extend(std::mem::take(&mut self.content).map(|(_, text)| Piece::Text(text)));
        let display = self.take_waiting_display();
        self.pieces.extend(display);
        std::mem::take(&mut self.pieces)
    }

    /// Takes one piece off the waiting bytes; whether there may be another.
    fn step(&mut self) -> bool {
        let start = if self.content.is_some() { 0 } else { self.text_before_word() };
        if start > 0 {
            let text: Vec<u8> = self.waiting.drain(..start).collect();
            self.push_text(&text);
            self.searched = 0;
        }
        if self.content.is_none() && !starts_with_word(&self.waiting) {
            return false;
        }
        let Some(end) = self.waiting[self.searched..].iter().position(|byte| *byte == b'\n') else {
            self.searched = self.waiting.len();
            return false;
        };
        let line: Vec<u8> = self.waiting.drain(..=self.searched + end).collect();
        self.searched = 0;
        let line = String::from_utf8_lossy(&line[..line.len() - 1]).into_owned();
        if self.content.is_some() {
            self.content_line(&line);
        } else {
            self.word(&line);
        }
        true
    }

    /// How many waiting bytes are text for certain: those before a word, or before what may become one.
    fn text_before_word(&self) -> usize {
        let bytes = &self.waiting;
        let may_be = |start: usize| {
            let rest = &bytes[start..];
            [MARK.as_bytes(), WORDS.as_bytes()].iter().any(|word| {
                let length = rest.len().min(word.len());
                rest[..length] == word[..length]
            })
        };
        let candidates =
            bytes.iter().enumerate().filter(|(_, byte)| **byte == MARK.as_bytes()[0] || **byte == b'E');
        candidates.map(|(start, _)| start).find(|start| may_be(*start)).unwrap_or(bytes.len())
    }

    /// A line that begins with a word.
    fn word(&mut self, line: &str) {
        if let Some(json) = line.strip_prefix(MARK) {
            self.push(Piece::Message(json.to_string()));
        } else if line == COMPLETE {
            self.push(Piece::Complete);
        } else if line == PANICKED {
            self.push(Piece::Panicked);
        } else if let Some(media_type) = line.strip_prefix(BEGIN_CONTENT) {
            self.content = Some((media_type.to_string(), String::new()));
        } else if let Some(prompt) = line.strip_prefix(INPUT) {
            self.push(Piece::Input { prompt: prompt.to_string(), is_password: false });
        } else if let Some(prompt) = line.strip_prefix(PASSWORD) {
            self.push(Piece::Input { prompt: prompt.to_string(), is_password: true });
        } else if line == LEFT_EARLY {
            self.push(Piece::LeftEarly);
        } else if line.starts_with(CHANGED_TYPE) {
            self.push(Piece::ForEvcxr(line.to_string()));
        } else {
            // Text that only begins like a word; what follows may hold one.
            let (word, rest) = line.split_at(WORDS.len());
            self.push_text(word.as_bytes());
            self.waiting.splice(0..0, rest.bytes().chain([b'\n']));
        }
    }

    /// A line within a display.
    fn content_line(&mut self, line: &str) {
        let Some((media_type, mut text)) = self.content.take() else { return };
        if line == END_CONTENT || line == PANICKED || line == COMPLETE {
            self.end_content(media_type, text);
            if line != END_CONTENT {
                self.word(line);
            }
            return;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(line);
        self.content = Some((media_type, text));
    }

    /// Displays that follow each other at once in other media types are forms of one.
    fn end_content(&mut self, media_type: String, text: String) {
        if self.display.contains_key(&media_type) {
            let display = self.take_waiting_display();
            self.pieces.extend(display);
        }
        let value = content_value(&media_type, text);
        self.display.insert(media_type, value);
    }

    fn push_text(&mut self, bytes: &[u8]) {
        let text = self.text.decode(bytes);
        self.push(Piece::Text(text));
    }

    fn push(&mut self, piece: Piece) {
        match piece {
            Piece::Text(text) if text.is_empty() => return,
            Piece::Text(_) => {}
            _ => {
                let end = self.text.finish();
                self.pieces.extend((!end.is_empty()).then_some(Piece::Text(end)));
            }
        }
        let display = self.take_waiting_display();
        self.pieces.extend(display);
        self.pieces.push(piece);
    }
}

fn starts_with_word(bytes: &[u8]) -> bool {
    bytes.starts_with(MARK.as_bytes()) || bytes.starts_with(WORDS.as_bytes())
}

/// JSON media types travel as values, others as text.
pub(crate) fn content_value(media_type: &str, text: String) -> Value {
    let is_json = media_type == "application/json" || media_type.ends_with("+json");
    match serde_json::from_str(&text) {
        Ok(value) if is_json => value,
        _ => Value::String(text),
    }
}

/// Bytes to text, where a letter may be cut between two pieces.
#[derive(Default)]
pub(crate) struct TextDecoder {
    begun: Vec<u8>,
}

impl TextDecoder {
    /// The text so far; the begin of a letter waits, what is no letter becomes U+FFFD.
    pub(crate) fn decode(&mut self, bytes: &[u8]) -> String {
        self.begun.extend_from_slice(bytes);
        let waiting = std::mem::take(&mut self.begun);
        let mut text = String::new();
        for chunk in waiting.utf8_chunks() {
            text.push_str(chunk.valid());
            let ends_here = chunk.invalid().as_ptr_range().end == waiting.as_ptr_range().end;
            if ends_here && is_begun_letter(chunk.invalid()) {
                self.begun = chunk.invalid().to_vec();
            } else if !chunk.invalid().is_empty() {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        text
    }

    /// No more bytes come: the begin of a letter is none.
    pub(crate) fn finish(&mut self) -> String {
        let is_cut = !std::mem::take(&mut self.begun).is_empty();
        if is_cut { char::REPLACEMENT_CHARACTER.to_string() } else { String::new() }
    }
}

/// Whether more bytes could make this a letter.
fn is_begun_letter(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_string())
    }

    fn display(forms: &[(&str, &str)]) -> Piece {
        Piece::Display(forms.iter().map(|(key, value)| (key.to_string(), Value::from(*value))).collect())
    }

    /// Everything in one go, with neighbouring texts joined.
    fn split(bytes: &[u8], piece_length: usize) -> Vec<Piece> {
        let mut splitter = Splitter::default();
        let mut pieces: Vec<Piece> =
            bytes.chunks(piece_length).flat_map(|bytes| splitter.feed(bytes)).collect();
        pieces.extend(splitter.finish());
        let mut joined: Vec<Piece> = Vec::new();
        for piece in pieces {
            match (joined.last_mut(), piece) {
                (Some(Piece::Text(last)), Piece::Text(next)) => last.push_str(&next),
                (_, piece) => joined.push(piece),
            }
        }
        joined
    }

    const EVERYTHING: &[u8] = b"one\ntwoEVCXR_BEGIN_CONTENT text/plain\na\nb\nEVCXR_END_CONTENT\n\
        EVCXR_BEGIN_CONTENT text/html\n<b>\nEVCXR_END_CONTENT\n\
        EVCXR_BEGIN_CONTENT text/html\n<i>\nEVCXR_END_CONTENT\nE EVCXR_X EVCXR_INPUT_REQUEST:who?\n\
        \xc3\xa9 \xff\x02mlaas4hep {\"put\":\"x\"}\nEVCXR_VARIABLE_CHANGED_TYPE:x\nEVCXR_PANIC_NOTIFICATION\n\
        no end of lineEVCXR_EXECUTION_COMPLETE\nnext\xe2\x82";

    #[test]
    fn output_is_taken_apart_however_it_is_cut() {
        let expected = [
            text("one\ntwo"),
            display(&[("text/plain", "a\nb"), ("text/html", "<b>")]),
            display(&[("text/html", "<i>")]),
            text("E EVCXR_X "),
            Piece::Input { prompt: "who?".to_string(), is_password: false },
            text("é \u{fffd}"),
            Piece::Message("{\"put\":\"x\"}".to_string()),
            Piece::ForEvcxr("EVCXR_VARIABLE_CHANGED_TYPE:x".to_string()),
            Piece::Panicked,
            text("no end of line"),
            Piece::Complete,
            text("next\u{fffd}"),
        ];
        for piece_length in [1, 2, 3, 7, 64, 10_000] {
            assert_eq!(split(EVERYTHING, piece_length), expected, "pieces of {piece_length}");
        }
    }

    #[test]
    fn text_is_given_at_once_unless_it_may_become_a_word() {
        let mut splitter = Splitter::default();
        assert_eq!(splitter.feed(b"abc"), [text("abc")]);
        assert_eq!(splitter.feed(b"d EVC"), [text("d ")]);
        assert_eq!(splitter.feed(b"! EVCXR_"), [text("EVC! ")]);
        assert_eq!(splitter.feed(b"EXECUTION_COMPLETE"), []);
        assert_eq!(splitter.feed(b"\n"), [Piece::Complete]);
    }

    #[test]
    fn a_display_that_breaks_off_ends_with_the_cell() {
        let bytes =
            b"EVCXR_BEGIN_CONTENT text/html\n<b>\nEVCXR_PANIC_NOTIFICATION\nEVCXR_EXECUTION_COMPLETE\n";
        assert_eq!(split(bytes, 9), [display(&[("text/html", "<b>")]), Piece::Panicked, Piece::Complete]);
    }

    #[test]
    fn json_displays_are_values() {
        assert_eq!(content_value("application/vnd.vegalite.v5+json", "{\"a\":1}".into())["a"], 1);
        assert_eq!(content_value("application/json", "{".into()), "{");
        assert_eq!(content_value("text/plain", "1".into()), "1");
    }

    #[test]
    fn long_lines_take_time_in_proportion() {
        let mut splitter = Splitter::default();
        let piece = vec![b'x'; 1 << 16];
        splitter.feed(MARK.as_bytes());
        for _ in 0..256 {
            assert_eq!(splitter.feed(&piece), []);
        }
        assert!(matches!(splitter.feed(b"\n").as_slice(), [Piece::Message(json)] if json.len() == 1 << 24));
    }
}
