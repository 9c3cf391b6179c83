//! Cells: numbers, errors, silence, the queue.

use crate::start;
use serde_json::json;

#[test]
fn cells_are_counted() {
    let mut front_end = start();
    front_end.expect_cell_that_prints("hello", "hello\n", 1);
    front_end.expect_cell_that_prints("µ😀\nagain", "µ😀\nagain\n", 2);
}

#[test]
fn an_empty_cell_is_a_cell() {
    let mut front_end = start();
    let cell = front_end.execute("");
    front_end.expect_busy(&cell);
    front_end.expect_input(&cell, "", 1);
    front_end.expect_idle(&cell);
    front_end.expect_done(&cell, 1);
}

#[test]
fn a_cell_that_is_not_stored_does_not_count() {
    let mut front_end = start();
    front_end.expect_cell_that_prints("a", "a\n", 1);
    let cell = front_end.execute_with("!result b", json!({"store_history": false}));
    front_end.expect_busy(&cell);
    front_end.expect_input(&cell, "!result b", 1);
    assert_eq!(front_end.expect_output(&cell, "execute_result")["data"], json!({"text/plain": "b"}));
    front_end.expect_idle(&cell);
    front_end.expect_done(&cell, 1);
    front_end.expect_cell_that_prints("c", "c\n", 2);
}

#[test]
fn a_silent_cell_shows_no_input_and_no_result() {
    let mut front_end = start();
    let cell = front_end.execute_with("a\n!result b", json!({"silent": true, "store_history": true}));
    front_end.expect_busy(&cell);
    front_end.expect_stream(&cell, "stdout", "a\n");
    front_end.expect_idle(&cell);
    front_end.expect_done(&cell, 0);
    front_end.expect_cell_that_prints("c", "c\n", 1);
}

#[test]
fn an_error_ends_the_cell_and_aborts_those_that_were_sent_with_it() {
    let mut front_end = start();
    let failing = front_end.execute("before\n!sleep 300\n!raise oh\nafter");
    let aborted = [front_end.execute("b"), front_end.execute("c")];
    front_end.expect_busy(&failing);
    front_end.expect_input(&failing, "before\n!sleep 300\n!raise oh\nafter", 1);
    front_end.expect_stream(&failing, "stdout", "before\n");
    front_end.expect_error(&failing, "Raised", "oh");
    front_end.expect_idle(&failing);
    assert_eq!(front_end.expect_failed(&failing, "execute_reply", "Raised"), "oh");
    for cell in aborted {
        front_end.expect_busy(&cell);
        front_end.expect_idle(&cell);
        assert_eq!(front_end.expect_reply(&cell, "execute_reply"), json!({"status": "aborted"}));
    }
    front_end.expect_cell_that_prints("d", "d\n", 2);
}

#[test]
fn cells_that_arrive_right_after_a_fast_error_are_aborted_too() {
    let mut front_end = start();
    // More than once, because other programs may hold the processor between two messages.
    let is_aborted = (0..10).any(|_| {
        let (failing, next) = (front_end.execute("!raise oh"), front_end.execute("b"));
        front_end.expect_failed(&failing, "execute_reply", "Raised");
        let status = front_end.expect_reply(&next, "execute_reply")["status"].clone();
        front_end.skip_outputs();
        status == "aborted"
    });
    assert!(is_aborted, "ten fast errors and no cell was aborted");
    let is_late = front_end.execute("!raise oh");
    front_end.expect_failed(&is_late, "execute_reply", "Raised");
    let next = front_end.execute("!result sent after the reply");
    assert_eq!(front_end.expect_reply(&next, "execute_reply")["status"], "ok");
    front_end.skip_outputs();
}

#[test]
fn a_silent_cell_that_fails_aborts_nothing() {
    let mut front_end = start();
    let failing = front_end.execute_with("!sleep 200\n!raise oh", json!({"silent": true}));
    let next = front_end.execute("!result a");
    front_end.expect_failed(&failing, "execute_reply", "Raised");
    assert_eq!(front_end.expect_reply(&next, "execute_reply")["status"], "ok");
    front_end.skip_outputs();
}

#[test]
fn without_stop_on_error_the_queue_goes_on() {
    let mut front_end = start();
    let failing = front_end.execute_with("!raise oh", json!({"stop_on_error": false}));
    let next = front_end.execute("b");
    front_end.expect_busy(&failing);
    front_end.expect_input(&failing, "!raise oh", 1);
    front_end.expect_error(&failing, "Raised", "oh");
    front_end.expect_idle(&failing);
    front_end.expect_failed(&failing, "execute_reply", "Raised");
    front_end.expect_busy(&next);
    front_end.expect_input(&next, "b", 2);
    front_end.expect_stream(&next, "stdout", "b\n");
    front_end.expect_idle(&next);
    front_end.expect_done(&next, 2);
}

#[test]
fn a_panic_is_an_error_and_the_kernel_goes_on() {
    let mut front_end = start();
    let cell = front_end.execute("!panic out of cheese");
    let message = "out of cheese. This is a mistake in the kernel; the kernel goes on";
    front_end.expect_busy(&cell);
    front_end.expect_input(&cell, "!panic out of cheese", 1);
    front_end.expect_error(&cell, "Panic", message);
    front_end.expect_idle(&cell);
    assert_eq!(front_end.expect_failed(&cell, "execute_reply", "Panic"), message);
    front_end.expect_cell_that_prints("a", "a\n", 2);
}

#[test]
fn user_expressions_are_answered_one_by_one() {
    let mut front_end = start();
    let expressions = json!({"good": "a", "bad": "!raise oh", "worse": "!panic", "odd": 7});
    let cell = front_end.execute_with("", json!({"user_expressions": expressions}));
    front_end.expect_busy(&cell);
    front_end.expect_input(&cell, "", 1);
    front_end.expect_idle(&cell);
    let answers = front_end.expect_reply(&cell, "execute_reply")["user_expressions"].clone();
    assert_eq!(answers["good"], json!({"status": "ok", "data": {"text/plain": "A"}, "metadata": {}}));
    assert_eq!((&answers["bad"]["status"], &answers["bad"]["evalue"]), (&json!("error"), &json!("oh")));
    assert_eq!(answers["worse"]["ename"], "Panic");
    assert_eq!(answers["odd"]["ename"], "BadMessage");
}

#[test]
fn a_megabyte_of_cell() {
    let mut front_end = start();
    let code = "µ".repeat(2 << 20);
    front_end.expect_cell_that_prints(&code, &format!("{code}\n"), 1);
}
