//! A user's own module as a `TorchScript` file, trained with libtorch's gradients.

use std::path::{Path, PathBuf};

use tch::{CModule, Device, TchError, Tensor};
use training_protocol::partial_path;

use crate::{
    batch::Batch,
    error::{TrainerError, cut},
    loss::{LossFunction, Targets},
};

/// A module in training or prediction.
pub(crate) struct Script {
    path: PathBuf,
    module: CModule,
    device: Device,
    loss: LossFunction,
    parameters: Vec<Tensor>,
    gradients: Vec<Tensor>,
}

impl Script {
    pub(crate) fn load(path: &Path, loss: LossFunction, device: Device) -> Result<Self, TrainerError> {
        let module = CModule::load_on_device(path, device).map_err(|error| problem(path, &error))?;
        Self::new(path.to_owned(), module, loss, device)
    }

    fn new(path: PathBuf, module: CModule, loss: LossFunction, device: Device) -> Result<Self, TrainerError> {
        let mut script = Self { path, module, device, loss, parameters: Vec::new(), gradients: Vec::new() };
        script.find_parameters()?;
        Ok(script)
    }

    fn find_parameters(&mut self) -> Result<(), TrainerError> {
        let named = self.module.named_parameters().map_err(|error| problem(&self.path, &error))?;
        self.parameters = named.into_iter().map(|(_, tensor)| tensor).filter(Tensor::requires_grad).collect();
        Ok(())
    }

    pub(crate) fn parameters(&self) -> &[Tensor] {
        &self.parameters
    }

    pub(crate) fn parameters_and_gradients(&mut self) -> (&mut [Tensor], &mut [Tensor]) {
        (&mut self.parameters, &mut self.gradients)
    }

    /// Outputs in training, and the gradients of all parameters.
    pub(crate) fn train(
        &mut self,
        batch: &Batch,
        targets: &Targets,
        n_rows: i64,
    ) -> Result<Tensor, TrainerError> {
        if self.parameters.is_empty() {
            return Err(TrainerError::NothingToTrain);
        }
        self.module.f_set_train()?;
        let outputs = tch::with_grad(|| {
            let outputs = self.run(&batch.features)?;
            let losses = self.loss.of_rows(&outputs, &targets.labels)?;
            let loss = losses.f_mul(&targets.weights)?.f_sum(tch::Kind::Float)?;
            for parameters in &self.parameters {
                let mut gradient = parameters.f_grad()?;
                if gradient.defined() {
                    gradient.f_zero_().map(drop)?;
                }
            }
            loss.f_mul_scalar(1.0 / n_rows as f64)?.f_backward()?;
            Ok::<_, TrainerError>(outputs.f_detach()?)
        })?;
        self.gradients = self.parameters.iter().map(gradient_of).collect::<Result<_, _>>()?;
        Ok(outputs)
    }

    /// Outputs for prediction.
    pub(crate) fn evaluate(&mut self, batch: &Batch) -> Result<Tensor, TrainerError> {
        self.module.f_set_eval()?;
        self.run(&batch.features)
    }

    fn run(&self, features: &Tensor) -> Result<Tensor, TrainerError> {
        let outputs = self.module.forward_ts(&[features]).map_err(|error| problem(&self.path, &error))?;
        let n_rows = features.size().first().copied().unwrap_or(0);
        let n_outputs = self.loss.task.n_outputs();
        let size = outputs.size();
        if size == [n_rows] && n_outputs == 1 {
            return Ok(outputs.f_unsqueeze(1)?);
        }
        if size != [n_rows, n_outputs as i64] {
            let found = format!("a tensor of shape {size:?}");
            return Err(TrainerError::ScriptOutput { found, n_rows, n_outputs });
        }
        Ok(outputs)
    }

    /// The module as bytes, with its buffers, as one tensor. The file beside `scratch` is there for a moment only.
    pub(crate) fn state(&self, scratch: &Path) -> Result<Tensor, TrainerError> {
        let file = partial_path(scratch);
        self.module.save(&file).map_err(|error| problem(&file, &error))?;
        let bytes = std::fs::read(&file);
        let removed = std::fs::remove_file(&file);
        let bytes = bytes.and_then(|bytes| removed.map(|()| bytes));
        let bytes = bytes.map_err(|error| problem(&file, &error))?;
        Ok(Tensor::f_from_slice(&bytes)?)
    }

    /// Goes back to a state.
    pub(crate) fn restore(&mut self, state: &Tensor) -> Result<(), TrainerError> {
        let mut bytes = vec![0; state.numel()];
        state.f_copy_data(&mut bytes, state.numel())?;
        self.module = CModule::load_data_on_device(&mut bytes.as_slice(), self.device)?;
        self.find_parameters()
    }

    /// Writes the trained module, ready for prediction, under its name at once or not at all.
    pub(crate) fn save(&mut self, path: &Path) -> Result<(), TrainerError> {
        self.module.f_set_eval()?;
        let file = partial_path(path);
        self.module.save(&file).map_err(|error| problem(path, &error))?;
        std::fs::rename(&file, path).map_err(|error| problem(path, &error))
    }
}

/// A parameter that the module does not use has no gradient.
fn gradient_of(parameters: &Tensor) -> Result<Tensor, TchError> {
    let gradient = parameters.f_grad()?;
    if gradient.defined() { Ok(gradient) } else { parameters.f_zeros_like() }
}

fn problem(path: &Path, error: &dyn std::fmt::Display) -> TrainerError {
    TrainerError::Script { path: path.to_owned(), problem: cut(error) }
}
