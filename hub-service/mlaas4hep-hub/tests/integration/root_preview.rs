//! What the preview of a ROOT file says, of good files and of broken ones.

use std::{convert::Infallible, ops::ControlFlow, path::PathBuf, time::Duration};

use byte_source::{LocalFile, MemoryBytes};
use event_generator::{EventGenerator, GeneratorSettings, Process};
use mlaas4hep_hub::pages::{
    bounded_source::PreviewLimits,
    root_preview::{histogram_svg, list},
};

pub(super) fn signal(n_events: u64) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("signal.root");
    let generator = EventGenerator::new(GeneratorSettings::new(Process::Signal, n_events, 1)).unwrap();
    let mut chunks = generator.map(Ok::<_, Infallible>);
    root_writer::write_tree(&path, "Events", &mut chunks, &mut |_| ControlFlow::Continue(())).unwrap();
    std::fs::read(path).unwrap()
}

fn bytes(content: Vec<u8>) -> MemoryBytes {
    MemoryBytes::new("signal.root", content)
}

fn fixtures() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../engine/root-file/tests/fixtures"))
}

#[test]
fn trees_and_branches_are_listed() {
    let preview = list(bytes(signal(2000)), PreviewLimits::default()).unwrap();
    assert_eq!(preview.trees.len(), 1);
    let tree = &preview.trees[0];
    let content = tree.content.as_ref().unwrap();
    assert_eq!((tree.name.as_str(), content.n_entries), ("Events", 2000));
    let jet = content.branches.iter().find(|branch| branch.name == "Jet_pt").unwrap();
    assert_eq!(jet.kind, Ok("jagged"));
    assert!(jet.stored_bytes > 0);
    let few = PreviewLimits { most_branches: 2, ..PreviewLimits::default() };
    let preview = list(bytes(signal(10)), few).unwrap();
    let content = preview.trees[0].content.as_ref().unwrap();
    assert_eq!((content.branches.len(), content.n_branches > 2), (2, true));
}

#[test]
fn a_branch_is_drawn() {
    let svg = histogram_svg(bytes(signal(2000)), "Events", "Jet_pt", PreviewLimits::default()).unwrap();
    assert!(
        svg.starts_with("<svg") && svg.contains("Values of Jet_pt") && svg.contains("2,000 events"),
        "{svg}"
    );
}

#[test]
fn limits_hold_and_say_so() {
    let file = signal(60_000);
    let few = PreviewLimits { most_decoded_bytes: 40_000, ..PreviewLimits::default() };
    let svg = histogram_svg(bytes(file.clone()), "Events", "Jet_pt", few).unwrap();
    assert!(svg.contains("of 60,000 events") && svg.contains("first "), "{svg}");
    let check = |limits, words: &str| {
        let error = histogram_svg(bytes(file.clone()), "Events", "Jet_pt", limits).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    check(
        PreviewLimits { most_read_bytes: 10_000, ..PreviewLimits::default() },
        "would read more than 10000 bytes",
    );
    check(PreviewLimits { most_time: Duration::ZERO, ..PreviewLimits::default() }, "took longer than 0 s");
}

#[test]
fn what_cannot_be_drawn_is_explained() {
    let check = |tree: &str, branch: &str, words: &str| {
        let error = histogram_svg(bytes(signal(10)), tree, branch, PreviewLimits::default()).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    };
    check("Event", "Jet_pt", "Events");
    check("Events", "Jet_pT", "Jet_pt");
    let error = list(bytes(b"<html>".to_vec()), PreviewLimits::default()).unwrap_err().to_string();
    assert!(error.contains("no ROOT file"), "{error}");
    assert!(list(bytes(Vec::new()), PreviewLimits::default()).is_err());
}

#[test]
fn no_file_makes_it_fall_over() {
    for entry in std::fs::read_dir(fixtures()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "root") {
            continue;
        }
        let Ok(preview) = list(LocalFile::open(&path).unwrap(), PreviewLimits::default()) else { continue };
        for tree in &preview.trees {
            let Ok(content) = &tree.content else { continue };
            for branch in &content.branches {
                let source = LocalFile::open(&path).unwrap();
                let drawn = histogram_svg(source, &tree.name, &branch.name, PreviewLimits::default());
                assert!(drawn.is_err() || branch.kind.is_ok(), "{}: {}", path.display(), branch.name);
            }
        }
    }
    let file = signal(500);
    for cut in [10, 100, 300, file.len() / 2, file.len() - 1] {
        let _ = list(bytes(file[..cut].to_vec()), PreviewLimits::default());
        let _ = histogram_svg(bytes(file[..cut].to_vec()), "Events", "Jet_pt", PreviewLimits::default());
    }
    for at in (0..file.len()).step_by(97) {
        let mut damaged = file.clone();
        damaged[at] ^= 0xff;
        let _ = histogram_svg(bytes(damaged), "Events", "Jet_pt", PreviewLimits::default());
    }
}
