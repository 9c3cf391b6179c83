//! The friend tree of a prediction.

use crate::python::check_with_python;
use root_writer::{BoxError, ScoreChunk, WriteError, write_scores};
use std::ops::ControlFlow;

fn chunk(first_entry: u64, n_entries: usize, kept: &[u32], scores: &[f32]) -> ScoreChunk {
    ScoreChunk { first_entry, n_entries, kept: kept.to_vec(), scores: scores.to_vec() }
}

#[test]
fn every_event_of_the_input_has_an_entry() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.root");
    let chunks = || vec![chunk(0, 3, &[0, 2], &[0.25, 0.75]), chunk(3, 0, &[], &[]), chunk(3, 2, &[], &[])];
    let written =
        write_scores(&path, "scores", &[], &mut chunks().into_iter().map(Ok::<_, BoxError>), &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(written.n_entries, 5);
    let expected: Vec<_> = chunks().into_iter().map(|chunk| chunk.into_events(&[]).unwrap()).collect();
    check_with_python("scores", &path, "scores", &expected);
}

#[test]
fn a_gap_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.root");
    let mut chunks =
        vec![chunk(0, 1, &[0], &[0.5]), chunk(2, 1, &[0], &[0.5])].into_iter().map(Ok::<_, BoxError>);
    let error =
        write_scores(&path, "scores", &[], &mut chunks, &mut |_| ControlFlow::Continue(())).unwrap_err();
    let WriteError::Source { source, .. } = error else { panic!("{error}") };
    assert_eq!(source.to_string(), "scores of entry 2 came where entry 1 was due");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
