//! Prediction: scores are written into the slot that the rows came in.

use tch::{Device, Kind, Tensor};
use training_protocol::{ChunkRows, ChunkSlot, ModelToRun, network_from_bytes};

use crate::{batch::Chunk, error::TrainerError, loss::Targets, model::Model, tensor_memory::floats};

const PREDICTION_ROWS: usize = 1024;

/// A trained model, ready.
pub(crate) struct Predictor {
    model: Model,
}

impl Predictor {
    pub(crate) fn new(
        model: ModelToRun,
        block: &[u8],
        n_columns: usize,
        device: Device,
    ) -> Result<Self, TrainerError> {
        let model = match model {
            ModelToRun::Network => Model::network(&network_from_bytes(block)?, n_columns, device)?,
            ModelToRun::Torchscript { path, task, mask, outputs } => {
                Model::script(path, task, mask, outputs, device)?
            }
        };
        Ok(Self { model })
    }

    /// Scores all rows of a slot.
    pub(crate) fn take_chunk(
        &mut self,
        slot: &mut ChunkSlot<'_>,
        rows: ChunkRows,
        number: usize,
    ) -> Result<(), TrainerError> {
        let n_rows = rows.total().unwrap_or(0);
        let n_outputs = slot.n_outputs;
        let nothing = Tensor::f_zeros([0], (Kind::Float, Device::Cpu))?;
        let targets = Targets { labels: nothing.shallow_clone(), weights: nothing };
        let row_use = self.model.row_use();
        let chunk =
            Chunk::new((&mut *slot.values, &mut *slot.mask, slot.n_columns), rows, row_use, targets, number)?;
        for start in (0..n_rows).step_by(PREDICTION_ROWS) {
            let count = PREDICTION_ROWS.min(n_rows - start);
            let outputs = self.model.evaluate(&chunk.range(start, count)?)?;
            let scores = self.model.loss().scores(&outputs)?;
            let mut scores = scores.f_to_kind(Kind::Float)?.f_to_device(Device::Cpu)?.f_contiguous()?;
            let place = slot.scores.get_mut(start * n_outputs..(start + count) * n_outputs);
            if let (Some(place), Some(scores)) = (place, floats(&mut scores)) {
                if place.len() != scores.len() {
                    return Err(TrainerError::Columns {
                        found: scores.len() / count.max(1),
                        needed: n_outputs,
                    });
                }
                place.copy_from_slice(scores);
            }
        }
        Ok(())
    }
}
