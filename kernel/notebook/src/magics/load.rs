//! `%load`.

use crate::arguments::{Form, Free, ValueKind};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo, with_causes};
use crate::notebook::Context;
use crate::session::Trained;
use byte_source::FileOpener;
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

/// Most bytes of a model file.
const MOST_BYTES: u64 = 4_000_000_000;

fn read(path: &str, opener: &FileOpener) -> Result<TrainedModel, MagicError> {
    let problem = |error: trained_model::ModelFileError| {
        MagicError::new("ModelFileError", with_causes(&error))
            .advise("A file that %save or mlaas4hep train wrote is needed.")
    };
    if opener.afar(path).is_some() {
        let bytes = opener.read(path, MOST_BYTES).map_err(|error| MagicError::input(&error))?;
        return TrainedModel::from_bytes(path, &bytes).map_err(problem);
    }
    super::run::check_regular(path, MOST_BYTES)?;
    TrainedModel::open(path).map_err(problem)
}

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let path = call.arguments.text();
    let model = read(path, &context.session.opener)?;
    let report = model.report().and_then(|report| serde_json::from_value(report.clone()).ok());
    context.show_text(&model.describe());
    context.session.trained = Some(Trained { model: Arc::new(model), report });
    context.session.history.push(format!("loaded the model {path}"));
    Ok(())
}
