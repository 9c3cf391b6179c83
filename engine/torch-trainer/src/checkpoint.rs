//! Checkpoints: one safetensors file with the tensors, and where the training stands as JSON in its metadata under
//! the key `training`. Written beside and renamed, so that a checkpoint is whole or the one before.

use std::{
    collections::HashMap,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};
use training_protocol::{ChunkOrder, EpochRecord, ModelDescription, TrainingPlan, partial_path};

use crate::{error::TrainerError, schedule::Fit};

const METADATA_KEY: &str = "training";
const VERSION: u32 = 1;

/// Where a training stands, besides its tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Standing {
    version: u32,
    model: ModelDescription,
    n_columns: usize,
    batch_size: usize,
    order: ChunkOrder,
    shuffle: bool,
    seed: u64,
    #[serde(default)]
    data: String,
    /// By chunk: chunks that are done with. Else 0.
    pub(crate) chunks_done: usize,
    /// The fit that is going on: of the next chunk, or of all.
    pub(crate) fit: Fit,
    pub(crate) history: Vec<EpochRecord>,
    pub(crate) n_steps: u64,
    pub(crate) weight_scale: Option<f64>,
    pub(crate) stopped_early: bool,
}

impl Standing {
    /// The start of a training.
    pub(crate) fn start(plan: &TrainingPlan) -> Self {
        Self {
            version: VERSION,
            model: plan.model.clone(),
            n_columns: plan.n_columns,
            batch_size: plan.batch_size,
            order: plan.order,
            shuffle: plan.shuffle,
            seed: plan.seed,
            data: plan.data.clone(),
            chunks_done: 0,
            fit: Fit::default(),
            history: Vec::new(),
            n_steps: 0,
            weight_scale: None,
            stopped_early: false,
        }
    }

    /// Refuses a checkpoint that another training has made. The number of epochs, the schedule and the like may
    /// change on the way.
    fn check(&self, plan: &TrainingPlan, path: &Path) -> Result<(), TrainerError> {
        let same = [
            ("model", self.model == plan.model),
            ("number of columns", self.n_columns == plan.n_columns),
            ("batch_size", self.batch_size == plan.batch_size),
            ("mode", self.order == plan.order),
            ("shuffle", self.shuffle == plan.shuffle),
            ("seed", self.seed == plan.seed),
            (
                "data or way to prepare it (files, labels, selection, columns, scaler, split_by or class_weights)",
                self.data == plan.data,
            ),
        ];
        match same.iter().find(|(_, is_same)| !is_same) {
            None => Ok(()),
            Some((field, _)) => Err(TrainerError::OtherCheckpoint { path: path.to_owned(), field }),
        }
    }
}

/// Writes a checkpoint.
pub(crate) fn write(
    path: &Path,
    standing: &Standing,
    tensors: Vec<(String, &Tensor)>,
) -> Result<(), TrainerError> {
    let problem =
        |problem: String| TrainerError::Checkpoint { attempt: "write", path: path.to_owned(), problem };
    let metadata = serde_json::to_string(standing).map_err(|error| problem(error.to_string()))?;
    let blocks =
        tensors.into_iter().map(|(name, tensor)| Block::of(name, tensor)).collect::<Result<Vec<_>, _>>()?;
    let views = blocks
        .iter()
        .map(|block| Ok((&block.name, TensorView::new(block.kind, vec![block.n_values], &block.bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
    let bytes = views
        .and_then(|views| {
            safetensors::serialize(views, Some(HashMap::from([(METADATA_KEY.to_owned(), metadata)])))
        })
        .map_err(|error| problem(error.to_string()))?;
    let partial = partial_path(path);
    let written = File::create(&partial).and_then(|mut file| {
        file.write_all(&bytes)?;
        file.sync_all()?;
        std::fs::rename(&partial, path)
    });
    written.map_err(|error| problem(error.to_string()))
}

struct Block {
    name: String,
    kind: Dtype,
    n_values: usize,
    bytes: Vec<u8>,
}

impl Block {
    fn of(name: String, tensor: &Tensor) -> Result<Self, TrainerError> {
        let n_values = tensor.numel();
        let kind = match tensor.f_kind()? {
            Kind::Uint8 => Dtype::U8,
            _ => Dtype::F32,
        };
        let mut bytes = vec![0; n_values * if kind == Dtype::U8 { 1 } else { 4 }];
        tensor.f_to_device(Device::Cpu)?.f_contiguous()?.f_copy_data_u8(&mut bytes, n_values)?;
        Ok(Self { name, kind, n_values, bytes })
    }
}

/// A checkpoint that was read.
pub(crate) type Saved = (Standing, HashMap<String, Tensor>);

/// Reads a checkpoint of this very training; `None` where there is no file.
pub(crate) fn read(path: &PathBuf, plan: &TrainingPlan) -> Result<Option<Saved>, TrainerError> {
    let problem = |problem: String| TrainerError::Checkpoint { attempt: "read", path: path.clone(), problem };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(problem(error.to_string())),
    };
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|error| problem(error.to_string()))?;
    let standing = metadata.metadata().as_ref().and_then(|entries| entries.get(METADATA_KEY));
    let standing = standing.ok_or_else(|| problem("it is a safetensors file of something else".into()))?;
    let standing: Standing = serde_json::from_str(standing).map_err(|error| problem(error.to_string()))?;
    if standing.version != VERSION {
        return Err(problem(format!("it has version {}, this program reads {VERSION}", standing.version)));
    }
    standing.check(plan, path)?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(|error| problem(error.to_string()))?;
    let mut found = HashMap::new();
    for (name, view) in tensors.tensors() {
        let shape: Vec<i64> = view.shape().iter().map(|length| *length as i64).collect();
        let kind = if view.dtype() == Dtype::U8 { Kind::Uint8 } else { Kind::Float };
        found.insert(name, Tensor::f_from_data_size(view.data(), &shape, kind)?);
    }
    Ok(Some((standing, found)))
}
