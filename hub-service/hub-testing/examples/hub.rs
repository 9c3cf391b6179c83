//! The hub of a few lines as a program, for comparisons: `hub PERSON=GROUP,GROUP ...`. A person's name is their token too.
//! Prints the address of its interface, and runs until it is killed.

#![expect(clippy::print_stdout, reason = "a program that prints where it listens")]

use hub_testing::{MockHub, Person};

#[tokio::main]
async fn main() {
    let hub = MockHub::start().await;
    for argument in std::env::args().skip(1) {
        let (name, groups) = argument.split_once('=').unwrap_or((&argument, ""));
        let groups: Vec<&str> = groups.split(',').filter(|group| !group.is_empty()).collect();
        hub.add(name, Person::user(name, &groups));
    }
    println!("{}", hub.api_url());
    std::future::pending::<()>().await;
}
