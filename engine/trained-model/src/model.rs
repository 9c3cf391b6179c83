//! A trained model in memory, and its way into a file and out of it.

use crate::container::{self, Opened, Part};
use crate::{
    Engine, FORMAT, FORMAT_VERSION, Manifest, ModelFeature, ModelFileError, NetworkProblem, NetworkShape,
    Provenance, RawBranch, onnx,
};
use branch_specs::Specs;
use event_columns::{ColumnType, ElementType, nearest_names};
use event_matrix::MatrixLayout;
use event_selection::Selection;
use network::{MaskUse, Network, Task};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

const ONNX: &str = "model.onnx";
const TORCHSCRIPT: &str = "model.torchscript.pt";
const SPECS: &str = "specs.json";
const LAYOUT: &str = "layout.json";
const SELECTION: &str = "selection.json";
const REPORT: &str = "report.json";
const PICTURES: &str = "pictures/";

/// What training hands over to become a model.
#[derive(Clone, Debug)]
pub struct NewModel {
    /// What people call the model.
    pub name: String,
    /// When training ended, RFC 3339 in UTC.
    pub created: String,
    /// Name or digest of the model from which training went on.
    pub parent: Option<String>,
    /// What the scores mean.
    pub task: Task,
    /// The word for each class, in order (two for a binary task); or empty.
    pub labels: Vec<String>,
    /// The trained network.
    pub network: TrainedNetwork,
    /// The branches of the raw events with their types; those that are not used are left out of the model.
    pub branches: Vec<(Arc<str>, ColumnType)>,
    /// Cuts and new branches. The specs and the layout are of what it gives.
    pub selection: Selection,
    /// What the first pass measured.
    pub specs: Specs,
    /// The columns that the network takes.
    pub layout: MatrixLayout,
    /// Unit by branch, where the user gave one.
    pub units: BTreeMap<String, String>,
    /// Figures of merit by name, such as `test/auc`. Those that are not finite are left out.
    pub metrics: BTreeMap<String, f64>,
    /// Where the model comes from.
    pub provenance: Provenance,
    /// The report of the training, any JSON.
    pub report: Option<serde_json::Value>,
    /// Pictures by name without `.svg`, as SVG text. Names of letters, digits, `_`, `-` and `.`.
    pub pictures: BTreeMap<String, String>,
}

/// What training leaves.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainedNetwork {
    /// Layers with weights; becomes ONNX.
    Layers(Arc<Network>),
    /// A `TorchScript` module, run by the worker that holds libtorch.
    TorchScript {
        /// The file as `torch.jit.save` writes it.
        module: Vec<u8>,
        /// Whether missing values are 0 or the mask is appended.
        mask: MaskUse,
        /// Whether the module ends with sigmoid or softmax.
        gives_probabilities: bool,
    },
}

/// A trained model: everything that is needed to score raw events, and where it comes from.
#[derive(Clone, Debug)]
pub struct TrainedModel {
    manifest: Manifest,
    network: TrainedNetwork,
    /// Empty for `TorchScript`.
    onnx: Vec<u8>,
    specs: Specs,
    layout: MatrixLayout,
    selection: Selection,
    report: Option<serde_json::Value>,
    pictures: BTreeMap<String, String>,
}

impl TrainedModel {
    /// Puts a model together after checking that its parts fit.
    ///
    /// # Errors
    /// [`ModelFileError::Inconsistent`] says what does not fit what.
    pub fn new(new: NewModel) -> Result<Self, ModelFileError> {
        let inconsistent = |reason: String| ModelFileError::Inconsistent { path: new.name.clone(), reason };
        check_layout(&new.layout).map_err(inconsistent)?;
        let engine = match &new.network {
            TrainedNetwork::Layers(network) => Engine::Onnx(NetworkShape::of(network)),
            TrainedNetwork::TorchScript { mask, gives_probabilities, .. } => {
                Engine::Torchscript { mask: *mask, gives_probabilities: *gives_probabilities }
            }
        };
        let branches = raw_branches(&new).map_err(inconsistent)?;
        let manifest = Manifest {
            format: FORMAT.to_string(),
            format_version: FORMAT_VERSION,
            name: new.name.clone(),
            created: new.created.clone(),
            parent: new.parent.clone(),
            task: new.task,
            labels: new.labels.clone(),
            engine,
            branches,
            features: model_features(&new.layout, &new.units),
            columns: new.layout.column_names(),
            metrics: new
                .metrics
                .iter()
                .filter(|(_, value)| value.is_finite())
                .map(|(k, v)| (k.clone(), *v))
                .collect(),
            provenance: new.provenance.clone(),
            parts: Vec::new(),
        };
        check_manifest(&manifest).map_err(inconsistent)?;
        let is_plain = |name: &String| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
        };
        if let Some(name) = new.pictures.keys().find(|name| !is_plain(name)) {
            return Err(inconsistent(format!(
                "`{name}` is no name for a picture: use letters, digits, _ - ."
            )));
        }
        let onnx = match &new.network {
            TrainedNetwork::Layers(network) => {
                if network.task != new.task {
                    let (of_network, of_model) = (network.task, new.task);
                    return Err(inconsistent(format!(
                        "the network's task is {of_network:?}, not {of_model:?}"
                    )));
                }
                onnx::full_graph(&new.layout, network, &onnx_metadata(&manifest))
                    .map_err(|problem| inconsistent(problem.to_string()))?
            }
            TrainedNetwork::TorchScript { .. } => Vec::new(),
        };
        Ok(Self {
            manifest,
            network: new.network,
            onnx,
            specs: new.specs,
            layout: new.layout,
            selection: new.selection,
            report: new.report,
            pictures: new.pictures,
        })
    }

    /// Reads a model file.
    ///
    /// # Errors
    /// [`ModelFileError`] says whether the file cannot be read, is none, is damaged (and where), or is too new.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ModelFileError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|cause| ModelFileError::File {
            action: "read",
            path: name.clone(),
            cause,
        })?;
        Self::from_bytes(&name, &bytes)
    }

    /// Reads a model from the bytes of its file; `name` is for messages.
    ///
    /// # Errors
    /// As [`TrainedModel::open`].
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, ModelFileError> {
        let mut opened = Opened::new(name, bytes)?;
        let mut manifest = Manifest::from_json(name, &opened.manifest()?)?;
        let mut parts = opened.parts(&manifest.parts)?;
        manifest.parts.clear();
        Self::from_parts(name, manifest, &mut parts)
    }

    fn from_parts(
        name: &str,
        manifest: Manifest,
        parts: &mut BTreeMap<String, Vec<u8>>,
    ) -> Result<Self, ModelFileError> {
        let inconsistent = |reason: String| ModelFileError::Inconsistent { path: name.to_string(), reason };
        check_manifest(&manifest).map_err(inconsistent)?;
        let specs = String::from_utf8_lossy(&take(name, parts, SPECS)?).into_owned();
        let specs = Specs::from_json(&specs).map_err(|cause| damaged(name, SPECS, &cause))?;
        let layout: MatrixLayout = json(name, LAYOUT, &take(name, parts, LAYOUT)?)?;
        check_layout(&layout).map_err(inconsistent)?;
        let selection: Selection = json(name, SELECTION, &take(name, parts, SELECTION)?)?;
        let report = parts.remove(REPORT).map(|bytes| json(name, REPORT, &bytes)).transpose()?;
        let mut onnx = Vec::new();
        let network = match &manifest.engine {
            Engine::Onnx(shape) => {
                onnx = take(name, parts, ONNX)?;
                let fits = |network: Network| {
                    if network.n_features == layout.n_columns() {
                        Ok(network)
                    } else {
                        Err(NetworkProblem("its width is not that of the layout".to_string()))
                    }
                };
                let network = onnx::read_network(&onnx, shape, manifest.task).and_then(fits);
                TrainedNetwork::Layers(Arc::new(
                    network.map_err(|problem| inconsistent(problem.to_string()))?,
                ))
            }
            Engine::Torchscript { mask, gives_probabilities } => TrainedNetwork::TorchScript {
                module: take(name, parts, TORCHSCRIPT)?,
                mask: *mask,
                gives_probabilities: *gives_probabilities,
            },
        };
        let picture = |(part, bytes): (&String, &Vec<u8>)| {
            let picture = part.strip_prefix(PICTURES)?.strip_suffix(".svg")?;
            Some((picture.to_string(), String::from_utf8_lossy(bytes).into_owned()))
        };
        let pictures = parts.iter().filter_map(picture).collect();
        Ok(Self { manifest, network, onnx, specs, layout, selection, report, pictures })
    }

    /// The bytes of the file. The same model gives the same bytes.
    ///
    /// # Errors
    /// [`ModelFileError::Inconsistent`] where a part cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelFileError> {
        let failed =
            |cause: String| ModelFileError::Inconsistent { path: self.manifest.name.clone(), reason: cause };
        let text =
            |value: Result<Vec<u8>, serde_json::Error>| value.map_err(|cause| failed(cause.to_string()));
        let mut texts = vec![
            (SPECS.to_string(), self.specs.to_json().into_bytes()),
            (LAYOUT.to_string(), text(serde_json::to_vec_pretty(&self.layout))?),
            (SELECTION.to_string(), text(serde_json::to_vec_pretty(&self.selection))?),
        ];
        if let Some(report) = &self.report {
            texts.push((REPORT.to_string(), text(serde_json::to_vec_pretty(report))?));
        }
        for (name, picture) in &self.pictures {
            texts.push((format!("{PICTURES}{name}.svg"), picture.clone().into_bytes()));
        }
        let (name, bytes) = match &self.network {
            TrainedNetwork::Layers(_) => (ONNX, &self.onnx),
            TrainedNetwork::TorchScript { module, .. } => (TORCHSCRIPT, module),
        };
        let mut parts = vec![Part { name, bytes, is_stored: true }];
        parts.extend(texts.iter().map(|(name, bytes)| Part { name, bytes, is_stored: false }));
        let manifest =
            Manifest { parts: parts.iter().map(container::entry).collect(), ..self.manifest.clone() };
        let manifest = text(serde_json::to_vec_pretty(&manifest))?;
        container::to_bytes(&manifest, &parts).map_err(|cause| failed(cause.to_string()))
    }

    /// Writes the file beside its place and renames it into it, so that no reader meets half a model.
    ///
    /// # Errors
    /// [`ModelFileError::File`] when the file system refuses; then an older file is still there.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ModelFileError> {
        let path = path.as_ref();
        let bytes = self.to_bytes()?;
        container::write_file(path, &bytes).map_err(|cause| ModelFileError::File {
            action: "write",
            path: path.display().to_string(),
            cause,
        })
    }

    /// What the model says about itself. Its list of parts is empty here.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The network, or the `TorchScript` module.
    pub fn network(&self) -> &TrainedNetwork {
        &self.network
    }

    /// The ONNX file; nothing for a `TorchScript` model.
    pub fn onnx_bytes(&self) -> Option<&[u8]> {
        matches!(self.network, TrainedNetwork::Layers(_)).then_some(&self.onnx)
    }

    /// What the first pass measured.
    pub fn specs(&self) -> &Specs {
        &self.specs
    }

    /// The columns that the network takes.
    pub fn layout(&self) -> &MatrixLayout {
        &self.layout
    }

    /// Cuts and new branches.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// The report of the training.
    pub fn report(&self) -> Option<&serde_json::Value> {
        self.report.as_ref()
    }

    /// Pictures by name, as SVG.
    pub fn pictures(&self) -> &BTreeMap<String, String> {
        &self.pictures
    }

    /// The raw branches that the model reads, with their types in training.
    pub fn branches(&self) -> Vec<(Arc<str>, ColumnType)> {
        // The manifest was checked: every element has a name that is known.
        let branch = |raw: &RawBranch| Some((Arc::from(raw.name.as_str()), raw.column_type()?));
        self.manifest.branches.iter().filter_map(branch).collect()
    }

    /// Some lines for people: what the model is, what it reads, how good it is and where it comes from.
    pub fn describe(&self) -> String {
        let manifest = &self.manifest;
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = describe_head(&mut text, manifest);
        let _ = describe_features(&mut text, manifest, &self.selection);
        let _ = describe_origin(&mut text, manifest);
        text
    }
}

fn describe_head(text: &mut String, manifest: &Manifest) -> std::fmt::Result {
    writeln!(text, "model       {}, made {}", manifest.name, manifest.created)?;
    if let Some(parent) = &manifest.parent {
        writeln!(text, "parent      {parent}")?;
    }
    let task = match manifest.task {
        Task::Binary => "probability of a binary label".to_string(),
        Task::Classes(n_classes) => format!("probabilities of {n_classes} classes"),
        Task::Regression => "a number (regression)".to_string(),
    };
    let labels =
        if manifest.labels.is_empty() { String::new() } else { format!(": {}", manifest.labels.join(", ")) };
    writeln!(text, "gives       {task}{labels}")?;
    match &manifest.engine {
        Engine::Onnx(shape) => {
            let n_weights: usize = shape.layers.iter().map(|layer| layer.n_weights()).sum();
            let (n_columns, n_layers) = (shape.n_features, shape.layers.len());
            writeln!(text, "network     {n_layers} layers on {n_columns} columns, {n_weights} weights (ONNX)")
        }
        Engine::Torchscript { .. } => writeln!(text, "network     a TorchScript module"),
    }
}

fn describe_features(text: &mut String, manifest: &Manifest, selection: &Selection) -> std::fmt::Result {
    if !selection.is_empty() {
        writeln!(text, "selection")?;
        for line in selection.to_text().lines() {
            writeln!(text, "  {line}")?;
        }
    }
    writeln!(text, "features    {} with {} columns", manifest.features.len(), manifest.columns.len())?;
    let widest = manifest.features.iter().map(|feature| feature.name.chars().count()).max().unwrap_or(0);
    for feature in &manifest.features {
        let ModelFeature { name, kind, element, n_columns, .. } = feature;
        let range = match (feature.min, feature.max) {
            (Some(min), Some(max)) => format!("{min} .. {max}"),
            _ => "no value in training".to_string(),
        };
        let unit = feature.unit.as_deref().map_or(String::new(), |unit| format!(" {unit}"));
        writeln!(text, "  {name:widest$}  {kind} {element}, {n_columns} column(s), {range}{unit}")?;
    }
    Ok(())
}

fn describe_origin(text: &mut String, manifest: &Manifest) -> std::fmt::Result {
    for (name, value) in &manifest.metrics {
        writeln!(text, "metric      {name} = {value}")?;
    }
    let provenance = &manifest.provenance;
    for input in &provenance.inputs {
        let tree = if input.tree.is_empty() { String::new() } else { format!(":{}", input.tree) };
        let label = input.label.map_or(String::new(), |label| format!(", label {label}"));
        writeln!(text, "trained on  {}{tree}, {} events{label}", input.path, input.n_events)?;
    }
    let [train, validation, test] = provenance.n_events;
    writeln!(
        text,
        "events      {train} train, {validation} validation, {test} test; seed {}",
        provenance.seed
    )?;
    for (program, version) in &provenance.versions {
        writeln!(text, "version     {program} {version}")?;
    }
    Ok(())
}

/// The raw branches that selection and layout need together.
fn raw_branches(new: &NewModel) -> Result<Vec<RawBranch>, String> {
    let checked = new.selection.check(&new.branches).map_err(|error| format!("selection: {error}"))?;
    let mut names: BTreeSet<&str> = checked.branches_read().iter().map(|name| &**name).collect();
    let made: BTreeSet<&str> = new.selection.new_branches().collect();
    for feature in new.layout.features() {
        let output = checked.output_branches().iter().find(|(name, _)| **name == *feature.branch);
        let Some((name, column_type)) = output else {
            let all = checked.output_branches().iter().map(|(name, _)| &**name);
            let nearest = nearest_names(&feature.branch, all, 3).join(", ");
            let name = &feature.branch;
            return Err(format!(
                "the events have no branch `{name}` after the selection; nearest: {nearest}"
            ));
        };
        if column_type.depth != feature.column_type.depth || column_type.width != feature.column_type.width {
            return Err(format!("branch `{name}` is {column_type}, the layout has {}", feature.column_type));
        }
        if !made.contains(&**name) {
            names.insert(name);
        }
    }
    let is_read = |branch: &&(Arc<str>, ColumnType)| names.contains(&*branch.0);
    Ok(new
        .branches
        .iter()
        .filter(is_read)
        .map(|(name, column_type)| RawBranch::new(name, *column_type))
        .collect())
}

fn model_features(layout: &MatrixLayout, units: &BTreeMap<String, String>) -> Vec<ModelFeature> {
    let feature = |feature: &event_matrix::Feature| ModelFeature {
        name: feature.branch.clone(),
        kind: feature.column_type.kind().to_string(),
        element: feature.column_type.element.name().to_string(),
        n_columns: feature.width,
        min: feature.min.filter(|min| min.is_finite()),
        max: feature.max.filter(|max| max.is_finite()),
        unit: units.get(&feature.branch).cloned(),
    };
    layout.features().iter().map(feature).collect()
}

fn onnx_metadata(manifest: &Manifest) -> Vec<(String, String)> {
    let names: Vec<&str> = manifest.features.iter().map(|feature| feature.name.as_str()).collect();
    let list = |names: &[&str]| serde_json::Value::from(names.to_vec()).to_string();
    let labels: Vec<&str> = manifest.labels.iter().map(String::as_str).collect();
    [
        ("name", manifest.name.clone()),
        ("created", manifest.created.clone()),
        ("labels", list(&labels)),
        ("features", list(&names)),
        ("manifest_version", manifest.format_version.to_string()),
    ]
    .map(|(key, value)| (key.to_string(), value))
    .to_vec()
}

/// Checks what a manifest says by itself.
fn check_manifest(manifest: &Manifest) -> Result<(), String> {
    let n_classes = match manifest.task {
        Task::Binary => 2,
        Task::Classes(n_classes) => n_classes,
        Task::Regression => 0,
    };
    if manifest.task == Task::Classes(0) || manifest.task == Task::Classes(1) {
        return Err("a task of classes needs at least two of them".to_string());
    }
    if !manifest.labels.is_empty() && manifest.labels.len() != n_classes {
        return Err(format!("there are {} labels for {n_classes} classes", manifest.labels.len()));
    }
    if matches!(manifest.engine, Engine::Torchscript { mask: MaskUse::Embed, .. }) {
        return Err("a TorchScript model cannot embed the mask: append it".to_string());
    }
    match manifest.branches.iter().find(|raw| raw.column_type().is_none()) {
        Some(raw) => Err(format!("branch `{}` has the type `{}`, which is none", raw.name, raw.element)),
        None => Ok(()),
    }
}

/// Checks that the columns of a layout, which may come from a file, follow each other and can be computed.
fn check_layout(layout: &MatrixLayout) -> Result<(), String> {
    let mut next_column = 0_usize;
    let mut names = BTreeSet::new();
    for feature in layout.features() {
        let name = &feature.branch;
        if feature.first_column != next_column {
            return Err(format!("layout: branch `{name}` starts at column {}", feature.first_column));
        }
        if !names.insert(name) {
            return Err(format!("layout: branch `{name}` stands twice"));
        }
        if !feature.shift.is_finite() || !feature.scale.is_finite() || feature.scale == 0.0 {
            return Err(format!(
                "layout: the scaling of branch `{name}` is ({}, {})",
                feature.shift, feature.scale
            ));
        }
        let is_flat = feature.column_type.depth == 0;
        if is_flat && feature.width > feature.column_type.width || feature.width > 1 << 24 {
            return Err(format!("layout: branch `{name}` has {} columns", feature.width));
        }
        next_column = next_column.saturating_add(feature.width);
    }
    if next_column != layout.n_columns() || next_column == 0 {
        return Err(format!("layout: {next_column} columns, not {}", layout.n_columns()));
    }
    Ok(())
}

fn take(path: &str, parts: &mut BTreeMap<String, Vec<u8>>, part: &str) -> Result<Vec<u8>, ModelFileError> {
    parts.remove(part).ok_or_else(|| damaged(path, part, &"the manifest does not list it"))
}

fn json<T: serde::de::DeserializeOwned>(path: &str, part: &str, bytes: &[u8]) -> Result<T, ModelFileError> {
    serde_json::from_slice(bytes).map_err(|cause| damaged(path, part, &cause))
}

fn damaged(path: &str, part: &str, reason: &dyn std::fmt::Display) -> ModelFileError {
    ModelFileError::Damaged { path: path.to_string(), part: part.to_string(), reason: reason.to_string() }
}

impl RawBranch {
    pub(crate) fn new(name: &str, column_type: ColumnType) -> Self {
        let ColumnType { element, depth, width } = column_type;
        Self { name: name.to_string(), element: element.name().to_string(), depth, width }
    }

    /// The type; nothing where it is not one of ours.
    pub fn column_type(&self) -> Option<ColumnType> {
        use ElementType::{Bool, F32, F64, I8, I16, I32, I64, Text, U8, U16, U32, U64};
        let known = [Bool, I8, I16, I32, I64, U8, U16, U32, U64, F32, F64, Text];
        let element = known.into_iter().find(|known| known.name() == self.element)?;
        // More levels than any file has; the reader of rows descends once for each.
        let is_sound = self.width > 0 && self.width <= 1 << 24 && self.depth <= 8;
        is_sound.then_some(ColumnType { element, depth: self.depth, width: self.width })
    }
}
