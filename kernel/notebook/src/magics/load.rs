//! `%load`.

use crate::arguments::{Form, Free, ValueKind};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo, with_causes};
use crate::notebook::Context;
use crate::session::Trained;
use std::sync::Arc;
use trained_model::TrainedModel;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "load",
    aliases: &[],
    form: Form::Line,
    group: Group::Learning,
    summary: "Load a model file, to predict with and to look at its report.",
    details: "",
    free: Free::Words { name: "FILE", kinds: &[ValueKind::File], least: 1, most: Some(1) },
    options: &[],
    examples: &["%load higgs.mlaas4hep"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let path = call.arguments.text();
    super::run::check_regular(path, 4_000_000_000)?;
    let model = TrainedModel::open(path).map_err(|error| {
        MagicError::new("ModelFileError", with_causes(&error))
            .advise("A file that %save or mlaas4hep train wrote is needed.")
    })?;
    let report = model.report().and_then(|report| serde_json::from_value(report.clone()).ok());
    context.show_text(&model.describe());
    context.session.trained = Some(Trained { model: Arc::new(model), report });
    context.session.history.push(format!("loaded the model {path}"));
    Ok(())
}
