//! Runs the layers of a network with tract, for any number of rows.

use crate::{NetworkProblem, onnx};
use network::{MaskUse, Network};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tract_onnx::prelude::*;

/// Rows of the largest plan. More rows in one call gain nothing: at 256 the multiplication is at the speed of
/// the processor, and one such block of 300 columns still lies in the second-level cache.
pub(crate) const MAX_BATCH: usize = 256;

/// The layers as plans for fixed batches. Plans are made when first asked for and kept.
pub(crate) struct Runner {
    network: Arc<Network>,
    n_inputs: usize,
    n_outputs: usize,
    /// The graph as tract reads it, before a batch is chosen.
    graph: InferenceModel,
    plans: Mutex<BTreeMap<usize, Arc<TypedSimplePlan>>>,
}

impl Runner {
    pub(crate) fn new(network: Arc<Network>) -> Result<Self, NetworkProblem> {
        let bytes = onnx::layers_graph(&network)?;
        let graph = tract_onnx::onnx().model_for_read(&mut bytes.as_slice()).map_err(problem)?;
        let n_inputs = match network.mask {
            MaskUse::Append => network.n_features * 2,
            MaskUse::Zero | MaskUse::Embed => network.n_features,
        };
        let n_outputs = network.task.n_outputs();
        Ok(Self { network, n_inputs, n_outputs, graph, plans: Mutex::default() })
    }

    /// Values in one row of the layers' input.
    pub(crate) fn n_inputs(&self) -> usize {
        self.n_inputs
    }

    /// Values in one row of the output.
    pub(crate) fn n_outputs(&self) -> usize {
        self.n_outputs
    }

    /// Turns normalised columns with their mask (1 where missing) into the layers' input: `rows` has room for
    /// as many rows of [`Runner::n_inputs`] as `columns` has of the features.
    pub(crate) fn fill_rows(&self, columns: &[f32], mask: &[u8], rows: &mut [f32]) {
        let n_features = self.network.n_features;
        let embedding = &self.network.mask_embedding;
        let cells = columns.chunks_exact(n_features).zip(mask.chunks_exact(n_features));
        for ((values, missing), row) in cells.zip(rows.chunks_exact_mut(self.n_inputs)) {
            let (own, appended) = row.split_at_mut(n_features);
            for ((to, &value), &is_missing) in own.iter_mut().zip(values).zip(missing) {
                *to = if is_missing != 0 || value.is_nan() { 0.0 } else { value };
            }
            match self.network.mask {
                MaskUse::Zero => {}
                MaskUse::Append => {
                    for ((to, &value), &is_missing) in appended.iter_mut().zip(values).zip(missing) {
                        *to = if is_missing != 0 || value.is_nan() { 1.0 } else { 0.0 };
                    }
                }
                MaskUse::Embed => {
                    let stand_ins = own.iter_mut().zip(embedding);
                    for (((to, &stand_in), &value), &is_missing) in stand_ins.zip(values).zip(missing) {
                        if is_missing != 0 || value.is_nan() {
                            *to = stand_in;
                        }
                    }
                }
            }
        }
    }

    /// Runs whole rows of the layers' input; the answer has one row of [`Runner::n_outputs`] for each.
    pub(crate) fn run(&self, rows: &[f32]) -> Result<Vec<f32>, NetworkProblem> {
        let n_rows = rows.len() / self.n_inputs;
        let mut scores = Vec::with_capacity(n_rows * self.n_outputs);
        for block in rows.chunks(MAX_BATCH * self.n_inputs) {
            let n_block_rows = block.len() / self.n_inputs;
            let batch = n_block_rows.next_power_of_two();
            let mut input = Tensor::zero::<f32>(&[batch, self.n_inputs]).map_err(problem)?;
            // The rows beyond stay zero; their scores are thrown away.

            {
                let mut plain = input.try_as_plain_ram_mut().map_err(problem)?;
                let values = plain.as_slice_mut::<f32>().map_err(problem)?;
                values[..block.len()].copy_from_slice(block);
            }
            let outputs = self.plan(batch)?.run(tvec!(input.into())).map_err(problem)?;
            let output = outputs[0].to_plain_array_view::<f32>().map_err(problem)?;
            scores.extend(output.iter().take(n_block_rows * self.n_outputs));
        }
        Ok(scores)
    }

    fn plan(&self, batch: usize) -> Result<Arc<TypedSimplePlan>, NetworkProblem> {
        // The lock is held while a plan is made, so that two threads do not make the same one.
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = plans.get(&batch) {
            return Ok(Arc::clone(plan));
        }
        let plan = self
            .graph
            .clone()
            .with_input_fact(0, f32::fact([batch, self.n_inputs]).into())
            .and_then(tract_onnx::prelude::InferenceModelExt::into_optimized)
            .and_then(tract_onnx::prelude::IntoRunnable::into_runnable)
            .map_err(problem)?;
        plans.insert(batch, Arc::clone(&plan));
        Ok(plan)
    }
}

fn problem(error: TractError) -> NetworkProblem {
    NetworkProblem(format!("{error:#}"))
}
