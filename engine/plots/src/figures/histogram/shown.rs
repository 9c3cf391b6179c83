//! From the histograms of a figure to those that are drawn: cut to the range, folded, stacked, scaled.

use super::{HistogramFigure, OutsideBins, Sample};
use crate::histogram::Histogram;

impl HistogramFigure {
    /// The same figure with its histograms as they are to be drawn.
    pub(crate) fn shown(&self) -> Self {
        let mut figure = self.clone();
        let range = self.chosen_range();
        for sample in figure.samples.iter_mut().chain(&mut figure.data) {
            if let Some(range) = range {
                sample.histogram = sample.histogram.in_range(range);
            }
            if self.outside == OutsideBins::Folded {
                sample.histogram = sample.histogram.folded();
            }
        }
        if self.is_normalised {
            figure.normalise();
        }
        figure
    }

    /// The range that was asked for, if it is one.
    pub(super) fn chosen_range(&self) -> Option<(f64, f64)> {
        self.x_range.filter(|(low, high)| low.is_finite() && high.is_finite() && low < high)
    }

    /// The sum of the samples that share the bins of the first one.
    pub(crate) fn total(&self) -> Option<Histogram> {
        let (first, others) = self.samples.split_first()?;
        let same = others.iter().filter(|sample| sample.histogram.edges() == first.histogram.edges());
        Some(same.fold(first.histogram.clone(), |total, sample| total.plus(&sample.histogram)))
    }

    pub(crate) fn is_in_stack(&self, sample: &Sample) -> bool {
        let first = self.samples.first();
        self.is_stacked && first.is_some_and(|first| first.histogram.edges() == sample.histogram.edges())
    }

    /// The sum of the samples below one of a stack.
    pub(crate) fn sum_below(&self, at: usize) -> Histogram {
        stack_below(&self.samples[..at], self.samples[at].histogram.edges())
    }

    /// Unit area for the stack as a whole, for each other sample, and for the data.
    fn normalise(&mut self) {
        let stack = self.total().map_or(0.0, |total| total.total());
        let densities: Vec<Histogram> = self
            .samples
            .iter()
            .map(|sample| match &sample.histogram {
                histogram if self.is_in_stack(sample) => histogram.density(stack),
                histogram => histogram.normalised(),
            })
            .collect();
        for (sample, density) in self.samples.iter_mut().zip(densities) {
            sample.histogram = density;
        }
        if let Some(data) = &mut self.data {
            data.histogram = data.histogram.normalised();
        }
    }
}

/// The sum of the lower samples of a stack, zeros for none.
pub(super) fn stack_below(samples: &[Sample], edges: &[f64]) -> Histogram {
    let zeros = vec![0.0; edges.len().saturating_sub(1)];
    let same = samples.iter().map(|sample| &sample.histogram).filter(|histogram| histogram.edges() == edges);
    same.cloned().reduce(|sum, next| sum.plus(&next)).unwrap_or_else(|| {
        // Edges of a histogram and as many zeros are a histogram.
        Histogram::unweighted(edges.to_vec(), zeros).unwrap_or_else(|_| samples[0].histogram.clone())
    })
}
