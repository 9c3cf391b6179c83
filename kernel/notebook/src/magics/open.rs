//! `%open`.

use crate::arguments::{Form, Free, ValueKind, option, switch};
use crate::magic::{Action, Group, Invocation, MagicError, MagicInfo};
use crate::notebook::Context;
use crate::session::{Sample, SampleWish};
use event_columns::{BranchInfo, TableInfo};
use root_file::FileEntry;
use text_table::{TextTable, human_bytes};

pub(super) const MAGIC: MagicInfo = MagicInfo {
    name: "open",
    aliases: &[],
    form: Form::Line,
    group: Group::Data,
    summary: "Open files and show their trees and branches.",
    details: "ROOT, CSV, JSON lines and Parquet files, also of workspaces (shared://GROUP/path); * and ? stand for letters of a file name. Each file becomes a \
              sample with the name of the file; %dataset says more about samples. Without --tree the only tree is \
              taken, or the one called Events, or the longest. As many branches are shown as %config show.branches says.",
    free: Free::Words { name: "FILE", kinds: &[ValueKind::File], least: 1, most: None },
    options: &[
        option("--tree", "PATH", ValueKind::Tree, "Path of the tree."),
        option("--as", "NAME", ValueKind::Text, "Take all files together as one sample of this name."),
        switch("--all", "Show all branches, however many they are."),
        switch("--keys", "Show what else lies in a ROOT file, and open nothing."),
    ],
    examples: &["%open ttH.root", "%open run2012*.root --tree Events --as data"],
    action: Action::Session(run),
};

fn run(call: &Invocation, context: &mut Context<'_>) -> Result<(), MagicError> {
    let files = &call.arguments.free;
    if call.arguments.has("--keys") {
        return files.iter().try_for_each(|file| show_keys(file, context));
    }
    let wish = |name: Option<&str>, files: &[String]| SampleWish {
        name: name.map(String::from),
        files: files.to_vec(),
        tree: call.arguments.value("--tree").map(String::from),
        memory_budget_bytes: context.session.memory.cache_bytes(context.session.settings.memory_budget_bytes),
        ..SampleWish::default()
    };
    let wishes = if let Some(name) = call.arguments.value("--as") {
        vec![wish(Some(name), files)]
    } else {
        let files = training_pipeline::name_list::expand(files, &context.session.opener);
        let files = files.map_err(|error| MagicError::input(&error))?;
        files.iter().map(|file| wish(None, std::slice::from_ref(file))).collect()
    };
    let memory =
        crate::session::memory_of_table_files(&context.session.memory, files, &context.session.opener)?;
    crate::notebook::warn(context.output, memory);
    let samples = wishes
        .iter()
        .map(|wish| Sample::open(wish, &context.session.opener))
        .collect::<Result<Vec<_>, _>>()?;
    for sample in samples {
        show_sample(&sample, context, call.arguments.has("--all"));
        context.session.history.push(format!("opened {} from {}", sample.name, sample.files.join(", ")));
        context.add_sample(sample);
    }
    Ok(())
}

fn show_sample(sample: &Sample, context: &Context<'_>, shows_all: bool) {
    let Some(table) = sample.tables.first() else { return };
    let info = table.info();
    let n_shown = if shows_all { info.branches.len() } else { context.session.settings.n_branches };
    let rows = branch_table(info, n_shown);
    let tree = if info.tree.is_empty() { "a table".to_string() } else { format!("tree {}", info.tree) };
    let files = match sample.files.len() {
        1 => sample.files[0].clone(),
        n_files => format!("{n_files} files"),
    };
    let caption = format!(
        "{}: {tree} of {files}, {} events, {} branches, {} in file",
        sample.name,
        sample.n_entries(),
        info.branches.len(),
        human_bytes(info.branches.iter().map(|branch| branch.stored_bytes).sum())
    );
    let n_more = info.branches.len().saturating_sub(n_shown);
    let rest =
        format!("and {n_more} more branches; %open --all FILE shows all, %specs PATTERN measures some");
    context.show_table_above(&caption, &rows, if n_more > 0 { &rest } else { "" });
}

fn branch_table(info: &TableInfo, n_shown: usize) -> TextTable {
    let mut table = TextTable::new(&["branch", "type", "kind", ">in file", ">in memory", "codec"]);
    for branch in info.branches.iter().take(n_shown) {
        let kind = match &branch.column_type {
            Ok(column_type) => column_type.kind().to_string(),
            Err(reason) => format!("cannot be read: {reason}"),
        };
        let BranchInfo { name, type_name, stored_bytes, decoded_bytes, codec, .. } = branch;
        table.row(vec![
            name.to_string(),
            type_name.clone(),
            kind,
            human_bytes(*stored_bytes),
            human_bytes(*decoded_bytes),
            codec.clone(),
        ]);
    }
    table
}

fn show_keys(file: &str, context: &Context<'_>) -> Result<(), MagicError> {
    let root = training_pipeline::open_root(file, &context.session.opener)
        .map_err(|error| MagicError::input(&error))?;
    let mut table = TextTable::new(&["key", "class", "title", ">in file"]);
    for entry in root.entries() {
        let FileEntry { class_name, title, stored_bytes, .. } = entry;
        table.row(vec![entry.key_name(), class_name.clone(), title.clone(), human_bytes(*stored_bytes)]);
    }
    context.show_table(&format!("{file}: {} keys", table.n_rows()), &table);
    Ok(())
}
