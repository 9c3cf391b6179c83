//! A sum that does not lose small terms: Neumaier's variant of Kahan's compensated summation. A million
//! weights of mixed sign then sum to the same number, to the last bit or two, in whatever order they come.

#[derive(Clone, Copy, Default)]
pub(crate) struct Sum {
    total: f64,
    lost: f64,
}

impl Sum {
    pub(crate) fn add(&mut self, term: f64) {
        let total = self.total + term;
        self.lost += if self.total.abs() >= term.abs() {
            (self.total - total) + term
        } else {
            (term - total) + self.total
        };
        self.total = total;
    }

    pub(crate) fn value(self) -> f64 {
        // An overflown sum stays infinite instead of becoming NaN.
        if self.total.is_finite() { self.total + self.lost } else { self.total }
    }
}

impl FromIterator<f64> for Sum {
    fn from_iter<I: IntoIterator<Item = f64>>(terms: I) -> Self {
        let mut sum = Self::default();
        terms.into_iter().for_each(|term| sum.add(term));
        sum
    }
}

/// The sum of some terms.
pub(crate) fn sum(terms: impl IntoIterator<Item = f64>) -> f64 {
    terms.into_iter().collect::<Sum>().value()
}

/// Whether a sum of weights can be divided by.
pub(crate) fn is_positive(total: f64) -> bool {
    total > 0.0 && total.is_finite()
}

/// A quotient, or `None` where it has no meaning: the divisor is zero or the result not finite.
pub(crate) fn ratio(above: f64, below: f64) -> Option<f64> {
    (below != 0.0).then(|| above / below).filter(|quotient| quotient.is_finite())
}

#[cfg(test)]
mod tests {
    use super::{ratio, sum};

    #[test]
    fn small_terms_survive_a_large_one() {
        assert_eq!(sum([1.0, 1e100, 1.0, -1e100]), 2.0);
        assert_eq!(sum([]), 0.0);
        assert_eq!(sum(vec![0.1; 10]), 1.0);
    }

    #[test]
    fn a_ratio_without_meaning_is_none() {
        assert_eq!(ratio(1.0, 4.0), Some(0.25));
        assert_eq!(ratio(1.0, 0.0), None);
        assert_eq!(ratio(1e300, 1e-300), None);
    }
}
