//! Engines that begin and end.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rust_cells::{EngineState, RustCells, RustOptions, doctor};

use crate::front_end::{
    Log, Output, Test, engine, options, options_in, run_badly, run_well, seed, wait_until,
};

/// Names the folder of a test when this program is to be the kernel.
pub(crate) const SUB_KERNEL: &str = "RUST_CELLS_TEST_KERNEL";
/// The cell that it runs then.
const SUB_CELL: &str = "RUST_CELLS_TEST_CELL";
/// Says who the worker is, and does not end.
const ENDLESS: &str = "println!(\"{}\", std::process::id()); loop { std::hint::spin_loop(); }";

pub(crate) fn tests() -> Vec<Test> {
    vec![
        ("restart_forgets_and_goes_on", restart),
        ("two_engines_share_nothing_but_the_process", two_engines),
        ("a_prewarmed_seed_is_planted", prewarmed),
        ("without_a_compiler_the_reason_is_told", absent),
        ("who_waits_for_an_engine_without_a_seed_sees_what_it_does", waits),
        ("types_that_were_not_loaded_are_loaded_again", unknown_types),
        ("a_cell_does_not_wait_for_another_cargo", other_cargo),
        ("the_doctor_finds_nothing_wrong_here", healthy),
        ("a_killed_kernel_takes_its_worker_along", orphans),
        ("shutdown_leaves_no_folder_and_no_process", shutdown),
    ]
}

fn restart() {
    run_well("let forgotten = 1;");
    engine().restart();
    assert_eq!(run_badly("forgotten").0.name, "E0425");
    assert_eq!(engine().variables(), []);
    assert_eq!(run_well("print!(\"{}\", mlaas4hep::tables()?.len() < 100)").out(), "true");
}

fn two_engines() {
    let other = RustCells::start(options());
    let log = Log::default();
    other.execute("let only_here = 1; println!(\"{}\", std::process::id());", &log).unwrap();
    assert!(run_badly("only_here").0.name == "E0425");
    let ours = run_well("println!(\"{}\", std::process::id());");
    assert_ne!(ours.out(), log.out());
    other.shutdown();
    assert_eq!(run_well("println!(\"fine\");").out(), "fine\n");
}

fn prewarmed() {
    let (report, options) = (seed(), options());
    assert!(
        report.size_bytes > 100_000 && report.folder == options.seed.canonicalize().unwrap(),
        "{report:?}"
    );
    let seeded = RustCells::start(RustOptions { seed: report.folder.clone(), ..options });
    let log = Log::default();
    seeded.execute("use mlaas4hep::*; show(&text(\"seeded\"))", &log).unwrap();
    assert_eq!(log.shown(), "seeded");
    seeded.shutdown();
}

/// In a process of its own, for PATH is of the process.
fn absent() {
    let folder = tempfile::tempdir().unwrap();
    let mut kernel = as_kernel(folder.path(), &[("PATH", "/nothing/here")]);
    let output = BufReader::new(kernel.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    assert!(output.starts_with("Absent: cargo and rustc cannot be run: install Rust"), "{output}");
    kernel.wait().unwrap();
}

fn waits() {
    let folder = tempfile::tempdir().unwrap();
    let cells = RustCells::start(options_in(folder.path()));
    let log = Log::default();
    cells.execute("println!(\"ran\");", &log).unwrap();
    let words: Vec<String> =
        log.displays().iter().map(|data| data["text/plain"].as_str().unwrap().to_string()).collect();
    let (last, before) = words.split_last().expect("it took longer than a second");
    assert!(last.starts_with("Rust: ready, 1 crate, ") && last.ends_with(" s"), "{words:?}");
    assert!(before.iter().any(|words| words.starts_with("Rust: loading ")), "{words:?}");
    let updates = log
        .outputs
        .lock()
        .unwrap()
        .iter()
        .filter(|output| matches!(output, Output::Display { is_update: true, .. }))
        .count();
    assert_eq!(updates, words.len() - 1);
    assert_eq!(log.out(), "ran\n");
    cells.shutdown();
}

/// In a process of its own, whose rust-analyzer finds a cargo that fails at first, as on a machine without memory.
fn unknown_types() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let cargo = home.path().join("bin/cargo");
    std::fs::create_dir(cargo.parent().unwrap()).unwrap();
    let path = std::env::var("PATH").unwrap();
    let real = std::env::split_paths(&path).map(|folder| folder.join("cargo")).find(|cargo| cargo.is_file());
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *metadata*lockfile*) mkdir {0}/1 2>/dev/null && exit 101; mkdir {0}/2 2>/dev/null && exit 101;; esac\nexec {1} \"$@\"\n",
        home.path().display(),
        real.expect("cargo").display(),
    );
    std::fs::write(&cargo, script).unwrap();
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
    let cell = "let kept = (mlaas4hep::Histogram::new(\"x\", 2, 0.0, 1.0), vec![1_u8]);\nprintln!(\"{}\", kept.1.len());";
    let store = options().store;
    let home_text = home.path().to_str().unwrap();
    let mut kernel = as_kernel(store.parent().unwrap(), &[("CARGO_HOME", home_text), (SUB_CELL, cell)]);
    let words = BufReader::new(kernel.stdout.take().unwrap()).lines().next().expect("the cell ran").unwrap();
    assert_eq!(words, "1");
    kernel.wait().unwrap();
    assert!(home.path().join("2").exists(), "cargo was asked and failed");
}

/// In a process of its own, for `CARGO_HOME` is of the process.
fn other_cargo() {
    const HELD: Duration = Duration::from_mins(1);
    let home = tempfile::tempdir().unwrap();
    let lock = std::fs::File::create(home.path().join(".package-cache")).unwrap();
    lock.lock().unwrap();
    std::thread::spawn(move || {
        std::thread::sleep(HELD);
        drop(lock);
    });
    let began = std::time::Instant::now();
    let cell = "let kept = mlaas4hep::Histogram::new(\"x\", 2, 0.0, 1.0);\nprintln!(\"ran\");";
    let store = options().store;
    let home_text = home.path().to_str().unwrap();
    let mut kernel = as_kernel(store.parent().unwrap(), &[("CARGO_HOME", home_text), (SUB_CELL, cell)]);
    let words = BufReader::new(kernel.stdout.take().unwrap()).lines().next().expect("the cell ran").unwrap();
    assert_eq!(words, "ran");
    kernel.wait().unwrap();
    assert!(began.elapsed() < HELD, "it waited for the other cargo");
}

fn healthy() {
    let checks = doctor();
    let wrong: Vec<_> = checks.iter().filter(|check| !check.is_ok && check.name != "seed").collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(checks.iter().any(|check| check.name == "rustc" && check.found.starts_with("rustc 1.")));
}

fn as_kernel(folder: &Path, environment: &[(&str, &str)]) -> std::process::Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let cargo_home = rust_cells::user_cargo_home().map(|folder| ("CARGO_HOME", folder));
    command.env(SUB_KERNEL, folder).envs(cargo_home).envs(environment.iter().copied()).stdout(Stdio::piped());
    command.spawn().unwrap()
}

/// The other side of these tests: runs a cell, and says what it said.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the test reads it")]
pub(crate) fn run_as_kernel(folder: &Path) -> ! {
    let cells = RustCells::start(options_in(folder));
    let log = std::sync::Arc::new(Log::default());
    let words = std::sync::Arc::clone(&log);
    std::thread::spawn(move || {
        wait_until("the cell runs", || words.out().ends_with('\n'));
        println!("{}", words.out().trim());
    });
    let cell = std::env::var(SUB_CELL).unwrap_or_else(|_| ENDLESS.to_string());
    let result = cells.execute(&cell, &*log);
    if let EngineState::Absent(reason) = cells.state() {
        println!("Absent: {reason}");
    }
    if let Err(error) = &result {
        eprintln!("{error:?}");
    } else {
        println!("{}", log.out().trim());
    }
    std::process::exit(i32::from(result.is_err()));
}

fn orphans() {
    let store = options().store;
    let mut kernel = as_kernel(store.parent().unwrap(), &[]);
    let worker = BufReader::new(kernel.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let worker = format!("/proc/{worker}");
    assert!(Path::new(&worker).exists());
    kernel.kill().unwrap();
    kernel.wait().unwrap();
    wait_until("the worker has ended", || !Path::new(&worker).exists());
}

fn shutdown() {
    run_well("1;");
    let process = format!("-{}-", std::process::id());
    let ours = |name: &str| name.starts_with("mlaas4hep-engines-") && name.contains(&process);
    let engines = || {
        let folders = std::fs::read_dir(std::env::temp_dir()).unwrap().flatten();
        let homes = folders.filter(|entry| ours(&entry.file_name().to_string_lossy()));
        homes.flat_map(|home| std::fs::read_dir(home.path()).into_iter().flatten().flatten()).count()
    };
    let before = engines();
    let cells = RustCells::start(options());
    let log = Log::default();
    cells.execute("println!(\"{}\", std::process::id());", &log).unwrap();
    assert_eq!(engines(), before + 2, "a folder and a socket");
    cells.shutdown();
    assert_eq!(engines(), before);
    wait_until("the worker has ended", || !Path::new(&format!("/proc/{}", log.out().trim())).exists());
    assert_eq!(cells.execute("1", &Log::default()).unwrap_err().name, "EngineFailed");
}
