//! Momenta and decays of the hard particles of one event.
//!
//! | | |
//! | --- | --- |
//! | WH | W and H, back to back but for radiation; H → bb̄ with 125 GeV, W → ℓν |
//! | tt̄ | two tops (172.5 GeV), t → bW; one W → ℓν, the other to two light quarks |
//! | W + jets | W → ℓν and a pair of jets, of a mass that falls as `m^-1.2` (40 % bb̄, 20 % cc̄, else light) |
//!
//! Transverse momenta follow `pt exp(-pt / scale)`, rapidities are normal. Radiation from the initial state adds
//! jets with `pt^-3`, and the hard system recoils against them.

use crate::FourVector;
use crate::random::EventRandom;

/// Which sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Process {
    /// WH → ℓν bb̄: a Higgs boson of 125 GeV with a W boson.
    Signal,
    /// 55 % tt̄, 45 % W with two jets.
    Background,
}

impl Process {
    /// `signal` or `background`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Signal => "signal",
            Self::Background => "background",
        }
    }
}

/// What a particle is for the detector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bottom,
    Charm,
    /// A light quark or a gluon.
    Light,
    /// Charge.
    Electron(i32),
    /// Charge.
    Muon(i32),
    Neutrino,
}

/// A particle that reaches the detector.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Particle {
    pub(crate) kind: Kind,
    pub(crate) momentum: FourVector,
}

const HIGGS_MASS_GEV: f64 = 125.0;
const TOP_MASS_GEV: f64 = 172.5;
const TOP_WIDTH_GEV: f64 = 1.4;
const W_MASS_GEV: f64 = 80.4;
const W_WIDTH_GEV: f64 = 2.1;
const BOTTOM_MASS_GEV: f64 = 4.8;
const CHARM_MASS_GEV: f64 = 1.5;

/// The particles of one event that reach the detector.
pub(crate) fn hard_particles(process: Process, random: &mut EventRandom) -> Vec<Particle> {
    let mut particles = Vec::with_capacity(12);
    let mean_radiation = if process == Process::Signal { 0.8 } else { 1.0 };
    let radiation = radiate(mean_radiation, random, &mut particles);
    match process {
        Process::Signal => higgs_and_w(radiation, random, &mut particles),
        Process::Background if random.chance(0.55) => two_tops(radiation, random, &mut particles),
        Process::Background => w_and_jets(radiation, random, &mut particles),
    }
    particles
}

/// Adds jets of initial-state radiation and returns the transverse momentum that balances them.
fn radiate(mean: f64, random: &mut EventRandom, particles: &mut Vec<Particle>) -> [f64; 2] {
    let mut recoil = [0.0; 2];
    for _ in 0..random.poisson(mean) {
        let (pt, eta, phi) = (random.power_law(15.0, 500.0, 3.0), 2.0 * random.normal(), random.azimuth());
        let momentum = FourVector::from_pt_eta_phi_mass(pt, eta, phi, 0.0);
        recoil = [recoil[0] - momentum.px, recoil[1] - momentum.py];
        particles.push(Particle { kind: Kind::Light, momentum });
    }
    recoil
}

/// Two systems of the given masses, back to back in the plane across the beam, sharing the recoil.
fn back_to_back(
    masses: [f64; 2],
    scale_gev: f64,
    recoil: [f64; 2],
    random: &mut EventRandom,
) -> [FourVector; 2] {
    let (pt, phi) = (random.transverse_momentum(scale_gev), random.azimuth());
    let (px, py) = (pt * phi.cos(), pt * phi.sin());
    let common_rapidity = 0.9 * random.normal();
    let share = [(px, py, masses[0], 0.6), (-px, -py, masses[1], -0.6)];
    let spread = random.normal();
    share.map(|(px, py, mass, side)| {
        let (px, py) = (px + 0.5 * recoil[0], py + 0.5 * recoil[1]);
        let rapidity = common_rapidity + side * spread;
        FourVector::from_pt_rapidity_phi_mass(px.hypot(py), rapidity, py.atan2(px), mass)
    })
}

fn higgs_and_w(recoil: [f64; 2], random: &mut EventRandom, particles: &mut Vec<Particle>) {
    let w_mass = random.resonance(W_MASS_GEV, W_WIDTH_GEV);
    let [higgs, w] = back_to_back([HIGGS_MASS_GEV, w_mass], 45.0, recoil, random);
    for momentum in higgs.decay([BOTTOM_MASS_GEV; 2], random) {
        particles.push(Particle { kind: Kind::Bottom, momentum });
    }
    decay_w_to_leptons(&w, random.sign(), random, particles);
}

fn two_tops(recoil: [f64; 2], random: &mut EventRandom, particles: &mut Vec<Particle>) {
    let masses = [0; 2].map(|_| random.resonance(TOP_MASS_GEV, TOP_WIDTH_GEV));
    let tops = back_to_back(masses, 50.0, recoil, random);
    let charge = random.sign();
    for (position, top) in tops.iter().enumerate() {
        let w_mass = random.resonance(W_MASS_GEV, W_WIDTH_GEV);
        let [bottom, w] = top.decay([BOTTOM_MASS_GEV, w_mass], random);
        particles.push(Particle { kind: Kind::Bottom, momentum: bottom });
        if position == 0 {
            decay_w_to_leptons(&w, charge, random, particles);
        } else {
            decay_w_to_quarks(&w, random, particles);
        }
    }
}

fn w_and_jets(recoil: [f64; 2], random: &mut EventRandom, particles: &mut Vec<Particle>) {
    let draw = random.uniform();
    let (kind, quark_mass) = if draw < 0.4 {
        (Kind::Bottom, BOTTOM_MASS_GEV)
    } else if draw < 0.6 {
        (Kind::Charm, CHARM_MASS_GEV)
    } else {
        (Kind::Light, 0.0)
    };
    let w_mass = random.resonance(W_MASS_GEV, W_WIDTH_GEV);
    let pair_mass = random.power_law(20.0, 600.0, 1.2);
    let [pair, w] = back_to_back([pair_mass, w_mass], 32.0, recoil, random);
    for momentum in pair.decay([quark_mass; 2], random) {
        particles.push(Particle { kind, momentum });
    }
    decay_w_to_leptons(&w, random.sign(), random, particles);
}

fn decay_w_to_leptons(w: &FourVector, charge: i32, random: &mut EventRandom, particles: &mut Vec<Particle>) {
    let [lepton, neutrino] = w.decay([0.0; 2], random);
    let kind = if random.chance(0.5) { Kind::Electron(charge) } else { Kind::Muon(charge) };
    particles.push(Particle { kind, momentum: lepton });
    particles.push(Particle { kind: Kind::Neutrino, momentum: neutrino });
}

/// W → ud̄ or cs̄, each half of the time.
fn decay_w_to_quarks(w: &FourVector, random: &mut EventRandom, particles: &mut Vec<Particle>) {
    let first = if random.chance(0.5) { Kind::Charm } else { Kind::Light };
    let mass = if first == Kind::Charm { CHARM_MASS_GEV } else { 0.0 };
    for (kind, momentum) in [first, Kind::Light].into_iter().zip(w.decay([mass, 0.0], random)) {
        particles.push(Particle { kind, momentum });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transverse_momentum_balances() {
        for process in [Process::Signal, Process::Background] {
            for event in 0..500 {
                let particles = hard_particles(process, &mut EventRandom::new(5, 0, event));
                let sum =
                    particles.iter().fold(FourVector::default(), |sum, particle| sum + particle.momentum);
                assert!(sum.pt() < 1e-6, "{process:?} {event}: {}", sum.pt());
            }
        }
    }

    #[test]
    fn every_event_has_a_lepton_and_the_signal_two_bottom_quarks_of_the_higgs_mass() {
        for event in 0..500 {
            let particles = hard_particles(Process::Signal, &mut EventRandom::new(5, 0, event));
            let bottoms: Vec<_> = particles.iter().filter(|particle| particle.kind == Kind::Bottom).collect();
            assert_eq!(bottoms.len(), 2);
            assert!(((bottoms[0].momentum + bottoms[1].momentum).mass() - HIGGS_MASS_GEV).abs() < 1e-6);
            let is_lepton = |particle: &&Particle| matches!(particle.kind, Kind::Electron(_) | Kind::Muon(_));
            assert_eq!(particles.iter().filter(is_lepton).count(), 1);
        }
    }
}
