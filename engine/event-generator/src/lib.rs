//! A seeded generator of proton-proton collision events: a signal with a resonance and its backgrounds.
//!
//! The signal is the production of a Higgs boson with a W boson, WH → ℓν bb̄; the background is a mixture of
//! tt̄ and W + two jets. The events carry the branches of a small NanoAOD: identifiers, weight, jets, leptons,
//! missing transverse momentum, trigger flags (the list is [`BRANCHES`]). They serve the examples and the tests;
//! they are sensible, not precise: cross sections, parton densities and showers are not simulated.
//!
//! Three steps make an event, each in a file of its own that states its formulas:
//!
//! 1. `process.rs`: momenta and decays of the hard particles. Every decay is a two-body decay, isotropic in
//!    the rest frame of the parent, so that energy and momentum are conserved and invariant masses are real.
//! 2. `detector.rs`: acceptance, resolution, b-tagging, leptons, missing momentum, triggers.
//! 3. `columns.rs`: events become an [`event_columns::EventChunk`].
//!
//! The same settings give the same events, whatever the size of the chunks: each event has a random stream of
//! its own (ChaCha with 8 rounds; stream number = event number), so that parts can also be made apart.

mod columns;
mod detector;
mod four_vector;
mod generator;
mod process;
mod random;

pub use columns::BRANCHES;
pub use four_vector::FourVector;
pub use generator::{EventGenerator, GeneratorError, GeneratorSettings};
pub use process::Process;
