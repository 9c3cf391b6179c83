//! Ranges, means, the resonance, and determinism.

use event_columns::{Column, EventChunk};
use event_generator::{BRANCHES, EventGenerator, FourVector, GeneratorError, GeneratorSettings, Process};

fn sample(process: Process, n_events: u64) -> EventChunk {
    let settings = GeneratorSettings {
        events_per_chunk: n_events as usize,
        ..GeneratorSettings::new(process, n_events, 7)
    };
    EventGenerator::new(settings).unwrap().next().unwrap()
}

fn values(chunk: &EventChunk, name: &str) -> Vec<f64> {
    chunk.column(name).unwrap().to_f64()
}

fn lists(chunk: &EventChunk, name: &str) -> Vec<Vec<f64>> {
    let column = chunk.column(name).unwrap();
    let values = column.to_f64();
    let mut start = 0;
    let list = |n_values: usize| {
        start += n_values;
        values[start - n_values..start].to_vec()
    };
    column.values_per_entry().into_iter().map(list).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The mass of the two jets with the highest b-tag, for events with two jets in the tracker.
fn pair_masses(chunk: &EventChunk) -> Vec<f64> {
    let [pt, eta, phi, mass, btag] =
        ["pt", "eta", "phi", "mass", "btag"].map(|quantity| lists(chunk, &format!("Jet_{quantity}")));
    let mut masses = Vec::new();
    for event in 0..chunk.n_entries() {
        let mut jets: Vec<usize> = (0..pt[event].len()).filter(|jet| btag[event][*jet] >= 0.0).collect();
        jets.sort_by(|one, other| btag[event][*other].total_cmp(&btag[event][*one]));
        let vector = |jet: usize| {
            FourVector::from_pt_eta_phi_mass(
                pt[event][jet],
                eta[event][jet],
                phi[event][jet],
                mass[event][jet],
            )
        };
        if let [first, second, ..] = jets[..] {
            masses.push((vector(first) + vector(second)).mass());
        }
    }
    masses
}

fn share_between(values: &[f64], low: f64, high: f64) -> f64 {
    values.iter().filter(|value| (low..high).contains(*value)).count() as f64 / values.len() as f64
}

#[test]
fn the_branches_are_those_of_the_list() {
    for process in [Process::Signal, Process::Background] {
        let chunk = sample(process, 10);
        let names: Vec<&str> = chunk.names().iter().map(|name| &**name).collect();
        assert_eq!(names, BRANCHES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }
}

#[test]
fn the_signal_peaks_at_the_higgs_mass_and_the_background_falls() {
    let signal = pair_masses(&sample(Process::Signal, 20_000));
    assert!(signal.len() > 10_000);
    let peak = share_between(&signal, 105.0, 145.0);
    assert!(peak > 0.6, "{peak}");
    assert!(peak > 4.0 * share_between(&signal, 65.0, 105.0));
    assert!(peak > 4.0 * share_between(&signal, 145.0, 185.0));
    // The maximum of bins of 10 GeV is the one at 125.
    let bins: Vec<f64> = (0..30)
        .map(|bin| share_between(&signal, f64::from(bin) * 10.0, f64::from(bin) * 10.0 + 10.0))
        .collect();
    assert_eq!(bins.iter().enumerate().max_by(|one, other| one.1.total_cmp(other.1)).unwrap().0, 12);

    let background = pair_masses(&sample(Process::Background, 20_000));
    let steps: Vec<f64> =
        [100.0, 140.0, 180.0, 220.0, 260.0].map(|low| share_between(&background, low, low + 40.0)).to_vec();
    assert!(steps.windows(2).all(|pair| pair[1] < pair[0]), "{steps:?}");
    assert!(share_between(&background, 105.0, 145.0) < 0.3);
}

#[test]
fn quantities_are_in_their_ranges() {
    for process in [Process::Signal, Process::Background] {
        let chunk = sample(process, 5_000);
        let within = |name: &str, low: f64, high: f64| {
            let values = values(&chunk, name);
            assert!(values.iter().all(|value| (low..=high).contains(value)), "{name}");
            assert!(values.iter().any(|value| *value != values[0]), "{name} is constant");
        };
        let pi = f64::from(std::f32::consts::PI);
        within("Jet_pt", 20.0, 5_000.0);
        within("Jet_eta", -4.7, 4.7);
        within("Jet_phi", -pi, pi);
        within("Jet_mass", 0.0, 1_000.0);
        within("Jet_btag", -1.0, 1.0);
        within("Electron_pt", 10.0, 5_000.0);
        within("Electron_eta", -2.5, 2.5);
        within("Muon_eta", -2.4, 2.4);
        within("Muon_charge", -1.0, 1.0);
        within("MET_pt", 0.0, 5_000.0);
        within("MET_phi", -pi, pi);
        within("HT", 0.0, 20_000.0);
        within("n_vertices", 1.0, 80.0);
        within("HLT_IsoMu24", 0.0, 1.0);
        within("HLT_Ele32", 0.0, 1.0);
        within("HLT_MET120", 0.0, 1.0);
        assert_eq!(values(&chunk, "event"), (1..=5_000).map(f64::from).collect::<Vec<_>>());
        assert_eq!(values(&chunk, "luminosityBlock")[999..1001], [1.0, 2.0]);
    }
}

#[test]
fn counters_and_sums_agree_with_the_lists() {
    let chunk = sample(Process::Background, 2_000);
    let per_entry = |name: &str| chunk.column(name).map(Column::values_per_entry).unwrap();
    for (counter, quantity) in [("nJet", "Jet_pt"), ("nElectron", "Electron_pt"), ("nMuon", "Muon_charge")] {
        let counts: Vec<f64> = per_entry(quantity).into_iter().map(|count| count as f64).collect();
        assert_eq!(values(&chunk, counter), counts);
    }
    let (pt, eta, ht) = (lists(&chunk, "Jet_pt"), lists(&chunk, "Jet_eta"), values(&chunk, "HT"));
    for event in 0..2_000 {
        assert!(pt[event].windows(2).all(|pair| pair[0] >= pair[1]), "{:?}", pt[event]);
        let jets = pt[event].iter().zip(&eta[event]).filter(|(pt, eta)| **pt > 30.0 && eta.abs() < 2.5);
        let sum: f64 = jets.map(|(pt, _)| pt).sum();
        assert!((sum - ht[event]).abs() <= 1e-4 * ht[event].max(1.0), "{sum} {}", ht[event]);
    }
}

#[test]
fn the_classes_differ_and_overlap() {
    let (signal, background) = (sample(Process::Signal, 5_000), sample(Process::Background, 5_000));
    let means = |name: &str| (mean(&values(&signal, name)), mean(&values(&background, name)));
    let (signal_jets, background_jets) = means("nJet");
    assert!((2.0..3.5).contains(&signal_jets) && (3.0..5.0).contains(&background_jets));
    assert!(signal_jets < background_jets);
    let (signal_ht, background_ht) = means("HT");
    assert!((100.0..350.0).contains(&signal_ht) && (100.0..350.0).contains(&background_ht));
    let (signal_met, background_met) = means("MET_pt");
    assert!((30.0..90.0).contains(&signal_met) && (30.0..90.0).contains(&background_met));
}

#[test]
fn one_weight_of_twenty_is_negative() {
    let weights = values(&sample(Process::Signal, 20_000), "genWeight");
    let n_negative = weights.iter().filter(|weight| **weight < 0.0).count();
    // 1000 expected; five standard deviations are 154.
    assert!((846..=1154).contains(&n_negative), "{n_negative}");
    assert!(weights.iter().all(|weight| (0.5..2.0).contains(&weight.abs())));
    assert!((mean(&weights) - 0.9).abs() < 0.02);
}

#[test]
fn the_same_seed_gives_the_same_events_whatever_the_chunks() {
    let chunks = |events_per_chunk: usize, first_event: u64, n_events: u64| -> Vec<EventChunk> {
        let settings = GeneratorSettings {
            events_per_chunk,
            first_event,
            ..GeneratorSettings::new(Process::Background, n_events, 11)
        };
        EventGenerator::new(settings).unwrap().collect()
    };
    let bits = |chunks: &[EventChunk], name: &str| -> Vec<u64> {
        chunks.iter().flat_map(|chunk| values(chunk, name)).map(f64::to_bits).collect()
    };
    let whole = chunks(1000, 0, 1000);
    let small = chunks(7, 0, 1000);
    assert_eq!((whole.len(), small.len()), (1, 143));
    for (name, _) in BRANCHES {
        assert_eq!(bits(&whole, name), bits(&small, name), "{name}");
    }
    let late = chunks(100, 900, 100);
    assert_eq!(late[0].first_entry(), 900);
    assert_eq!(bits(&late, "MET_pt"), bits(&whole, "MET_pt")[900..]);
    let other_seed = GeneratorSettings::new(Process::Background, 1000, 12);
    let other: Vec<EventChunk> = EventGenerator::new(other_seed).unwrap().collect();
    assert_ne!(bits(&other, "MET_pt"), bits(&whole, "MET_pt"));
}

#[test]
fn no_events_still_name_the_branches() {
    let mut generator = EventGenerator::new(GeneratorSettings::new(Process::Signal, 0, 1)).unwrap();
    let chunk = generator.next().unwrap();
    assert_eq!((chunk.n_entries(), chunk.names().len()), (0, BRANCHES.len()));
    assert!(generator.next().is_none());
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let settings = GeneratorSettings::new(Process::Signal, 10, 1);
    let check = |settings: GeneratorSettings, error: GeneratorError| {
        assert_eq!(EventGenerator::new(settings).unwrap_err(), error);
    };
    check(GeneratorSettings { events_per_chunk: 0, ..settings.clone() }, GeneratorError::EmptyChunks);
    let first_event = u64::MAX - 10;
    check(
        GeneratorSettings { first_event, ..settings },
        GeneratorError::EventNumbers { first_event, n_events: 10 },
    );
}
