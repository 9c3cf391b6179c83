//! Everything that can happen to a worker, and bad rows.

use std::{ops::ControlFlow, path::PathBuf, process::Command, time::Duration};

use model_training::{BoxError, ChunkRows, ChunkSlot, ChunkSource, TrainingError, WorkerProgram, train};

use super::support::{Row, Rows, row, run, settings, two_clouds, worker};

const MODEL: &str = r#""layers": [{"type": "dense", "units": 1}]"#;

fn rows() -> Rows {
    Rows::train_only(two_clouds(100, 2, 1))
}

/// A worker that is a shell script. It is no file: a file just written cannot be started while another test's child
/// still holds it open.
fn script(text: &str) -> WorkerProgram {
    let mut worker = WorkerProgram::at("/bin/sh");
    worker.arguments = vec!["-c".into(), text.into()];
    worker
}

fn check_fails(worker: &WorkerProgram, expected: &str) {
    let error = run(settings(MODEL, ""), &mut rows(), worker).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(expected), "{text}");
}

#[test]
fn a_worker_that_cannot_start_is_an_error() {
    check_fails(&WorkerProgram::at("/no/such/mlaas4hep-torch"), "cannot start the training worker");
    check_fails(&WorkerProgram::at("/dev/null"), "cannot start the training worker /dev/null");
}

#[test]
fn a_worker_that_ends_at_once_is_an_error_with_its_last_words() {
    let text = "error while loading shared libraries: libtorch_cpu.so";
    check_fails(&script(&format!("echo '{text}' >&2; exit 127")), text);
    check_fails(&script("exit 0"), "it printed nothing");
    check_fails(&script("kill -SEGV $$"), "signal: 11");
    check_fails(&script("seq 1 1000; exit 1"), "\n  901\n  902");
}

#[test]
fn a_worker_that_says_nothing_is_ended() {
    let mut worker = script("trap '' TERM; exec sleep 1000");
    worker.start_limit = Duration::from_millis(300);
    check_fails(&worker, "no sign of life");
}

#[test]
fn a_worker_that_talks_nonsense_is_an_error() {
    let json = r#"{"message":"hello","protocol":99,"program":"x","devices":[]}"#;
    let frame = |json: &str| {
        format!(
            "printf '\\{:03o}\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000{json}' >&0; sleep 5",
            json.len()
        )
    };
    check_fails(&script(&frame(json)), "speaks version 99 of the protocol, version 1 is needed");
    check_fails(&script(&frame("{}")), "not understood");
    check_fails(&script("echo 'Hello world, this is not the protocol' >&0"), "too large");
}

#[test]
fn a_worker_that_is_killed_is_an_error_and_this_process_lives() {
    let Some(worker) = worker("a_worker_that_is_killed_is_an_error_and_this_process_lives") else { return };
    let settings = settings(MODEL, r#", "epochs": 1000000"#).check().unwrap();
    let mut killed = false;
    let result = train(&settings, &mut rows(), &worker, &mut |report| {
        if report.done >= 1 && !killed {
            killed = true;
            kill_children_named("mlaas4hep-torch");
        }
        ControlFlow::Continue(())
    });
    let text = result.unwrap_err().to_string();
    assert!(text.contains("died while training: signal: 9 (SIGKILL)"), "{text}");
    // And a slot that the dead worker had mapped does no harm to the next.
    assert!(run(settings_again(), &mut rows(), &worker).is_ok());
}

fn settings_again() -> model_training::TrainingSettings {
    settings(MODEL, r#", "epochs": 1"#)
}

/// Kills the workers that this thread has started: other tests of this process have workers of their own.
fn kill_children_named(name: &str) {
    let task = PathBuf::from("/proc/thread-self/children");
    for child in std::fs::read_to_string(task).unwrap().split_whitespace() {
        let command = std::fs::read_to_string(format!("/proc/{child}/comm")).unwrap_or_default();
        if command.trim_end() == name {
            assert!(Command::new("kill").args(["-9", child]).status().unwrap().success());
        }
    }
}

#[test]
fn bad_rows_are_named() {
    let Some(worker) = worker("bad_rows_are_named") else { return };
    let check = |rows: Vec<Row>, model: &str, expected: &str| {
        let error = run(settings(model, ""), &mut Rows::train_only(rows), &worker).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    let good = row(&[1.0, 2.0], 1.0);
    let weighted = |weight: f32| Row { weight, ..good.clone() };
    let classes = r#""layers": [{"type": "dense", "units": 3}], "task": {"classes": 3}"#;
    check(
        vec![good.clone(), row(&[1.0, f32::INFINITY], 1.0)],
        MODEL,
        "column 1 (from 0) of row 1 of chunk 1",
    );
    check(vec![good.clone(), row(&[1.0, 2.0], 2.0)], MODEL, "the label of row 1 of chunk 1 is 2");
    check(vec![row(&[1.0, 2.0], f32::NAN)], MODEL, "label of row 0");
    check(vec![row(&[1.0, 2.0], 3.0)], classes, "class number from 0 to 2");
    check(vec![row(&[1.0, 2.0], 0.5)], classes, "class number from 0 to 2");
    check(vec![good.clone(), weighted(f32::NAN)], MODEL, "the weight of row 1");
    check(vec![weighted(0.0)], MODEL, "weight 0");
    check(Vec::new(), MODEL, "no rows to train on");
    check(
        vec![row(&[1e30, 2.0], 5.0)],
        r#""layers": [{"type": "dense", "units": 1}], "task": "regression",
            "optimizer": {"type": "sgd", "learning_rate": 1e9}"#,
        "lower learning rate",
    );
}

/// A source that fails, or breaks its word.
struct Broken(&'static str);

impl ChunkSource for Broken {
    fn n_columns(&self) -> usize {
        1
    }

    fn max_rows(&self) -> usize {
        if self.0 == "huge" { usize::MAX } else { 2 }
    }

    fn rewind(&mut self) -> Result<(), BoxError> {
        if self.0 == "rewind" { Err("the file is gone".into()) } else { Ok(()) }
    }

    fn next_chunk(&mut self, _slot: &mut ChunkSlot<'_>) -> Result<Option<ChunkRows>, BoxError> {
        match self.0 {
            "next" => Err("basket 7 is damaged".into()),
            "empty" => Ok(None),
            _ => Ok(Some(ChunkRows { n_train: usize::MAX, n_validation: 1, n_test: 1 })),
        }
    }
}

#[test]
fn a_broken_source_is_an_error() {
    let Some(worker) = worker("a_broken_source_is_an_error") else { return };
    let fails = |kind: &'static str| {
        let settings = settings(MODEL, "").check().unwrap();
        train(&settings, &mut Broken(kind), &worker, &mut |_| ControlFlow::Continue(())).unwrap_err()
    };
    assert!(matches!(fails("rewind"), TrainingError::Source(_)));
    assert!(matches!(fails("next"), TrainingError::Source(_)));
    assert!(matches!(fails("rows"), TrainingError::TooManyRows { max_rows: 2, .. }));
    assert!(matches!(fails("empty"), TrainingError::NoRows { n_chunks: 0 }));
    assert!(matches!(fails("huge"), TrainingError::Ring(_)));
}
