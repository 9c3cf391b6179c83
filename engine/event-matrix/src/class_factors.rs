//! The factor on the weight of events by their class.

use crate::{ClassWeights, LabelSource, MatrixError, Sample};

/// Label and factor of each class that has one; `n_used` is how many events of each sample are mixed.
pub(crate) fn class_factors(
    samples: &[Sample],
    n_used: &[u64],
    class_weights: &ClassWeights,
) -> Result<Vec<(f32, f64)>, MatrixError> {
    match class_weights {
        ClassWeights::None => Ok(Vec::new()),
        ClassWeights::Given(factors) => Ok(factors.clone()),
        ClassWeights::Balanced => balanced(samples, n_used),
    }
}

fn balanced(samples: &[Sample], n_used: &[u64]) -> Result<Vec<(f32, f64)>, MatrixError> {
    let mut sums: Vec<(f32, f64)> = Vec::new();
    for (sample, n_used) in samples.iter().zip(n_used).filter(|(_, n_used)| **n_used > 0) {
        let LabelSource::Value(label) = sample.label else {
            return Err(refused(
                "balanced",
                "with a label branch the classes are not known beforehand; give the factors",
            ));
        };
        let sum = weights_of(sample, *n_used)?;
        match sums.iter_mut().find(|(class, _)| *class == label) {
            Some((_, own)) => *own += sum,
            None => sums.push((label, sum)),
        }
    }
    let n_events: u64 = n_used.iter().sum();
    let factor = |(class, sum): &(f32, f64)| {
        if *sum > 0.0 && sum.is_finite() {
            return Ok((*class, n_events as f64 / (sums.len() as f64 * sum)));
        }
        Err(refused(
            &format!("balanced where the weights of label {class} add up to {sum}"),
            "only a sum above 0 can be scaled; leave `class_weights` out, or give other weights",
        ))
    };
    sums.iter().map(factor).collect()
}

/// The weights of the events of a sample that are mixed: 1 each without a weight branch, else the share of these
/// events in the sum over all of them; times the weight of the sample.
fn weights_of(sample: &Sample, n_used: u64) -> Result<f64, MatrixError> {
    let per_event = match (&sample.weight_branch, sample.weight_sum) {
        (None, _) => 1.0,
        (Some(_), Some(sum)) => sum / sample.n_events.max(1) as f64,
        (Some(_), None) => {
            return Err(refused("balanced", "the sum of the weights of a sample is not known"));
        }
    };
    Ok(sample.weight * per_event * n_used as f64)
}

fn refused(value: &str, reason: &'static str) -> MatrixError {
    MatrixError::Setting { setting: "class_weights", value: value.to_string(), reason }
}
