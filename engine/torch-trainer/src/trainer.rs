//! The training: chunks in, epochs over them, and what happens after each.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use tch::{Device, Kind, Tensor};
use training_protocol::{
    ChunkOrder, ChunkRows, ChunkSlot, Connection, EpochRecord, FromWorker, TrainedModel, TrainingPlan,
};

use crate::{
    batch::{Batch, Chunk, targets_of, weight_scale},
    checkpoint::{self, Standing},
    error::TrainerError,
    loss::{Sums, Targets},
    model::Model,
    optimizer::OptimizerState,
    random::{Purpose, Random},
};

/// Time between two signs of life.
const SIGN_OF_LIFE: Duration = Duration::from_millis(500);
/// Rows that are evaluated at once: as many as fit into the cache with the layers' outputs.
const EVALUATION_ROWS: usize = 1024;

/// A training that is going on.
pub(crate) struct Trainer {
    plan: TrainingPlan,
    device: Device,
    model: Model,
    optimizer: OptimizerState,
    standing: Standing,
    /// State of the best epoch of this fit, for early stopping.
    best: Option<HashMap<String, Tensor>>,
    /// Over all chunks: the epoch that is going on.
    epoch: Option<Epoch>,
    /// Over all chunks: the validation rows of all of them, kept from the first pass on, for they are needed
    /// after the last chunk of every epoch.
    validation: Vec<(Batch, Targets)>,
    validation_is_complete: bool,
    n_chunks_seen: usize,
    last_sign: Instant,
}

/// What an epoch has brought so far.
struct Epoch {
    start: Instant,
    learning_rate: f64,
    train: Sums,
}

impl Trainer {
    /// An untrained model, or one that goes on from its checkpoint.
    pub(crate) fn new(plan: TrainingPlan, device: Device) -> Result<Self, TrainerError> {
        let model = Model::untrained(&plan, device)?;
        let optimizer =
            OptimizerState::new(plan.model.optimizer(), plan.clip_gradient_norm, model.parameters())?;
        let mut trainer = Self {
            standing: Standing::start(&plan),
            plan,
            device,
            model,
            optimizer,
            best: None,
            epoch: None,
            validation: Vec::new(),
            validation_is_complete: false,
            n_chunks_seen: 0,
            last_sign: Instant::now(),
        };
        trainer.resume()?;
        trainer.n_chunks_seen = trainer.standing.chunks_done;
        Ok(trainer)
    }

    /// Chunks that need not be sent again, and the epochs so far.
    pub(crate) fn standing(&self) -> (usize, Vec<EpochRecord>) {
        (self.standing.chunks_done, self.standing.history.clone())
    }

    /// Takes a chunk: by chunk, for all its epochs; else for one.
    pub(crate) fn take_chunk(
        &mut self,
        slot: &mut ChunkSlot<'_>,
        rows: ChunkRows,
        connection: &mut Connection,
    ) -> Result<(), TrainerError> {
        self.n_chunks_seen += 1;
        let number = self.n_chunks_seen;
        if self.standing.weight_scale.is_none() && rows.n_train > 0 {
            self.standing.weight_scale = Some(weight_scale(slot, rows.n_train, number)?);
        }
        let row_use = self.model.row_use();
        let targets = targets_of(slot, rows, row_use, self.standing.weight_scale.unwrap_or(1.0), number)?;
        let chunk =
            Chunk::new((&mut *slot.values, &mut *slot.mask, slot.n_columns), rows, row_use, targets, number)?;
        match self.plan.order {
            ChunkOrder::Chunk => self.fit_chunk(&chunk, number, connection),
            ChunkOrder::Standard => self.add_to_epoch(&chunk, number, connection),
        }
    }

    /// All epochs on one chunk.
    fn fit_chunk(
        &mut self,
        chunk: &Chunk<'_>,
        number: usize,
        connection: &mut Connection,
    ) -> Result<(), TrainerError> {
        while chunk.n_train() > 0 && self.fit_goes_on() {
            let mut epoch = self.start_epoch();
            epoch.train = self.train_epoch(chunk, number, epoch.learning_rate, connection)?;
            let validation = self.evaluate(chunk, chunk.n_train(), chunk.n_validation())?;
            self.end_epoch(&epoch, validation, Some(number), connection)?;
        }
        self.end_fit()?;
        self.standing.chunks_done += 1;
        self.standing.fit = crate::schedule::Fit::default();
        self.write_checkpoint()
    }

    /// One epoch's share of one chunk.
    fn add_to_epoch(
        &mut self,
        chunk: &Chunk<'_>,
        number: usize,
        connection: &mut Connection,
    ) -> Result<(), TrainerError> {
        if !self.validation_is_complete && chunk.n_validation() > 0 {
            let rows: Vec<i64> =
                (chunk.n_train()..chunk.n_train() + chunk.n_validation()).map(|row| row as i64).collect();
            let rows = Tensor::f_from_slice(&rows)?.f_to_device(self.device)?;
            self.validation.push((chunk.select(&rows)?, chunk.targets().select(&rows)?));
        }
        if chunk.n_train() > 0 && self.fit_goes_on() {
            let mut epoch = self.epoch.take().unwrap_or_else(|| self.start_epoch());
            epoch.train += self.train_epoch(chunk, number, epoch.learning_rate, connection)?;
            self.epoch = Some(epoch);
        }
        Ok(())
    }

    /// Ends a pass over all chunks; says whether another is wanted.
    pub(crate) fn end_pass(&mut self, connection: &mut Connection) -> Result<bool, TrainerError> {
        if self.plan.order == ChunkOrder::Chunk {
            return Ok(false);
        }
        self.validation_is_complete = true;
        self.n_chunks_seen = 0;
        if let Some(epoch) = self.epoch.take() {
            let mut validation = Sums::default();
            for (batch, targets) in &self.validation {
                let outputs = self.model.evaluate(batch)?;
                validation += self.model.loss().sums(&outputs, targets)?;
            }
            self.end_epoch(&epoch, validation, None, connection)?;
            if self.fit_goes_on() {
                return Ok(true);
            }
        }
        self.end_fit()?;
        Ok(false)
    }

    /// The trained model.
    pub(crate) fn finish(mut self) -> Result<(TrainedModel, Vec<u8>, bool), TrainerError> {
        let (model, bytes) = self.model.finish()?;
        Ok((model, bytes, self.standing.stopped_early))
    }

    fn fit_goes_on(&self) -> bool {
        !self.standing.fit.stopped && self.standing.fit.epochs_done < self.plan.epochs
    }

    fn start_epoch(&self) -> Epoch {
        let learning_rate =
            self.standing.fit.learning_rate(self.plan.schedule, self.optimizer.full_rate(), self.plan.epochs);
        Epoch { start: Instant::now(), learning_rate, train: Sums::default() }
    }

    /// Every training row of a chunk once, batch by batch.
    fn train_epoch(
        &mut self,
        chunk: &Chunk<'_>,
        number: usize,
        learning_rate: f64,
        connection: &mut Connection,
    ) -> Result<Sums, TrainerError> {
        let epoch = self.standing.fit.epochs_done + 1;
        let n_train = chunk.n_train();
        self.model.start_random_numbers(self.plan.seed, number, epoch);
        let order = if self.plan.shuffle {
            let order = Random::new(self.plan.seed, Purpose::RowOrder, number, epoch).permutation(n_train);
            Some(Tensor::f_from_slice(&order)?.f_to_device(self.device)?)
        } else {
            None
        };
        let targets = match &order {
            Some(order) => chunk.targets().select(order)?,
            None => chunk.targets().narrow(0, n_train as i64)?,
        };
        // Kept for the sums of the epoch, so that no step has to work out its loss.
        let n_outputs = self.model.loss().task.n_outputs();
        let all_outputs = Tensor::f_empty([n_train as i64, n_outputs as i64], (Kind::Float, self.device))?;
        let mut start = 0;
        while start < n_train {
            let n_rows = self.plan.batch_size.min(n_train - start);
            let (first, count) = (start as i64, n_rows as i64);
            let batch = match &order {
                Some(order) => chunk.select(&order.f_narrow(0, first, count)?)?,
                None => chunk.range(start, n_rows)?,
            };
            let mut kept = all_outputs.f_narrow(0, first, count)?;
            if n_rows == 1 && self.model.needs_two_rows() {
                // The spread of one row says nothing; it is left out of this epoch's steps, not of its loss.
                kept.f_copy_(&self.model.evaluate(&batch)?)?;
            } else {
                let targets = targets.narrow(first, count)?;
                let outputs =
                    self.model.train(&batch, &targets, count, &mut self.optimizer, learning_rate)?;
                kept.f_copy_(&outputs)?;
            }
            start += n_rows;
            self.give_sign_of_life(epoch, number, start, connection)?;
        }
        let sums = self.model.loss().sums(&all_outputs, &targets)?;
        if sums.loss.is_finite() {
            Ok(sums)
        } else {
            Err(TrainerError::Diverged { loss: sums.loss, epoch, chunk: number })
        }
    }

    fn give_sign_of_life(
        &mut self,
        epoch: usize,
        chunk: usize,
        rows_done: usize,
        connection: &mut Connection,
    ) -> Result<(), TrainerError> {
        if self.last_sign.elapsed() >= SIGN_OF_LIFE {
            self.last_sign = Instant::now();
            connection.send(&FromWorker::Progress { epoch, chunk, rows_done }, &[], None)?;
        }
        Ok(())
    }

    fn evaluate(&mut self, chunk: &Chunk<'_>, first: usize, n_rows: usize) -> Result<Sums, TrainerError> {
        let mut sums = Sums::default();
        let end = first + n_rows;
        for start in (first..end).step_by(EVALUATION_ROWS) {
            let count = EVALUATION_ROWS.min(end - start);
            let outputs = self.model.evaluate(&chunk.range(start, count)?)?;
            let targets = chunk.targets().narrow(start as i64, count as i64)?;
            sums += self.model.loss().sums(&outputs, &targets)?;
        }
        Ok(sums)
    }

    fn end_epoch(
        &mut self,
        epoch: &Epoch,
        validation: Sums,
        chunk: Option<usize>,
        connection: &mut Connection,
    ) -> Result<(), TrainerError> {
        let (train_loss, train_metric) = epoch.train.means().unwrap_or_default();
        let validation_means = validation.means();
        let record = EpochRecord {
            epoch: self.standing.fit.epochs_done + 1,
            chunk,
            n_train: epoch.train.n_rows,
            n_validation: validation.n_rows,
            train_loss,
            validation_loss: validation_means.map(|(loss, _)| loss),
            train_metric,
            validation_metric: validation_means.map(|(_, metric)| metric),
            learning_rate: epoch.learning_rate,
            seconds: epoch.start.elapsed().as_secs_f64(),
        };
        let watched = record.validation_loss.unwrap_or(record.train_loss);
        if !watched.is_finite() {
            let chunk = chunk.unwrap_or(1);
            return Err(TrainerError::Diverged { loss: watched, epoch: record.epoch, chunk });
        }
        let is_best = self.standing.fit.take(watched, self.plan.schedule, self.plan.early_stopping);
        if is_best && self.plan.early_stopping.is_some_and(|stopping| stopping.restore_best) {
            self.best = Some(self.model.state()?);
        }
        self.standing.stopped_early |= self.standing.fit.stopped;
        self.standing.history.push(record.clone());
        // An epoch that has been reported is safe.
        self.write_checkpoint()?;
        self.last_sign = Instant::now();
        connection.send(&FromWorker::Epoch { record }, &[], None)?;
        Ok(())
    }

    /// Goes back to the best epoch, where that is wanted.
    fn end_fit(&mut self) -> Result<(), TrainerError> {
        match self.best.take() {
            Some(best) => self.model.restore(&best),
            None => Ok(()),
        }
    }

    fn write_checkpoint(&mut self) -> Result<(), TrainerError> {
        let Some(path) = &self.plan.checkpoint else { return Ok(()) };
        self.standing.n_steps = self.optimizer.n_steps;
        let state = self.model.state()?;
        let part = |prefix: &str, parts: &HashMap<String, Tensor>| {
            parts
                .iter()
                .map(|(name, tensor)| (format!("{prefix}.{name}"), tensor.shallow_clone()))
                .collect::<Vec<_>>()
        };
        let mut tensors = part("model", &state);
        if let Some(best) = &self.best {
            tensors.extend(part("best", best));
        }
        for (name, memory) in [("first", &self.optimizer.first), ("second", &self.optimizer.second)] {
            let named = memory.iter().enumerate();
            tensors.extend(named.map(|(i, tensor)| (format!("{name}.{i}"), tensor.shallow_clone())));
        }
        let tensors = tensors.iter().map(|(name, tensor)| (name.clone(), tensor)).collect();
        checkpoint::write(path, &self.standing, tensors)
    }

    fn resume(&mut self) -> Result<(), TrainerError> {
        let Some(path) = self.plan.checkpoint.as_ref().filter(|_| self.plan.resume) else { return Ok(()) };
        let Some((standing, tensors)) = checkpoint::read(path, &self.plan)? else { return Ok(()) };
        let part = |prefix: &str| {
            let named = tensors.iter().filter_map(|(name, tensor)| {
                Some((name.strip_prefix(prefix)?.to_owned(), tensor.shallow_clone()))
            });
            named.collect::<HashMap<_, _>>()
        };
        self.model.restore(&part("model."))?;
        self.best = Some(part("best.")).filter(|best| !best.is_empty());
        for (name, memory) in [("first.", &mut self.optimizer.first), ("second.", &mut self.optimizer.second)]
        {
            let saved = part(name);
            for (i, tensor) in memory.iter_mut().enumerate() {
                if let Some(saved) = saved.get(&i.to_string()) {
                    tensor.f_copy_(&saved.f_view_as(tensor)?)?;
                }
            }
        }
        self.optimizer.n_steps = standing.n_steps;
        self.standing = standing;
        Ok(())
    }
}
