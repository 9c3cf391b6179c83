//! The whole road as a user walks it: events, specs, cuts, training, report, model file, scores.

use crate::program::Workplace;
use serde_json::Value;

const WORKFLOW: &[&str] = &[
    "workflow",
    "--files=files.txt",
    "--labels=labels.txt",
    "--model=model.json",
    "--params=params.json",
    "--fout=higgs.mlaas4hep",
];

fn workflow(more: &[&'static str]) -> Vec<&'static str> {
    [WORKFLOW, more].concat()
}

fn number(value: &Value, path: &str) -> f64 {
    value.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("no number {path} in {value:#}"))
}

/// The report without the times of the epochs, which differ from run to run.
fn report(place: &Workplace) -> Value {
    let mut report = place.json("higgs-report/report.json");
    let epochs = report.pointer_mut("/history").and_then(Value::as_array_mut).expect("a history");
    for epoch in epochs {
        epoch["seconds"] = Value::Null;
    }
    report
}

/// Fewer events and epochs than in the example: what is shown here needs no good network.
const PARAMETERS: &str = r#"{"chunk_size": 2000, "epochs": 4, "batch_size": 50, "training": "standard",
    "weight": "genWeight", "scaler": "standard", "width_cap": "p99", "seed": 21, "exclude_branches": ["nJet*"]}"#;

#[test]
fn from_events_to_scores() {
    let Some(place) = Workplace::new("from_events_to_scores") else { return };
    place.example(6000);
    place.write("params.json", PARAMETERS);
    let printed = place.succeeds(&workflow(&["--preproc=selection.txt"]));
    for line in [
        "Reading signal.root",
        "write ./global-specs.json",
        "cut flow of background.root",
        "label 1, file <signal.root>, going to read",
        "####Time pre ml:",
        "####Time for training:",
        "saved the model to higgs.mlaas4hep",
        "wrote the report and",
    ] {
        assert!(printed.contains(line), "`{line}` is missing in\n{printed}");
    }
    let report = report(&place);
    let area = number(&report, "/parts/2/classification/auc");
    assert_eq!(report.pointer("/parts/2/part"), Some(&Value::from("test")));
    assert!(area > 0.8 && area < 1.0, "{area}");
    let names = place.names();
    for name in ["global-specs.json", "specs-signal.json", "specs-background.json", "higgs.mlaas4hep"] {
        assert!(names.iter().any(|own| own == name), "{name} is missing in {names:?}");
    }

    // The same specs are taken again, and the same seed gives the same model.
    std::fs::rename(place.path("higgs.mlaas4hep"), place.path("first.mlaas4hep")).unwrap();
    let printed = place.succeeds(&workflow(&["--preproc=selection.txt"]));
    assert!(printed.contains("load specs from ./global-specs.json"), "{printed}");
    assert_eq!(self::report(&place), report);
    for model in ["first", "higgs"] {
        for kind in ["root", "csv", "jsonl", "parquet"] {
            let (model, out) = (format!("{model}.mlaas4hep"), format!("{model}.{kind}"));
            place.succeeds(&["predict", "--model", &model, "--files=unseen.root", "--out", &out]);
        }
    }
    assert_eq!(place.read("first.csv"), place.read("higgs.csv"));
    place.succeeds(&[
        "predict",
        "--model=higgs.mlaas4hep",
        "--files=unseen.root",
        "--export-onnx=higgs.onnx",
    ]);
    let Some(seen) = place.python("from_events_to_scores", "check_scores.py", &["higgs", "unseen.root"])
    else {
        return;
    };
    assert_eq!(number(&seen, "/n_events"), 2400.0, "{seen}");
    assert!(number(&seen, "/n_passed") > 300.0, "{seen}");
    assert_eq!(number(&seen, "/n_wrongly_cut"), 0.0, "{seen}");
    assert!(number(&seen, "/largest_difference_of_files") <= 1e-7, "{seen}");
    assert!(number(&seen, "/largest_difference_to_onnxruntime") <= 1e-6, "{seen}");
    assert!(number(&seen, "/auc") > 0.8, "{seen}");
}

#[test]
fn specs_of_other_data_are_not_reused() {
    let Some(place) = Workplace::new("specs_of_other_data_are_not_reused") else { return };
    place.example(500);
    place.write("params.json", r#"{"chunk_size": -1, "epochs": 1}"#);
    place.succeeds(&workflow(&[]));
    place.succeeds(&["generate", "--events", "400", "--seed", "8"]);
    let output = place.run(&workflow(&[]));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains("global-specs.json is not reused"), "{said}");
    assert_eq!(place.json("global-specs.json").pointer("/events/total"), Some(&Value::from(800)));
}

#[test]
fn specs_that_were_measured_before_serve_the_workflow() {
    let Some(place) = Workplace::new("specs_that_were_measured_before_serve_the_workflow") else { return };
    place.example(500);
    let params = r#"{"epochs": 1, "exclude_branches": ["is_signal", "Jet_*"]}"#;
    place.write("params.json", params);
    std::fs::create_dir(place.path("data")).unwrap();
    for name in ["signal.root", "background.root"] {
        std::fs::copy(place.path(name), place.path(&format!("data/{name}"))).unwrap();
    }
    // Measured under other names, and written at another time; the content is the same.
    place.succeeds(&["specs", "data/background.root", "data/signal.root", "--out=specs.json"]);
    let loads = |more: &[&'static str]| {
        let printed = place.succeeds(&workflow(&[&["--specs=specs.json"], more].concat()));
        assert!(printed.contains("load specs from specs.json"), "{printed}");
    };
    loads(&[]);
    let refuses = |more: &[&'static str], words: &[&str]| {
        place.fails(&workflow(&[&["--specs=specs.json"], more].concat()), 4, words);
    };
    refuses(&["--preproc=selection.txt"], &["all events", "leave them out"]);
    place.write("params.json", r#"{"nevts": 100, "chunk_size": 100, "exclude_branches": ["is_signal"]}"#);
    refuses(&[], &["all entries and not of the first 100 entries", "`nevts`"]);
    place.write("params.json", params);
    place.succeeds(&["specs", "data/signal.root", "--out=specs.json"]);
    refuses(&[], &["of the files data/signal.root and not of signal.root, background.root"]);
    place.succeeds(&["specs", "signal.root", "background.root", "--out=specs.json"]);
    loads(&[]);
    place.succeeds(&["generate", "--events", "400", "--seed", "8"]);
    refuses(&[], &["the specs are stale", "signal.root"]);
}

#[test]
fn lost_events_are_counted_after_the_cuts() {
    let Some(place) = Workplace::new("lost_events_are_counted_after_the_cuts") else { return };
    place.example(700);
    place.write("params.json", r#"{"chunk_size": 30}"#);
    let lost = |more: &[&str]| -> Vec<String> {
        let usual = ["matrix", "--files=files.txt", "--labels=labels.txt", "--compat=master", "--out=chunks"];
        let output = place.run(&[&usual, more].concat());
        assert!(output.status.success(), "{}", crate::program::all_text(&output));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        said.lines().filter(|line| line.contains("are in no chunk")).map(ToString::to_string).collect()
    };
    let selected = lost(&["--preproc=selection.txt"]);
    assert!(!selected.is_empty());
    // Specs as the original writes them, of all branches that the selection makes, and with no word about the events.
    let mut specs = place.json("chunks/global-specs.json");
    for key in ["fingerprint", "format", "version", "branches"] {
        specs.as_object_mut().unwrap().remove(key);
    }
    specs["events"] = serde_json::json!({"total": 1400, "signal.root": 700, "background.root": 700});
    place.write("specs.json", specs.to_string());
    assert_eq!(lost(&["--preproc=selection.txt", "--specs=specs.json"]), selected);
}

#[test]
fn images_are_those_of_numpy() {
    let Some(place) = Workplace::new("images_are_those_of_numpy") else { return };
    place.example(400);
    place.write("params.json", r#"{"chunk_size": -1}"#);
    let matrix = |more: &[&str]| {
        // All events, file after file.
        let usual = ["matrix", "--files=files.txt", "--labels=labels.txt", "--compat=master", "--out=chunks"];
        place.succeeds(&[&usual, more].concat());
    };
    let run = |image: &str, bins: &str, range: &str, collision: &str| {
        let image = format!("--image={image}");
        let (bins, range) = (format!("--image-bins={bins}"), format!("--image-range={range}"));
        matrix(&[&image, &bins, &range, "--image-collision", collision, "--image-picture"]);
        let svg = String::from_utf8(place.read("chunks/image.svg")).unwrap();
        assert!(svg.starts_with("<svg") && svg.contains("</svg>"), "{svg}");
        let arguments = ["chunks", "signal.root", "background.root"];
        let found = place.python("images_are_those_of_numpy", "check_images.py", &arguments)?;
        assert_eq!(number(&found, "/n_events"), 800.0, "{found}");
        assert!(number(&found, "/n_particles_drawn") > 1000.0, "{found}");
        assert!(number(&found, "/largest_difference") <= 1e-6, "{found}");
        Some(())
    };
    if run("Jet_eta,Jet_phi,Jet_pt", "32x24", "-2,2,-pi,pi", "sum").is_some() {
        run("Jet_eta,Jet_phi", "7x5", "-2.5,2.5,-1,2", "sum");
        run("Jet_eta,Jet_phi,Jet_pt", "4x3", "-4,4,-pi,pi", "max");
    }
    place.fails(
        &[
            "matrix",
            "--files=signal.root,background.root",
            "--labels=1,0",
            "--out=chunks",
            "--image=Jet_et,Jet_phi",
        ],
        4,
        &["Jet_et", "did you mean Jet_eta"],
    );
    // Without the option, no image of an earlier run is left that belongs to other rows.
    matrix(&[]);
    assert!(!place.path("chunks/image-0000.npy").exists());
}

#[test]
fn the_original_preprocessing_and_three_classes() {
    let Some(place) = Workplace::new("the_original_preprocessing_and_three_classes") else { return };
    place.example(1500);
    place.write("params.json", r#"{"chunk_size": 1000, "epochs": 2, "weight": "genWeight"}"#);
    let printed = place.succeeds(&workflow(&["--preproc=preproc.json"]));
    assert!(printed.contains("### Definition(s) of new branch(es):"), "{printed}");
    place.write("files.txt", "signal.root\nbackground.root\nunseen.root\n");
    place.write("labels.txt", "higgs\nother\nmixture\n");
    place.write("params.json", r#"{"epochs": 2, "exclude_branches": ["is_signal"]}"#);
    place.write(
        "model.json",
        r#"{"layers": [{"type": "dense", "units": 8, "activation": "tanh"}, {"type": "dense", "units": 3}],
            "task": {"classes": 3}}"#,
    );
    let printed = place.succeeds(&workflow(&[]));
    assert!(printed.contains("mixture"), "{printed}");
    place.succeeds(&["predict", "--model=higgs.mlaas4hep", "--files=unseen.root", "--out=scores.csv"]);
    let scores = String::from_utf8(place.read("scores.csv")).unwrap();
    assert_eq!(scores.lines().next(), Some("entry,passed,score_higgs,score_other,score_mixture"));
    assert_eq!(scores.lines().count(), 601);
}

#[test]
fn a_torchscript_model_is_trained_and_predicts() {
    let Some(place) = Workplace::new("a_torchscript_model_is_trained_and_predicts") else { return };
    place.example(1000);
    let module = concat!(env!("CARGO_MANIFEST_DIR"), "/../engine/model-training/tests/fixtures/module.pt");
    std::fs::copy(module, place.path("module.pt")).unwrap();
    place.write("params.json", r#"{"epochs": 3, "selected_branches": ["MET_pt", "HT", "nJet"]}"#);
    let train = |model: &str, out: &str| {
        let (model, out) = (format!("--model={model}"), format!("--fout={out}.mlaas4hep"));
        place.succeeds(&["workflow", "--files=files.txt", "--labels=labels.txt", &model, &out]);
    };
    let scores = |out: &str| -> Vec<f64> {
        let (model, csv) = (format!("--model={out}.mlaas4hep"), format!("--out={out}.csv"));
        place.succeeds(&["predict", &model, "--files=unseen.root", &csv]);
        let csv = String::from_utf8(place.read(&format!("{out}.csv"))).unwrap();
        csv.lines().skip(1).map(|line| line.rsplit(',').next().unwrap().parse().unwrap()).collect()
    };
    train("module.pt", "binary");
    let binary = scores("binary");
    assert_eq!(binary.len(), 400);
    assert!(binary.iter().all(|score| (0.0..=1.0).contains(score)));
    // The same module as a regression: its numbers are the scores.
    place.write("script.json", r#"{"torchscript": "module.pt", "task": "regression"}"#);
    train("script.json", "regression");
    let regression = scores("regression");
    assert!(regression.iter().any(|score| *score < 0.0 || *score > 1.0) || regression != binary);
}

#[test]
fn an_interrupt_ends_the_training_and_leaves_no_model() {
    let Some(place) = Workplace::new("an_interrupt_ends_the_training_and_leaves_no_model") else { return };
    place.example(500);
    place.write("params.json", r#"{"chunk_size": -1, "epochs": 1000000}"#);
    let mut command = place.command(&workflow(&["--json"]));
    let mut child =
        command.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::null()).spawn().unwrap();
    let said = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut is_training = false;
    for line in std::io::BufRead::lines(said).map_while(Result::ok) {
        if line.contains("\"before_training\"") {
            is_training = true;
            let id = child.id().to_string();
            assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        }
    }
    assert!(is_training);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let left = place.names();
    assert!(left.iter().all(|name| !name.contains("higgs") && !name.contains("tmp")), "{left:?}");
}
