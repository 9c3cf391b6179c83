//! What happens from epoch to epoch: the learning rate, and when to stop. Pure numbers.

use serde::{Deserialize, Serialize};
use training_protocol::{EarlyStopping, LearningRateSchedule};

/// How far a fit has come. By chunk, every chunk is a fit of its own; else the training is one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fit {
    /// Epochs that are done.
    pub(crate) epochs_done: usize,
    /// Whether early stopping has ended it.
    pub(crate) stopped: bool,
    best_to_stop: Best,
    best_to_reduce: Best,
    /// How often the plateau schedule has reduced the rate.
    n_reductions: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Best {
    loss: Option<f64>,
    epochs_since: usize,
}

impl Best {
    fn take(&mut self, loss: f64, min_delta: f64) -> bool {
        let better = self.loss.is_none_or(|best| loss < best - min_delta);
        if better {
            self.loss = Some(loss);
            self.epochs_since = 0;
        } else {
            self.epochs_since += 1;
        }
        better
    }
}

impl Fit {
    /// The learning rate of the next epoch.
    pub(crate) fn learning_rate(
        &self,
        schedule: LearningRateSchedule,
        full_rate: f64,
        n_epochs: usize,
    ) -> f64 {
        let n_done = self.epochs_done;
        match schedule {
            LearningRateSchedule::Constant => full_rate,
            LearningRateSchedule::Step { factor, every_epochs } => {
                full_rate * power(factor, n_done / every_epochs.max(1))
            }
            LearningRateSchedule::Exponential { factor } => full_rate * power(factor, n_done),
            LearningRateSchedule::Cosine { min_rate } => {
                let part_done = n_done as f64 / n_epochs.max(1) as f64;
                min_rate + (full_rate - min_rate) * 0.5 * (1.0 + (std::f64::consts::PI * part_done).cos())
            }
            LearningRateSchedule::Plateau { factor, min_rate, .. } => {
                (full_rate * power(factor, self.n_reductions as usize)).max(min_rate.min(full_rate))
            }
        }
    }

    /// Takes the loss that is watched; says whether these are the weights to go back to, should it stop.
    pub(crate) fn take(
        &mut self,
        loss: f64,
        schedule: LearningRateSchedule,
        stopping: Option<EarlyStopping>,
    ) -> bool {
        self.epochs_done += 1;
        if let LearningRateSchedule::Plateau { patience, .. } = schedule {
            self.best_to_reduce.take(loss, 0.0);
            if self.best_to_reduce.epochs_since > patience {
                self.best_to_reduce.epochs_since = 0;
                self.n_reductions = self.n_reductions.saturating_add(1);
            }
        }
        let Some(EarlyStopping { patience, min_delta, .. }) = stopping else { return false };
        let better = self.best_to_stop.take(loss, min_delta);
        self.stopped = self.best_to_stop.epochs_since >= patience;
        better
    }
}

fn power(factor: f64, exponent: usize) -> f64 {
    factor.powi(i32::try_from(exponent).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_rates(schedule: LearningRateSchedule, losses: &[f64], expected: &[f64]) {
        let mut fit = Fit::default();
        let rates: Vec<f64> = losses
            .iter()
            .map(|loss| {
                let rate = fit.learning_rate(schedule, 0.8, losses.len());
                fit.take(*loss, schedule, None);
                rate
            })
            .collect();
        for (rate, expected) in rates.iter().zip(expected) {
            assert!((rate - expected).abs() < 1e-12, "{rates:?}");
        }
        assert_eq!(rates.len(), expected.len());
    }

    fn check_stop(patience: usize, min_delta: f64, losses: &[f64], expected_epochs: usize) {
        let stopping = EarlyStopping { patience, min_delta, restore_best: true };
        let mut fit = Fit::default();
        for loss in losses {
            if !fit.stopped {
                fit.take(*loss, LearningRateSchedule::Constant, Some(stopping));
            }
        }
        assert_eq!(fit.epochs_done, expected_epochs);
    }

    #[test]
    fn rates_follow_their_schedule() {
        let losses = [1.0, 0.9, 0.95, 0.93, 0.91, 0.97];
        check_rates(LearningRateSchedule::Constant, &losses, &[0.8; 6]);
        let step = LearningRateSchedule::Step { factor: 0.5, every_epochs: 2 };
        check_rates(step, &losses, &[0.8, 0.8, 0.4, 0.4, 0.2, 0.2]);
        let exponential = LearningRateSchedule::Exponential { factor: 0.5 };
        check_rates(exponential, &losses, &[0.8, 0.4, 0.2, 0.1, 0.05, 0.025]);
        let cosine = LearningRateSchedule::Cosine { min_rate: 0.2 };
        let s = 3_f64.sqrt() / 2.0;
        check_rates(cosine, &losses, &[0.8, 0.5 + 0.3 * s, 0.65, 0.5, 0.35, 0.5 - 0.3 * s]);
        let plateau = LearningRateSchedule::Plateau { factor: 0.1, patience: 1, min_rate: 0.01 };
        check_rates(plateau, &losses, &[0.8, 0.8, 0.8, 0.8, 0.08, 0.08]);
        let plateau = LearningRateSchedule::Plateau { factor: 0.1, patience: 0, min_rate: 0.01 };
        check_rates(plateau, &losses, &[0.8, 0.8, 0.8, 0.08, 0.01, 0.01]);
    }

    #[test]
    fn it_stops_after_as_many_epochs_without_a_better_loss() {
        check_stop(1, 0.0, &[1.0, 0.9, 0.9, 0.8], 3);
        check_stop(2, 0.0, &[1.0, 0.9, 0.95, 0.8, 0.7], 5);
        check_stop(2, 0.0, &[1.0, 1.1, 1.2, 0.5], 3);
        check_stop(1, 0.2, &[1.0, 0.9, 0.5], 2);
    }

    #[test]
    fn the_best_weights_are_those_of_the_best_loss() {
        let stopping = Some(EarlyStopping { patience: 9, min_delta: 0.0, restore_best: true });
        let mut fit = Fit::default();
        let best: Vec<bool> = [1.0, 0.5, 0.7, 0.4]
            .iter()
            .map(|loss| fit.take(*loss, LearningRateSchedule::Constant, stopping))
            .collect();
        assert_eq!(best, [true, true, false, true]);
    }
}
