//! The model file: what goes in comes out, and damage is found.

use crate::example::{model, new_model};
use network::{MaskUse, Task};
use proptest::prelude::*;
use std::io::Read;
use std::sync::LazyLock;
use trained_model::{Manifest, NewModel, TrainedModel, TrainedNetwork};

#[test]
fn a_model_survives_its_file() {
    for (mask, task) in [
        (MaskUse::Zero, Task::Binary),
        (MaskUse::Append, Task::Classes(3)),
        (MaskUse::Embed, Task::Regression),
    ] {
        let model = model(mask, task);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.mlaas4hep");
        model.save(&path).unwrap();
        let opened = TrainedModel::open(&path).unwrap();
        assert_eq!(opened.manifest(), model.manifest());
        assert_eq!(opened.network(), model.network());
        assert_eq!(opened.onnx_bytes(), model.onnx_bytes());
        assert_eq!(opened.specs().to_json(), model.specs().to_json());
        assert_eq!(opened.layout(), model.layout());
        assert_eq!(opened.selection(), model.selection());
        assert_eq!(opened.report(), model.report());
        assert_eq!(opened.pictures(), model.pictures());
        assert_eq!(opened.to_bytes().unwrap(), model.to_bytes().unwrap());
        let names: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(names, ["m.mlaas4hep"], "nothing else is left behind");
    }
}

#[test]
fn torchscript_is_carried() {
    let module = vec![1, 2, 3];
    let network = TrainedNetwork::TorchScript { module, mask: MaskUse::Append, gives_probabilities: true };
    let model = TrainedModel::new(NewModel { network, ..new_model(MaskUse::Zero, Task::Binary) }).unwrap();
    let opened = TrainedModel::from_bytes("m", &model.to_bytes().unwrap()).unwrap();
    assert_eq!(opened.network(), model.network());
    assert!(opened.onnx_bytes().is_none());
    let error = trained_model::Predictor::new(&opened).unwrap_err().to_string();
    assert!(error.contains("must be run by the worker"), "{error}");
}

#[test]
fn the_manifest_says_what_the_model_reads() {
    let model = model(MaskUse::Zero, Task::Binary);
    let manifest = model.manifest();
    let branches: Vec<&str> = manifest.branches.iter().map(|branch| branch.name.as_str()).collect();
    assert_eq!(branches, ["met", "n_jet", "jet_pt", "jet_eta", "event_number", "vertex"]);
    let features: Vec<&str> = manifest.features.iter().map(|feature| feature.name.as_str()).collect();
    assert_eq!(features, ["event_number", "ht", "met", "n_jet", "jet_eta", "jet_pt", "vertex"]);
    assert_eq!(manifest.columns.len(), 4 + 5 + 5 + 3);
    assert_eq!(manifest.features[2].unit.as_deref(), Some("GeV"));
    assert_eq!(manifest.metrics.len(), 1, "what is not finite is left out");
    let text = model.describe();
    for part in [
        "background, signal",
        "ht = sum(jet_pt)",
        "GeV",
        "test/auc = 0.875",
        "signal.root:events, 500 events",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let check = |change: fn(&mut NewModel), message: &str| {
        let mut new = new_model(MaskUse::Zero, Task::Binary);
        change(&mut new);
        let error = TrainedModel::new(new).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    };
    check(|new| new.task = Task::Regression, "labels for 0 classes");
    check(|new| new.labels.truncate(1), "1 labels for 2 classes");
    check(|new| drop(new.branches.remove(0)), "no branch `met` after the selection");
    check(|new| new.selection = event_selection::Selection::default(), "no branch `ht`");
    check(|new| drop(new.pictures.insert("../x".into(), String::new())), "no name for a picture");
    check(
        |new| {
            let module = vec![];
            new.network =
                TrainedNetwork::TorchScript { module, mask: MaskUse::Embed, gives_probabilities: false };
        },
        "append it",
    );
}

/// Rewrites the manifest of a file.
fn with_manifest(change: impl Fn(&mut serde_json::Value)) -> Vec<u8> {
    let bytes = BYTES.clone();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for position in 0..archive.len() {
        let mut part = archive.by_index(position).unwrap();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        if part.name().unwrap() == "manifest.json" {
            let mut manifest = serde_json::from_slice(&bytes).unwrap();
            change(&mut manifest);
            bytes = serde_json::to_vec(&manifest).unwrap();
        }
        writer.start_file(part.name().unwrap(), zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut writer, &bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn manifests_that_lie_are_found_out() {
    let check = |change: fn(&mut serde_json::Value), message: &str| {
        let Err(error) = TrainedModel::from_bytes("m", &with_manifest(change)) else {
            panic!("accepted in spite of: {message}")
        };
        assert!(error.to_string().contains(message), "{error}");
    };
    check(|manifest| manifest["format_version"] = 2.into(), "use a newer mlaas4hep");
    check(|manifest| manifest["format"] = "other".into(), "not `mlaas4hep-model`");
    check(|manifest| drop(manifest.as_object_mut().unwrap().remove("task")), "missing field `task`");
    check(|manifest| drop(manifest["parts"].as_array_mut().unwrap().remove(0)), "`model.onnx`");
    check(|manifest| manifest["engine"]["layers"][0]["n_outputs"] = 31.into(), "weights and");
    check(|manifest| manifest["engine"]["n_features"] = 1.into(), "not fit together");
    check(|manifest| manifest["engine"]["mask"] = "append".into(), "gets 34");
    check(|manifest| manifest["branches"][0]["element"] = "f31".into(), "the type `f31`");
    check(|manifest| manifest["branches"][0]["width"] = 0.into(), "branch `met`");
    let extended = with_manifest(|manifest| manifest["of_a_newer_program"] = 1.into());
    assert!(TrainedModel::from_bytes("m", &extended).is_ok(), "fields that are not known are passed over");
}

#[test]
fn what_is_no_model_is_called_so() {
    let error = TrainedModel::from_bytes("x.root", b"root").unwrap_err().to_string();
    assert!(error.starts_with("x.root is not a model file"), "{error}");
    let error = TrainedModel::open("/nowhere/m.mlaas4hep").unwrap_err().to_string();
    assert!(error.starts_with("cannot read the model /nowhere/m.mlaas4hep"), "{error}");
    let error = model(MaskUse::Zero, Task::Binary).save("/nowhere/m.mlaas4hep").unwrap_err().to_string();
    assert!(error.starts_with("cannot write the model /nowhere/m.mlaas4hep"), "{error}");
}

static BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| model(MaskUse::Embed, Task::Binary).to_bytes().unwrap());

fn manifest(bytes: &[u8]) -> Option<(Manifest, TrainedNetwork, Vec<u8>)> {
    let model = TrainedModel::from_bytes("m", bytes).ok()?;
    Some((model.manifest().clone(), model.network().clone(), model.onnx_bytes()?.to_vec()))
}

proptest! {
    #[test]
    fn a_truncated_file_is_an_error(keep in 0.0_f64..1.0) {
        let n_bytes = (BYTES.len() as f64 * keep) as usize;
        prop_assert!(TrainedModel::from_bytes("m", &BYTES[..n_bytes]).is_err());
    }

    /// A flip in a field of the archive that means nothing, such as a date, changes nothing; any other is an error.
    #[test]
    fn a_flipped_bit_never_changes_the_model(place in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut bytes = BYTES.clone();
        let position = place.index(bytes.len());
        bytes[position] ^= 1_u8 << bit;
        if let Some(found) = manifest(&bytes) {
            prop_assert!(Some(found) == manifest(&BYTES), "byte {position}, bit {bit}");
        }
    }

    #[test]
    fn any_bytes_are_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>()) {
        prop_assert!(TrainedModel::from_bytes("m", &bytes).is_err());
        let mut file = BYTES.clone();
        let start = at.index(file.len() - bytes.len());
        file[start..start + bytes.len()].copy_from_slice(&bytes);
        let _ = TrainedModel::from_bytes("m", &file);
    }
}
