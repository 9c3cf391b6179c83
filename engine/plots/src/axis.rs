//! Axes: where the ticks are and what stands beside them.

use crate::label::Label;

/// One axis over a finite, non-empty range.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) is_log: bool,
    pub(crate) major: Vec<Tick>,
    pub(crate) minor: Vec<f64>,
    /// The power of ten that was taken out of the labels; 0 for none.
    pub(crate) exponent: i32,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) value: f64,
    pub(crate) label: Label,
}

/// Beyond this, differences of two ends overflow.
const LARGEST: f64 = 1e300;

impl Axis {
    /// An axis with about `n_ticks` labels. Ends that are no range are made one.
    pub(crate) fn linear(low: f64, high: f64, n_ticks: usize) -> Self {
        let (low, high) = linear_range(low, high);
        let (step, n_minor) = nice_step((high - low) / n_ticks.max(1) as f64);
        let largest = low.abs().max(high.abs());
        let magnitude = largest.log10().floor() as i32;
        let exponent = if (-3..5).contains(&magnitude) { 0 } else { magnitude };
        let unit = 10_f64.powi(exponent);
        let decimals = (-(step / unit).log10().floor()).clamp(0.0, 17.0) as usize;
        let major = multiples(low, high, step);
        let label = |value: f64| Label::parse(&trimmed(value / unit, decimals));
        let minor = multiples(low, high, step / f64::from(n_minor));
        let is_major = |value: &f64| major.iter().any(|tick| (tick - value).abs() < step * 1e-6);
        Self {
            low,
            high,
            is_log: false,
            minor: minor.into_iter().filter(|value| !is_major(value)).collect(),
            major: major.into_iter().map(|value| Tick { value, label: label(value) }).collect(),
            exponent,
        }
    }

    /// The same axis with ticks at whole numbers only.
    pub(crate) fn whole(mut self) -> Self {
        self.major.retain(|tick| (tick.value - tick.value.round()).abs() < 1e-9);
        self.minor.retain(|value| (value - value.round()).abs() < 1e-9);
        self
    }

    /// A logarithmic axis with labels at powers of ten (and at 2 and 5 where there are hardly two of them).
    pub(crate) fn log(low: f64, high: f64) -> Self {
        let (low, high) = log_range(low, high);
        let (first, last) = (low.log10().ceil() as i32, high.log10().floor() as i32);
        let n_decades = (last - first + 1).max(0);
        let stride = (n_decades / 9 + 1).max(1);
        let mut major = Vec::new();
        let mut minor = Vec::new();
        for power in first - 1..=last + 1 {
            let decade = 10_f64.powi(power);
            let is_labelled = power.rem_euclid(stride) == 0;
            for digit in 1..10 {
                let value = decade * f64::from(digit);
                if value < low * (1.0 - 1e-9) || value > high * (1.0 + 1e-9) {
                    continue;
                }
                let has_label =
                    if n_decades < 2 { matches!(digit, 1 | 2 | 5) } else { digit == 1 && is_labelled };
                if has_label {
                    major.push(Tick { value, label: log_label(digit, power) });
                } else if digit == 1 || stride == 1 {
                    minor.push(value);
                }
            }
        }
        Self { low, high, is_log: true, major, minor, exponent: 0 }
    }

    /// Where a value lies: 0 at the low end, 1 at the high end, clamped to the axis. Not a number lies at 0, and
    /// so does what a logarithm cannot show.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let place = if self.is_log {
            (value.max(f64::MIN_POSITIVE).ln() - self.low.ln()) / (self.high.ln() - self.low.ln())
        } else {
            (value.clamp(-LARGEST, LARGEST) - self.low) / (self.high - self.low)
        };
        if place.is_nan() { 0.0 } else { place.clamp(0.0, 1.0) }
    }

    /// Whether a value can be shown.
    pub(crate) fn contains(&self, value: f64) -> bool {
        value.is_finite() && value >= self.low && value <= self.high
    }

    /// The widest label, in units of the font size.
    pub(crate) fn label_width(&self) -> f64 {
        self.major.iter().map(|tick| tick.label.width()).fold(0.0, f64::max)
    }
}

fn linear_range(low: f64, high: f64) -> (f64, f64) {
    let tidy = |end: f64| if end.is_nan() { 0.0 } else { end.clamp(-LARGEST, LARGEST) };
    let (low, high) = (tidy(low), tidy(high));
    let middle = f64::midpoint(low, high);
    // Narrower than this and neighbouring ticks would round to one number.
    let least = (low.abs().max(high.abs()) * 1e-9).max(1e-300);
    if high - low >= least {
        (low, high)
    } else if middle == 0.0 {
        (-0.5, 0.5)
    } else {
        let reach = (middle.abs() * 0.1).max(least);
        (middle - reach, middle + reach)
    }
}

fn log_range(low: f64, high: f64) -> (f64, f64) {
    let tidy =
        |end: f64, other: f64| if end.is_finite() && end > 0.0 { end.clamp(1e-300, LARGEST) } else { other };
    let high = tidy(high, 10.0);
    let low = tidy(low, high / 1000.0).min(high);
    if high / low >= 1.5 { (low, high) } else { (low / 2.0, high * 2.0) }
}

/// The step of 1, 2 or 5 times a power of ten that comes nearest, and into how many parts minor ticks cut it.
fn nice_step(raw: f64) -> (f64, u32) {
    let power = 10_f64.powi(raw.log10().floor() as i32);
    match raw / power {
        ratio if ratio < 1.415 => (power, 5),
        ratio if ratio < 3.163 => (2.0 * power, 4),
        ratio if ratio < 7.072 => (5.0 * power, 5),
        _ => (10.0 * power, 5),
    }
}

/// The multiples of a step in a range, both ends included.
fn multiples(low: f64, high: f64, step: f64) -> Vec<f64> {
    let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
    let n = (last - first + 1.0).clamp(0.0, 500.0) as usize;
    (0..n).map(|at| (first + at as f64) * step + 0.0).collect()
}

/// A number without idle zeros, with a minus sign instead of a hyphen.
fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.replace('-', "−") }
}

fn log_label(digit: i32, power: i32) -> Label {
    match (digit, power) {
        (1, 0) => Label::parse("1"),
        (1, 1) => Label::parse("10"),
        (1, power) => Label::parse(&format!("10$^{{{power}}}$")),
        (digit, -3..=3) => Label::parse(&trimmed(
            f64::from(digit) * 10_f64.powi(power),
            power.min(0).unsigned_abs() as usize,
        )),
        (digit, power) => Label::parse(&format!("{digit}×10$^{{{power}}}$")),
    }
}

#[cfg(test)]
mod tests {
    use super::Axis;

    fn labels(axis: &Axis) -> String {
        let text =
            |tick: &super::Tick| tick.label.runs.iter().map(|run| run.text.as_str()).collect::<String>();
        axis.major.iter().map(text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn linear_labels() {
        let cases = [
            (0.0, 1.0, 5, "0 0.2 0.4 0.6 0.8 1", 0),
            (0.0, 1.5, 3, "0 0.5 1 1.5", 0),
            (-2.5, 2.5, 5, "−2 −1 0 1 2", 0),
            (0.0, 250_000.0, 5, "0 0.5 1 1.5 2 2.5", 5),
            (0.0, 0.000_04, 4, "0 1 2 3 4", -5),
            (60.0, 120.0, 6, "60 70 80 90 100 110 120", 0),
            (3.0, 3.0, 2, "2.8 3 3.2", 0),
            (0.0, 0.0, 2, "−0.5 0 0.5", 0),
            (f64::NAN, f64::INFINITY, 2, "0 0.5 1", 300),
        ];
        for (low, high, n_ticks, expected, exponent) in cases {
            let axis = Axis::linear(low, high, n_ticks);
            assert_eq!((labels(&axis).as_str(), axis.exponent), (expected, exponent), "{low} {high}");
        }
    }

    #[test]
    fn log_labels() {
        let cases = [
            (1.0, 1000.0, "1 10 102 103"),
            (0.5, 30.0, "1 10"),
            (15.0, 80.0, "20 50"),
            (0.0, 0.0, "10−2 10−1 1 10"),
            (1e-30, 1e30, "10−28 10−21 10−14 10−7 1 107 1014 1021 1028"),
            (5.0, 5.0, "5 10"),
        ];
        for (low, high, expected) in cases {
            assert_eq!(labels(&Axis::log(low, high)), expected, "{low} {high}");
        }
    }

    #[test]
    fn minor_ticks_are_between() {
        assert_eq!(Axis::linear(0.0, 4.0, 4).minor.len(), 16);
        assert_eq!(Axis::log(1.0, 100.0).minor.len(), 16);
    }

    #[test]
    fn places_are_clamped() {
        let axis = Axis::linear(0.0, 10.0, 5);
        assert_eq!([-1.0, 5.0, 11.0, f64::NAN].map(|value| axis.place(value)), [0.0, 0.5, 1.0, 0.0]);
        let log = Axis::log(1.0, 100.0);
        assert_eq!([0.0, -1.0, 1.0, 100.0].map(|value| log.place(value)), [0.0, 0.0, 0.0, 1.0]);
        assert!((log.place(10.0) - 0.5).abs() < 1e-12);
    }
}
