//! Cells that do not come to their end, by their own fault.

use crate::front_end::{Test, plain, run_badly, run_well};

pub(crate) fn tests() -> Vec<Test> {
    vec![
        ("compiler_errors_show_the_lines_of_the_cell", compiler_errors),
        ("errors_below_letters_of_any_width_are_marked", wide_letters),
        ("a_broken_cell_is_an_error", broken_cells),
        ("a_panic_names_the_line_and_keeps_variables", panics),
        ("an_error_that_leaves_by_question_mark_is_an_error", question_mark),
        ("a_killed_worker_is_an_error_and_the_next_cell_runs", killed),
        ("a_crash_tells_its_last_words", crashes),
        ("an_allocation_beyond_the_limit_ends_the_worker_only", allocation),
        ("a_cell_that_leaves_its_process_is_an_error", exits),
    ]
}

fn compiler_errors() {
    let (error, log) = run_badly("let a = 1;\n\nlet z: i32 = \"a\";\nprintln!(\"{z}\");");
    assert_eq!((error.name.as_str(), error.message.as_str()), ("E0308", "mismatched types"));
    let lines = plain(&error.rendered);
    assert!(lines.contains(" --> cell:3:14\n  |\n3 | let z: i32 = \"a\";\n"), "{lines}");
    assert!(lines.contains("^^^ expected `i32`, found `&str`"), "{lines}");
    assert!(!lines.to_lowercase().contains("evcxr") && !lines.contains("lib.rs"), "{lines}");
    assert!(error.rendered[0].starts_with("\u{1b}["), "{:?}", error.rendered[0]);
    assert!(log.outputs.lock().unwrap().is_empty());
    let (error, _) = run_badly("let list = vec![1];\nlet moved = list;\nprintln!(\"{:?}\", list);");
    assert_eq!(error.name, "E0382");
    let lines = plain(&error.rendered);
    assert!(lines.contains("3 | println!(\"{:?}\", list);"), "{lines}");
    assert!(lines.contains("value moved here"), "{lines}");
}

fn wide_letters() {
    let (error, _) = run_badly("let é = \"ü\"; let z: i32 = é;");
    let lines = plain(&error.rendered);
    let rows: Vec<&str> = lines.lines().collect();
    let text = rows.iter().position(|row| row.starts_with("1 | ")).expect("the line of the cell");
    let column = |row: &str, wanted: &str| row.split_once(wanted).map(|(before, _)| before.chars().count());
    assert_eq!(column(rows[text + 1], "^ "), column(rows[text], "é;"), "{lines}");
}

fn broken_cells() {
    for code in [
        "fn (",
        "let x = ",
        "}",
        "f(); } g();",
        "\"",
        "let x = |a| a;",
        "#[",
        "use nothing::at::all;",
        "nothing!()",
    ] {
        let (error, _) = run_badly(code);
        assert!(!error.message.is_empty() && !error.rendered.is_empty(), "{code}: {error:?}");
        assert!(!["EngineFailed", "WorkerDied"].contains(&error.name.as_str()), "{code}: {error:?}");
    }
    assert_eq!(run_well("println!(\"fine\");").out(), "fine\n");
}

fn panics() {
    run_well("let kept = 7;");
    let (error, log) =
        run_badly("let a: Vec<u8> = Vec::new();\nprintln!(\"before\");\n  let b = a[3];\nprintln!(\"{b}\");");
    assert_eq!(error.name, "Panic");
    assert_eq!(error.message, "index out of bounds: the len is 0 but the index is 3");
    let lines = plain(&error.rendered);
    assert!(
        lines.contains(" --> cell:3:3\n  |\n3 |   let b = a[3];\n  |   ^^^^^^^^^^^^^ panicked here\n"),
        "{lines}"
    );
    assert_eq!(log.out(), "before\n");
    assert!(!log.err().contains("panicked"), "{}", log.err());
    assert_eq!(run_well("println!(\"{kept}\");").out(), "7\n");
    let log = run_well(
        "let caught = std::panic::catch_unwind(|| panic!(\"inner\")).is_err(); println!(\"{caught}\");",
    );
    assert!(log.out() == "true\n" && log.err().contains("inner"), "{:?}", log.err());
}

fn question_mark() {
    let (error, log) =
        run_badly("println!(\"before\");\nlet number: i32 = \"x\".parse()?;\nprintln!(\"after\");");
    assert_eq!((error.name.as_str(), error.message.as_str()), ("Error", "invalid digit found in string"));
    assert_eq!(log.out(), "before\n");
}

fn killed() {
    run_well("let lost_by_kill = 1;");
    let (error, log) = run_badly(
        "println!(\"last words\");\nlet _ = std::process::Command::new(\"sh\").args([\"-c\", \"kill -9 $PPID\"]).status();\nloop { std::thread::park(); }",
    );
    assert_eq!(error.name, "WorkerDied");
    assert!(error.message.contains("SIGKILL"), "{error}");
    assert!(error.lost.contains(&"lost_by_kill".to_string()), "{error:?}");
    assert!(plain(&error.rendered).contains("tables, histograms and models of the session are kept"));
    assert_eq!(log.out(), "last words\n");
    assert_eq!(run_well("println!(\"fine\");").out(), "fine\n");
    assert_eq!(run_badly("lost_by_kill").0.name, "E0425");
}

fn crashes() {
    let (error, log) = run_badly("print!(\"last \");\neprintln!(\"words\");\nstd::process::abort();");
    assert_eq!(error.name, "WorkerDied");
    assert!(error.message.contains("SIGABRT"), "{error}");
    assert_eq!((log.out().as_str(), log.err().contains("words\n")), ("last ", true));
    let (error, log) = run_badly("unsafe { std::ptr::null_mut::<u8>().write_volatile(1) };");
    assert_eq!(error.name, "WorkerDied", "{error} {:?}", log.err());
    let (error, _) = run_badly(
        "fn deep(n: u64) -> u64 { if n == 0 { 0 } else { std::hint::black_box(deep(n - 1)) + 1 } }\nprintln!(\"{}\", deep(1 << 40));",
    );
    assert_eq!(error.name, "WorkerDied");
    assert_eq!(run_well("println!(\"fine\");").out(), "fine\n");
}

fn allocation() {
    let (error, log) =
        run_badly("let mut all: Vec<Vec<u8>> = Vec::new();\nloop { all.push(vec![1; 1 << 26]); }");
    assert_eq!(error.name, "WorkerDied");
    assert!(
        error.message.contains("more memory than a worker may take (2.0 GiB)"),
        "{error} {:?}",
        log.err()
    );
    assert_eq!(run_well("println!(\"fine\");").out(), "fine\n");
}

fn exits() {
    let (error, _) = run_badly("std::process::exit(3);");
    assert_eq!(error.name, "WorkerDied");
    assert!(error.message.contains("exit code 3"), "{error}");
}
