//! A user's own module as a `TorchScript` file.

use std::ops::ControlFlow;

use model_training::{OutputMeaning, PredictionSettings, TrainedModel, TrainingSettings, predict};
use network::{MaskUse, Task};

use super::support::{Rows, device, run, two_clouds, worker};

/// See `make_module.py` beside it.
const MODULE: &[u8] = include_bytes!("../fixtures/module.pt");

#[test]
fn a_module_is_trained_resumed_and_run() {
    let Some(worker) = worker("a_module_is_trained_resumed_and_run") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (path, output) = (folder.path().join("module.pt"), folder.path().join("trained.pt"));
    std::fs::write(&path, MODULE).unwrap();
    let settings = |epochs: usize, checkpoint: &str| {
        TrainingSettings::from_json(&format!(
            r#"{{"model": {{"torchscript": {{"path": "{}", "output": "{}",
                "optimizer": {{"type": "adam", "learning_rate": 0.01}}}}}}, "epochs": {epochs}, "device": "{}",
                "early_stopping": {{"patience": 9}}, "checkpoint": "{}", "resume": true}}"#,
            path.display(),
            output.display(),
            device(),
            folder.path().join(checkpoint).display()
        ))
        .unwrap()
    };
    let rows = || Rows::new(vec![(two_clouds(2000, 3, 1), two_clouds(500, 3, 2), Vec::new())]);
    let trained = run(settings(4, "a"), &mut rows(), &worker).unwrap();
    assert_eq!((trained.network, trained.torchscript.as_ref()), (None, Some(&output)));
    assert!(trained.history[3].validation_metric.unwrap() > 0.93, "{:?}", trained.history);

    let scores = || {
        let model = TrainedModel::Torchscript {
            path: output.clone(),
            task: Task::Binary,
            mask: MaskUse::Zero,
            outputs: OutputMeaning::Logits,
        };
        let on_progress = &mut |_: &event_columns::StepReport<'_>| ControlFlow::Continue(());
        predict(&model, PredictionSettings::default(), &mut rows(), &worker, on_progress).unwrap().values
    };
    let expected = scores();
    assert_eq!(expected.len(), 2500);
    let right = expected.iter().enumerate().filter(|(i, score)| (**score > 0.5) == (i % 2 == 1)).count();
    assert!(right > 2300, "{right}");

    // Two epochs, then two more from the checkpoint: the same module.
    run(settings(2, "b"), &mut rows(), &worker).unwrap();
    let resumed = run(settings(4, "c"), &mut rows(), &worker).unwrap();
    assert_eq!(resumed.history.len(), 4);
    assert_eq!(scores(), expected);
}

#[test]
fn a_file_that_is_no_module_is_an_error() {
    let Some(worker) = worker("a_file_that_is_no_module_is_an_error") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("module.pt");
    std::fs::write(&path, "not a module").unwrap();
    for path in [path.clone(), folder.path().join("absent.pt")] {
        let settings = TrainingSettings::from_json(&format!(
            r#"{{"model": {{"torchscript": {{"path": "{}", "output": "{}"}}}}}}"#,
            path.display(),
            folder.path().join("out.pt").display()
        ))
        .unwrap();
        let error =
            run(settings, &mut Rows::train_only(two_clouds(10, 2, 1)), &worker).unwrap_err().to_string();
        assert!(error.contains("cannot use the TorchScript file") && error.len() < 1000, "{error}");
    }
    assert!(!folder.path().join("out.pt").exists());
}
