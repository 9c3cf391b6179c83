//! `%dataset`.

use crate::arguments::{Form, Free, ValueKind, option, switch};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use crate::session::{Sample, SampleWish};
use event_columns::nearest_names;
use plots::COLOUR_NAMES;
use text_table::TextTable;

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "dataset",
    aliases: &["files"],
    form: Form::Line,
    group: Group::Data,
    summary: "Say which files are which sample, with label, weight and colour; without arguments, list the samples.",
    details: "Each argument is NAME=FILE; several files of a sample stand with commas, * and ? stand for letters. The \
              options hold for all samples of the line. The label is what a model learns to say; it is the name where \
              nothing else is said, and the sample that comes first is the signal.",
    free: Free::Words { name: "NAME=FILE", kinds: &[ValueKind::File], least: 0, most: None },
    options: &[
        option("--tree", "PATH", ValueKind::Tree, "Path of the tree."),
        option("--label", "LABEL", ValueKind::Text, "What a model learns to say of these events."),
        option("--weight", "EXPRESSION", ValueKind::Expression, "Weight of an event."),
        option("--colour", "COLOUR", ValueKind::Colour, "Colour in pictures, such as #5790fc or royalblue."),
        switch("--data", "These are measured events: points in pictures, never trained on."),
        option("--remove", "NAME", ValueKind::Sample, "Forget a sample."),
    ],
    examples: &[
        "%dataset signal=ttH.root background=ttbar_*.root --weight genWeight",
        "%dataset data=run2012.root --data",
        "%dataset",
    ],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    for name in call.arguments.values("--remove") {
        context.session.sample(name)?;
        context.session.samples.retain(|sample| sample.name != *name);
    }
    let value = |name: &str| call.arguments.value(name).map(String::from);
    check_colour(call.arguments.value("--colour"))?;
    let mut opened = Vec::new();
    for said in &call.arguments.free {
        let (name, files) = match said.split_once('=') {
            Some((name, files)) => (Some(name.to_string()), files),
            None => (None, said.as_str()),
        };
        let files: Vec<String> = files.split(',').map(String::from).collect();
        let memory =
            crate::session::memory_of_table_files(&context.session.memory, &files, &context.session.opener)?;
        crate::notebook::warn(context.output, memory);
        opened.push(Sample::open(
            &SampleWish {
                name,
                files,
                tree: value("--tree"),
                label: value("--label"),
                weight: value("--weight"),
                colour: value("--colour"),
                is_data: call.arguments.has("--data"),
                memory_budget_bytes: context
                    .session
                    .memory
                    .cache_bytes(context.session.settings.memory_budget_bytes),
            },
            &context.session.opener,
        )?);
    }
    for sample in &opened {
        // A weight that does not fit is said now, not in the middle of a training.
        context.session.variables(sample, &[], None, None)?;
    }
    let names: Vec<String> = opened.iter().map(|sample| sample.name.clone()).collect();
    for sample in opened {
        context.session.history.push(format!("sample {} from {}", sample.name, sample.files.join(", ")));
        context.add_sample(sample);
    }
    put_in_order(&mut context.session.samples, &names);
    show_samples(context);
    Ok(())
}

/// Samples of one line stand in the order of the line, at the places that they have: the first one is the signal, also where they
/// were opened the other way round before.
fn put_in_order(samples: &mut [Sample], names: &[String]) {
    let places: Vec<usize> =
        (0..samples.len()).filter(|&place| names.contains(&samples[place].name)).collect();
    for (name, &place) in names.iter().zip(&places) {
        if let Some(found) = (place..samples.len()).find(|&at| samples[at].name == *name) {
            samples.swap(place, found);
        }
    }
}

fn check_colour(colour: Option<&str>) -> Result<(), MagicError> {
    let Some(colour) = colour.filter(|colour| !plots::is_colour(colour)) else { return Ok(()) };
    let nearest = nearest_names(colour, COLOUR_NAMES, 2);
    let near =
        if nearest.is_empty() { String::new() } else { format!("Did you mean {}? ", nearest.join(" or ")) };
    Err(MagicError::new("ArgumentError", format!("--colour {colour}: this is no colour"))
        .advise(near + "Write #rgb, #rrggbb such as #5790fc, or a name such as royalblue."))
}

fn show_samples(context: &Context<'_>) {
    if context.session.samples.is_empty() {
        context.line("no samples; add one: %dataset NAME=FILE");
        return;
    }
    let mut table = TextTable::new(&["sample", ">events", "label", "weight", "kind", "tree", "files"]);
    for sample in &context.session.samples {
        let files = match sample.files.as_slice() {
            [] => "in memory".to_string(),
            [only] => only.clone(),
            files => format!("{} and {} more", files[0], files.len() - 1),
        };
        table.row(vec![
            sample.name.clone(),
            sample.n_entries().to_string(),
            if sample.is_data { String::new() } else { sample.label.clone() },
            sample.weight.as_ref().map_or_else(|| "1".to_string(), ToString::to_string),
            if sample.is_data { "data".to_string() } else { "simulation".to_string() },
            sample.tree.clone(),
            files,
        ]);
    }
    context.show_table("", &table);
}
