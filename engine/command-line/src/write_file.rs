//! Writing small files whole or not at all.

use anyhow::Context;
use std::path::Path;

/// Writes beside, then renames, so that nobody ever sees half a file.
pub(crate) fn write(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let mut name = path.file_name().context("the name of the output is missing")?.to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    let written = std::fs::write(&beside, content).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        // The error that matters is the one of writing; a leftover is only untidy.
        let _ = std::fs::remove_file(&beside);
    }
    written.with_context(|| format!("cannot write {} ({} bytes)", path.display(), content.len()))
}
