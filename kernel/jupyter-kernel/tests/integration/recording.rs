//! A language is tested without sockets.

use jupyter_kernel::{InputError, MimeBundle, Output};
use serde_json::json;

#[test]
fn a_recording_has_all_that_was_shown() {
    let (output, recording) = Output::recorded();
    output.stdout("a");
    output.stdout("b");
    output.flush();
    output.display_with_id("bar", &MimeBundle::text("10 %"));
    output.result(&MimeBundle::text("7"));
    output.set_next_input("next");
    assert_eq!(output.read_line("name?"), Err(InputError::NotAllowed));
    let messages = recording.take();
    let kinds: Vec<&str> = messages.iter().map(|(msg_type, _)| msg_type.as_str()).collect();
    assert_eq!(kinds, ["stream", "display_data", "execute_result"]);
    assert_eq!(messages[0].1, json!({"name": "stdout", "text": "ab"}));
    assert_eq!(recording.payload()[0]["text"], "next");
    assert!(recording.take().is_empty());
    recording.interrupt();
    assert!(output.is_interrupted());
}
