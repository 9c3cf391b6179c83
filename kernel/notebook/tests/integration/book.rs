//! A notebook with two generated files, and what its cells show.

use event_generator::{EventGenerator, GeneratorSettings, Process};
use jupyter_kernel::{Cell, CellError, Language, Output, Recording};
use notebook::{Notebook, NotebookOptions};
use serde_json::Value;
use std::convert::Infallible;
use std::ops::ControlFlow;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

pub(crate) struct Book {
    pub(crate) notebook: Notebook,
    pub(crate) folder: tempfile::TempDir,
    output: Output,
    recording: Recording,
    n_cells: u64,
}

impl Book {
    /// Nothing is open; `signal.root` and `background.root` with 2000 events lie in the folder.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, process) in [("signal", Process::Signal), ("background", Process::Background)] {
            let generator = EventGenerator::new(GeneratorSettings::new(process, 2000, 1)).unwrap();
            let path = folder.path().join(format!("{name}.root"));
            let mut chunks = generator.map(Ok::<_, Infallible>);
            root_writer::write_tree(&path, "Events", &mut chunks, &mut |_| ControlFlow::Continue(()))
                .unwrap();
        }
        let worker = std::env::var_os("MLAAS4HEP_TORCH").map(Into::into);
        let notebook = Notebook::new(NotebookOptions { worker, ..NotebookOptions::default() }).unwrap();
        let (output, recording) = Output::recorded();
        Self { notebook, folder, output, recording, n_cells: 0 }
    }

    /// Both files are open.
    pub(crate) fn open() -> Self {
        let mut book = Self::new();
        let said = book.said(&format!(
            "%dataset signal={} background={}",
            book.path("signal.root"),
            book.path("background.root")
        ));
        assert!(said.contains("signal") && said.contains("2000"), "{said}");
        book
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Runs a cell; its messages.
    pub(crate) fn run(&mut self, code: &str) -> Result<Vec<(String, Value)>, CellError> {
        self.n_cells += 1;
        let cell = Cell {
            code: code.to_string(),
            execution_count: self.n_cells,
            store_history: true,
            ..Cell::default()
        };
        let result = self.notebook.execute(&cell, &self.output);
        let mut messages = self.recording.take();
        messages.extend(self.recording.payload().into_iter().map(|payload| ("page".to_string(), payload)));
        result.map(|_| messages)
    }

    /// Everything that a cell says as text.
    pub(crate) fn said(&mut self, code: &str) -> String {
        let messages =
            self.run(code).unwrap_or_else(|error| panic!("{code}: {}", error.traceback.join("\n")));
        let text = |(_, content): &(String, Value)| {
            let text = content["text"].as_str().or_else(|| content["data"]["text/plain"].as_str());
            text.unwrap_or_default().to_string()
        };
        messages.iter().map(text).collect::<Vec<_>>().join("\n")
    }

    /// The displays of a cell.
    pub(crate) fn shown(&mut self, code: &str) -> Vec<Value> {
        let messages =
            self.run(code).unwrap_or_else(|error| panic!("{code}: {}", error.traceback.join("\n")));
        let is_display = |kind: &str| kind == "display_data" || kind == "update_display_data";
        messages
            .into_iter()
            .filter(|(kind, _)| is_display(kind))
            .map(|(_, content)| content["data"].clone())
            .collect()
    }

    /// The error of a cell, without colours.
    pub(crate) fn error(&mut self, code: &str) -> String {
        match self.run(code) {
            Ok(messages) => panic!("{code} went well: {messages:?}"),
            Err(error) => format!("{}: {}", error.name, error.value),
        }
    }

    pub(crate) fn interrupt(&self) {
        self.recording.interrupt();
    }

    /// Interrupts the cell that runs then.
    pub(crate) fn interrupt_within(&self, pause: Duration) -> JoinHandle<()> {
        let recording = self.recording.clone();
        std::thread::spawn(move || {
            std::thread::sleep(pause);
            recording.interrupt();
        })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        Path::new(&self.path(name)).is_file()
    }
}
