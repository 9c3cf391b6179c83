//! `%specs`.

use crate::arguments::{Form, Free, SAMPLES, ValueKind, option, switch};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::{Context, watch};
use branch_specs::Specs;
use std::path::Path;
use text_table::{TextTable, human_number_or_dash};
use training_pipeline::name_list;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "specs",
    aliases: &[],
    form: Form::Line,
    group: Group::Data,
    summary: "Measure the branches: counts, range, mean, width, and a small picture of each.",
    details: "Of the events that pass the cuts. What was measured is kept until files or cuts change. Patterns such as \
              Jet_* choose branches.",
    free: Free::Words { name: "BRANCH", kinds: &[ValueKind::Branch], least: 0, most: None },
    options: &[
        SAMPLES,
        switch("--plot", "Draw a histogram of each branch."),
        option(
            "--out",
            "FILE",
            ValueKind::File,
            "Write the specs of one sample as a file for mlaas4hep workflow --specs.",
        ),
    ],
    examples: &["%specs", "%specs Jet_* --plot"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let wanted: Vec<String> = call.arguments.values("--sample").to_vec();
    let names: Vec<String> =
        context.session.chosen(&wanted)?.iter().map(|sample| sample.name.clone()).collect();
    for name in &names {
        let specs = {
            let mut bar = context.progress();
            let mut on_progress = watch(&mut bar, context.output);
            context.session.specs_of(name, &mut on_progress)?
        };
        let shown = chosen_branches(&specs, &call.arguments.free)?;
        context.show_table(&format!("{name}: {} events", specs.n_events()), &table(&specs, &shown));
        if call.arguments.has("--plot") {
            for branch in &shown {
                if let Some(named) = report_pictures::branch_figure(&specs.branches[*branch]) {
                    context.show_picture(&*named.figure, false)?;
                }
            }
        }
        if let Some(out) = call.arguments.value("--out") {
            if names.len() > 1 {
                return Err(MagicError::new("ArgumentError", "--out writes one sample")
                    .advise(format!("Choose one: --sample {}", names[0])));
            }
            let opener = &context.session.opener;
            crate::display::write_file(opener, Path::new(out), specs.to_json().as_bytes())?;
            context.line(&format!("wrote {out}"));
        }
    }
    Ok(())
}

fn chosen_branches(specs: &Specs, patterns: &[String]) -> Result<Vec<usize>, MagicError> {
    let names: Vec<String> = specs.branches.iter().map(|branch| branch.name().to_string()).collect();
    crate::session::BranchChoice::check_patterns(patterns, &names)?;
    let fits =
        |name: &String| patterns.is_empty() || patterns.iter().any(|pattern| name_list::fits(pattern, name));
    Ok((0..names.len()).filter(|at| fits(&names[*at])).collect())
}

fn table(specs: &Specs, shown: &[usize]) -> TextTable {
    let heading = [
        "branch",
        "type",
        "kind",
        ">values",
        ">NaN",
        ">min",
        ">max",
        ">mean",
        ">std",
        ">most in one event",
        "distribution",
    ];
    let mut table = TextTable::new(&heading);
    for branch in shown.iter().map(|at| &specs.branches[*at]) {
        table.row(vec![
            branch.name().to_string(),
            branch.type_name().to_string(),
            branch.kind().to_string(),
            branch.n().to_string(),
            branch.n_nan().to_string(),
            human_number_or_dash(branch.min()),
            human_number_or_dash(branch.max()),
            human_number_or_dash(branch.mean()),
            human_number_or_dash(branch.std()),
            branch.jdim().to_string(),
            branch.histogram().map_or_else(String::new, |histogram| plots::sparkline(&histogram.counts, 20)),
        ]);
    }
    table
}
