//! The kernel under a front end that plays the protocol.

use crate::kernel;
use kernel_testing::{Channel, FrontEnd, Start};
use serde_json::json;

fn start() -> FrontEnd {
    FrontEnd::start(Start::of(kernel()).started_by(&["run", "--no-history", "--no-rust", "-f"]))
}

#[test]
fn an_error_has_a_cause_and_a_next_step_and_the_kernel_goes_on() {
    let mut front_end = start();
    let request = front_end.execute("%hits MET_pt");
    let reply = front_end.expect_reply(&request, "execute_reply");
    assert_eq!(reply["status"], "error");
    assert_eq!(reply["ename"], "UnknownMagic");
    assert!(reply["evalue"].as_str().unwrap().contains("Did you mean %hist"));
    let request = front_end.execute("%pwd");
    assert_eq!(front_end.expect_reply(&request, "execute_reply")["status"], "ok");
    front_end.skip_outputs();
}

#[test]
fn completion_and_inspection_answer_while_a_cell_runs() {
    let mut front_end = start();
    let sleeping = front_end.execute("!sleep 30");
    let request =
        front_end.send(Channel::Shell, "complete_request", json!({ "code": "%his", "cursor_pos": 4 }));
    let reply = front_end.expect_reply(&request, "complete_reply");
    assert_eq!(reply["matches"], json!(["%hist", "%hist2d"]));
    let request = front_end.send(
        Channel::Shell,
        "inspect_request",
        json!({ "code": "%hist", "cursor_pos": 3, "detail_level": 0 }),
    );
    assert_eq!(front_end.expect_reply(&request, "inspect_reply")["found"], true);
    let interrupt = front_end.send(Channel::Control, "interrupt_request", json!({}));
    front_end.expect_reply_on(Channel::Control, &interrupt, "interrupt_reply");
    assert_eq!(front_end.expect_reply(&sleeping, "execute_reply")["ename"], "Interrupted");
    front_end.skip_outputs();
}
