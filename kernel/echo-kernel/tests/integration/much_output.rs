//! More output than a front end takes: nothing is lost, idle is last, and nobody blocks for ever.

use crate::{echo, start};
use kernel_testing::{Channel, FrontEnd, Received, Sent};
use std::time::{Duration, Instant};

const N_LINES: usize = 200_000;

fn lines(n_lines: usize) -> String {
    let lines: Vec<String> = (0..n_lines).map(|line| format!("line {line}\n")).collect();
    lines.concat()
}

#[test]
fn no_line_is_lost_and_idle_is_last() {
    let mut front_end = start();
    let code = format!("!lines {N_LINES}");
    front_end.expect_cell_that_prints(&code, &lines(N_LINES), 1);
}

#[test]
fn few_messages_carry_many_lines() {
    let mut front_end = start();
    let cell = front_end.execute("!lines 10000");
    let messages = until_idle(&cell, || front_end.next(Channel::Iopub));
    let n_streams = messages.iter().filter(|message| message.msg_type == "stream").count();
    assert!(n_streams < 100, "{n_streams} messages");
    front_end.expect_done(&cell, 1);
}

#[test]
fn a_slow_front_end_slows_the_cell_and_loses_nothing() {
    let mut front_end = FrontEnd::start(echo().without_subscription());
    let cell = front_end.execute("!sleep 1500\n!lines 3000000");
    let mut subscriber = front_end.subscribe();
    assert_eq!(subscriber.receive().msg_type, "iopub_welcome");
    // Long enough for a kernel that does not wait to be done.
    let reply = front_end.next_within(Channel::Shell, Duration::from_secs(4));
    assert!(reply.is_none(), "the cell did not wait");
    let messages = until_idle(&cell, || subscriber.receive());
    let text: String = messages.iter().filter_map(|message| message.content["text"].as_str()).collect();
    assert!(text == lines(3_000_000), "{} of {} bytes", text.len(), lines(3_000_000).len());
    drop(subscriber);
    front_end.expect_done(&cell, 1);
}

fn until_idle(cell: &Sent, mut next: impl FnMut() -> Received) -> Vec<Received> {
    let mut messages = Vec::new();
    loop {
        let message = next();
        let is_idle = message.content["execution_state"] == "idle" && message.parent == cell.id;
        messages.push(message);
        if is_idle {
            return messages;
        }
    }
}

#[test]
fn a_front_end_that_vanishes_while_a_cell_waits_for_it_lets_the_cell_go_on() {
    let mut front_end = FrontEnd::start(echo().without_subscription());
    let stream = stalled_subscriber(&front_end);
    let cell = front_end.execute("!lines 6000000");
    let reply = front_end.next_within(Channel::Shell, Duration::from_secs(3));
    assert!(reply.is_none(), "the cell did not wait");
    drop(stream);
    front_end.expect_done(&cell, 1);
}

#[test]
fn a_front_end_that_stands_still_is_cut_off_after_the_limit() {
    let mut front_end = FrontEnd::start(echo().without_subscription().with(&["--stall-limit-ms", "500"]));
    let stream = stalled_subscriber(&front_end);
    let started = Instant::now();
    let cell = front_end.execute("!lines 6000000");
    front_end.expect_done(&cell, 1);
    assert!(started.elapsed() > Duration::from_millis(400), "it never stood still");
    drop(stream);
    let cell = front_end.execute("a");
    front_end.expect_done(&cell, 2);
}

/// A subscriber by hand that sends its greeting and subscription and then reads nothing.
fn stalled_subscriber(front_end: &FrontEnd) -> std::net::TcpStream {
    use std::io::{Read, Write};
    let address = ("127.0.0.1", front_end.connection.iopub_port);
    let mut stream = std::net::TcpStream::connect(address).expect("the kernel listens");
    let mut greeting = vec![0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0];
    greeting.extend(b"NULL");
    greeting.resize(64, 0);
    stream.write_all(&greeting).expect("a greeting");
    stream.read_exact(&mut [0; 64]).expect("its greeting");
    let mut ready = b"\x05READY\x0bSocket-Type\x00\x00\x00\x03SUB".to_vec();
    ready.splice(0..0, [4, ready.len() as u8]);
    stream.write_all(&ready).expect("a command");
    let mut header = [0; 2];
    stream.read_exact(&mut header).expect("its command");
    stream.read_exact(&mut vec![0; header[1] as usize]).expect("its command");
    // Subscribe to everything.
    stream.write_all(&[0, 1, 1]).expect("a subscription");
    std::thread::sleep(Duration::from_millis(200));
    stream
}
