//! Writing small files whole or not at all, and refusing early what could not be written in the end.

use crate::failure::{self, Kind};
use crate::shared;
use anyhow::Context;
use std::path::Path;

/// Whether the folder of an output is made where it does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Folder {
    /// The program makes it.
    IsMade,
    /// It must be there.
    MustExist,
}

/// Refuses, before any work, an output that is one of the inputs or that could not be written in the end.
pub(crate) fn check<'a>(
    output: &Path,
    folder: Folder,
    inputs: impl IntoIterator<Item = &'a Path>,
) -> anyhow::Result<()> {
    let name = output.to_string_lossy();
    if let Some(afar) = shared::opener().afar(&name) {
        return afar.check_output(&name).map_err(|error| failure::of(Kind::Output)(error.into()));
    }
    check_name(output)
        .and_then(|()| check_inputs(output, inputs))
        .and_then(|()| check_folder(output, folder))
        .map_err(failure::of(Kind::Output))
}

/// An existing output is replaced, which only a plain file takes without harm.
fn check_name(output: &Path) -> anyhow::Result<()> {
    let name = output.display();
    anyhow::ensure!(!output.is_dir(), "the output {name} is a folder; name a file");
    anyhow::ensure!(output.file_name().is_some(), "the output `{name}` is no name of a file");
    anyhow::ensure!(!output.exists() || output.is_file(), "the output {name} is no plain file");
    Ok(())
}

fn check_inputs<'a>(output: &Path, inputs: impl IntoIterator<Item = &'a Path>) -> anyhow::Result<()> {
    let Ok(canonical) = output.canonicalize() else { return Ok(()) };
    for input in inputs {
        if input.canonicalize().is_ok_and(|input| input == canonical) {
            let (output, input) = (output.display(), input.display());
            anyhow::bail!(
                "the output {output} is the input {input}, which would be lost; name another output"
            );
        }
    }
    Ok(())
}

fn check_folder(output: &Path, folder: Folder) -> anyhow::Result<()> {
    let parent = |path: &Path| path.parent().map(Path::to_path_buf);
    let mut existing = parent(output).unwrap_or_default();
    while folder == Folder::IsMade && !existing.as_os_str().is_empty() && !existing.exists() {
        existing = parent(&existing).unwrap_or_default();
    }
    if existing.as_os_str().is_empty() {
        existing.push(".");
    }
    let (name, shown) = (output.display(), existing.display());
    anyhow::ensure!(existing.exists(), "cannot write {name}: the folder {shown} does not exist");
    anyhow::ensure!(existing.is_dir(), "cannot write {name}: {shown} is no folder");
    let probe = existing.join(format!(".mlaas4hep-{}.tmp", std::process::id()));
    std::fs::File::create(&probe)
        .and_then(|_| std::fs::remove_file(&probe))
        .with_context(|| format!("cannot write {name}: nothing can be written to the folder {shown}"))
}

/// Makes the folder of an output where it does not exist.
pub(crate) fn make_folder(folder: &Path) -> anyhow::Result<()> {
    let name = folder.display();
    if shared::opener().afar(&name.to_string()).is_some() {
        let error = anyhow::anyhow!(
            "cannot write a folder of files to {name}: give a folder of this machine, and bring its files there with `mlaas4hep put`"
        );
        return Err(failure::of(Kind::Output)(error));
    }
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))
        .map_err(failure::of(Kind::Output))
}

/// Writes beside, then renames, so that nobody ever sees half a file; into a workspace as well.
pub(crate) fn write(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let output = shared::opener().output(path).map_err(|error| failure::of(Kind::Output)(error.into()))?;
    write_here(output.path(), content)?;
    output.publish().map_err(|error| failure::of(Kind::Output)(error.into()))
}

fn write_here(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        make_folder(folder)?;
    }
    let mut name = path.file_name().context("the name of the output is missing")?.to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    let written = std::fs::write(&beside, content).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        // The error that matters is the one of writing; a leftover is only untidy.
        let _ = std::fs::remove_file(&beside);
    }
    written
        .with_context(|| format!("cannot write {} ({} bytes)", path.display(), content.len()))
        .map_err(failure::of(Kind::Output))
}
