//! Histograms of two quantities.

use crate::{Axis, AxisError, Binning};

/// A filled histogram of two quantities.
#[derive(Clone, Debug, PartialEq)]
pub struct FilledPlane {
    /// Edges along x.
    pub x_edges: Vec<f64>,
    /// Edges along y.
    pub y_edges: Vec<f64>,
    /// Sum of the weights; bin `ix` of x and `iy` of y at `iy * n_x + ix`.
    pub sum_w: Vec<f64>,
    /// Sum of the weights outside the ranges.
    pub outside: f64,
    /// Pairs outside the ranges, side by side.
    pub n_outside: OutsidePairs,
    /// Pairs of which one is not a number.
    pub n_nan: u64,
    /// Pairs that are inside or outside.
    pub n_pairs: u64,
}

/// Numbers of pairs outside a plane. One that is outside in x and in y counts on both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutsidePairs {
    /// All of them, each once.
    pub n_pairs: u64,
    /// Below the x axis and above its end.
    pub x: (u64, u64),
    /// Below the y axis and above its end.
    pub y: (u64, u64),
}

/// More cells than these are a slip, and no picture.
pub(crate) const MOST_CELLS: usize = 1_000_000;

/// Collects pairs, then makes bins that suit where none were said.
#[derive(Clone, Debug)]
pub struct PlaneFiller {
    x: Vec<f64>,
    y: Vec<f64>,
    weights: Option<Vec<f64>>,
    x_binning: Binning,
    y_binning: Binning,
    is_whole: (bool, bool),
}

impl PlaneFiller {
    /// Begins with what was said about the bins of x and y, and whether their values are whole numbers.
    pub fn new(x_binning: Binning, y_binning: Binning, is_whole: (bool, bool)) -> Self {
        Self { x: Vec::new(), y: Vec::new(), weights: None, x_binning, y_binning, is_whole }
    }

    /// Adds pairs; all weigh 1 where there are no weights.
    ///
    /// # Panics
    /// When the numbers of values differ.
    pub fn add(&mut self, x: &[f64], y: &[f64], weights: Option<&[f64]>) {
        assert!(x.len() == y.len() && weights.is_none_or(|weights| weights.len() == x.len()), "pairs");
        if weights.is_some() && self.weights.is_none() {
            self.weights = Some(vec![1.0; self.x.len()]);
        }
        if let Some(own) = &mut self.weights {
            match weights {
                Some(weights) => own.extend_from_slice(weights),
                None => own.resize(self.x.len() + x.len(), 1.0),
            }
        }
        self.x.extend_from_slice(x);
        self.y.extend_from_slice(y);
    }

    /// The histogram.
    ///
    /// # Errors
    /// No bins can be made.
    pub fn finish(self) -> Result<FilledPlane, AxisError> {
        let x_axis = axis(&self.x_binning, &self.x, self.is_whole.0)?;
        let y_axis = axis(&self.y_binning, &self.y, self.is_whole.1)?;
        let (n_x, n_y) = (x_axis.n_bins(), y_axis.n_bins());
        if n_x * n_y > MOST_CELLS {
            return Err(AxisError::NumberOfCells { n_x, n_y });
        }
        let mut plane = FilledPlane {
            x_edges: x_axis.edges().to_vec(),
            y_edges: y_axis.edges().to_vec(),
            sum_w: vec![0.0; n_x * n_y],
            outside: 0.0,
            n_outside: OutsidePairs::default(),
            n_nan: 0,
            n_pairs: 0,
        };
        for at in 0..self.x.len() {
            let (Some(x), Some(y)) = (x_axis.place(self.x[at]), y_axis.place(self.y[at])) else {
                plane.n_nan += 1;
                continue;
            };
            plane.n_pairs += 1;
            let weight = self.weights.as_ref().map_or(1.0, |weights| weights[at]);
            if (1..=n_x).contains(&x) && (1..=n_y).contains(&y) {
                plane.sum_w[(y - 1) * n_x + x - 1] += weight;
            } else {
                plane.outside += weight;
                plane.n_outside.count((x, n_x), (y, n_y));
            }
        }
        Ok(plane)
    }
}

impl OutsidePairs {
    /// Counts a pair by its places and the numbers of bins.
    fn count(&mut self, (x, n_x): (usize, usize), (y, n_y): (usize, usize)) {
        self.n_pairs += 1;
        self.x.0 += u64::from(x == 0);
        self.x.1 += u64::from(x > n_x);
        self.y.0 += u64::from(y == 0);
        self.y.1 += u64::from(y > n_y);
    }
}

fn axis(binning: &Binning, values: &[f64], is_whole: bool) -> Result<Axis, AxisError> {
    if binning.is_fixed() {
        return binning.axis(None, is_whole);
    }
    let mut finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    if finite.is_empty() {
        return binning.axis(None, is_whole);
    }
    // From the 0.5 % to the 99.5 % quantile: a plane with two long tails shows nothing else.
    let at = |q: f64| ((finite.len() - 1) as f64 * q).round() as usize;
    let (low_at, high_at) = (at(0.005), at(0.995));
    let low = *finite.select_nth_unstable_by(low_at, f64::total_cmp).1;
    let high = *finite.select_nth_unstable_by(high_at, f64::total_cmp).1;
    let high = if high > low { high + (high - low) * 1e-9 } else { high };
    binning.axis(Some((low, high)), is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_in_their_bins() {
        let binning = |n_bins| Binning { n_bins: Some(n_bins), range: Some((0.0, 2.0)), edges: None };
        let mut filler = PlaneFiller::new(binning(2), binning(1), (false, false));
        filler.add(&[0.5, 1.5, 9.0], &[1.0, 1.0, 1.0], None);
        filler.add(&[1.5, f64::NAN], &[0.0, 1.0], Some(&[3.0, 1.0]));
        let plane = filler.finish().unwrap();
        assert_eq!(plane.sum_w, [1.0, 4.0]);
        assert_eq!((plane.outside, plane.n_nan, plane.n_pairs), (1.0, 1, 4));
        assert_eq!(plane.n_outside, OutsidePairs { n_pairs: 1, x: (0, 1), y: (0, 0) });
    }

    #[test]
    fn bins_that_suit_leave_out_long_tails() {
        let mut filler = PlaneFiller::new(Binning::default(), Binning::default(), (false, true));
        let x: Vec<f64> = (0..1000).map(f64::from).collect();
        let y: Vec<f64> = (0..1000).map(|at| f64::from(at % 4)).collect();
        filler.add(&x, &y, None);
        let plane = filler.finish().unwrap();
        assert_eq!(plane.y_edges, [-0.5, 0.5, 1.5, 2.5, 3.5]);
        assert_eq!((plane.x_edges[0], plane.x_edges[plane.x_edges.len() - 1]), (0.0, 1000.0));
        assert_eq!(plane.outside, 0.0);
    }
}
