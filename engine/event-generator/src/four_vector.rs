//! Energy and momentum of a particle, in GeV, with the speed of light as 1.

use crate::random::EventRandom;
use std::ops::Add;

/// Energy and momentum. The z axis is the beam.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FourVector {
    /// Momentum along x, GeV.
    pub px: f64,
    /// Momentum along y, GeV.
    pub py: f64,
    /// Momentum along the beam, GeV.
    pub pz: f64,
    /// Energy, GeV.
    pub energy: f64,
}

impl FourVector {
    /// From transverse momentum, pseudorapidity, azimuth and mass: `pz = pt sinh(eta)`.
    pub fn from_pt_eta_phi_mass(pt: f64, eta: f64, phi: f64, mass: f64) -> Self {
        let (px, py, pz) = (pt * phi.cos(), pt * phi.sin(), pt * eta.sinh());
        Self { px, py, pz, energy: (pt * pt + pz * pz + mass * mass).sqrt() }
    }

    /// From transverse momentum, rapidity, azimuth and mass: `pz = mt sinh(y)`, `E = mt cosh(y)`.
    pub fn from_pt_rapidity_phi_mass(pt: f64, rapidity: f64, phi: f64, mass: f64) -> Self {
        let transverse_mass = pt.hypot(mass);
        Self {
            px: pt * phi.cos(),
            py: pt * phi.sin(),
            pz: transverse_mass * rapidity.sinh(),
            energy: transverse_mass * rapidity.cosh(),
        }
    }

    /// Transverse momentum, GeV.
    pub fn pt(&self) -> f64 {
        self.px.hypot(self.py)
    }

    /// Pseudorapidity: `asinh(pz / pt)`; infinite along the beam.
    pub fn eta(&self) -> f64 {
        (self.pz / self.pt()).asinh()
    }

    /// Azimuth in `-π ..= π`.
    pub fn phi(&self) -> f64 {
        self.py.atan2(self.px)
    }

    /// Invariant mass, GeV; 0 where rounding gives a negative square.
    pub fn mass(&self) -> f64 {
        (self.energy * self.energy - self.px * self.px - self.py * self.py - self.pz * self.pz)
            .max(0.0)
            .sqrt()
    }

    /// The same particle seen from a frame in which `frame` has its momentum, if it was given in the rest frame
    /// of `frame`.
    #[must_use]
    pub fn boosted_with(&self, frame: &Self) -> Self {
        let mass = frame.mass();
        let along = self.px * frame.px + self.py * frame.py + self.pz * frame.pz;
        let energy = (self.energy * frame.energy + along) / mass;
        let share = (self.energy + energy) / (frame.energy + mass);
        Self {
            px: self.px + frame.px * share,
            py: self.py + frame.py * share,
            pz: self.pz + frame.pz * share,
            energy,
        }
    }

    /// Decays into two particles of the given masses, isotropically in the rest frame.
    ///
    /// The momentum there is `sqrt((M² - (m1 + m2)²) (M² - (m1 - m2)²)) / 2M`. The masses must not be more than
    /// the parent has; where they are, the products stand still in its frame.
    pub(crate) fn decay(&self, masses: [f64; 2], random: &mut EventRandom) -> [Self; 2] {
        let parent = self.mass();
        let square = (parent * parent - (masses[0] + masses[1]).powi(2))
            * (parent * parent - (masses[0] - masses[1]).powi(2));
        let momentum = square.max(0.0).sqrt() / (2.0 * parent);
        let (cosine, phi) = (random.between(-1.0, 1.0), random.azimuth());
        let transverse = momentum * (1.0 - cosine * cosine).sqrt();
        let (px, py, pz) = (transverse * phi.cos(), transverse * phi.sin(), momentum * cosine);
        let first = Self { px, py, pz, energy: momentum.hypot(masses[0]) };
        let second = Self { px: -px, py: -py, pz: -pz, energy: momentum.hypot(masses[1]) };
        [first.boosted_with(self), second.boosted_with(self)]
    }
}

impl Add for FourVector {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            px: self.px + other.px,
            py: self.py + other.py,
            pz: self.pz + other.pz,
            energy: self.energy + other.energy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_come_back() {
        let vector = FourVector::from_pt_eta_phi_mass(50.0, -1.3, 2.0, 4.8);
        for (found, expected) in
            [(vector.pt(), 50.0), (vector.eta(), -1.3), (vector.phi(), 2.0), (vector.mass(), 4.8)]
        {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }

    #[test]
    fn a_decay_conserves_energy_and_momentum() {
        let mut random = EventRandom::new(1, 0, 0);
        let parent = FourVector::from_pt_rapidity_phi_mass(120.0, 0.7, -1.0, 125.0);
        for _ in 0..100 {
            let [first, second] = parent.decay([4.8, 80.4], &mut random);
            let sum = first + second;
            assert!((sum.energy - parent.energy).abs() < 1e-9 && (sum.pz - parent.pz).abs() < 1e-9);
            assert!((sum.mass() - 125.0).abs() < 1e-9);
            assert!((first.mass() - 4.8).abs() < 1e-6 && (second.mass() - 80.4).abs() < 1e-6);
        }
    }
}
