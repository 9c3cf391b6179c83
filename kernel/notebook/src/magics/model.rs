//! `%%model`.

use crate::arguments::{Arguments, Form, Free, ValueKind, option, switch};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use crate::session::short_layers;
use network::NetworkDescription;
use serde_json::{Value, json};
use std::path::Path;
use training_pipeline::{ModelRequest, read_model};

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "model",
    aliases: &[],
    form: Form::Both,
    group: Group::Learning,
    summary: "Describe the network that %train trains; without arguments, show it.",
    details: "Below %%model stand layers, one a line or with commas: dense UNITS [ACTIVATION], dropout RATE, batch_norm, \
              activation FUNCTION. The output layer follows from the task. JSON as docs/model.md explains it is taken \
              too, and --file reads a JSON or TorchScript file.",
    free: Free::Text { name: "LAYERS", kind: ValueKind::Layers, is_needed: false },
    options: &[
        option(
            "--task",
            "TASK",
            ValueKind::Suggestion(&["binary", "regression"]),
            "binary (default), regression, or the number of classes.",
        ),
        option(
            "--optimizer",
            "NAME",
            ValueKind::Choice(&["adam", "sgd"]),
            "How weights change; adam by default.",
        ),
        option("--learning-rate", "RATE", ValueKind::Number, "Its first learning rate."),
        option(
            "--loss",
            "LOSS",
            ValueKind::Choice(&["binary_cross_entropy", "cross_entropy", "mean_squared_error"]),
            "The loss, where it is not that of the task.",
        ),
        option(
            "--mask",
            "USE",
            ValueKind::Choice(&["zero", "append", "embed"]),
            "What the network is told about missing values.",
        ),
        option("--file", "FILE", ValueKind::File, "Read the model from a file."),
        switch("--clear", "Forget the model."),
    ],
    examples: &[
        "%%model\ndense 64 relu\ndropout 0.2\ndense 32 relu",
        "%model dense 128 relu, dropout 0.5, dense 64 relu --learning-rate 0.0005",
        "%model --file model.json",
    ],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    if call.arguments.has("--clear") {
        context.session.model = None;
        return Ok(());
    }
    if let Some(file) = call.arguments.value("--file") {
        let model =
            read_model(Path::new(file), &context.session.opener).map_err(|error| model_error(&error))?;
        context.session.model = Some((model, format!("file {file}")));
        return show(context);
    }
    let text = super::define::said(call);
    if !text.trim().is_empty() {
        let json = if text.trim_start().starts_with('{') {
            text.clone()
        } else {
            from_layers(&text, &call.arguments)?
        };
        let network = NetworkDescription::from_json(&json).map_err(|error| model_error(&error))?;
        context.session.model = Some((ModelRequest::Network(network), json));
        context.session.history.push("described a model".to_string());
    }
    show(context)
}

fn from_layers(text: &str, arguments: &Arguments) -> Result<String, MagicError> {
    let (task, n_outputs) = match arguments.value("--task").unwrap_or("binary") {
        "binary" => (json!("binary"), 1),
        "regression" => (json!("regression"), 1),
        said => {
            let n_classes: usize =
                said.parse().ok().filter(|n_classes| *n_classes >= 2).ok_or_else(|| {
                    MagicError::new(
                        "ArgumentError",
                        format!("--task {said}: say binary, regression, or how many classes"),
                    )
                    .advise("For example: --task 3 for three classes.")
                })?;
            (json!({ "classes": n_classes }), n_classes)
        }
    };
    let mut model = json!({ "layers": short_layers(text, n_outputs)?, "task": task });
    let mut optimizer = json!({ "type": arguments.value("--optimizer").unwrap_or("adam") });
    if let Some(rate) = arguments.number("--learning-rate") {
        optimizer["learning_rate"] = json!(rate);
    }
    model["optimizer"] = optimizer;
    for (option, key) in [("--loss", "loss"), ("--mask", "mask")] {
        if let Some(value) = arguments.value(option) {
            model[key] = Value::from(value);
        }
    }
    Ok(model.to_string())
}

fn show(context: &Context<'_>) -> Result<(), MagicError> {
    match &context.session.model {
        None => context.line("no model is described; see %%model?"),
        Some((ModelRequest::Network(network), _)) => {
            let json = serde_json::to_value(network).unwrap_or_default();
            context.show_text(&serde_json::to_string_pretty(&json).unwrap_or_default());
        }
        Some((ModelRequest::TorchScript(script), _)) => {
            context.line(&format!("TorchScript from {}", script.torchscript.display()));
        }
    }
    Ok(())
}

fn model_error(error: &dyn std::fmt::Display) -> MagicError {
    MagicError::new("ModelError", error.to_string()).advise(
        "For example: %model dense 64 relu, dropout 0.2, dense 32 relu; docs/model.md explains all keys.",
    )
}
