//! The two kinds of models, seen alike.

use std::{collections::HashMap, path::PathBuf};

use network::MaskUse;
use tch::{Device, TchError, Tensor};
use training_protocol::{ModelDescription, OutputMeaning, TrainedModel, TrainingPlan, network_to_bytes};

use crate::{
    batch::{Batch, RowUse},
    error::TrainerError,
    feed_forward::FeedForward,
    loss::{LossFunction, Targets},
    optimizer::OptimizerState,
    random::{Purpose, Random},
    script::Script,
};

/// A model in training or prediction.
pub(crate) struct Model {
    kind: Kind,
    loss: LossFunction,
    row_use: RowUse,
}

enum Kind {
    Network(Box<FeedForward>),
    Script {
        script: Script,
        /// Where the trained module will be written, and beside it whatever must be written on the way.
        output: PathBuf,
    },
}

impl Model {
    /// An untrained model.
    pub(crate) fn untrained(plan: &TrainingPlan, device: Device) -> Result<Self, TrainerError> {
        let outputs = match &plan.model {
            ModelDescription::Network(_) => OutputMeaning::Logits,
            ModelDescription::Torchscript(script) => script.outputs,
        };
        let loss = LossFunction { loss: plan.model.loss(), task: plan.model.task(), outputs };
        let row_use = RowUse { mask: plan.model.mask(), task: plan.model.task(), device };
        let kind = match &plan.model {
            ModelDescription::Network(network) => {
                Kind::Network(Box::new(FeedForward::new(network, plan.n_columns, plan.seed, device)?))
            }
            ModelDescription::Torchscript(script) => Kind::Script {
                script: Script::load(&script.path, loss, device)?,
                output: script.output.clone(),
            },
        };
        Ok(Self { kind, loss, row_use })
    }

    /// A trained network.
    pub(crate) fn network(
        network: &network::Network,
        n_columns: usize,
        device: Device,
    ) -> Result<Self, TrainerError> {
        if network.n_features != n_columns {
            return Err(TrainerError::Columns { found: network.n_features, needed: n_columns });
        }
        let task = network.task;
        let loss = LossFunction { loss: usual_loss(task), task, outputs: OutputMeaning::Logits };
        let kind = Kind::Network(Box::new(FeedForward::from_network(network, device)?));
        Ok(Self { kind, loss, row_use: RowUse { mask: network.mask, task, device } })
    }

    /// A trained module.
    pub(crate) fn script(
        path: PathBuf,
        task: network::Task,
        mask: MaskUse,
        outputs: OutputMeaning,
        device: Device,
    ) -> Result<Self, TrainerError> {
        let loss = LossFunction { loss: usual_loss(task), task, outputs };
        let kind = Kind::Script { script: Script::load(&path, loss, device)?, output: path };
        Ok(Self { kind, loss, row_use: RowUse { mask, task, device } })
    }

    pub(crate) fn loss(&self) -> LossFunction {
        self.loss
    }

    pub(crate) fn row_use(&self) -> RowUse {
        self.row_use
    }

    pub(crate) fn needs_two_rows(&self) -> bool {
        match &self.kind {
            Kind::Network(network) => network.needs_two_rows(),
            Kind::Script { .. } => false,
        }
    }

    pub(crate) fn parameters(&self) -> &[Tensor] {
        match &self.kind {
            Kind::Network(network) => network.parameters(),
            Kind::Script { script, .. } => script.parameters(),
        }
    }

    /// Starts the random numbers of an epoch.
    pub(crate) fn start_random_numbers(&mut self, seed: u64, chunk: usize, epoch: usize) {
        tch::manual_seed((Random::new(seed, Purpose::Libtorch, chunk, epoch).next_u64() >> 1).cast_signed());
        if let Kind::Network(network) = &mut self.kind {
            network.start_random_numbers(&mut Random::new(seed, Purpose::Dropout, chunk, epoch));
        }
    }

    /// One step: outputs, gradients, change of the parameters. Gives the outputs.
    pub(crate) fn train(
        &mut self,
        batch: &Batch,
        targets: &Targets,
        n_rows: i64,
        optimizer: &mut OptimizerState,
        learning_rate: f64,
    ) -> Result<Tensor, TrainerError> {
        let loss = self.loss;
        let (outputs, (parameters, gradients)) = match &mut self.kind {
            Kind::Network(network) => {
                let outputs = network.train(batch, |logits| loss.gradient(logits, targets, n_rows))?;
                (outputs, network.parameters_and_gradients())
            }
            Kind::Script { script, .. } => {
                (script.train(batch, targets, n_rows)?, script.parameters_and_gradients())
            }
        };
        optimizer.step(parameters, gradients, learning_rate)?;
        Ok(outputs)
    }

    /// Outputs for prediction.
    pub(crate) fn evaluate(&mut self, batch: &Batch) -> Result<Tensor, TrainerError> {
        match &mut self.kind {
            Kind::Network(network) => Ok(network.evaluate(batch)?),
            Kind::Script { script, .. } => script.evaluate(batch),
        }
    }

    /// A copy of everything that training changes.
    pub(crate) fn state(&self) -> Result<HashMap<String, Tensor>, TrainerError> {
        match &self.kind {
            Kind::Network(network) => {
                let copies = network.state().into_iter().map(|(name, tensor)| Ok((name, copy(&tensor)?)));
                copies.collect::<Result<_, TchError>>().map_err(Into::into)
            }
            Kind::Script { script, output } => Ok(HashMap::from([("module".into(), script.state(output)?)])),
        }
    }

    /// Goes back to a state; says which part of it is missing or of another size.
    pub(crate) fn restore(&mut self, state: &HashMap<String, Tensor>) -> Result<(), TrainerError> {
        let part = |name: &str| {
            state
                .get(name)
                .ok_or_else(|| TrainerError::Torch(format!("the state of the model has no {name}")))
        };
        match &mut self.kind {
            Kind::Network(network) => {
                for (name, mut tensor) in network.state() {
                    tensor.f_copy_(&part(&name)?.f_view_as(&tensor)?)?;
                }
                Ok(())
            }
            Kind::Script { script, .. } => script.restore(part("module")?),
        }
    }

    /// Hands over the trained model: as bytes, or as a file.
    pub(crate) fn finish(&mut self) -> Result<(TrainedModel, Vec<u8>), TrainerError> {
        match &mut self.kind {
            Kind::Network(network) => Ok((TrainedModel::Network, network_to_bytes(&network.to_network()?)?)),
            Kind::Script { script, output } => {
                script.save(output)?;
                Ok((TrainedModel::Torchscript { path: output.clone() }, Vec::new()))
            }
        }
    }
}

/// A loss to have one; prediction looks at the task and at the meaning of the outputs only.
fn usual_loss(task: network::Task) -> network::Loss {
    match task {
        network::Task::Binary => network::Loss::BinaryCrossEntropy,
        network::Task::Classes(_) => network::Loss::CrossEntropy,
        network::Task::Regression => network::Loss::MeanSquaredError,
    }
}

fn copy(tensor: &Tensor) -> Result<Tensor, TchError> {
    let mut copy = tensor.f_zeros_like()?;
    copy.f_copy_(tensor)?;
    Ok(copy)
}
