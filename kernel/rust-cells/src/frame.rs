//! What the proxy of a worker and the kernel say to each other, over a Unix socket.
//!
//! A frame is its length in bytes (`u32`, little-endian) and that many bytes of JSON.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A longer frame is an error of the sender: it is twice what a front end would take.
const LONGEST_FRAME: u32 = 1 << 30;

/// From the proxy to the kernel.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Frame {
    /// The worker has started.
    Hello {
        /// Its process, which leads a process group.
        pid: i32,
    },
    /// A compiled cell is ready; may it run? The kernel answers with [`Answer::Run`].
    Run,
    /// The cell has ended, and everything that it wrote has been sent.
    Complete,
    /// The cell panicked; [`Frame::Complete`] follows.
    Panicked,
    /// The cell left early by `?`, and wrote why to the standard error; [`Frame::Complete`] follows.
    LeftEarly,
    /// Text of the standard output.
    Stdout {
        /// In pieces of any length.
        text: String,
    },
    /// Text of the standard error.
    Stderr {
        /// In pieces of any length.
        text: String,
    },
    /// Media types and contents that a value wrote by evcxr's protocol.
    Display {
        /// Media type to text.
        data: Map<String, Value>,
    },
    /// A line of [`mlaas4hep::channel`].
    Message {
        /// Its JSON, not looked at.
        json: String,
    },
    /// The cell asks the person; the kernel answers with [`Answer::Line`].
    Input {
        /// What to ask.
        prompt: String,
        /// Whether the answer is not to be shown.
        is_password: bool,
    },
    /// The cell wants a table as it is now; the kernel answers with [`Answer::Line`]: the names of all tables.
    Table {
        /// Its name; empty to ask for names only.
        name: String,
    },
    /// The worker has ended.
    Gone {
        /// How, in words.
        how: String,
    },
}

/// From the kernel to the proxy.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Answer {
    /// To [`Frame::Run`].
    Run {
        /// False when the cell was interrupted while it was compiled.
        may_run: bool,
    },
    /// To [`Frame::Input`] and [`Frame::Table`].
    Line {
        /// What was typed, or why nothing was.
        answer: Result<String, String>,
    },
}

/// Writes one frame.
pub(crate) fn write_frame(to: &mut impl Write, frame: &impl Serialize) -> io::Result<()> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, frame)?;
    let length = u32::try_from(bytes.len() - 4).ok().filter(|length| *length <= LONGEST_FRAME);
    let length = length.ok_or_else(|| io::Error::other("a message of a cell is longer than 1 GiB"))?;
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    to.write_all(&bytes)
}

/// Reads one frame.
pub(crate) fn read_frame<F: for<'de> Deserialize<'de>>(from: &mut impl Read) -> io::Result<F> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > LONGEST_FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame is longer than 1 GiB"));
    }
    let mut bytes = Vec::new();
    // Read as it comes: the length alone reserves no memory.
    from.take(u64::from(length)).read_to_end(&mut bytes)?;
    Ok(serde_json::from_slice(&bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_and_others_are_errors() {
        let mut bytes = Vec::new();
        let frames = [Frame::Run, Frame::Stdout { text: "é\n\u{0}".to_string() }, Frame::Hello { pid: 7 }];
        for frame in &frames {
            write_frame(&mut bytes, frame).unwrap();
        }
        let mut rest = bytes.as_slice();
        for frame in frames {
            assert_eq!(read_frame::<Frame>(&mut rest).unwrap(), frame);
        }
        assert!(read_frame::<Frame>(&mut rest).is_err());
        assert!(read_frame::<Frame>(&mut &[255, 255, 255, 255, 0][..]).is_err());
        assert!(read_frame::<Frame>(&mut &[2, 0, 0, 0, b'{', b'}'][..]).is_err());
    }
}
