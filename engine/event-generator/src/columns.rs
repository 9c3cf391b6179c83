//! Events as columns.

use crate::detector::{Jet, Lepton, Seen};
use event_columns::{ColumnType, ElementType, EventChunk, Piece, Slice};

/// The branches, in their order, with what they are. Momenta and masses are in GeV.
pub const BRANCHES: &[(&str, &str)] = &[
    ("run", "run number, 1 as in every simulation (u32)"),
    ("luminosityBlock", "1000 events each (u32)"),
    ("event", "event number, from 1 (u64)"),
    ("genWeight", "event weight; one of twenty is negative"),
    ("n_vertices", "reconstructed primary vertices (i32)"),
    ("nJet", "number of jets (u32)"),
    ("Jet_pt", "transverse momentum of each jet, falling"),
    ("Jet_eta", "pseudorapidity of each jet, within 4.7"),
    ("Jet_phi", "azimuth of each jet"),
    ("Jet_mass", "mass of each jet"),
    ("Jet_btag", "b-tag of each jet in 0 .. 1; -1 outside the tracker"),
    ("nElectron", "number of electrons (u32)"),
    ("Electron_pt", "transverse momentum of each electron, falling"),
    ("Electron_eta", "pseudorapidity of each electron"),
    ("Electron_phi", "azimuth of each electron"),
    ("Electron_charge", "charge of each electron (i32)"),
    ("nMuon", "number of muons (u32)"),
    ("Muon_pt", "transverse momentum of each muon, falling"),
    ("Muon_eta", "pseudorapidity of each muon"),
    ("Muon_phi", "azimuth of each muon"),
    ("Muon_charge", "charge of each muon (i32)"),
    ("MET_pt", "missing transverse momentum"),
    ("MET_phi", "its azimuth"),
    ("HT", "scalar sum of the jets above 30 GeV within 2.5 in eta"),
    ("HLT_IsoMu24", "single-muon trigger (bool)"),
    ("HLT_Ele32", "single-electron trigger (bool)"),
    ("HLT_MET120", "missing-momentum trigger (bool)"),
];

/// Events of a run of consecutive numbers.
#[derive(Debug, Default)]
pub(crate) struct Events {
    pub(crate) weights: Vec<f32>,
    pub(crate) seen: Vec<Seen>,
}

impl Events {
    /// The columns of [`BRANCHES`]. The first event has the number `first_event` (from 0).
    pub(crate) fn into_chunk(self, first_event: u64) -> EventChunk {
        let seen = &self.seen;
        let mut chunk = EventChunk::new(first_event, seen.len());
        let numbers = || first_event..first_event + seen.len() as u64;
        chunk.set("run", Piece::flat(vec![1_u32; seen.len()]).into());
        let blocks: Vec<u32> = numbers().map(|number| (1 + number / 1000) as u32).collect();
        chunk.set("luminosityBlock", Piece::flat(blocks).into());
        chunk.set("event", Piece::flat(numbers().map(|number| number + 1).collect::<Vec<u64>>()).into());
        chunk.set("genWeight", Piece::flat(self.weights).into());
        let vertices: Vec<i32> = seen.iter().map(|event| event.n_vertices as i32).collect();
        chunk.set("n_vertices", Piece::flat(vertices).into());
        set_jets(&mut chunk, seen);
        set_leptons(&mut chunk, "Electron", seen, |event| &event.electrons);
        set_leptons(&mut chunk, "Muon", seen, |event| &event.muons);
        let mut flat = |name: &str, value: fn(&Seen) -> f64| {
            let values: Vec<f32> = seen.iter().map(|event| value(event) as f32).collect();
            chunk.set(name, Piece::flat(values).into());
        };
        flat("MET_pt", |event| event.missing_pt);
        flat("MET_phi", |event| event.missing_phi);
        flat("HT", |event| event.ht);
        let mut flag = |name: &str, value: fn(&Seen) -> bool| {
            chunk.set(name, Piece::flat(seen.iter().map(value).collect::<Vec<bool>>()).into());
        };
        flag("HLT_IsoMu24", |event| event.muon_trigger);
        flag("HLT_Ele32", |event| event.electron_trigger);
        flag("HLT_MET120", |event| event.missing_trigger);
        chunk
    }
}

fn set_jets(chunk: &mut EventChunk, seen: &[Seen]) {
    let counts: Vec<u32> = seen.iter().map(|event| event.jets.len() as u32).collect();
    let offsets = offsets(&counts);
    chunk.set("nJet", Piece::flat(counts).into());
    let mut set = |name: &str, value: fn(&Jet) -> f64| {
        let values: Vec<f32> =
            seen.iter().flat_map(|event| &event.jets).map(|jet| value(jet) as f32).collect();
        chunk.set(name, jagged(ElementType::F32, &offsets, values.into()).into());
    };
    set("Jet_pt", |jet| jet.pt);
    set("Jet_eta", |jet| jet.eta);
    set("Jet_phi", |jet| jet.phi);
    set("Jet_mass", |jet| jet.mass);
    set("Jet_btag", |jet| jet.btag);
}

fn set_leptons(chunk: &mut EventChunk, name: &str, seen: &[Seen], leptons: fn(&Seen) -> &[Lepton]) {
    let counts: Vec<u32> = seen.iter().map(|event| leptons(event).len() as u32).collect();
    let offsets = offsets(&counts);
    chunk.set(format!("n{name}"), Piece::flat(counts).into());
    let mut set = |quantity: &str, value: fn(&Lepton) -> f64| {
        let values: Vec<f32> = seen.iter().flat_map(leptons).map(|lepton| value(lepton) as f32).collect();
        chunk.set(format!("{name}_{quantity}"), jagged(ElementType::F32, &offsets, values.into()).into());
    };
    set("pt", |lepton| lepton.pt);
    set("eta", |lepton| lepton.eta);
    set("phi", |lepton| lepton.phi);
    let charges: Vec<i32> = seen.iter().flat_map(leptons).map(|lepton| lepton.charge).collect();
    chunk.set(format!("{name}_charge"), jagged(ElementType::I32, &offsets, charges.into()).into());
}

fn offsets(counts: &[u32]) -> Slice<i64> {
    let mut sum = 0;
    let mut offsets = Vec::with_capacity(counts.len() + 1);
    offsets.push(0);
    offsets.extend(counts.iter().map(|count| {
        sum += i64::from(*count);
        sum
    }));
    offsets.into()
}

fn jagged(element: ElementType, offsets: &Slice<i64>, values: event_columns::Values) -> Piece {
    Piece::new(ColumnType::jagged(element), vec![offsets.clone()], values)
        .expect("offsets are counted from the same lists as the values")
}
