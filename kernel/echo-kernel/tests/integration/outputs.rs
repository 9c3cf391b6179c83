//! Everything that a cell can show.

use crate::start;
use kernel_testing::{Channel, FrontEnd, Sent};
use serde_json::json;

fn begin(front_end: &mut FrontEnd, code: &str) -> Sent {
    let cell = front_end.execute(code);
    front_end.expect_busy(&cell);
    front_end.expect_input(&cell, code, 1);
    cell
}

fn end(front_end: &mut FrontEnd, cell: &Sent) {
    front_end.expect_idle(cell);
    front_end.expect_done(cell, 1);
}

#[test]
fn streams_keep_their_order() {
    let mut front_end = start();
    let cell = begin(&mut front_end, "!print a\n!print b\n!error c\nd\n!display e\nf");
    front_end.expect_stream(&cell, "stdout", "ab");
    front_end.expect_stream(&cell, "stderr", "c\n");
    front_end.expect_stream(&cell, "stdout", "d\n");
    assert_eq!(front_end.expect_output(&cell, "display_data")["data"]["text/plain"], "e");
    front_end.expect_stream(&cell, "stdout", "f\n");
    end(&mut front_end, &cell);
}

#[test]
fn streams_are_seen_while_the_cell_runs() {
    let mut front_end = start();
    let cell = begin(&mut front_end, "now\n!sleep 60000");
    front_end.expect_stream(&cell, "stdout", "now\n");
    let interrupt = front_end.send(Channel::Control, "interrupt_request", json!({}));
    front_end.expect_reply_on(Channel::Control, &interrupt, "interrupt_reply");
    front_end.expect_failed(&cell, "execute_reply", "Interrupted");
    front_end.skip_outputs();
}

#[test]
fn displays_are_updated() {
    let mut front_end = start();
    let cell = begin(&mut front_end, "!show bar 10 %\n!update bar 20 %\n!clear");
    let shown = front_end.expect_output(&cell, "display_data");
    let expected =
        json!({"data": {"text/plain": "10 %"}, "metadata": {}, "transient": {"display_id": "bar"}});
    assert_eq!(shown, expected);
    let updated = front_end.expect_output(&cell, "update_display_data");
    assert_eq!(updated["data"], json!({"text/plain": "20 %"}));
    assert_eq!(updated["transient"], json!({"display_id": "bar"}));
    assert_eq!(front_end.expect_output(&cell, "clear_output"), json!({"wait": true}));
    end(&mut front_end, &cell);
}

#[test]
fn pictures_have_hints_and_a_text() {
    let mut front_end = start();
    let cell = begin(&mut front_end, "!display dot");
    let shown = front_end.expect_output(&cell, "display_data");
    assert_eq!(shown["data"]["text/plain"], "dot");
    assert!(shown["data"]["image/svg+xml"].as_str().is_some_and(|svg| svg.starts_with("<svg")));
    assert_eq!(shown["metadata"], json!({"image/svg+xml": {"isolated": true}}));
    assert_eq!(shown["transient"], json!({}));
    end(&mut front_end, &cell);
}

#[test]
fn results_have_the_number_of_the_cell() {
    let mut front_end = start();
    let cell = begin(&mut front_end, "!result 42");
    let expected = json!({"execution_count": 1, "data": {"text/plain": "42"}, "metadata": {}});
    assert_eq!(front_end.expect_output(&cell, "execute_result"), expected);
    end(&mut front_end, &cell);
}

#[test]
fn payloads_come_with_the_reply() {
    let mut front_end = start();
    let cell = begin(&mut front_end, "!page help\n!next more");
    front_end.expect_idle(&cell);
    let reply = front_end.expect_reply(&cell, "execute_reply");
    let expected = json!([
        {"source": "page", "data": {"text/plain": "help"}, "start": 0},
        {"source": "set_next_input", "text": "more", "replace": false},
    ]);
    assert_eq!(reply["payload"], expected);
}

#[test]
fn a_thread_that_outlives_its_cell_prints_into_it() {
    let mut front_end = start();
    let cell = begin(&mut front_end, "!later 100 late");
    end(&mut front_end, &cell);
    front_end.expect_stream(&cell, "stdout", "late");
}
