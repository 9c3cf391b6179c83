//! Subshells: cells beside the cell that runs.

use crate::start;
use kernel_testing::{Channel, FrontEnd, Sent};
use serde_json::{Value, json};

/// Sends a request on control, sees it framed, and gives its reply.
fn ask(front_end: &mut FrontEnd, msg_type: &str, content: Value) -> Value {
    let request = front_end.send(Channel::Control, msg_type, content);
    front_end.expect_busy(&request);
    front_end.expect_idle(&request);
    front_end.expect_reply_on(Channel::Control, &request, &msg_type.replace("_request", "_reply"))
}

fn create(front_end: &mut FrontEnd) -> String {
    let reply = ask(front_end, "create_subshell_request", json!({}));
    assert_eq!(reply["status"], "ok");
    reply["subshell_id"].as_str().expect("an id").to_string()
}

fn execute_in(front_end: &mut FrontEnd, subshell: &str, code: &str) -> Sent {
    front_end.send_to_subshell(subshell, "execute_request", json!({"code": code}))
}

#[test]
fn a_cell_of_a_subshell_runs_beside_that_of_the_shell() {
    let mut front_end = start();
    let subshell = create(&mut front_end);
    let long = front_end.execute("!spin 1500\nlong");
    front_end.expect_busy(&long);
    front_end.expect_input(&long, "!spin 1500\nlong", 1);
    let short = execute_in(&mut front_end, &subshell, "short");
    front_end.expect_busy(&short);
    front_end.expect_input(&short, "short", 2);
    front_end.expect_stream(&short, "stdout", "short\n");
    front_end.expect_idle(&short);
    front_end.expect_busy(&long);
    front_end.expect_done(&short, 2);
    front_end.expect_stream(&long, "stdout", "long\n");
    front_end.expect_idle(&long);
    front_end.expect_done(&long, 1);
}

#[test]
fn an_error_aborts_only_the_cells_of_its_own_shell() {
    let mut front_end = start();
    let subshell = create(&mut front_end);
    let failing = execute_in(&mut front_end, &subshell, "!sleep 100\n!raise oh");
    let aborted = execute_in(&mut front_end, &subshell, "never");
    let other = front_end.execute("!sleep 300\n!result other");
    front_end.expect_failed(&failing, "execute_reply", "Raised");
    assert_eq!(front_end.expect_reply(&aborted, "execute_reply"), json!({"status": "aborted"}));
    assert_eq!(front_end.expect_reply(&other, "execute_reply")["status"], "ok");
    front_end.skip_outputs();
}

#[test]
fn subshells_are_listed_and_deleted() {
    let mut front_end = start();
    let (first, second) = (create(&mut front_end), create(&mut front_end));
    let list = |front_end: &mut FrontEnd| {
        let reply = ask(front_end, "list_subshell_request", json!({}));
        let ids = reply["subshell_id"].as_array().cloned().expect("a list");
        ids.into_iter().filter_map(|id| id.as_str().map(str::to_string)).collect::<Vec<String>>()
    };
    let mut expected = [first.clone(), second.clone()];
    expected.sort();
    assert_eq!(list(&mut front_end), expected);
    let delete = |front_end: &mut FrontEnd, id: &str| {
        ask(front_end, "delete_subshell_request", json!({"subshell_id": id}))
    };
    assert_eq!(delete(&mut front_end, &first), json!({"status": "ok"}));
    assert_eq!(delete(&mut front_end, &first)["ename"], "UnknownSubshell");
    assert_eq!(ask(&mut front_end, "delete_subshell_request", json!({}))["ename"], "BadMessage");
    assert_eq!(list(&mut front_end), [second]);
    for msg_type in ["execute_request", "complete_request"] {
        let lost = front_end.send_to_subshell(&first, msg_type, json!({"code": "a"}));
        front_end.expect_busy(&lost);
        front_end.expect_idle(&lost);
        front_end.expect_failed(&lost, &msg_type.replace("_request", "_reply"), "UnknownSubshell");
    }
}

#[test]
fn other_requests_are_answered_for_a_subshell_too() {
    let mut front_end = start();
    let subshell = create(&mut front_end);
    let request = front_end.send_to_subshell(&subshell, "complete_request", json!({"code": "!la"}));
    front_end.expect_busy(&request);
    front_end.expect_idle(&request);
    assert_eq!(front_end.expect_reply(&request, "complete_reply")["matches"], json!(["!later"]));
}
