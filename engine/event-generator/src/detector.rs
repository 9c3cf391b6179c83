//! What the detector makes of the particles.
//!
//! | | |
//! | --- | --- |
//! | jets | energy smeared by `80 % / sqrt(E)` and 5 %, direction by 0.02; kept above 20 GeV, within 4.7 in eta |
//! | b-tag | in `0 .. 1` within 2.5 in eta, else -1. Bottom `u^(1/4)`, light `1 - u^(1/8)`, charm uniform; each looks like another flavour in some 10 % |
//! | leptons | momentum smeared by 2 %; above 10 GeV, within 2.5 (electrons) and 2.4 (muons) in eta, 90 % found |
//! | missing momentum | all that is not seen, smeared by `60 % sqrt(HT)` and 8 GeV for each of x and y |
//! | pile-up | Poisson(30) vertices; one of 50 adds a soft jet |
//! | triggers | isolated muon above 24 GeV, electron above 32 GeV, a turn-on in missing momentum around 120 GeV |

use crate::FourVector;
use crate::process::{Kind, Particle};
use crate::random::EventRandom;

/// A reconstructed jet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Jet {
    pub(crate) pt: f64,
    pub(crate) eta: f64,
    pub(crate) phi: f64,
    pub(crate) mass: f64,
    pub(crate) btag: f64,
}

/// A reconstructed electron or muon.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lepton {
    pub(crate) pt: f64,
    pub(crate) eta: f64,
    pub(crate) phi: f64,
    pub(crate) charge: i32,
}

/// What is seen of one event.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Falling in transverse momentum, as are the leptons.
    pub(crate) jets: Vec<Jet>,
    pub(crate) electrons: Vec<Lepton>,
    pub(crate) muons: Vec<Lepton>,
    pub(crate) missing_pt: f64,
    pub(crate) missing_phi: f64,
    /// Sum of the transverse momenta of jets above 30 GeV within 2.5 in eta.
    pub(crate) ht: f64,
    pub(crate) n_vertices: u32,
    pub(crate) muon_trigger: bool,
    pub(crate) electron_trigger: bool,
    pub(crate) missing_trigger: bool,
}

const JET_MIN_PT_GEV: f64 = 20.0;
const JET_MAX_ETA: f64 = 4.7;
const TRACKER_MAX_ETA: f64 = 2.5;

/// Looks at the particles of one event.
pub(crate) fn detect(particles: &[Particle], random: &mut EventRandom) -> Seen {
    let mut seen = Seen { n_vertices: random.poisson(30.0).max(1), ..Seen::default() };
    let mut unseen = [0.0; 2];
    for particle in particles {
        match particle.kind {
            Kind::Bottom | Kind::Charm | Kind::Light => seen.jets.extend(jet(particle, random)),
            Kind::Electron(charge) => seen.electrons.extend(lepton(particle, charge, 2.5, random)),
            Kind::Muon(charge) => seen.muons.extend(lepton(particle, charge, 2.4, random)),
            Kind::Neutrino => {
                unseen = [unseen[0] + particle.momentum.px, unseen[1] + particle.momentum.py];
            }
        }
    }
    add_pile_up(&mut seen, random);
    seen.jets.sort_by(|one, other| other.pt.total_cmp(&one.pt));
    seen.ht = seen.jets.iter().filter(|jet| jet.pt > 30.0 && jet.eta.abs() < 2.5).map(|jet| jet.pt).sum();
    let resolution = (0.6 * seen.ht.sqrt()).hypot(8.0);
    let missing = unseen.map(|component| component + resolution * random.normal());
    seen.missing_pt = missing[0].hypot(missing[1]);
    seen.missing_phi = missing[1].atan2(missing[0]);
    pull_triggers(&mut seen, random);
    seen
}

fn jet(particle: &Particle, random: &mut EventRandom) -> Option<Jet> {
    let momentum = &particle.momentum;
    let relative = (0.8 / momentum.energy.max(1.0).sqrt()).hypot(0.05);
    let pt = momentum.pt() * (1.0 + relative * random.normal());
    let eta = momentum.eta() + 0.02 * random.normal();
    let phi = wrap(momentum.phi() + 0.02 * random.normal());
    let mass = 0.1 * pt * (0.35 * random.normal()).exp();
    let btag = btag(particle.kind, eta, random);
    (pt > JET_MIN_PT_GEV && eta.abs() < JET_MAX_ETA).then_some(Jet { pt, eta, phi, mass, btag })
}

fn btag(kind: Kind, eta: f64, random: &mut EventRandom) -> f64 {
    let (mistaken, draw) = (random.chance(0.1), random.uniform());
    if eta.abs() > TRACKER_MAX_ETA {
        return -1.0;
    }
    match (kind, mistaken) {
        (Kind::Bottom, false) => draw.powf(0.25),
        (Kind::Light, false) => 1.0 - draw.powf(0.125),
        _ => draw,
    }
}

fn lepton(particle: &Particle, charge: i32, max_eta: f64, random: &mut EventRandom) -> Option<Lepton> {
    let momentum = &particle.momentum;
    let (pt, eta) = (momentum.pt() * (1.0 + 0.02 * random.normal()), momentum.eta());
    let found = random.chance(0.9);
    (found && pt > 10.0 && eta.abs() < max_eta).then_some(Lepton { pt, eta, phi: momentum.phi(), charge })
}

/// Soft jets of other collisions, and now and then a lepton that is none.
fn add_pile_up(seen: &mut Seen, random: &mut EventRandom) {
    for _ in 0..random.poisson(0.02 * f64::from(seen.n_vertices)) {
        let (pt, eta) = (JET_MIN_PT_GEV + random.exponential(8.0), random.between(-JET_MAX_ETA, JET_MAX_ETA));
        let momentum = FourVector::from_pt_eta_phi_mass(pt, eta, random.azimuth(), 0.0);
        seen.jets.extend(jet(&Particle { kind: Kind::Light, momentum }, random));
    }
    if random.chance(0.03) {
        let (pt, eta, phi) = (10.0 + random.exponential(6.0), random.between(-2.4, 2.4), random.azimuth());
        let fake = Lepton { pt, eta, phi, charge: random.sign() };
        let leptons = if random.chance(0.5) { &mut seen.electrons } else { &mut seen.muons };
        leptons.push(fake);
        leptons.sort_by(|one, other| other.pt.total_cmp(&one.pt));
    }
}

fn pull_triggers(seen: &mut Seen, random: &mut EventRandom) {
    let above =
        |leptons: &[Lepton], threshold: f64| leptons.first().is_some_and(|lepton| lepton.pt > threshold);
    seen.muon_trigger = above(&seen.muons, 24.0) && random.chance(0.92);
    seen.electron_trigger = above(&seen.electrons, 32.0) && random.chance(0.88);
    seen.missing_trigger = random.chance(1.0 / (1.0 + (-(seen.missing_pt - 120.0) / 12.0).exp()));
}

/// Brings an angle that is at most one turn away into `-π ..= π`.
fn wrap(phi: f64) -> f64 {
    use std::f64::consts::{PI, TAU};
    if phi > PI {
        phi - TAU
    } else if phi < -PI {
        phi + TAU
    } else {
        phi
    }
}
