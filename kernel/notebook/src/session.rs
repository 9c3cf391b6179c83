//! What a notebook holds between its cells: samples, the selection, the model. Knows neither Jupyter nor pictures.

mod added_branch;
mod branches;
mod extended_table;
mod file_stamp;
mod first_look;
mod histograms;
mod measure;
mod memory_guard;
mod memory_sample;
mod sample;
mod settings;
mod short_model;
mod steps;
mod stop_request;
mod training;
mod vocabulary;

pub use branches::BranchChoice;
pub use extended_table::ExtendedTable;
pub use file_stamp::FileStamp;
pub use first_look::{FirstLook, FirstValues};
pub use histograms::{FilledSamples, HistogramWish, OnPart, go_on_unless};
pub use memory_guard::MemoryGuard;
pub(crate) use memory_guard::decoded_bytes_of;
pub(crate) use memory_sample::joined;
pub(crate) use sample::memory_of_table_files;
pub use sample::{Sample, SampleWish};
pub use settings::{PictureFormat, SETTINGS, SettingInfo, Settings};
pub use short_model::{ACTIVATIONS, LAYERS, layers as short_layers};
pub use steps::{LeftOut, Steps, TablesOfSample};
pub use stop_request::StopRequest;
pub use training::{Trained, TrainingWish};
pub use vocabulary::{KnownBranch, Vocabulary};

use crate::magic::MagicError;
use branch_specs::Specs;
use byte_source::FileOpener;
use event_columns::nearest_names;
use event_selection::Selection;
use hub_client::{Connection, Hub, HubError, RetryRule, SharedFiles, Wish};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use training_pipeline::ModelRequest;

/// Everything that a cell can see and change.
pub struct Session {
    /// The samples, in the order in which they were added.
    pub samples: Vec<Sample>,
    /// New branches and cuts.
    pub steps: Steps,
    /// Which branches are features.
    pub branches: BranchChoice,
    /// What `%config` sets.
    pub settings: Settings,
    /// The model that `%train` trains, with the text it was said by.
    pub model: Option<(ModelRequest, String)>,
    /// What the last training left, or `%load` read.
    pub trained: Option<Trained>,
    /// Specs of a sample under a selection.
    specs: BTreeMap<(String, String), Arc<Specs>>,
    /// Epochs that the last `%train` was asked for, for `--resume`.
    pub asked_epochs: Option<usize>,
    /// Opens files: those of this machine, and those of workspaces (`shared://`).
    pub opener: FileOpener,
    /// The files of workspaces, with the client of the hub service behind them.
    pub shared: Arc<SharedFiles>,
    /// Ends whatever is read from a workspace or written into one.
    pub stop: StopRequest,
    /// Variables that `%env` set, for what is started from now on.
    pub environment: BTreeMap<String, String>,
    /// What this server may take.
    pub memory: MemoryGuard,
    /// Values of the parameters cells, for `{name}` in magics.
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// What was done, for `%provenance`.
    pub history: Vec<String>,
    /// Specs files and checkpoints of this session.
    folder: tempfile::TempDir,
}

/// The hub service of this notebook server, or the one of `mlaas4hep login`.
fn connect() -> Result<Hub, HubError> {
    let environment = |name: &str| std::env::var(name).ok();
    let wish = Wish { login_file: hub_client::LoginFile::usual_path(&environment), ..Wish::default() };
    Hub::new(Connection::find(&wish, &environment)?, RetryRule::default())
}

impl Session {
    /// An empty session.
    ///
    /// # Errors
    /// No temporary folder can be made.
    pub fn new() -> std::io::Result<Self> {
        let made_by = concat!("mlaas4hep-kernel ", env!("CARGO_PKG_VERSION"));
        let stop = StopRequest::default();
        let asked = stop.clone();
        let connect = move || {
            let asked = asked.clone();
            Ok(connect()?.until(move || asked.is_made()))
        };
        let shared = Arc::new(SharedFiles::new(connect, made_by));
        Ok(Self {
            opener: FileOpener::with(shared.clone()),
            shared,
            stop,
            samples: Vec::new(),
            steps: Steps::default(),
            branches: BranchChoice::default(),
            settings: Settings::default(),
            model: None,
            trained: None,
            specs: BTreeMap::new(),
            asked_epochs: None,
            environment: BTreeMap::new(),
            parameters: BTreeMap::new(),
            memory: MemoryGuard::default(),
            history: Vec::new(),
            folder: tempfile::Builder::new().prefix("mlaas4hep-session-").tempdir()?,
        })
    }

    /// The folder for specs files and checkpoints; it goes with the session.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }

    /// The sample of a name.
    ///
    /// # Errors
    /// There is none; the message has the nearest names.
    pub fn sample(&self, name: &str) -> Result<&Sample, MagicError> {
        self.samples.iter().find(|sample| sample.name == name).ok_or_else(|| {
            let names = || self.samples.iter().map(|sample| sample.name.as_str());
            let nearest = nearest_names(name, names(), 2);
            let advice = match (nearest.is_empty(), self.samples.is_empty()) {
                (false, _) => format!("Did you mean {}?", nearest.join(" or ")),
                (true, false) => format!("The samples are {}.", names().collect::<Vec<_>>().join(", ")),
                (true, true) => "Open a file first: %open FILE".to_string(),
            };
            MagicError::new("UnknownSample", format!("there is no sample `{name}`")).advise(advice)
        })
    }

    /// New branches and cuts as they hold for a sample; see [`Sample::is_selected`]. A sample that lacks a branch of a
    /// definition or cut is taken without it.
    ///
    /// # Errors
    /// A statement that does not fit the sample for another reason, such as the shape of a branch.
    pub fn selection_of(&self, sample: &Sample) -> Result<Selection, MagicError> {
        self.fitting(sample).map(|(selection, _)| selection)
    }

    /// As [`Session::selection_of`], with the definitions and cuts that do not hold for the sample.
    ///
    /// # Errors
    /// As [`Session::selection_of`].
    pub fn fitting(&self, sample: &Sample) -> Result<(Selection, Vec<LeftOut>), MagicError> {
        if sample.is_selected() { self.steps.fitting(sample.named_tables()) } else { Ok(Default::default()) }
    }

    /// Adds definitions and cuts; see [`Steps::add`].
    ///
    /// # Errors
    /// As [`Steps::add`].
    pub fn add_steps(&mut self, text: &str) -> Result<Vec<LeftOut>, MagicError> {
        let selected = self.samples.iter().filter(|sample| sample.is_selected());
        let tables: Vec<TablesOfSample<'_>> = selected.map(Sample::named_tables).collect();
        self.steps.add(text, &tables)
    }

    /// The samples of these names, or all of them where none is named.
    ///
    /// # Errors
    /// An unknown name, no sample at all, or a file that was replaced since it was opened.
    pub fn chosen(&self, names: &[String]) -> Result<Vec<&Sample>, MagicError> {
        let samples = self.named(names)?;
        samples.iter().try_for_each(|sample| sample.check_files())?;
        Ok(samples)
    }

    fn named(&self, names: &[String]) -> Result<Vec<&Sample>, MagicError> {
        if self.samples.is_empty() {
            return Err(MagicError::new("NoData", "no file is open")
                .advise("Open one: %open FILE, or several as samples: %dataset NAME=FILE .."));
        }
        if names.is_empty() {
            return Ok(self.samples.iter().collect());
        }
        names.iter().flat_map(|names| names.split(',')).map(|name| self.sample(name.trim())).collect()
    }

    /// The colour of a sample in pictures: its own, or that of its place among the samples that are not data.
    pub fn colour_of(&self, name: &str) -> Option<String> {
        let sample = self.samples.iter().find(|sample| sample.name == name)?;
        let drawn: Vec<&Sample> = self.samples.iter().filter(|sample| !sample.is_data).collect();
        let place = drawn.iter().position(|own| own.name == name)?;
        let colours = self.settings.style().palette.holding(drawn.len()).colours();
        Some(sample.colour.clone().unwrap_or_else(|| colours[place % colours.len()].to_string()))
    }

    /// The colours of labels: of each that is the label of one sample only.
    pub fn colours_of_labels(&self) -> BTreeMap<String, String> {
        let drawn = || self.samples.iter().filter(|sample| !sample.is_data);
        let is_only = |own: &&Sample| drawn().filter(|sample| sample.label == own.label).count() == 1;
        drawn()
            .filter(is_only)
            .filter_map(|sample| Some((sample.label.clone(), self.colour_of(&sample.name)?)))
            .collect()
    }

    /// Adds a sample, in the place of one of the same name.
    pub fn set_sample(&mut self, sample: Sample) {
        self.specs.retain(|(name, _), _| *name != sample.name);
        match self.samples.iter_mut().find(|own| own.name == sample.name) {
            Some(own) => *own = sample,
            None => self.samples.push(sample),
        }
    }
}
