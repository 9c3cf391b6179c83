//! Values of secret variables, wherever a cell could show them.

use crate::echo;
use kernel_testing::{Channel, FrontEnd};
use serde_json::json;

const TOKEN: &str = "s3cr3t-hub-token";

fn start(folder: &std::path::Path) -> FrontEnd {
    let (history, log) = (folder.join("history.jsonl"), folder.join("kernel.log"));
    let start = echo().with_variable("JUPYTERHUB_API_TOKEN", TOKEN);
    FrontEnd::start(start.with(&["--history", history.to_str().unwrap(), "--log", log.to_str().unwrap()]))
}

#[test]
fn no_message_no_history_and_no_log_holds_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut front_end = start(folder.path());
    let cells = [
        format!("!print {TOKEN}"),
        format!("!error a{TOKEN}b"),
        format!("!display {TOKEN}"),
        format!("!show id {TOKEN}\n!update id x{TOKEN}"),
        format!("!result {TOKEN}"),
        format!("!page {TOKEN}"),
        format!("!next {TOKEN}"),
        format!("!raise {TOKEN}"),
        format!("!panic {TOKEN}"),
    ];
    let mut seen = String::new();
    for code in &cells {
        let cell = front_end.execute(code);
        let reply = front_end.expect(Channel::Shell, "execute_reply");
        seen.push_str(&reply.content.to_string());
        loop {
            let message = front_end.next(Channel::Iopub);
            seen.push_str(&message.content.to_string());
            if message.msg_type == "status" && message.content["execution_state"] == "idle" {
                break;
            }
        }
        drop(cell);
    }
    front_end.send(
        Channel::Shell,
        "history_request",
        json!({"hist_access_type": "tail", "n": 99, "output": true}),
    );
    seen.push_str(&front_end.expect(Channel::Shell, "history_reply").content.to_string());
    front_end.skip_outputs();
    assert!(seen.matches("(not shown)").count() > cells.len(), "{seen}");
    let log = std::fs::read_to_string(folder.path().join("kernel.log")).unwrap();
    let history = std::fs::read_to_string(folder.path().join("history.jsonl")).unwrap();
    assert!(history.contains("!print (not shown)"), "{history}");
    for text in [&seen, &history, &log] {
        assert!(!text.contains(TOKEN), "{text}");
    }
}

#[test]
fn a_value_in_pieces_is_hidden_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut front_end = start(folder.path());
    for (code, number, expected) in [
        ("!print a s3cr3t-\n!print hub-token b", 1, "a (not shown) b"),
        ("!print s3cr3t-\n!sleep 100\n!print hub-token", 2, "(not shown)"),
        ("!print a s3cr3t\n!sleep 100\n!print ed", 3, "a s3cr3ted"),
        ("!print only s3cr", 4, "only s3cr"),
    ] {
        let cell = front_end.execute(code);
        front_end.expect_busy(&cell);
        front_end.expect_output(&cell, "execute_input");
        front_end.expect_stream(&cell, "stdout", expected);
        front_end.expect_idle(&cell);
        front_end.expect_done(&cell, number);
    }
}
