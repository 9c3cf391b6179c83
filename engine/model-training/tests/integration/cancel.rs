//! Stopping a training from outside.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use model_training::{TrainingError, train};

use super::support::{Rows, settings, two_clouds, worker};

#[test]
fn a_training_stops_soon_after_it_is_told_to() {
    let Some(worker) = worker("a_training_stops_soon_after_it_is_told_to") else { return };
    let model =
        r#""layers": [{"type": "dense", "units": 64, "activation": "relu"}, {"type": "dense", "units": 1}]"#;
    let settings = settings(model, r#", "epochs": 1000000"#).check().unwrap();
    let mut told = None;
    let mut notes = Vec::new();
    let stopped = train(&settings, &mut Rows::train_only(two_clouds(20_000, 4, 1)), &worker, &mut |report| {
        notes.push(report.note.to_owned());
        if report.done >= 2 {
            told.get_or_insert_with(Instant::now);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    assert!(matches!(stopped, Err(TrainingError::Cancelled { has_checkpoint: false })), "{stopped:?}");
    assert!(told.unwrap().elapsed() < Duration::from_secs(5), "{:?}", told.unwrap().elapsed());
    assert!(notes.iter().any(|note| note.starts_with("chunk 1, epoch 1: loss 0.")), "{notes:?}");
}
