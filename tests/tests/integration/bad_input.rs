//! What a user gets for bad input: a status that means something, words that say what to do, and no half a file.

use crate::program::Workplace;

const PARTS: [(&str, &str); 4] = [
    ("files", "signal.root,background.root"),
    ("labels", "1,0"),
    ("model", "model.json"),
    ("params", "params.json"),
];

/// Runs the workflow with one part said otherwise.
fn check(place: &Workplace, part: &str, said: &str, status: i32, words: &[&str]) {
    let said = |name: &str, usual: &str| format!("--{name}={}", if name == part { said } else { usual });
    let mut arguments: Vec<String> = PARTS.iter().map(|(name, usual)| said(name, usual)).collect();
    if !PARTS.iter().any(|(name, _)| *name == part) {
        arguments.push(said(part, ""));
    }
    arguments.push("--fout=out.mlaas4hep".to_string());
    let mut all = vec!["workflow"];
    all.extend(arguments.iter().map(String::as_str));
    place.fails(&all, status, words);
    let left = place.names();
    assert!(left.iter().all(|name| !name.starts_with("out") && !name.contains(".tmp")), "{left:?}");
}

#[test]
fn bad_input_is_named() {
    let Some(place) = Workplace::new("bad_input_is_named") else { return };
    place.example(200);
    place.write("params.json", r#"{"epochs": 1, "exclude_branches": ["is_signal"]}"#);
    let whole = place.read("signal.root");
    place.write("cut.root", &whole[..whole.len() / 2]);
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle..middle + 64].iter_mut().for_each(|byte| *byte ^= 0x55);
    place.write("flipped.root", &flipped);
    place.write("text.root", "this is no ROOT file");
    place.write("empty.root", "");
    place.write("none.txt", "x > 1e9\n");
    check(&place, "files", "nowhere.root,background.root", 3, &["nowhere.root"]);
    check(&place, "files", "text.root,background.root", 3, &["text.root", "no ROOT file"]);
    check(&place, "files", "empty.root,background.root", 3, &["empty.root"]);
    check(&place, "files", "cut.root,background.root", 3, &["cut.root"]);
    check(&place, "files", "flipped.root,background.root", 3, &["flipped.root", "basket"]);
    std::fs::create_dir(place.path("folder")).expect("a folder can be made");
    check(&place, "files", "nofile.txt", 3, &["nofile.txt", "list of input files does not exist"]);
    check(&place, "files", "nothing*.root", 3, &["nothing*.root", "no file fits"]);
    check(&place, "files", "folder", 3, &["folder", "it is a folder", "'folder/*.root'"]);
    check(&place, "files", "folder,background.root", 3, &["folder", "it is a folder"]);
    check(&place, "files", "signal.root,./signal.root", 4, &["are the same file", "list every file once"]);
    place.fails(
        &["specs", "signal.root", "folder/../signal.root", "--tree=Events"],
        4,
        &["are the same file"],
    );
    place.fails(
        &[
            "train",
            "a=signal.root",
            "b=background.root",
            "--model=model.json",
            "--out=out.mlaas4hep",
            "--epochs=0",
        ],
        2,
        &["0 is not in"],
    );
    check(&place, "labels", "1,0,2", 4, &["3 label", "2 file"]);
    check(&place, "labels", "1,1", 4, &["same label"]);
    check(&place, "model", "nowhere.json", 4, &["nowhere.json"]);
    check(&place, "model", "model.py", 4, &["model.py", "JSON"]);
    place.write("tree.json", r#"{"branch": "Event"}"#);
    check(&place, "params", "tree.json", 3, &["did you mean Events?"]);
    place.write("broken.json", r#"{"epochs": "#);
    check(&place, "params", "broken.json", 4, &["broken.json", "line 1"]);
    place.write("cuts.txt", "Jet_ptt > 30\n");
    check(&place, "preproc", "cuts.txt", 4, &["Jet_ptt", "Jet_pt", "column 1"]);
    place.write("cuts.txt", "MET_pt > 1e9\n");
    check(&place, "preproc", "cuts.txt", 4, &["signal.root", "no event"]);
}

#[test]
fn damaged_models_do_not_predict() {
    let Some(place) = Workplace::new("damaged_models_do_not_predict") else { return };
    place.example(200);
    place.write("params.json", r#"{"epochs": 1}"#);
    place.succeeds(&[
        "workflow",
        "--files=files.txt",
        "--labels=labels.txt",
        "--model=model.json",
        "--fout=higgs.mlaas4hep",
    ]);
    let whole = place.read("higgs.mlaas4hep");
    place.write("cut.mlaas4hep", &whole[..whole.len() / 2]);
    let predict = |model: &str, out: &str, status: i32, words: &[&str]| {
        let (model, out) = (format!("--model={model}"), format!("--out={out}"));
        place.fails(&["predict", &model, "--files=unseen.root", &out], status, words);
    };
    predict("cut.mlaas4hep", "scores.root", 3, &["cut.mlaas4hep"]);
    predict("unseen.root", "scores.root", 3, &["unseen.root"]);
    predict("higgs.mlaas4hep", "scores.docx", 4, &["scores.docx", ".parquet", ".json"]);
    predict("higgs.mlaas4hep", "nowhere/scores.csv", 4, &["the folder nowhere does not exist"]);
    predict("higgs.mlaas4hep", "unseen.root", 4, &["unseen.root", "is the input"]);
    place.fails(
        &["predict", "--model=higgs.mlaas4hep", "--export-onnx=./higgs.mlaas4hep"],
        4,
        &["is the input higgs.mlaas4hep"],
    );
    assert_eq!(place.read("higgs.mlaas4hep"), whole);
    let said = place.succeeds(&["predict", "--model=higgs.mlaas4hep", "--export-onnx=higgs.onnx"]);
    assert!(said.contains("wrote higgs.onnx") && !said.contains("scored"), "{said}");
    let said = place.succeeds(&["predict", "--model=higgs.mlaas4hep", "--files=unsee?.root"]);
    assert!(said.contains("mean score of "), "{said}");
    place.fails(
        &["predict", "--model=higgs.mlaas4hep", "--files=unseen.root", "--tree=Event"],
        3,
        &["did you mean Events?"],
    );
    assert!(place.names().iter().all(|name| !name.starts_with("scores")), "{:?}", place.names());
}

#[test]
fn inputs_are_never_written_over() {
    let Some(place) = Workplace::new("inputs_are_never_written_over") else { return };
    place.example(200);
    place.write("params.json", r#"{"epochs": 1}"#);
    place.write("file", "");
    let usual = ["--files=signal.root,background.root", "--labels=1,0", "--model=model.json"];
    let cases: [(&[&str], &[&str]); 9] = [
        (&["specs", "signal.root", "--out=signal.root"], &["is the input signal.root"]),
        (&["specs", "signal.root", "--out=file/specs.json"], &["file is no folder"]),
        (&["reader", "--fin=signal.root", "--fout=./signal.root"], &["is the input signal.root"]),
        (
            &["reader", "--fin=signal.root", "--preproc=selection.txt", "--fout=selection.txt"],
            &["selection.txt"],
        ),
        (
            &["train", "s=signal.root", "b=background.root", "--model=model.json", "--out=background.root"],
            &["is the input background.root"],
        ),
        (&["workflow", usual[0], usual[1], usual[2], "--fout=signal.root"], &["is the input signal.root"]),
        (&["workflow", usual[0], usual[1], usual[2], "--fout=params.json"], &["is the input params.json"]),
        (&["workflow", usual[0], usual[1], usual[2], "--fout=nowhere/a.mlaas4hep"], &["folder nowhere"]),
        (&["matrix", usual[0], usual[1], "--out=file"], &["file is no folder"]),
    ];
    let before: Vec<(String, Vec<u8>)> =
        place.names().into_iter().map(|name| (name.clone(), place.read(&name))).collect();
    for (arguments, words) in cases {
        place.fails(arguments, 4, words);
    }
    let after: Vec<(String, Vec<u8>)> =
        place.names().into_iter().map(|name| (name.clone(), place.read(&name))).collect();
    assert!(before == after, "{:?}", place.names());
}

#[test]
fn files_without_events_are_left_out() {
    let Some(place) = Workplace::new("files_without_events_are_left_out") else { return };
    place.example(300);
    place.write("params.json", r#"{"epochs": 1, "exclude_branches": ["is_signal"]}"#);
    place.write("empty.csv", "MET_pt,HT\n");
    place.write("none.csv", "MET_pt,HT\n");
    // The events of unseen.root are numbered from 301.
    place.write("first.txt", "event <= 300\n");
    let workflow = |files: &str, labels: &str, more: &[&str]| {
        let (files, labels) = (format!("--files={files}"), format!("--labels={labels}"));
        [&["workflow", &files, &labels, "--model=model.json"], more]
            .concat()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<String>>()
    };
    let succeeds = |arguments: &[String], note: &str| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = place.run(&arguments);
        let said = crate::program::all_text(&output);
        assert!(output.status.success() && said.contains(note), "{arguments:?} {said}");
        said
    };
    let fails = |arguments: &[String], words: &[&str]| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        place.fails(&arguments, 4, words);
    };
    let said = succeeds(
        &workflow("signal.root,empty.csv,background.root", "1,1,0", &["--fout=a.mlaas4hep"]),
        "empty.csv: it holds no event and is left out",
    );
    assert!(said.contains("label 0, file <background.root>, going to read 300 events"), "{said}");
    let cut = ["--preproc=first.txt"];
    let said = succeeds(
        &workflow("unseen.root,signal.root,background.root", "1,1,0", &cut),
        "unseen.root: no event passes the cuts; it is left out",
    );
    assert!(said.contains("label 1, file <signal.root>, going to read 300 events"), "{said}");
    // The specs that were written are taken again, and nothing else changes.
    let again = succeeds(
        &workflow("unseen.root,signal.root,background.root", "1,1,0", &cut),
        "unseen.root: no event passes the cuts; it is left out",
    );
    assert!(again.contains("load specs from ./global-specs.json"), "{again}");
    fails(&workflow("signal.root,empty.csv", "1,0", &[]), &["the label 0", "empty.csv hold none"]);
    fails(
        &workflow("signal.root,unseen.root", "higgs,other", &cut),
        &["the label other", "unseen.root", "change the cuts"],
    );
    fails(&workflow("empty.csv,none.csv", "1,0", &[]), &["no event is left", "empty.csv, none.csv"]);
}

#[test]
fn outputs_that_cannot_be_written_have_one_status() {
    let Some(place) = Workplace::new("outputs_that_cannot_be_written_have_one_status") else { return };
    place.example(200);
    place.write("params.json", r#"{"epochs": 1, "exclude_branches": ["is_signal"]}"#);
    let usual = ["--files=signal.root,background.root", "--labels=1,0"];
    let model = "--model=model.json";
    // A folder where a file is to be renamed to: found only when the file is whole.
    let cases: [(&str, &[&str]); 4] = [
        ("specs-signal.json", &["workflow", usual[0], usual[1], model]),
        ("a-report/report.txt", &["workflow", usual[0], usual[1], model, "--fout=a.mlaas4hep"]),
        ("chunks/matrix-0000.npy", &["matrix", usual[0], usual[1], "--out=chunks"]),
        ("made/background.root", &["generate", "--events=10", "--out=made"]),
    ];
    for (folder, arguments) in cases {
        std::fs::create_dir_all(place.path(folder)).expect("a folder can be made");
        place.fails(arguments, 4, &[folder]);
        std::fs::remove_dir(place.path(folder)).expect("a folder can be removed");
    }
}

#[test]
fn a_result_that_cannot_be_written_is_no_success() {
    let Some(place) = Workplace::new("a_result_that_cannot_be_written_is_no_success") else { return };
    place.example(50);
    let full = std::fs::File::options().write(true).open("/dev/full").expect("/dev/full is there");
    let output = place.command(&["inspect", "signal.root", "--json"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard output"));
}

#[test]
fn a_checkpoint_of_another_preparation_is_refused() {
    let Some(place) = Workplace::new("a_checkpoint_of_another_preparation_is_refused") else { return };
    place.example(300);
    let train = |change: &str| {
        let text = format!(r#"{{"epochs": 1, "chunk_size": 200, "checkpoint": "on.ckpt"{change}}}"#);
        place.write("params.json", text.as_bytes());
        place.run(&[
            "workflow",
            "--files=signal.root,background.root",
            "--labels=1,0",
            "--model=model.json",
            "--params=params.json",
        ])
    };
    let first = train("");
    assert!(first.status.success(), "{}", crate::program::all_text(&first));
    for change in
        [r#", "scaler": "robust""#, r#", "split_by": "identifier""#, r#", "class_weights": "balanced""#]
    {
        let output = train(change);
        let text = crate::program::all_text(&output);
        assert!(
            !output.status.success() && text.contains("on.ckpt") && text.contains("scaler"),
            "{change}: {text}"
        );
    }
    assert!(train("").status.success(), "the same settings go on");
}
