//! What a cell says, handed to its sink.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::panics::{PanicReader, PanicText};
use crate::side::Event;
use crate::sink::{BranchPut, CellSink};
use crate::splitter::content_value;

/// The end of the standard error that is kept to explain a crash.
const KEPT_ERRORS: usize = 4096;
const BAR_LETTERS: u64 = 24;

/// Passes the events of one cell on.
pub(crate) struct Outputs<'a> {
    sink: &'a dyn CellSink,
    panics: PanicReader,
    bars: HashSet<String>,
    pub(crate) tables_put: Vec<String>,
    pub(crate) branches_put: Vec<BranchPut>,
    /// The last words on the standard error.
    pub(crate) last_errors: String,
}

impl<'a> Outputs<'a> {
    pub(crate) fn new(sink: &'a dyn CellSink) -> Self {
        Self {
            sink,
            panics: PanicReader::default(),
            bars: HashSet::new(),
            tables_put: Vec::new(),
            branches_put: Vec::new(),
            last_errors: String::new(),
        }
    }

    /// Takes an event that is an output; others do nothing here.
    pub(crate) fn take(&mut self, event: Event) {
        match event {
            Event::Stdout(text) => self.sink.stdout(&text),
            Event::Stderr(text) => {
                self.keep_errors(&text);
                let text = self.panics.read(&text);
                self.errors(&text);
            }
            Event::Display(data) => self.sink.display(None, false, &data),
            Event::Message(json) => self.message(&json),
            Event::Table { name, answer } => {
                // The asker may be gone.
                let _ = answer.send(self.sink.table_wanted(&name).map(|names| names.join("\n")));
            }
            Event::Input { prompt, is_password, answer } => {
                // The asker may be gone.
                let _ = answer.send(self.sink.read_line(&prompt, is_password));
            }
            _ => {}
        }
    }

    /// The cell has ended; what its panic said, if one ended it.
    pub(crate) fn finish(&mut self, is_panic: bool) -> Option<PanicText> {
        let (panic, others) = self.panics.finish(is_panic);
        self.errors(&others);
        panic
    }

    fn errors(&self, text: &str) {
        if !text.is_empty() {
            self.sink.stderr(text);
        }
    }

    fn keep_errors(&mut self, text: &str) {
        self.last_errors.push_str(text);
        let surplus = self.last_errors.len().saturating_sub(KEPT_ERRORS);
        let cut = (surplus..=self.last_errors.len()).find(|at| self.last_errors.is_char_boundary(*at));
        self.last_errors.drain(..cut.unwrap_or(0));
    }

    /// A line of `mlaas4hep::channel`. One that is none, as a cell could print it, is shown as it is.
    fn message(&mut self, json: &str) {
        let message: Value = serde_json::from_str(json).unwrap_or_default();
        if let Some(forms) = message["display"].as_object() {
            let forms = forms.iter().map(|(media_type, text)| {
                let text = text.as_str().unwrap_or_default().to_string();
                (media_type.clone(), content_value(media_type, text))
            });
            let is_update = message["update"].as_bool().unwrap_or(false);
            match message["value"].as_bool() {
                Some(true) => self.sink.value(&forms.collect()),
                _ => self.sink.display(message["id"].as_str(), is_update, &forms.collect()),
            }
        } else if let Some(progress) = message["progress"].as_object() {
            self.progress(progress);
        } else if let (Some(table), Some(sample), Some(branch)) =
            (message["put"].as_str(), message["sample"].as_str(), message["branch"].as_str())
        {
            let (sample, branch, table) = (sample.to_string(), branch.to_string(), table.to_string());
            self.branches_put.push(BranchPut { sample, branch, table });
        } else if let Some(table) = message["put"].as_str() {
            self.sink.table_put(table);
            self.tables_put.push(table.to_string());
        } else {
            self.sink.stdout(&format!("{json}\n"));
        }
    }

    fn progress(&mut self, progress: &Map<String, Value>) {
        let number = |key: &str| progress.get(key).and_then(Value::as_u64).unwrap_or(0);
        let text = |key: &str| progress.get(key).and_then(Value::as_str).unwrap_or_default();
        let is_update = !self.bars.insert(text("id").to_string());
        let data = progress_forms(number("done"), number("total"), text("text"));
        self.sink.display(Some(text("id")), is_update, &data);
    }
}

/// A bar as HTML and as text.
fn progress_forms(done: u64, total: u64, text: &str) -> Map<String, Value> {
    let total = total.max(1);
    let done = done.min(total);
    let share = |of: u64| (u128::from(done) * u128::from(of) / u128::from(total)) as u64;
    let full = "█".repeat(share(BAR_LETTERS) as usize);
    let empty = "░".repeat((BAR_LETTERS - share(BAR_LETTERS)) as usize);
    let plain = format!("{text} {full}{empty} {} % ({done} of {total})", share(100));
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let html = format!(
        "<div>{escaped} <progress value=\"{done}\" max=\"{total}\"></progress> {} % ({done} of {total})</div>",
        share(100)
    );
    Map::from_iter([("text/html".to_string(), json!(html)), ("text/plain".to_string(), json!(plain))])
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Log(Mutex<Vec<String>>);

    impl CellSink for Log {
        fn stdout(&self, text: &str) {
            self.0.lock().unwrap().push(format!("out {text}"));
        }
        fn stderr(&self, text: &str) {
            self.0.lock().unwrap().push(format!("err {text}"));
        }
        fn display(&self, id: Option<&str>, is_update: bool, data: &Map<String, Value>) {
            let text = data.get("text/plain").and_then(Value::as_str).unwrap_or_default();
            self.0.lock().unwrap().push(format!("display {id:?} {is_update} {text}"));
        }
        fn read_line(&self, _: &str, _: bool) -> Result<String, String> {
            Err("none".to_string())
        }
        fn is_interrupted(&self) -> bool {
            false
        }
    }

    #[test]
    fn messages_become_displays_and_names_of_tables() {
        let log = Log::default();
        let mut outputs = Outputs::new(&log);
        for json in [
            r#"{"display":{"text/plain":"a"},"id":"x","update":true}"#,
            r#"{"progress":{"id":"p","done":0,"total":4,"text":"t"}}"#,
            r#"{"progress":{"id":"p","done":9,"total":4,"text":"t"}}"#,
            r#"{"put":"ttH"}"#,
            r#"{"put":"ttH/x","sample":"ttH","branch":"x"}"#,
            r#"{"display":1}"#,
            "{",
        ] {
            outputs.take(Event::Message(json.to_string()));
        }
        assert_eq!(outputs.tables_put, ["ttH"]);
        let [branch] = &outputs.branches_put[..] else { panic!("one branch") };
        assert_eq!([&branch.sample, &branch.branch, &branch.table], ["ttH", "x", "ttH/x"]);
        let expected = [
            "display Some(\"x\") true a".to_string(),
            format!("display Some(\"p\") false t {} 0 % (0 of 4)", "░".repeat(24)),
            format!("display Some(\"p\") true t {} 100 % (4 of 4)", "█".repeat(24)),
            "out {\"display\":1}\n".to_string(),
            "out {\n".to_string(),
        ];
        assert_eq!(*log.0.lock().unwrap(), expected);
    }

    #[test]
    fn the_end_of_the_errors_is_kept() {
        let log = Log::default();
        let mut outputs = Outputs::new(&log);
        outputs.take(Event::Stderr("é".repeat(5000)));
        outputs.take(Event::Stderr("end".to_string()));
        assert!(outputs.last_errors.len() <= KEPT_ERRORS && outputs.last_errors.ends_with("éend"));
    }
}
