//! The magics that are about workspaces, and names of workspaces in those that train, with the real service beside the kernel.

use crate::workspaces::{ran, run, service, start};
use crate::{repository, skipped, write_events};
use kernel_testing::FrontEnd;
use std::path::Path;

fn at(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

fn check_shows(front_end: &mut FrontEnd, code: &str, words: &[&str]) {
    let shown = ran(front_end, code);
    for word in words {
        assert!(shown.contains(word), "{word:?} in what {code} shows: {shown}");
    }
}

#[test]
fn hub_and_ls_show_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let Some(service) = service(folder.path(), "hub_and_ls_show_what_there_is") else { return };
    let mut front_end = start(folder.path(), service.address());
    std::fs::write(folder.path().join("a.csv"), vec![b'x'; 2000]).unwrap();
    ran(&mut front_end, &format!("%put \"{}\" shared://higgs/data/", at(folder.path(), "a.csv")));
    let line = format!("alice of higgs, higgs/admins at {}, mlaas4hep-hub ", service.address());
    check_shows(&mut front_end, "%hub", &[&line, "shared://higgs/", "admin", "1.95 KiB", "shared://~alice/"]);
    check_shows(&mut front_end, "%ls shared://higgs/", &["data/", "alice"]);
    check_shows(&mut front_end, "%ls shared://higgs/data", &["data/a.csv", "1.95 KiB", "alice"]);
    let flat = ran(&mut front_end, "%ls shared://higgs/");
    assert!(!flat.contains("a.csv"), "only what lies in the folder itself: {flat}");
    check_shows(&mut front_end, "%ls shared://higgs/ --recursive", &["data/", "data/a.csv"]);
    check_shows(&mut front_end, "%ls shared://~alice/", &["nothing"]);
    let missing = run(&mut front_end, "%ls shared://higgs/dat");
    let words = "cannot look at shared://higgs/dat: shared://higgs/dat is not there, or you may not see it";
    assert_eq!(missing.error().0, "HubError");
    assert!(missing.error().1.starts_with(words), "{}", missing.error().1);
}

#[test]
fn of_several_files_one_that_fails_does_not_keep_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let test = "of_several_files_one_that_fails_does_not_keep_the_others";
    let Some(service) = service(folder.path(), test) else { return };
    let mut front_end = start(folder.path(), service.address());
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).ok();
    for (name, text) in [("a.root", "one"), ("b.root", "two"), ("c.root", "three"), ("d.csv", "four")] {
        write(name, text);
    }
    let all = at(folder.path(), "*.root");
    ran(&mut front_end, &format!("%put \"{}\" shared://higgs/data/", at(folder.path(), "b.root")));
    ran(&mut front_end, &format!("%put \"{}\" shared://higgs/data/", at(folder.path(), "d.csv")));
    write("b.root", "another two");
    let put = run(&mut front_end, &format!("%put \"{all}\" shared://higgs/data/ --no-overwrite"));
    let (name, words) = put.error();
    assert_eq!(name, "HubError");
    assert!(
        words.starts_with("1 of 3 files did not come through: cannot write shared://higgs/data/b.root: "),
        "{words}"
    );
    assert!(put.errors.contains("cannot write shared://higgs/data/b.root"), "{}", put.errors);
    for sent in ["a.root", "c.root"] {
        let line = format!("shared://higgs/data/{sent}, version 1\n");
        assert!(put.text.contains(&line), "{line} in {}", put.text);
    }

    std::fs::create_dir(folder.path().join("back")).unwrap();
    write("back/b.root", "of this machine");
    let back = format!("%get shared://higgs/data/*.root \"{}/\"", at(folder.path(), "back"));
    let get = run(&mut front_end, &back);
    let (name, words) = get.error();
    let here = at(folder.path(), "back/b.root");
    assert_eq!(name, "HubError");
    assert!(words.starts_with("1 of 3 files did not come through: ") && words.contains(&here), "{words}");
    assert!(get.errors.contains(&here), "{}", get.errors);
    let found = ["a.root", "b.root", "c.root", "d.csv"].map(|name| read(&format!("back/{name}")));
    let expected = [Some("one"), Some("of this machine"), Some("three"), None];
    assert_eq!(found, expected.map(|text| text.map(str::to_string)), "what fits the pattern, and only that");

    let again = ran(&mut front_end, &format!("{back} --overwrite"));
    assert!(again.contains("here already"), "what is equal is not fetched again: {again}");
    assert_eq!(read("back/b.root").as_deref(), Some("two"));
    let none =
        run(&mut front_end, &format!("%get shared://higgs/data/*.parquet \"{}\"", at(folder.path(), "back")));
    assert_eq!(none.error().0, "HubError");
    assert!(none.error().1.contains("*.parquet"), "{}", none.error().1);
}

#[test]
fn what_is_deleted_lies_in_the_trash() {
    let folder = tempfile::tempdir().unwrap();
    let Some(service) = service(folder.path(), "what_is_deleted_lies_in_the_trash") else { return };
    let mut front_end = start(folder.path(), service.address());
    for name in ["a.root", "b.root", "c.csv"] {
        std::fs::write(folder.path().join(name), name).unwrap();
        ran(&mut front_end, &format!("%put \"{}\" shared://higgs/data/", at(folder.path(), name)));
    }
    let gone = "shared://higgs/data/a.root: in the trash\nshared://higgs/data/b.root: in the trash\n";
    check_shows(&mut front_end, "%rm shared://higgs/data/*.root", &[gone]);
    let left = ran(&mut front_end, "%ls shared://higgs/data");
    assert!(left.contains("c.csv") && !left.contains(".root"), "{left}");
    let partly = run(&mut front_end, "%rm shared://higgs/none shared://higgs/data/ shared://higgs/nor-this");
    assert!(partly.text.contains("shared://higgs/data: in the trash"), "{}", partly.text);
    assert!(partly.errors.contains("shared://higgs/none is not there"), "{}", partly.errors);
    assert!(partly.error().1.contains("shared://higgs/nor-this is not there"), "{}", partly.error().1);
    assert_eq!(run(&mut front_end, "%rm shared:/higgs").error().0, "HubError");
}

#[test]
fn what_was_shared_is_listed_and_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let Some(service) = service(folder.path(), "what_was_shared_is_listed_and_taken_back") else { return };
    let mut front_end = start(folder.path(), service.address());
    std::fs::write(folder.path().join("a.csv"), "x\n1\n").unwrap();
    ran(&mut front_end, &format!("%put \"{}\" shared://higgs/", at(folder.path(), "a.csv")));
    check_shows(&mut front_end, "%share shared://higgs/ --list", &["nothing"]);
    check_shows(
        &mut front_end,
        "%share shared://higgs/ --user carol --role writer",
        &["carol may read and write"],
    );
    check_shows(&mut front_end, "%share shared://higgs/a.csv --days 2", &[service.address(), "until "]);
    let all = ["carol", "writer", "a link to a.csv", "no end", "alice"];
    check_shows(&mut front_end, "%share shared://higgs/ --list", &all);
    let of_file = ran(&mut front_end, "%share shared://higgs/a.csv --list");
    assert!(of_file.contains("a link to a.csv") && !of_file.contains("carol"), "{of_file}");
    ran(&mut front_end, "%share shared://higgs/ --user carol --take-back");
    ran(&mut front_end, "%share shared://higgs/a.csv --take-back");
    check_shows(&mut front_end, "%share shared://higgs/ --list", &["nothing"]);
    let check = |front_end: &mut FrontEnd, code: &str, words: &str| {
        let refused = run(front_end, code);
        let (name, said) = refused.error();
        assert_eq!(name, "ArgumentError", "{code}: {said}");
        assert!(said.contains(words), "{code}: {said}");
    };
    check(&mut front_end, "%share shared://higgs/ --user a --group b", "exclude each other");
    check(&mut front_end, "%share shared://higgs/a.csv --user a", "rights are given in a whole workspace");
    check(&mut front_end, "%share shared://higgs/ --days 3", "a link is to one file");
    check(&mut front_end, "%share shared://higgs/a.csv --days 31", "between 1 and 30");
}

/// Everything that the original command takes lies in the workspace, and so does what it makes.
#[test]
fn a_workflow_and_its_scores_live_in_a_workspace() {
    let folder = tempfile::tempdir().unwrap();
    let test = "a_workflow_and_its_scores_live_in_a_workspace";
    if std::env::var_os("MLAAS4HEP_TORCH").is_none() {
        skipped(test, "MLAAS4HEP_TORCH is not set, so nothing was trained");
        return;
    }
    let Some(service) = service(folder.path(), test) else { return };
    let mut front_end = start(folder.path(), service.address());
    write_events(&folder.path().join("signal.root"), 1500);
    write_events(&folder.path().join("background.root"), 1200);
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("files.txt", "shared://higgs/data/signal.root\nshared://higgs/data/background.root\n");
    write("labels.txt", "1\n0\n");
    write("params.json", r#"{"epochs": 3, "seed": 21, "weight": "genWeight"}"#);
    for name in ["model.json", "selection.txt"] {
        let example = repository("examples/signal-and-background").join(name);
        std::fs::copy(example, folder.path().join(name)).unwrap();
    }
    for (files, to) in [("*.root", "data/"), ("*.txt", "run/"), ("*.json", "run/")] {
        ran(&mut front_end, &format!("%put \"{}\" shared://higgs/{to}", at(folder.path(), files)));
        // Nothing of it is found here.
        for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
            if file.file_name().to_string_lossy().ends_with(&files[1..]) {
                std::fs::remove_file(file.path()).unwrap();
            }
        }
    }
    // Where it leaves its specs.
    ran(&mut front_end, &format!("%cd \"{}\"", folder.path().display()));
    let said = ran(
        &mut front_end,
        "%workflow --files=shared://higgs/run/files.txt --labels=shared://higgs/run/labels.txt \
         --model=shared://higgs/run/model.json --params=shared://higgs/run/params.json \
         --preproc=shared://higgs/run/selection.txt --fout=shared://higgs/models/it.mlaas4hep",
    );
    assert!(said.contains("shared://higgs/data/signal.root: 1500 events"), "{said}");
    assert!(
        said.contains("epoch 3") && !said.contains("epoch 4"),
        "as many epochs as its parameters say: {said}"
    );
    assert!(said.contains("saved the model to shared://higgs/models/it.mlaas4hep"), "{said}");
    scores_live_in_a_workspace(&mut front_end, folder.path());
}

fn scores_live_in_a_workspace(front_end: &mut FrontEnd, folder: &Path) {
    ran(front_end, "%load shared://higgs/models/it.mlaas4hep");
    ran(front_end, "%open shared://higgs/data/signal.root");
    let said = ran(front_end, "%predict --sample signal --out shared://higgs/scores/signal.csv");
    assert!(said.contains("wrote shared://higgs/scores/signal.csv"), "{said}");
    ran(front_end, &format!("%predict --sample signal --out \"{}\"", at(folder, "here.csv")));
    ran(front_end, &format!("%get shared://higgs/scores/signal.csv \"{}\"", at(folder, "there.csv")));
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    assert!(read("here.csv").lines().count() > 1000);
    assert!(read("here.csv") == read("there.csv"));
    let refused = run(front_end, "%predict --sample signal --out shared://other/signal.csv");
    let (name, words) = refused.error();
    assert!(name == "OutputError" && words.contains("shared://other"), "{name}: {words}");
    let missing = run(
        front_end,
        "%workflow --files=shared://higgs/run/files.txt --labels=shared://higgs/run/labels.txt \
         --model=shared://higgs/run/model.json --params=shared://higgs/run/parms.json",
    );
    let (name, words) = missing.error();
    assert_eq!(name, "InputError");
    assert!(
        words.contains("shared://higgs/run/parms.json is not there") && words.contains("params.json"),
        "{words}"
    );
}
