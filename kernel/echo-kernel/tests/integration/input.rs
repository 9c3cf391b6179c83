//! Questions of a cell to its user.

use crate::start;
use kernel_testing::{Channel, FrontEnd, Sent};
use serde_json::json;

fn begin(front_end: &mut FrontEnd, code: &str) -> Sent {
    let cell = front_end.execute(code);
    front_end.expect_busy(&cell);
    front_end.expect_input(&cell, code, 1);
    cell
}

#[test]
fn a_line_and_a_password() {
    let mut front_end = start();
    let cell = begin(&mut front_end, "!input name? \n!password secret? ");
    let question = front_end.expect(Channel::Stdin, "input_request");
    assert_eq!(question.parent, cell.id);
    assert_eq!(question.content, json!({"prompt": "name? ", "password": false}));
    front_end.answer(&question, "Ada µ");
    front_end.expect_stream(&cell, "stdout", "Ada µ\n");
    let question = front_end.expect(Channel::Stdin, "input_request");
    assert_eq!(question.content, json!({"prompt": "secret? ", "password": true}));
    front_end.answer(&question, "12345");
    front_end.expect_stream(&cell, "stdout", "5 letters\n");
    front_end.expect_idle(&cell);
    front_end.expect_done(&cell, 1);
}

#[test]
fn a_front_end_that_takes_no_questions() {
    let mut front_end = start();
    let cell = front_end.execute_with("!input name?", json!({"allow_stdin": false}));
    front_end.expect_busy(&cell);
    front_end.expect_input(&cell, "!input name?", 1);
    let content = front_end.expect_output(&cell, "error");
    assert!(
        content["evalue"].as_str().is_some_and(|value| value.contains("allow_stdin is false")),
        "{content}"
    );
    front_end.expect_idle(&cell);
    front_end.expect_failed(&cell, "execute_reply", "InputError");
}

#[test]
fn an_interrupt_ends_the_wait_and_a_late_answer_is_not_for_the_next_question() {
    let mut front_end = start();
    let cell = begin(&mut front_end, "!input first?");
    let first = front_end.expect(Channel::Stdin, "input_request");
    let interrupt = front_end.send(Channel::Control, "interrupt_request", json!({}));
    front_end.expect_reply_on(Channel::Control, &interrupt, "interrupt_reply");
    let said = front_end.expect_failed(&cell, "execute_reply", "InputError");
    assert_eq!(said, "interrupted while waiting for input");
    front_end.skip_outputs();
    let cell = front_end.execute("!input second?");
    front_end.expect_busy(&cell);
    front_end.expect_input(&cell, "!input second?", 2);
    let second = front_end.expect(Channel::Stdin, "input_request");
    front_end.answer(&first, "late");
    front_end.answer(&second, "right");
    front_end.expect_stream(&cell, "stdout", "right\n");
    front_end.expect_idle(&cell);
    front_end.expect_done(&cell, 2);
}

#[test]
fn an_answer_without_parent_is_taken_and_one_without_question_is_not() {
    let mut front_end = start();
    front_end.send(Channel::Stdin, "input_reply", json!({"value": "early"}));
    front_end.expect_cell_that_prints("a", "a\n", 1);
    let cell = front_end.execute("!input name?");
    front_end.expect_busy(&cell);
    front_end.expect_input(&cell, "!input name?", 2);
    front_end.expect(Channel::Stdin, "input_request");
    front_end.send(Channel::Stdin, "input_reply", json!({"value": 7}));
    front_end.send(Channel::Stdin, "other", json!({"value": "no"}));
    front_end.send(Channel::Stdin, "input_reply", json!({"value": "yes"}));
    front_end.expect_stream(&cell, "stdout", "yes\n");
    front_end.expect_idle(&cell);
    front_end.expect_done(&cell, 2);
}
