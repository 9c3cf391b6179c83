//! Comms from both sides.

use crate::start;
use kernel_testing::{Channel, FrontEnd};
use serde_json::{Value, json};

fn open_comms(front_end: &mut FrontEnd, question: Value) -> Value {
    let request = front_end.send(Channel::Shell, "comm_info_request", question);
    front_end.expect_busy(&request);
    front_end.expect_idle(&request);
    front_end.expect_reply(&request, "comm_info_reply")["comms"].clone()
}

#[test]
fn a_comm_that_nobody_takes_is_closed_at_once() {
    let mut front_end = start();
    let content = json!({"comm_id": "1", "target_name": "nobody", "data": {}});
    let open = front_end.send(Channel::Shell, "comm_open", content);
    front_end.expect_busy(&open);
    assert_eq!(front_end.expect_output(&open, "comm_close"), json!({"comm_id": "1", "data": {}}));
    front_end.expect_idle(&open);
    assert_eq!(open_comms(&mut front_end, json!({})), json!({}));
}

#[test]
fn a_comm_lives_until_it_is_closed() {
    let mut front_end = start();
    let content = json!({"comm_id": "1", "target_name": "echo", "data": {"a": 1}});
    let open = front_end.send(Channel::Shell, "comm_open", content);
    front_end.expect_busy(&open);
    assert_eq!(front_end.expect_output(&open, "comm_msg"), json!({"comm_id": "1", "data": {"a": 1}}));
    front_end.expect_idle(&open);
    let is_open = json!({"1": {"target_name": "echo"}});
    assert_eq!(open_comms(&mut front_end, json!({})), is_open);
    assert_eq!(open_comms(&mut front_end, json!({"target_name": "echo"})), is_open);
    assert_eq!(open_comms(&mut front_end, json!({"target_name": "other"})), json!({}));
    let message = front_end.send(Channel::Shell, "comm_msg", json!({"comm_id": "1", "data": [2]}));
    front_end.expect_busy(&message);
    assert_eq!(front_end.expect_output(&message, "comm_msg")["data"], json!([2]));
    front_end.expect_idle(&message);
    let close = front_end.send(Channel::Shell, "comm_close", json!({"comm_id": "1"}));
    front_end.expect_busy(&close);
    front_end.expect_idle(&close);
    let late = front_end.send(Channel::Shell, "comm_msg", json!({"comm_id": "1", "data": [3]}));
    front_end.expect_busy(&late);
    front_end.expect_idle(&late);
    assert_eq!(open_comms(&mut front_end, json!({})), json!({}));
}

#[test]
fn a_cell_opens_a_comm() {
    let mut front_end = start();
    let cell = front_end.execute("!comm widget");
    front_end.expect_busy(&cell);
    front_end.expect_input(&cell, "!comm widget", 1);
    let opened = front_end.expect_output(&cell, "comm_open");
    assert_eq!((&opened["target_name"], &opened["data"]), (&json!("widget"), &json!({"hello": 1})));
    assert_eq!(front_end.expect_output(&cell, "comm_close")["comm_id"], opened["comm_id"]);
    front_end.expect_idle(&cell);
    front_end.expect_done(&cell, 1);
}
