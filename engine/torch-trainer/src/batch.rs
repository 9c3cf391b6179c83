//! Rows as tensors: a chunk as it stands in its slot, and the batches that are taken from it.

use network::{MaskUse, Task};
use tch::{Device, Kind, TchError, Tensor};
use training_protocol::{ChunkRows, ChunkSlot};

use crate::{
    error::TrainerError,
    loss::Targets,
    tensor_memory::{Borrowed, borrow},
};

/// The features of some rows.
pub(crate) struct Batch {
    /// Rows x columns, missing values 0; with the mask appended, rows x twice the columns.
    pub(crate) features: Tensor,
    /// Rows x columns, 1 where missing; only where the model has a use for it besides `features`.
    pub(crate) missing: Option<Tensor>,
}

/// A chunk: all its rows, training rows first, then those for validation.
pub(crate) struct Chunk<'a> {
    features: Place<'a>,
    missing: Option<Place<'a>>,
    targets: Targets,
    n_train: usize,
    n_validation: usize,
}

/// Rows where they stand: in the slot, or copied (to a GPU, or with the mask beside them).
enum Place<'a> {
    Slot(Borrowed<'a>),
    Copy(Tensor),
}

impl Place<'_> {
    fn tensor(&self) -> &Tensor {
        match self {
            Self::Slot(borrowed) => borrowed,
            Self::Copy(tensor) => tensor,
        }
    }
}

/// What a model wants of rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowUse {
    pub(crate) mask: MaskUse,
    pub(crate) task: Task,
    pub(crate) device: Device,
}

impl<'a> Chunk<'a> {
    /// Takes the rows of a slot. Missing values (NaN, or marked by the mask) are set to 0 in the slot and marked by
    /// the mask; doing so twice changes nothing, for a slot may be used in several epochs.
    pub(crate) fn new(
        (values, mask, n_columns): (&'a mut [f32], &'a mut [u8], usize),
        rows: ChunkRows,
        row_use: RowUse,
        targets: Targets,
        chunk: usize,
    ) -> Result<Self, TrainerError> {
        let n_rows = rows.total().unwrap_or(usize::MAX);
        let n_values = n_rows.saturating_mul(n_columns).min(values.len());
        if let (Some(values), Some(mask)) = (values.get_mut(..n_values), mask.get_mut(..n_values))
            && clear_missing(values, mask)
        {
            return Err(find_infinite(values, n_columns, chunk));
        }
        let values = Place::Slot(borrow(values, n_rows, n_columns)?);
        let mask = borrow(mask, n_rows, n_columns)?;
        let (features, missing) = match row_use.mask {
            MaskUse::Zero => (values, None),
            MaskUse::Append => {
                let mask = mask.f_to_kind(Kind::Float)?;
                (Place::Copy(Tensor::f_cat(&[values.tensor(), &mask], 1)?), None)
            }
            MaskUse::Embed => (values, Some(Place::Slot(mask))),
        };
        Ok(Self {
            features: to_device(features, row_use.device)?,
            missing: missing.map(|mask| to_device(mask, row_use.device)).transpose()?,
            targets,
            n_train: rows.n_train,
            n_validation: rows.n_validation,
        })
    }

    pub(crate) fn n_train(&self) -> usize {
        self.n_train
    }

    pub(crate) fn n_validation(&self) -> usize {
        self.n_validation
    }

    pub(crate) fn targets(&self) -> &Targets {
        &self.targets
    }

    /// The rows of these numbers, copied together.
    pub(crate) fn select(&self, rows: &Tensor) -> Result<Batch, TchError> {
        let features = self.features.tensor().f_index_select(0, rows)?;
        let missing = match &self.missing {
            Some(mask) => Some(mask.tensor().f_index_select(0, rows)?.f_to_kind(Kind::Float)?),
            None => None,
        };
        Ok(Batch { features, missing })
    }

    /// A range of rows.
    pub(crate) fn range(&self, start: usize, n_rows: usize) -> Result<Batch, TchError> {
        let narrow = |place: &Place<'_>| place.tensor().f_narrow(0, start as i64, n_rows as i64);
        let missing = match &self.missing {
            Some(mask) => Some(narrow(mask)?.f_to_kind(Kind::Float)?),
            None => None,
        };
        Ok(Batch { features: narrow(&self.features)?, missing })
    }
}

fn to_device(place: Place<'_>, device: Device) -> Result<Place<'_>, TchError> {
    match device {
        Device::Cpu => Ok(place),
        _ => Ok(Place::Copy(place.tensor().f_to_device(device)?)),
    }
}

/// Sets missing values to 0 and marks them; says whether an infinite one is left.
fn clear_missing(values: &mut [f32], mask: &mut [u8]) -> bool {
    let mut any_infinite = false;
    for (value, missing) in values.iter_mut().zip(mask) {
        let is_missing = *missing != 0 || value.is_nan();
        *value = if is_missing { 0.0 } else { *value };
        *missing = u8::from(is_missing);
        any_infinite |= value.is_infinite();
    }
    any_infinite
}

fn find_infinite(values: &[f32], n_columns: usize, chunk: usize) -> TrainerError {
    let position = values.iter().position(|value| value.is_infinite()).unwrap_or(0);
    let n_columns = n_columns.max(1);
    TrainerError::Infinite { column: position % n_columns, row: position / n_columns, chunk }
}

/// Checks labels and weights of the rows that training looks at, and makes tensors of them. The weights of the
/// training rows are multiplied by the scale.
pub(crate) fn targets_of(
    slot: &ChunkSlot<'_>,
    rows: ChunkRows,
    row_use: RowUse,
    weight_scale: f64,
    chunk: usize,
) -> Result<Targets, TrainerError> {
    let n_used = rows.n_train.saturating_add(rows.n_validation);
    let labels = slot.labels.get(..n_used).unwrap_or_default();
    let weights = slot.weights.get(..n_used).unwrap_or_default();
    check_rows("weight", weights, chunk, "it must be finite", f32::is_finite)?;
    let mut scaled = weights.to_vec();
    for weight in scaled.iter_mut().take(rows.n_train) {
        *weight = (f64::from(*weight) * weight_scale) as f32;
    }
    let labels = match row_use.task {
        Task::Binary => {
            check_rows("label", labels, chunk, "it must be between 0 and 1", |label| {
                (0.0..=1.0).contains(&label)
            })?;
            Tensor::f_from_slice(labels)?.f_unsqueeze(1)?
        }
        Task::Regression => {
            check_rows("label", labels, chunk, "it must be finite", f32::is_finite)?;
            Tensor::f_from_slice(labels)?.f_unsqueeze(1)?
        }
        Task::Classes(n_classes) => {
            let needed = format!("it must be a class number from 0 to {}", n_classes.saturating_sub(1));
            let fits = |label: f32| label >= 0.0 && label.fract() == 0.0 && label < n_classes as f32;
            check_rows("label", labels, chunk, &needed, fits)?;
            Tensor::f_from_slice(&labels.iter().map(|label| *label as i64).collect::<Vec<_>>())?
        }
    };
    Ok(Targets {
        labels: labels.f_to_device(row_use.device)?,
        weights: Tensor::f_from_slice(&scaled)?.f_unsqueeze(1)?.f_to_device(row_use.device)?,
    })
}

/// What all weights are multiplied with, so that the mean of |weight| of these training rows is 1.
pub(crate) fn weight_scale(slot: &ChunkSlot<'_>, n_train: usize, chunk: usize) -> Result<f64, TrainerError> {
    let weights = slot.weights.get(..n_train).unwrap_or_default();
    let sum: f64 = weights.iter().map(|weight| f64::from(weight.abs())).sum();
    if sum == 0.0 {
        return Err(TrainerError::ZeroWeights { chunk });
    }
    Ok(n_train as f64 / sum)
}

fn check_rows(
    what: &'static str,
    values: &[f32],
    chunk: usize,
    needed: &str,
    fits: impl Fn(f32) -> bool,
) -> Result<(), TrainerError> {
    match values.iter().enumerate().find(|(_, value)| !fits(**value)) {
        None => Ok(()),
        Some((row, value)) => {
            Err(TrainerError::Row { what, row, chunk, value: *value, needed: needed.to_owned() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_values_are_cleared_and_marked_twice_alike() {
        let mut values = [1.0, f32::NAN, 3.0, -0.5];
        let mut mask = [0, 0, 1, 0];
        for _ in 0..2 {
            assert!(!clear_missing(&mut values, &mut mask));
            assert_eq!((values, mask), ([1.0, 0.0, 0.0, -0.5], [0, 1, 1, 0]));
        }
        assert!(clear_missing(&mut [f32::NEG_INFINITY], &mut [0]));
        assert!(!clear_missing(&mut [f32::INFINITY], &mut [1]));
    }
}
