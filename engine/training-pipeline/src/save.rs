//! Puts the model together with everything that prediction needs, and writes its file.

use crate::measure::fingerprint_of;
use crate::prepare::{Prepared, task_of};
use crate::{ModelRequest, OnEvent, PipelineError, PipelineEvent, PipelineRequest};
use event_columns::ColumnType;
use model_training::{OutputMeaning, Trained};
use network::MaskUse;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use trained_model::{InputFile, NewModel, Provenance, TrainedModel, TrainedNetwork};
use training_report::{PartName, Report};

/// Makes the model of what training left, and saves it where the request says.
pub(crate) fn save(
    request: &PipelineRequest,
    prepared: &Prepared,
    (trained, n_rows): (&Trained, [u64; 3]),
    report: &Report,
    on_event: OnEvent<'_>,
) -> Result<TrainedModel, PipelineError> {
    let name = match &request.out {
        Some(out) => out.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned()),
        None => "model".to_string(),
    };
    let model = TrainedModel::new(NewModel {
        name,
        created: request.created.clone(),
        parent: None,
        task: task_of(&request.model),
        labels: prepared.labels.classes.clone(),
        network: trained_network(trained, &request.model)?,
        branches: raw_branches(prepared),
        selection: request.selection.clone().unwrap_or_default(),
        specs: prepared.specs.clone(),
        layout: (*prepared.layout).clone(),
        units: BTreeMap::new(),
        metrics: metrics(report),
        provenance: provenance(request, prepared, (trained, n_rows), report)?,
        report: serde_json::to_value(report).ok(),
        pictures: BTreeMap::new(),
    })?;
    if let Some(out) = &request.out {
        let problem = |cause| PipelineError::Output { path: out.clone(), cause };
        let output = request.opener.output(out).map_err(problem)?;
        model.save(output.path())?;
        output.publish().map_err(problem)?;
        // It is written; there is nothing left to stop.
        let _ = on_event(&PipelineEvent::Saved { path: out });
    }
    Ok(model)
}

fn trained_network(trained: &Trained, model: &ModelRequest) -> Result<TrainedNetwork, PipelineError> {
    match (&trained.network, &trained.torchscript) {
        (Some(network), _) => Ok(TrainedNetwork::Layers(Arc::new(network.clone()))),
        (None, Some(path)) => {
            let module = std::fs::read(path).map_err(|cause| PipelineError::File {
                action: "read",
                path: path.clone(),
                cause,
            })?;
            let (mask, outputs) = match model {
                ModelRequest::TorchScript(script) => (script.mask, script.outputs),
                ModelRequest::Network(_) => (MaskUse::Zero, OutputMeaning::Logits),
            };
            let gives_probabilities = outputs == OutputMeaning::Probabilities;
            Ok(TrainedNetwork::TorchScript { module, mask, gives_probabilities })
        }
        (None, None) => {
            Err(PipelineError::Settings { problem: "the worker returned no model; train again".into() })
        }
    }
}

/// The branches as they are in the files, before the selection.
fn raw_branches(prepared: &Prepared) -> Vec<(Arc<str>, ColumnType)> {
    let Some(sample) = prepared.samples.first() else { return Vec::new() };
    sample.input.table.info().readable_among(&sample.input.branches)
}

fn metrics(report: &Report) -> BTreeMap<String, f64> {
    let mut metrics = BTreeMap::new();
    for part in &report.parts {
        let part_word = match part.part {
            PartName::Train => "train",
            PartName::Validation => "validation",
            PartName::Test => "test",
        };
        let mut add = |name: &str, value: Option<f64>| {
            metrics.extend(value.map(|value| (format!("{part_word}/{name}"), value)));
        };
        if let Some(classification) = &part.classification {
            add("auc", classification.auc);
            add("log_loss", classification.log_loss);
            add("accuracy", classification.scores.accuracy);
        }
        if let Some(regression) = &part.regression {
            add("mse", Some(regression.mse));
            add("mae", Some(regression.mae));
            add("r2", regression.r2);
        }
    }
    metrics
}

fn provenance(
    request: &PipelineRequest,
    prepared: &Prepared,
    (trained, n_rows): (&Trained, [u64; 3]),
    report: &Report,
) -> Result<Provenance, PipelineError> {
    let mut inputs = Vec::new();
    for sample in &prepared.samples {
        let info = sample.input.table.info();
        let file = fingerprint_of(&sample.input.file, true, &request.opener)?;
        inputs.push(InputFile {
            path: sample.input.file.clone(),
            tree: info.tree.clone(),
            label: prepared.labels.of_file(&request.files, &sample.input.file).map(f64::from),
            n_events: info.n_entries,
            n_bytes: file.size_bytes,
            checksum: file.sha256.map_or_else(String::new, |sum| format!("sha256:{sum}")),
        });
    }
    // A report that was stopped has no parts.
    let n_events = |part, n_rows| report.part(part).map_or(n_rows, |part| part.n_events);
    let model = match &request.model {
        ModelRequest::Network(description) => serde_json::to_value(description).unwrap_or_default(),
        ModelRequest::TorchScript(script) => serde_json::to_value(script).unwrap_or_default(),
    };
    let versions = [("mlaas4hep", env!("CARGO_PKG_VERSION").to_string()), ("worker", trained.worker.clone())];
    Ok(Provenance {
        inputs,
        n_events: [
            n_events(PartName::Train, n_rows[0]),
            n_events(PartName::Validation, n_rows[1]),
            n_events(PartName::Test, n_rows[2]),
        ],
        seed: request.parameters.seed,
        versions: versions.into_iter().map(|(name, version)| (name.to_string(), version)).collect(),
        settings: json!({ "parameters": request.parameters.said, "model": model, "device": trained.device }),
    })
}
