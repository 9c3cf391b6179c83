//! Requests that are not cells, also while a cell runs.

use crate::{echo, start};
use kernel_testing::{Channel, FrontEnd};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Sends a request, sees it framed by busy and idle, and gives the content of its reply.
fn ask(front_end: &mut FrontEnd, msg_type: &str, content: Value) -> Value {
    let request = front_end.send(Channel::Shell, msg_type, content);
    front_end.expect_busy(&request);
    front_end.expect_idle(&request);
    front_end.expect_reply(&request, &msg_type.replace("_request", "_reply"))
}

#[test]
fn kernel_info() {
    let mut front_end = start();
    let info = ask(&mut front_end, "kernel_info_request", json!({}));
    assert_eq!(info["status"], "ok");
    assert_eq!(info["protocol_version"], "5.5");
    assert_eq!(info["language_info"]["file_extension"], ".echo");
    assert_eq!(info["supported_features"], json!(["kernel subshells"]));
    assert!(front_end.heartbeat("still there?"));
    assert!(front_end.heartbeat("again"));
}

#[test]
fn positions_are_code_points() {
    let mut front_end = start();
    let code = "µ😀 !la later";
    let found = ask(&mut front_end, "complete_request", json!({"code": code, "cursor_pos": 6}));
    assert_eq!(found["matches"], json!(["!later"]));
    assert_eq!((&found["cursor_start"], &found["cursor_end"]), (&json!(3), &json!(6)));
    let kind = json!([{"text": "!later", "type": "command", "start": 3, "end": 6}]);
    assert_eq!(found["metadata"], json!({"_jupyter_types_experimental": kind}));
    for cursor in [json!(-5), json!(999), json!(null), json!(2.0)] {
        let found = ask(&mut front_end, "complete_request", json!({"code": code, "cursor_pos": cursor}));
        assert_eq!(found["status"], "ok", "{cursor}");
    }
}

#[test]
fn help_for_a_word() {
    let mut front_end = start();
    let found = ask(&mut front_end, "inspect_request", json!({"code": "!lines 3", "cursor_pos": 6}));
    assert_eq!(found["found"], true);
    assert_eq!(found["data"]["text/plain"], "!lines N: prints so many lines");
    let more = json!({"code": "!lines 3", "cursor_pos": 6, "detail_level": 1});
    let found = ask(&mut front_end, "inspect_request", more);
    assert_eq!(found["data"]["text/plain"], "!lines N: prints so many lines (in the file commands.rs)");
    let found = ask(&mut front_end, "inspect_request", json!({"code": "nothing"}));
    assert_eq!(found, json!({"status": "ok", "found": false, "data": {}, "metadata": {}}));
}

#[test]
fn completeness() {
    let mut front_end = start();
    for (code, expected) in [
        ("a", json!({"status": "complete"})),
        ("a\\", json!({"status": "incomplete", "indent": "  "})),
        ("!?", json!({"status": "invalid"})),
        ("", json!({"status": "unknown"})),
    ] {
        assert_eq!(ask(&mut front_end, "is_complete_request", json!({"code": code})), expected);
    }
}

#[test]
fn panics_of_the_language_are_errors() {
    let mut front_end = start();
    for msg_type in ["complete_request", "inspect_request"] {
        let reply = ask(&mut front_end, msg_type, json!({"code": "!panic!"}));
        assert_eq!((&reply["status"], &reply["ename"]), (&json!("error"), &json!("Panic")));
    }
    front_end.expect_cell_that_prints("a", "a\n", 1);
}

#[test]
fn requests_are_answered_while_a_cell_runs() {
    let mut front_end = start();
    let cell = front_end.execute("!spin 4000");
    front_end.expect_busy(&cell);
    front_end.expect_input(&cell, "!spin 4000", 1);
    let started = Instant::now();
    for (msg_type, content) in [
        ("kernel_info_request", json!({})),
        ("complete_request", json!({"code": "!la"})),
        ("inspect_request", json!({"code": "!lines"})),
        ("is_complete_request", json!({"code": "a"})),
        ("history_request", json!({})),
        ("comm_info_request", json!({})),
    ] {
        let request = front_end.send(Channel::Shell, msg_type, content);
        front_end.expect_reply(&request, &msg_type.replace("_request", "_reply"));
        front_end.expect_busy(&request);
        front_end.expect_idle(&request);
        // Front ends show the last state they hear of: the cell still runs.
        front_end.expect_busy(&cell);
    }
    assert!(started.elapsed() < Duration::from_secs(3), "they waited: {:?}", started.elapsed());
    front_end.expect_idle(&cell);
    front_end.expect_done(&cell, 1);
}

#[test]
fn history_is_shared_by_the_sessions_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.jsonl").display().to_string();
    let with_history = || FrontEnd::start(echo().with(&["--history", &file]));
    let mut first = with_history();
    let mut second = with_history();
    first.expect_cell_that_prints("a", "a\n", 1);
    second.expect_cell_that_prints("b", "b\n", 1);
    let cell = second.execute("!result 7");
    second.expect_busy(&cell);
    second.expect_input(&cell, "!result 7", 2);
    second.expect_output(&cell, "execute_result");
    second.expect_idle(&cell);
    second.expect_done(&cell, 2);
    let mut history = |content: Value| ask(&mut second, "history_request", content)["history"].clone();
    let all = json!([[1, 1, "a"], [2, 1, "b"], [2, 2, "!result 7"]]);
    // The other session writes when it has the time: no cell waits for the disk.
    let deadline = Instant::now() + Duration::from_secs(20);
    while history(json!({})) != all && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(history(json!({})), all);
    let with_output = json!({"hist_access_type": "tail", "n": 1, "output": true, "raw": true});
    assert_eq!(history(with_output), json!([[2, 2, ["!result 7", "7"]]]));
    let range = json!({"hist_access_type": "range", "session": 0, "start": 1});
    assert_eq!(history(range), json!([[2, 1, "b"], [2, 2, "!result 7"]]));
    let search = json!({"hist_access_type": "search", "pattern": "!res*"});
    assert_eq!(history(search), json!([[2, 2, "!result 7"]]));
    assert_eq!(history(json!({"hist_access_type": "range", "session": -1})), json!([[1, 1, "a"]]));
}

#[test]
fn silent_unstored_and_secret_cells_are_not_in_the_history() {
    let mut front_end = start();
    front_end.expect_cell_that_prints("my secret", "my secret\n", 1);
    for settings in [json!({"silent": true}), json!({"store_history": false})] {
        let cell = front_end.execute_with("!result a", settings.clone());
        front_end.expect_busy(&cell);
        if settings["silent"] != true {
            front_end.expect_input(&cell, "!result a", 1);
            front_end.expect_output(&cell, "execute_result");
        }
        front_end.expect_idle(&cell);
        front_end.expect_done(&cell, 1);
    }
    assert_eq!(ask(&mut front_end, "history_request", json!({}))["history"], json!([]));
}
