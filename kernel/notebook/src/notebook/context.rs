//! What a magic may use while it runs.

use super::{Notebook, RustEngine};
use crate::arguments::Arguments;
use crate::display::{ProgressBar, export, picture_bundle, table_bundle, text_bundle};
use crate::magic::MagicError;
use crate::session::{LeftOut, Sample, Session, Trained, go_on_unless};
use byte_source::FileOpener;
use event_columns::{GoOn, StepReport};
use hub_client::Hub;
use jupyter_kernel::{Cell, CellError, Output};
use plots::Figure;
use serde_json::Value;
use std::path::Path;
use text_table::TextTable;

/// The session and the way out.
pub struct Context<'a> {
    /// What the notebook holds.
    pub session: &'a mut Session,
    /// Where everything is shown.
    pub output: &'a Output,
    /// The engine of Rust cells.
    pub rust: Option<&'a dyn RustEngine>,
    /// The training worker.
    pub worker: Option<&'a Path>,
    pub(crate) cell_number: u64,
    pub(crate) n_displays: usize,
}

impl Context<'_> {
    /// The hub service; an interrupt of the cell ends whatever it waits for.
    ///
    /// # Errors
    /// No service is known.
    pub fn hub(&self) -> Result<Hub, MagicError> {
        self.session.shared.hub().map_err(|error| MagicError::hub(&error))
    }

    /// Prints a line.
    pub fn line(&self, text: &str) {
        self.output.stdout(&format!("{text}\n"));
    }

    /// Says what does not hold for which sample.
    pub fn say_left_out(&self, left_out: &[LeftOut]) {
        for one in left_out {
            self.output.stderr(&format!("{}\n", one.line()));
        }
    }

    /// Takes in a sample, and says which definitions and cuts do not hold for it.
    pub fn add_sample(&mut self, sample: Sample) {
        match self.session.fitting(&sample) {
            Ok((_, left_out)) => self.say_left_out(&left_out),
            Err(error) => self.output.stderr(&format!("{error}\n")),
        }
        self.session.set_sample(sample);
    }

    /// Shows text that is read as a whole.
    pub fn show_text(&self, text: &str) {
        self.output.display(&text_bundle(text));
    }

    /// Shows a table under a line of text.
    pub fn show_table(&self, caption: &str, table: &TextTable) {
        self.show_table_above(caption, table, "");
    }

    /// Shows a table between two lines of text, either of which may be empty.
    pub fn show_table_above(&self, caption: &str, table: &TextTable, footer: &str) {
        self.output.display(&table_bundle(caption, table, footer));
    }

    /// Shows a picture.
    ///
    /// # Errors
    /// The picture cannot be turned into pixels.
    pub fn show_picture(&self, figure: &dyn Figure, is_interactive: bool) -> Result<(), MagicError> {
        let bundle = picture_bundle(figure, &self.session.settings, is_interactive)?;
        self.output.display(&bundle);
        Ok(())
    }

    /// Writes a picture where `--export` asks for it; `numbers` are what a `.json` file holds.
    ///
    /// # Errors
    /// As [`export`].
    pub fn export(
        &self,
        figure: &dyn Figure,
        numbers: Option<Value>,
        arguments: &Arguments,
    ) -> Result<(), MagicError> {
        let Some(path) = arguments.value("--export") else { return Ok(()) };
        let how = (&self.session.settings, &self.session.opener);
        export(figure, numbers, how, Path::new(path))?;
        self.line(&format!("wrote {path}"));
        Ok(())
    }

    /// The model that was trained or loaded last.
    ///
    /// # Errors
    /// There is none.
    pub fn trained(&self) -> Result<&Trained, MagicError> {
        self.session.trained.as_ref().ok_or_else(|| {
            MagicError::new("NoModel", "no model was trained or loaded")
                .advise("Train one (%train) or load one (%load FILE).")
        })
    }

    /// The engine of Rust cells.
    ///
    /// # Errors
    /// The kernel runs without it.
    pub fn rust_engine(&self) -> Result<&dyn RustEngine, MagicError> {
        self.rust.ok_or_else(|| {
            MagicError::new("NoRustEngine", "this kernel runs without the Rust engine")
                .advise("Install it with Rust: mlaas4hep-kernel install, without --no-rust.")
        })
    }

    /// An id for a display that will be updated.
    pub fn display_id(&mut self) -> String {
        self.n_displays += 1;
        format!("mlaas4hep-{}-{}-{}", std::process::id(), self.cell_number, self.n_displays)
    }

    /// A bar for a long step.
    pub fn progress(&mut self) -> ProgressBar {
        ProgressBar::new(self.output, self.display_id())
    }
}

/// Runs further cells from within one.
pub struct CellRunner<'a> {
    pub(crate) notebook: &'a Notebook,
    pub(crate) cell: &'a Cell,
    /// Where everything is shown.
    pub output: &'a Output,
}

impl CellRunner<'_> {
    /// Runs the text of a cell.
    ///
    /// # Errors
    /// That of the first part that fails.
    pub fn run(&self, text: &str) -> Result<(), CellError> {
        self.notebook.run_text(text, self.cell, self.output)
    }

    /// Opens files of this machine and of workspaces.
    pub fn opener(&self) -> FileOpener {
        FileOpener::with(self.notebook.shared.clone())
    }

    /// Number of events of all samples now.
    pub fn n_events(&self) -> u64 {
        self.notebook.n_events()
    }
}

/// Reports to a bar and hears the interrupt.
pub fn watch<'a>(bar: &'a mut ProgressBar, output: &'a Output) -> impl FnMut(&StepReport<'_>) -> GoOn + 'a {
    move |report| {
        bar.report(report);
        go_on_unless(output.is_interrupted())
    }
}
