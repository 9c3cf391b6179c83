//! Plays the kernel: one engine for most tests, and a sink that remembers.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use std::time::Duration;

use rust_cells::{CellSink, PrewarmReport, RustCells, RustDone, RustError, RustOptions, prewarm};
use serde_json::{Map, Value};

pub(crate) type Test = (&'static str, fn());

/// Lives as long as the program; removed at its end.
static FOLDER: LazyLock<Mutex<Option<tempfile::TempDir>>> =
    LazyLock::new(|| Mutex::new(Some(tempfile::tempdir().expect("a folder for the tests"))));
static ENGINE: OnceLock<Arc<RustCells>> = OnceLock::new();

/// Options with store and seed of these tests, without network.
pub(crate) fn options() -> RustOptions {
    let folder = FOLDER.lock().unwrap();
    let folder = folder.as_ref().expect("the tests are not over").path();
    options_in(folder)
}

pub(crate) fn options_in(folder: &Path) -> RustOptions {
    RustOptions {
        store: folder.join("tables"),
        seed: folder.join("seed"),
        is_offline: true,
        memory_limit_bytes: Some(2 << 30),
        ..RustOptions::default()
    }
}

/// The engine that the tests share. Each leaves it able to run cells.
pub(crate) fn engine() -> Arc<RustCells> {
    Arc::clone(ENGINE.get_or_init(|| Arc::new(RustCells::start(options()))))
}

/// Builds the seed that all engines of the tests take, so that `notebook-api` is compiled once.
pub(crate) fn seed() -> &'static PrewarmReport {
    static SEED: OnceLock<PrewarmReport> = OnceLock::new();
    SEED.get_or_init(|| prewarm(&options().seed, options()).expect("a seed"))
}

/// Ends the shared engine and removes its folder.
pub(crate) fn shut_down() {
    if let Some(engine) = ENGINE.get() {
        engine.shutdown();
    }
    drop(FOLDER.lock().unwrap().take());
}

/// What a cell did, in its order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Output {
    Out(String),
    Err(String),
    Display { id: Option<String>, is_update: bool, data: Map<String, Value> },
    Table(String),
    Asked(String, bool),
}

/// A front end that answers questions with the lines it was given.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) outputs: Mutex<Vec<Output>>,
    pub(crate) answers: Mutex<Vec<&'static str>>,
    pub(crate) is_interrupted: AtomicBool,
}

impl Log {
    fn push(&self, output: Output) {
        let mut outputs = self.outputs.lock().unwrap();
        match (outputs.last_mut(), output) {
            (Some(Output::Out(last)), Output::Out(text)) | (Some(Output::Err(last)), Output::Err(text)) => {
                last.push_str(&text);
            }
            (_, output) => outputs.push(output),
        }
    }

    /// All of the standard output.
    pub(crate) fn out(&self) -> String {
        let of = |output: &Output| if let Output::Out(text) = output { text.clone() } else { String::new() };
        self.outputs.lock().unwrap().iter().map(of).collect()
    }

    /// All of the standard error.
    pub(crate) fn err(&self) -> String {
        let of = |output: &Output| if let Output::Err(text) = output { text.clone() } else { String::new() };
        self.outputs.lock().unwrap().iter().map(of).collect()
    }

    pub(crate) fn displays(&self) -> Vec<Map<String, Value>> {
        let of = |output: &Output| {
            if let Output::Display { data, .. } = output { Some(data.clone()) } else { None }
        };
        self.outputs.lock().unwrap().iter().filter_map(of).collect()
    }

    /// The text of the last display.
    pub(crate) fn shown(&self) -> String {
        let displays = self.displays();
        let text = displays.last().and_then(|data| data.get("text/plain")).and_then(Value::as_str);
        text.unwrap_or_default().to_string()
    }
}

impl CellSink for Log {
    fn stdout(&self, text: &str) {
        self.push(Output::Out(text.to_string()));
    }
    fn stderr(&self, text: &str) {
        self.push(Output::Err(text.to_string()));
    }
    fn display(&self, id: Option<&str>, is_update: bool, data: &Map<String, Value>) {
        self.push(Output::Display { id: id.map(str::to_string), is_update, data: data.clone() });
    }
    fn read_line(&self, prompt: &str, is_password: bool) -> Result<String, String> {
        self.push(Output::Asked(prompt.to_string(), is_password));
        let mut answers = self.answers.lock().unwrap();
        if answers.is_empty() { Err("no keyboard".to_string()) } else { Ok(answers.remove(0).to_string()) }
    }
    fn is_interrupted(&self) -> bool {
        self.is_interrupted.load(Ordering::SeqCst)
    }
    fn table_wanted(&self, name: &str) -> Result<Vec<String>, String> {
        match name {
            "late" => {
                let table = mlaas4hep::TableBuilder::new().flat("x", vec![4_u8]);
                mlaas4hep::store::write_table(&options().store, name, &table).expect("a store");
            }
            "too_large" => return Err("it takes more memory than there is".to_string()),
            _ => {}
        }
        Ok(vec!["signal".to_string(), "ttH".to_string()])
    }
    fn table_put(&self, name: &str) {
        self.push(Output::Table(name.to_string()));
    }
}

/// Runs a cell.
pub(crate) fn run(code: &str) -> (Result<RustDone, RustError>, Log) {
    let log = Log::default();
    let result = engine().execute(code, &log);
    (result, log)
}

/// Runs a cell that comes to its end.
pub(crate) fn run_well(code: &str) -> Log {
    let (result, log) = run(code);
    if let Err(error) = result {
        panic!("{code}\n{}\n{error:?}\n{:?}", error.rendered.join("\n"), log.outputs.lock().unwrap());
    }
    log
}

/// Runs a cell that does not.
pub(crate) fn run_badly(code: &str) -> (RustError, Log) {
    let (result, log) = run(code);
    match result {
        Ok(_) => panic!("this cell should fail: {code}\n{:?}", log.outputs.lock().unwrap()),
        Err(error) => (error, log),
    }
}

/// Lines of an error without colours.
pub(crate) fn plain(lines: &[String]) -> String {
    let mut text = String::new();
    let mut is_colour = false;
    for letter in lines.join("\n").chars() {
        match letter {
            '\u{1b}' => is_colour = true,
            'm' if is_colour => is_colour = false,
            letter if !is_colour => text.push(letter),
            _ => {}
        }
    }
    text
}

/// At once for a person, though the machine may have a lot to do; `figures` measures it.
pub(crate) const AT_ONCE: Duration = Duration::from_millis(500);

/// Waits until something is so.
pub(crate) fn wait_until(what: &str, is: impl Fn() -> bool) {
    for _ in 0..12_000 {
        if is() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("not within two minutes: {what}");
}
