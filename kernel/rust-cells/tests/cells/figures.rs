//! Times of cells, beside what evcxr alone takes: `cargo test --release -p rust-cells -- --ignored figures`.

use std::process::Command;
use std::time::{Duration, Instant};

use evcxr::CommandContext;
use rust_cells::{RustCells, RustOptions, prewarm};

use crate::front_end::{Log, Test, options_in};

const TRIES: usize = 15;

pub(crate) fn tests() -> Vec<Test> {
    vec![("figures", figures)]
}

struct Figures(Vec<(String, Vec<f64>, f64)>);

impl Figures {
    /// Runs `action` some times; `cpu` counts what this process, its compilers and its workers took.
    fn measure(&mut self, name: &str, tries: usize, mut action: impl FnMut(usize)) {
        let cpu = cpu_seconds();
        let walls = (0..tries)
            .map(|number| {
                let began = Instant::now();
                action(number);
                began.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        self.0.push((name.to_string(), walls, (cpu_seconds() - cpu) * 1e3 / tries as f64));
    }

    #[expect(clippy::print_stdout, reason = "figures are what it is for")]
    fn print(self) {
        println!("\n{:<64} {:>9} {:>9} {:>9}", "milliseconds", "least", "median", "CPU mean");
        for (name, mut walls, cpu) in self.0 {
            walls.sort_by(f64::total_cmp);
            println!("{name:<64} {:>9.0} {:>9.0} {cpu:>9.0}", walls[0], walls[walls.len() / 2]);
        }
    }
}

/// User and system time of this process and of its children that have ended.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<f64> = stat
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .map(|field| field.parse().unwrap_or(0.0))
        .collect();
    fields[11..15].iter().sum::<f64>() / 100.0
}

/// A cell as one writes it, which does something with the prelude.
fn prelude_cell(number: usize) -> String {
    format!(
        "let mut histogram = mlaas4hep::Histogram::new(\"x {number}\", 50, 0.0, 1.0);\nfor i in 0..1000 {{ histogram.fill(i as f64 / 1000.0); }}\nmlaas4hep::show(&histogram)"
    )
}

fn run(cells: &RustCells, code: &str) {
    let log = Log::default();
    cells.execute(code, &log).unwrap_or_else(|error| panic!("{code}: {error:?}"));
}

fn figures() {
    let folder = tempfile::tempdir().unwrap();
    let options = options_in(folder.path());
    let mut figures = Figures(Vec::new());
    figures.measure("ours: start to the end of a first prelude cell, no seed", 1, |_| first_cell(&options));
    prewarm(&options.seed, options.clone()).unwrap();
    figures.measure("ours: start to the end of a first prelude cell, seed", 3, |_| first_cell(&options));
    let cells = RustCells::start(options.clone());
    run(&cells, "1;");
    std::thread::sleep(Duration::from_secs(5));
    figures.measure("ours: first prelude cell 5 s after the engine is ready", 1, |_| {
        run(&cells, &prelude_cell(0));
    });
    figures.measure("ours: println! cell", TRIES, |number| run(&cells, &format!("println!(\"{number}\")")));
    figures.measure("ours: value cell (1 + n)", TRIES, |number| run(&cells, &format!("1 + {number}")));
    figures.measure("ours: prelude cell, from the second on", TRIES, |number| {
        run(&cells, &prelude_cell(number + 1));
    });
    cells.shutdown();
    stock(&options, &mut figures);
    figures.print();
}

fn first_cell(options: &RustOptions) {
    let cells = RustCells::start(options.clone());
    run(&cells, &prelude_cell(0));
    cells.shutdown();
}

/// evcxr with its defaults, and with `:dep` on the same crate as a library of Rust.
fn stock(options: &RustOptions, figures: &mut Figures) {
    let library = tempfile::tempdir().unwrap();
    let api = std::fs::read_dir(&options.seed)
        .unwrap()
        .flatten()
        .find(|entry| entry.file_name().to_string_lossy().starts_with("notebook-api"));
    let copied =
        Command::new("cp").arg("-r").arg(api.unwrap().path().join("src")).arg(library.path()).status();
    assert!(copied.unwrap().success());
    let manifest = "[package]\nname = \"mlaas4hep\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    std::fs::write(library.path().join("Cargo.toml"), manifest).unwrap();
    let context = std::cell::RefCell::new(None);
    figures.measure("evcxr: start", 1, |_| {
        let (started, outputs) = CommandContext::new().unwrap();
        for lines in [outputs.stdout, outputs.stderr] {
            std::thread::spawn(move || lines.iter().for_each(drop));
        }
        context.replace(Some(started));
    });
    let mut context = context.into_inner().unwrap();
    let mut run = |code: &str| drop(context.execute(code).unwrap());
    run(":offline 1");
    figures.measure("evcxr: println! cell", TRIES, |number| run(&format!("println!(\"{number}\")")));
    figures.measure("evcxr: value cell (1 + n)", TRIES, |number| run(&format!("1 + {number}")));
    let dep = format!(":dep mlaas4hep = {{ path = \"{}\" }}\n{}", library.path().display(), stock_cell(0));
    figures.measure("evcxr: :dep and first prelude cell", 1, |_| run(&dep));
    figures.measure("evcxr: prelude cell, from the second on", TRIES, |number| run(&stock_cell(number + 1)));
    std::thread::sleep(Duration::from_millis(10));
}

/// As one writes it without the rules of ours: a loop at the end.
fn stock_cell(number: usize) -> String {
    format!(
        "{}{{ }}",
        prelude_cell(number)
            .replace("mlaas4hep::show(&histogram)", "mlaas4hep::show(&histogram); for _ in 0..0 ")
    )
}
