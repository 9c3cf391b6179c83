//! From the samples to a model and its scores, by the real worker.

use crate::Book;
use byte_source::FileOpener;
use network::NetworkDescription;
use std::ops::ControlFlow;
use training_pipeline::{Labels, LeftOut, ModelRequest, Parameters, PipelineEvent, PipelineRequest};

fn has_worker(test: &str) -> bool {
    let has = std::env::var_os("MLAAS4HEP_TORCH").is_some();
    if !has {
        #[expect(clippy::print_stderr, reason = "skipped tests say so")]
        {
            eprintln!("SKIPPED: {test}: MLAAS4HEP_TORCH is not set, so nothing was trained");
        }
    }
    has
}

#[test]
fn a_model_is_described() {
    let mut book = Book::new();
    let said = book.said("%%model --learning-rate 0.01\ndense 16 relu\ndropout 0.1");
    assert!(said.contains("\"units\": 16") && said.contains("0.01"), "{said}");
    assert!(book.error("%model dens 3").contains("Did you mean dense?"));
    assert!(book.error("%%model\ndense 16 relux").contains("relux"));
    assert!(book.error("%model dense 3 --task many").contains("binary"));
    assert!(book.error("%train").contains("no file is open"));
}

#[test]
fn from_samples_to_scores() {
    if !has_worker("from_samples_to_scores") {
        return;
    }
    let mut book = Book::open();
    book.said("%define ht = sum(Jet_pt)\n%cut ht > 50 --quiet\n%drop run event luminosityBlock");
    assert!(book.error("%train").contains("NoModel"));
    book.said("%model dense 16 relu");
    let said = book.said("%train --epochs 3 --set importance=false");
    assert!(said.contains("test: AUC 0."), "{said}");
    let report = book.shown("%report");
    assert!(report.iter().any(|data| data.get("image/svg+xml").is_some()), "{report:?}");
    assert!(book.error("%report rocc").contains("roc"));
    let said = book.said("%predict");
    assert!(said.contains("signal") && said.contains("background"), "{said}");
    assert_eq!(book.shown("%hist score --norm").len(), 1);
    assert!(book.error("%predict --as MET_pt").contains("there is a branch"));
    let (model, scores, onnx) = (book.path("m.mlaas4hep"), book.path("scores.root"), book.path("m.onnx"));
    book.said(&format!("%predict --sample signal --out {scores}\n%save {model}\n%export onnx {onnx}"));
    assert!(book.has("scores.root") && book.has("m.mlaas4hep") && book.has("m.onnx"));
    let mut other = Book::open();
    assert!(other.error("%predict").contains("NoModel"));
    other.said(&format!("%load {model}"));
    assert_eq!(other.said("%predict --as s").lines().last(), book.said("%predict --as s").lines().last());
    assert!(!other.shown("%report roc").is_empty());
}

fn request(book: &Book) -> PipelineRequest {
    let layers =
        r#"{"layers": [{"type": "dense", "units": 4, "activation": "relu"}, {"type": "dense", "units": 1}]}"#;
    let parameters = r#"{"epochs": 2, "chunk_size": 100000, "training": "standard", "scaler": "standard"}"#;
    PipelineRequest {
        files: vec![book.path("signal.root"), book.path("background.root")],
        labels: Labels::PerFile(vec!["signal".into(), "background".into()]),
        model: ModelRequest::Network(NetworkDescription::from_json(layers).unwrap()),
        selection: None,
        parameters: Parameters::from_json(parameters, "test").unwrap(),
        specs: None,
        opened: training_pipeline::OpenedTables::default(),
        format: None,
        out: None,
        folder: book.folder.path().to_path_buf(),
        opener: FileOpener::local(),
        created: "2026-11-26T10:00:00Z".into(),
    }
}

#[test]
fn a_stop_after_the_training_keeps_the_model() {
    if !has_worker("a_stop_after_the_training_keeps_the_model") {
        return;
    }
    let book = Book::new();
    let worker = model_training::WorkerProgram::at(std::env::var_os("MLAAS4HEP_TORCH").unwrap());
    let check = |stops: fn(&PipelineEvent<'_>) -> bool, left_out, n_parts: usize| {
        let mut is_stopped = false;
        let result = training_pipeline::run(&request(&book), &worker, &mut |event| {
            is_stopped |= stops(event);
            if is_stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let result = result.unwrap();
        assert_eq!((result.left_out, result.report.parts.len()), (left_out, n_parts));
        let n_events = result.model.manifest().provenance.n_events;
        assert!(n_events.iter().all(|n_events| *n_events > 500), "{n_events:?}");
        assert_eq!(
            (result.report.history.len(), result.report.importance.is_empty()),
            (2, left_out.is_some())
        );
    };
    let is_note =
        |event: &PipelineEvent<'_>| matches!(event, PipelineEvent::Note(note) if note.contains("matters"));
    check(is_note, Some(LeftOut::Importance), 3);
    check(|event| matches!(event, PipelineEvent::Trained { .. }), Some(LeftOut::Scores), 0);
    check(|_| false, None, 3);
}

#[test]
fn pictures_of_a_report_have_the_colours_of_the_samples() {
    if !has_worker("pictures_of_a_report_have_the_colours_of_the_samples") {
        return;
    }
    let mut book = Book::open();
    book.said(&format!("%dataset signal={} --colour #123456", book.path("signal.root")));
    book.said("%drop run event luminosityBlock\n%model dense 4 relu");
    book.said("%train --epochs 1 --set importance=false");
    let picture = |shown: &serde_json::Value| shown["image/svg+xml"].as_str().unwrap_or_default().to_string();
    let response = picture(&book.shown("%report response")[0]);
    let histogram = picture(&book.shown("%hist MET_pt")[0]);
    for colour in ["#123456", "#f89c20"] {
        assert!(response.contains(colour) && histogram.contains(colour), "{colour}");
    }
    assert!(!response.contains("#e42536"));
}
