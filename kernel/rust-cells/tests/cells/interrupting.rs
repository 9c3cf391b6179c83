//! Interrupts, while cells run, compile and wait.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rust_cells::RustError;

use crate::front_end::{AT_ONCE, Log, Test, engine, options, plain, run_badly, run_well, wait_until};

pub(crate) fn tests() -> Vec<Test> {
    vec![
        ("an_interrupt_of_a_running_cell_returns_at_once_and_names_what_is_lost", running),
        ("an_interrupt_ends_what_the_cell_has_started", children),
        ("an_interrupt_while_compiling_loses_nothing", compiling),
        ("a_sink_can_ask_for_the_interrupt", by_sink),
        ("a_cell_that_asks_can_be_interrupted", asking),
        ("output_without_end_can_be_interrupted", flood),
    ]
}

/// Starts a cell, interrupts it once `is_there` says so, and gives its error and how long the end took.
fn interrupted(code: &'static str, log: &Arc<Log>, is_there: impl Fn() -> bool) -> (RustError, Duration) {
    let cell = std::thread::spawn({
        let log = Arc::clone(log);
        move || (engine().execute(code, &*log), Instant::now())
    });
    wait_until("the cell is where it is to be interrupted", is_there);
    let began = Instant::now();
    engine().interrupt();
    let (result, ended) = cell.join().unwrap();
    (result.expect_err("the cell was interrupted"), ended - began)
}

fn running() {
    let table = mlaas4hep::TableBuilder::new().flat("x", vec![1_u8]);
    mlaas4hep::store::write_table(&options().store, "kept", &table).unwrap();
    run_well("let lost_by_interrupt = 5; fn kept_function() -> u8 { 9 }");
    let log = Arc::new(Log::default());
    let (error, took) =
        interrupted("println!(\"runs\"); loop { std::hint::spin_loop(); }", &log, || log.out() == "runs\n");
    assert_eq!(error.name, "Interrupted");
    assert!(error.lost.contains(&"lost_by_interrupt".to_string()), "{error:?}");
    assert!(plain(&error.rendered).contains("tables, histograms and models of the session are kept"));
    assert!(took < AT_ONCE, "{took:?}");
    let log =
        run_well("println!(\"{} {:?}\", kept_function(), mlaas4hep::table(\"kept\")?.values::<u8>(\"x\")?);");
    assert_eq!(log.out(), "9 [1]\n");
    assert_eq!(run_badly("lost_by_interrupt").0.name, "E0425");
}

fn children() {
    let log = Arc::new(Log::default());
    let code = "let mut child = std::process::Command::new(\"sleep\").arg(\"1000\").spawn().unwrap(); println!(\"{}\", child.id()); child.wait();";
    let (error, took) = interrupted(code, &log, || log.out().ends_with('\n'));
    assert_eq!(error.name, "Interrupted");
    assert!(took < AT_ONCE, "{took:?}");
    let child = format!("/proc/{}", log.out().trim());
    wait_until("the child has ended", || {
        std::fs::read_to_string(format!("{child}/stat")).map_or(true, |stat| stat.contains(") Z "))
    });
    assert_eq!(run_well("println!(\"fine\");").out(), "fine\n");
}

fn compiling() {
    run_well("let kept_while_compiling = 6;");
    let log = Arc::new(Log::default());
    let code = "println!(\"never\"); let changed = 1;";
    let (error, took) = interrupted(code, &log, || {
        std::thread::sleep(Duration::from_millis(30));
        true
    });
    assert_eq!((error.name.as_str(), error.lost.len()), ("Interrupted", 0));
    assert!(took < AT_ONCE, "{took:?}");
    assert_eq!(run_well("println!(\"{kept_while_compiling}\");").out(), "6\n");
    assert_eq!(log.out(), "");
    assert_eq!(run_badly("changed").0.name, "E0425");
    // At any moment of the way through the engine.
    for delay in [0, 5, 60, 120, 200, 300] {
        let log = Arc::new(Log::default());
        let cell = std::thread::spawn({
            let log = Arc::clone(&log);
            move || engine().execute("let moment = 1;", &*log).map(drop)
        });
        std::thread::sleep(Duration::from_millis(delay));
        engine().interrupt();
        let result = cell.join().unwrap();
        assert!(result.is_ok() || result.is_err_and(|error| error.name == "Interrupted"));
        assert_eq!(run_well("println!(\"fine\");").out(), "fine\n", "{delay}");
    }
}

fn by_sink() {
    let log = Arc::new(Log::default());
    let cell = std::thread::spawn({
        let log = Arc::clone(&log);
        move || engine().execute("println!(\"runs\"); loop { std::hint::spin_loop(); }", &*log)
    });
    wait_until("the cell runs", || log.out() == "runs\n");
    log.is_interrupted.store(true, Ordering::SeqCst);
    assert_eq!(cell.join().unwrap().unwrap_err().name, "Interrupted");
    assert_eq!(run_well("println!(\"fine\");").out(), "fine\n");
}

fn asking() {
    let log = Log::default();
    log.is_interrupted.store(true, Ordering::SeqCst);
    // The sink answers that it was interrupted, and the cell goes on to wait for ever.
    let result = engine().execute("let _ = mlaas4hep::input(\"\"); loop { std::thread::park(); }", &log);
    assert_eq!(result.unwrap_err().name, "Interrupted");
    assert_eq!(run_well("println!(\"fine\");").out(), "fine\n");
}

fn flood() {
    let log = Arc::new(Log::default());
    let (error, took) = interrupted("loop { println!(\"x\"); }", &log, || log.out().len() > 100_000);
    assert_eq!(error.name, "Interrupted");
    assert!(took < AT_ONCE, "{took:?}");
    assert_eq!(run_well("println!(\"fine\");").out(), "fine\n");
}
