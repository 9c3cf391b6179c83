//! Random numbers of one event.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::f64::consts::TAU;

/// The random numbers of one event, independent of those of every other event.
pub(crate) struct EventRandom(ChaCha8Rng);

impl EventRandom {
    /// `process` keeps samples of the same seed apart.
    pub(crate) fn new(seed: u64, process: u8, event: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8] = process;
        let mut random = ChaCha8Rng::from_seed(key);
        random.set_stream(event);
        Self(random)
    }

    /// Uniform in `0 .. 1`, both ends excluded: the middle of one of 2^53 equal cells.
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) * (1.0 / (1_u64 << 53) as f64)
    }

    /// Uniform between two numbers.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// True with the given probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// +1 or -1.
    pub(crate) fn sign(&mut self) -> i32 {
        if self.chance(0.5) { 1 } else { -1 }
    }

    /// Normal with mean 0 and standard deviation 1 (Box and Muller: `sqrt(-2 ln u) cos(2π v)`).
    pub(crate) fn normal(&mut self) -> f64 {
        let (radius, angle) = ((-2.0 * self.uniform().ln()).sqrt(), TAU * self.uniform());
        radius * angle.cos()
    }

    /// Exponential with the given mean.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.uniform().ln()
    }

    /// Density proportional to `x exp(-x / scale)`: the shape of transverse momenta. Mean: twice the scale.
    pub(crate) fn transverse_momentum(&mut self, scale: f64) -> f64 {
        self.exponential(scale) + self.exponential(scale)
    }

    /// Breit and Wigner's resonance curve, cut at 15 widths from the mass.
    pub(crate) fn resonance(&mut self, mass: f64, width: f64) -> f64 {
        let edge = 30.0_f64.atan();
        mass + 0.5 * width * self.between(-edge, edge).tan()
    }

    /// Density proportional to `x^-power` between two limits; the power is above 1.
    pub(crate) fn power_law(&mut self, low: f64, high: f64, power: f64) -> f64 {
        let exponent = 1.0 - power;
        let (start, end) = (low.powf(exponent), high.powf(exponent));
        (start + (end - start) * self.uniform()).powf(1.0 / exponent)
    }

    /// Poisson's number, by counting arrivals (Knuth); for means of a few tens at most.
    pub(crate) fn poisson(&mut self, mean: f64) -> u32 {
        let (mut count, mut arrival) = (0, self.exponential(1.0));
        while arrival < mean {
            count += 1;
            arrival += self.exponential(1.0);
        }
        count
    }

    /// An angle in `-π .. π`.
    pub(crate) fn azimuth(&mut self) -> f64 {
        self.between(-std::f64::consts::PI, std::f64::consts::PI)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and standard deviation of 40,000 numbers.
    fn moments(mut draw: impl FnMut(&mut EventRandom) -> f64) -> (f64, f64) {
        let n_events = 40_000;
        let values: Vec<f64> = (0..n_events).map(|event| draw(&mut EventRandom::new(1, 0, event))).collect();
        let mean = values.iter().sum::<f64>() / n_events as f64;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n_events as f64;
        (mean, variance.sqrt())
    }

    #[test]
    fn moments_are_those_of_the_formulas() {
        // Five standard errors of the mean.
        let check = |found: (f64, f64), mean: f64, deviation: f64| {
            assert!((found.0 - mean).abs() < 5.0 * deviation / 200.0, "{found:?}, expected {mean}");
            assert!((found.1 / deviation - 1.0).abs() < 0.05, "{found:?}, expected {deviation}");
        };
        check(moments(EventRandom::uniform), 0.5, 1.0 / 12.0_f64.sqrt());
        check(moments(EventRandom::normal), 0.0, 1.0);
        check(moments(|random| random.exponential(3.0)), 3.0, 3.0);
        check(moments(|random| random.transverse_momentum(10.0)), 20.0, 10.0 * 2.0_f64.sqrt());
        check(moments(|random| f64::from(random.poisson(4.0))), 4.0, 2.0);
        check(moments(|random| f64::from(random.sign())), 0.0, 1.0);
    }

    #[test]
    fn streams_differ_by_seed_process_and_event() {
        let first = |seed, process, event| EventRandom::new(seed, process, event).uniform();
        assert_eq!(first(1, 0, 5), first(1, 0, 5));
        assert!(first(1, 0, 5) != first(2, 0, 5));
        assert!(first(1, 0, 5) != first(1, 1, 5));
        assert!(first(1, 0, 5) != first(1, 0, 6));
    }

    #[test]
    fn limits_are_kept() {
        for event in 0..2000 {
            let mut random = EventRandom::new(3, 1, event);
            assert!((20.0..=400.0).contains(&random.power_law(20.0, 400.0, 1.5)));
            assert!((random.resonance(80.4, 2.1) - 80.4).abs() <= 15.0 * 2.1 + 1e-9);
        }
    }
}
