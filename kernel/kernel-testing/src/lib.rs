//! A front end for tests of kernels: starts one as a program of its own, talks to it over real sockets, and forgets
//! no message.
//!
//! A test reads as the sequence of messages. Each `expect_…` takes the next message of its socket and fails where
//! that is another; what a test has not asked for makes it fail at its end.
//!
//! ```no_run
//! use kernel_testing::{FrontEnd, Start};
//!
//! let mut front_end = FrontEnd::start(Start::of("target/release/echo-kernel"));
//! let cell = front_end.execute("hello");
//! front_end.expect_busy(&cell);
//! front_end.expect_input(&cell, "hello", 1);
//! front_end.expect_stream(&cell, "stdout", "hello\n");
//! front_end.expect_idle(&cell);
//! front_end.expect_done(&cell, 1);
//! ```

mod expect;
mod front_end;
mod message;
mod ports;
mod sockets;
mod start;

pub use front_end::{FrontEnd, Subscriber};
pub use message::{Channel, Received, Sent};
pub use start::Start;
