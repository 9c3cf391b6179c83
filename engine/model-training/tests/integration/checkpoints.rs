//! Resumed trainings against uninterrupted ones.

use std::{ops::ControlFlow, path::Path};

use model_training::{Trained, TrainingError, WorkerProgram, train};

use super::support::{Rows, run, settings, two_clouds, worker};

const MODEL: &str = r#""layers": [{"type": "dense", "units": 8, "activation": "relu"}, {"type": "dropout", "rate": 0.2},
    {"type": "batch_norm"}, {"type": "dense", "units": 1}]"#;

fn rows() -> Rows {
    Rows::new(
        (0..3)
            .map(|i| (two_clouds(120, 3, i), two_clouds(30, 3, 50 + i), two_clouds(5, 3, 90 + i)))
            .collect(),
    )
}

fn others(mode: &str, checkpoint: &Path) -> String {
    format!(
        r#", "epochs": 4, "mode": "{mode}", "resume": true, "checkpoint": "{}",
            "learning_rate_schedule": {{"type": "plateau", "factor": 0.5, "patience": 0}}, "early_stopping": {{"patience": 3}}"#,
        checkpoint.display()
    )
}

/// Stops the training when so many epochs are done.
fn interrupt(mode: &str, checkpoint: &Path, n_epochs: u64, worker: &WorkerProgram) {
    let settings = settings(MODEL, &others(mode, checkpoint)).check().unwrap();
    let stopped = train(&settings, &mut rows(), worker, &mut |report| {
        if report.done >= n_epochs { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(stopped, Err(TrainingError::Cancelled { has_checkpoint: true })), "{stopped:?}");
}

fn without_seconds(trained: Trained) -> Trained {
    let mut trained = trained;
    trained.history.iter_mut().for_each(|record| record.seconds = 0.0);
    trained
}

#[test]
fn a_resumed_training_is_the_uninterrupted_one_to_the_last_bit() {
    let Some(worker) = worker("a_resumed_training_is_the_uninterrupted_one_to_the_last_bit") else { return };
    let folder = tempfile::tempdir().unwrap();
    for mode in ["chunk", "standard"] {
        let plain = folder.path().join(format!("{mode}-plain.safetensors"));
        let expected = run(settings(MODEL, &others(mode, &plain)), &mut rows(), &worker).unwrap();
        for n_epochs in [1, 3] {
            let file = folder.path().join(format!("{mode}-{n_epochs}.safetensors"));
            interrupt(mode, &file, n_epochs, &worker);
            let resumed = run(settings(MODEL, &others(mode, &file)), &mut rows(), &worker).unwrap();
            assert_eq!(without_seconds(resumed), without_seconds(expected.clone()), "{mode} {n_epochs}");
            // Once more: there is nothing left to do.
            let again = run(settings(MODEL, &others(mode, &file)), &mut rows(), &worker).unwrap();
            assert_eq!(without_seconds(again), without_seconds(expected.clone()), "{mode} {n_epochs} again");
        }
    }
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".partial"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn a_checkpoint_of_something_else_is_refused() {
    let Some(worker) = worker("a_checkpoint_of_something_else_is_refused") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checkpoint.safetensors");
    let check = |others: &str, expected: &str| {
        let error = run(settings(MODEL, others), &mut rows(), &worker).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    run(settings(MODEL, &others("chunk", &file)), &mut rows(), &worker).unwrap();
    check(&others("standard", &file), "another mode");
    check(&format!(r#"{}, "seed": 5"#, others("chunk", &file)), "another seed");
    check(&format!(r#"{}, "batch_size": 7"#, others("chunk", &file)), "another batch_size");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    check(&others("chunk", &file), "cannot read the checkpoint");
    std::fs::write(&file, b"").unwrap();
    check(&others("chunk", &file), "cannot read the checkpoint");
    let nowhere = folder.path().join("no/such/folder/checkpoint.safetensors");
    check(&others("chunk", &nowhere), "cannot write the checkpoint");
}
