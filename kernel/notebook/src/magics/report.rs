//! `%report`.

use crate::arguments::{Form, Free, ValueKind, switch};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use report_pictures::report_figures_in;
use training_report::{PartName, Report};

const FIGURES: &[&str] =
    &["response", "roc", "loss", "significance", "confusion", "importance", "correlation", "text", "all"];

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "report",
    aliases: &[],
    form: Form::Line,
    group: Group::Learning,
    summary: "Show how good the trained model is.",
    details: "Without a name: the numbers, the response by class with the over-training check, and the ROC curve.",
    free: Free::Words { name: "PICTURE", kinds: &[ValueKind::Choice(FIGURES)], least: 0, most: None },
    options: &[switch("--interactive", "Pictures that can be zoomed and pointed at.")],
    examples: &["%report", "%report importance confusion", "%report all"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let report =
        context.session.trained.as_ref().and_then(|trained| trained.report.clone()).ok_or_else(|| {
            MagicError::new("NoReport", "no model was trained or loaded that has a report")
                .advise("Train one: %train")
        })?;
    let wanted = &call.arguments.free;
    if let Some(unknown) = wanted.iter().find(|name| !FIGURES.contains(&name.as_str())) {
        return Err(MagicError::new("ArgumentError", format!("a report has no `{unknown}`"))
            .advise(format!("It has {}.", FIGURES.join(", "))));
    }
    let is_wanted = |name: &str| {
        if wanted.is_empty() {
            ["text", "response", "roc"].contains(&name)
        } else {
            wanted.iter().any(|own| own == name || own == "all")
        }
    };
    if is_wanted("text") {
        context.show_text(&report.to_string());
    }
    let figures = report_figures_in(&report, &context.session.colours_of_labels());
    for named in figures.iter().filter(|named| is_wanted(&named.name)) {
        context.show_picture(&*named.figure, call.arguments.has("--interactive"))?;
    }
    for name in wanted.iter().filter(|name| !["text", "all"].contains(&name.as_str())) {
        if !figures.iter().any(|named| named.name == *name) {
            context.line(&format!("this report has no numbers for {name}"));
        }
    }
    Ok(())
}

/// The most important numbers in one line.
pub(super) fn headline(report: &Report) -> String {
    let mut facts = Vec::new();
    for name in [PartName::Test, PartName::Validation, PartName::Train] {
        let Some(part) = report.part(name) else { continue };
        if let Some(classification) = &part.classification {
            let number =
                |value: Option<f64>| value.map_or_else(|| "-".to_string(), |value| format!("{value:.4}"));
            facts.push(format!(
                "{}: AUC {}, accuracy {} ({} events)",
                name.word(),
                number(classification.auc),
                number(classification.scores.accuracy),
                part.n_events
            ));
        } else if let Some(regression) = &part.regression {
            facts.push(format!(
                "{}: mean squared error {:.4} ({} events)",
                name.word(),
                regression.mse,
                part.n_events
            ));
        }
    }
    facts.join("; ")
}
