//! Messages that are wrong: an answer where one can be given, and the kernel goes on.

use crate::{echo, start};
use kernel_testing::{Channel, FrontEnd};
use serde_json::{Value, json};

const DELIMITER: &[u8] = b"<IDS|MSG>";

/// Sends four signed parts.
fn send_parts(front_end: &mut FrontEnd, channel: Channel, parts: [&[u8]; 4]) {
    let signature = front_end.sign(&parts);
    let [header, parent, metadata, content] = parts;
    let frames = [DELIMITER, signature.as_bytes(), header, parent, metadata, content];
    front_end.send_frames(channel, &frames);
}

fn header(msg_type: &str) -> String {
    json!({"msg_id": "7", "session": "s", "username": "u", "msg_type": msg_type, "version": "5.3"})
        .to_string()
}

/// The error reply of a request that was sent by hand, framed by busy and idle.
fn expect_refused(front_end: &mut FrontEnd, channel: Channel, msg_type: &str) -> Value {
    let reply = front_end.expect(channel, msg_type);
    assert_eq!(reply.parent, "7");
    for state in ["busy", "idle"] {
        let status = front_end.expect(Channel::Iopub, "status");
        assert_eq!((status.parent.as_str(), &status.content["execution_state"]), ("7", &json!(state)));
    }
    assert_eq!(reply.content["status"], "error", "{}", reply.content);
    reply.content
}

#[test]
fn unknown_types_get_an_error_reply_on_shell_and_control() {
    let mut front_end = start();
    for channel in [Channel::Shell, Channel::Control] {
        for (msg_type, reply_type) in [("brew_request", "brew_reply"), ("brew", "brew_reply"), ("", "_reply")]
        {
            send_parts(&mut front_end, channel, [header(msg_type).as_bytes(), b"{}", b"{}", b"{}"]);
            let reply = expect_refused(&mut front_end, channel, reply_type);
            assert_eq!(reply["ename"], "UnknownMessage");
        }
    }
    front_end.expect_cell_that_prints("a", "a\n", 1);
}

#[test]
fn contents_that_are_wrong_get_an_error_reply_with_the_cause() {
    let mut front_end = start();
    let cases: [(&str, &[u8], &str); 9] = [
        ("execute_request", b"{}", "lacks the field 'code'"),
        ("execute_request", b"{\"code\": 7}", "'code' of this execute_request is a number"),
        ("execute_request", b"{\"code\": \"a\", \"silent\": \"no\"}", "'silent'"),
        ("execute_request", b"{\"code\": \"\xff\xfe\"}", "not UTF-8"),
        ("execute_request", b"", "cannot be read"),
        ("execute_request", b"[]", "no JSON object"),
        ("complete_request", b"{\"cursor_pos\": 3}", "lacks the field 'code'"),
        ("inspect_request", b"{\"code\": []}", "is a list"),
        ("history_request", b"{\"n\": \"many\"}", "'n'"),
    ];
    for (msg_type, content, cause) in cases {
        send_parts(&mut front_end, Channel::Shell, [header(msg_type).as_bytes(), b"{}", b"{}", content]);
        let reply = expect_refused(&mut front_end, Channel::Shell, &msg_type.replace("_request", "_reply"));
        assert_eq!(reply["ename"], "BadMessage");
        assert!(reply["evalue"].as_str().is_some_and(|value| value.contains(cause)), "{cause}: {reply}");
    }
    front_end.expect_cell_that_prints("a", "a\n", 1);
}

#[test]
fn contents_of_great_depth_are_refused() {
    let mut front_end = start();
    let deep = format!("{{\"code\":{}", "[".repeat(1 << 20));
    let header = header("execute_request");
    send_parts(&mut front_end, Channel::Shell, [header.as_bytes(), b"{}", b"{}", deep.as_bytes()]);
    assert_eq!(expect_refused(&mut front_end, Channel::Shell, "execute_reply")["ename"], "BadMessage");
    front_end.expect_cell_that_prints("a", "a\n", 1);
}

#[test]
fn odd_metadata_and_parents_do_no_harm() {
    let mut front_end = start();
    let header = header("kernel_info_request");
    for odd in [&b""[..], b"[]", b"null", b"\xff", b"{\"msg_id\": 7}"] {
        send_parts(&mut front_end, Channel::Shell, [header.as_bytes(), odd, odd, b"{}"]);
        assert_eq!(front_end.expect(Channel::Shell, "kernel_info_reply").content["status"], "ok");
        for _ in ["busy", "idle"] {
            front_end.expect(Channel::Iopub, "status");
        }
    }
}

#[test]
fn headers_that_cannot_be_read_get_an_error() {
    let mut front_end = start();
    for header in [&b""[..], b"{}", b"[]", b"{\"msg_type\": 7}", b"\xff\xfe"] {
        send_parts(&mut front_end, Channel::Shell, [header, b"{}", b"{}", b"{}"]);
        let reply = front_end.expect(Channel::Shell, "error");
        assert_eq!(reply.content["ename"], "UnreadableHeader");
    }
    front_end.expect_cell_that_prints("a", "a\n", 1);
}

#[test]
fn wrong_signatures_are_dropped_logged_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("kernel.log");
    let mut front_end = FrontEnd::start(echo().with(&["--log", &log.display().to_string()]));
    let header = header("execute_request");
    let content = b"{\"code\": \"never\"}";
    for signature in [&b""[..], b"00", b"zz", &[b'0'; 64]] {
        let frames = [DELIMITER, signature, header.as_bytes(), b"{}", b"{}", content];
        front_end.send_frames(Channel::Shell, &frames);
        front_end.send_frames(Channel::Control, &frames);
    }
    // No message at all.
    for frames in [&[&b"a"[..], b"b"][..], &[DELIMITER], &[DELIMITER, b"", b""]] {
        front_end.send_frames(Channel::Shell, frames);
    }
    front_end.expect_cell_that_prints("a", "a\n", 1);
    let request = front_end.send(Channel::Control, "usage_request", json!({}));
    front_end.expect_busy(&request);
    front_end.expect_idle(&request);
    let usage = front_end.expect_reply_on(Channel::Control, &request, "usage_reply");
    assert_eq!(usage["dropped_messages"], 11);
    let text = std::fs::read_to_string(log).unwrap();
    assert_eq!(text.matches("wrong signature").count(), 8, "{text}");
    assert!(!text.contains("never"), "code in the log: {text}");
}

#[test]
fn without_a_key_nothing_is_signed() {
    let mut front_end = FrontEnd::start(echo().without_key());
    front_end.expect_cell_that_prints("a", "a\n", 1);
}
