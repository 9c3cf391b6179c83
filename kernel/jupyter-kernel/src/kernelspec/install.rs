//! Writing and removing a kernelspec.

use super::Place;
use crate::wire::PROTOCOL_VERSION;
use jupyter_protocol::JupyterKernelspec;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

/// A kernelspec to be written.
#[derive(Debug, Clone, Default)]
pub struct InstallOptions {
    /// Where.
    pub place: Place,
    /// Name of the folder: letters, digits, `-`, `_` and `.`; what `jupyter console --kernel` takes.
    pub name: String,
    /// What menus show.
    pub display_name: String,
    /// Name of the language, as `kernel_info_reply` gives it.
    pub language: String,
    /// The program and its arguments, one of them `{connection_file}`. A relative program is made absolute.
    pub argv: Vec<String>,
    /// Environment of the kernel.
    pub env: Vec<(String, String)>,
    /// More metadata for front ends.
    pub metadata: Map<String, Value>,
    /// Name and bytes of further files: `logo-svg.svg`, `logo-32x32.png`, `logo-64x64.png`.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Why a kernelspec cannot be written or removed.
#[derive(Debug, thiserror::Error)]
pub enum KernelspecError {
    /// Jupyter would not find a folder of this name.
    #[error("'{name}' cannot name a kernel: use letters, digits, '-', '_' and '.'")]
    Name {
        /// The name.
        name: String,
    },
    /// Without a place for the connection file no front end reaches the kernel.
    #[error("the command line of the kernel has no {{connection_file}}, so it would not know its sockets")]
    NoConnectionFile,
    /// The environment does not say where the folder is.
    #[error(
        "cannot tell where kernelspecs of {place:?} lie: set HOME or activate the environment, or give a prefix"
    )]
    NoFolder {
        /// What was asked for.
        place: Place,
    },
    /// The file system refuses.
    #[error("cannot {action} {}: {cause}; try the options for the user or for a prefix of your own", path.display())]
    File {
        /// `write` or `remove`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: Error,
    },
}

/// Writes the kernelspec and gives its folder. An older one of the same name is replaced.
///
/// # Errors
/// When the options are wrong or the folder cannot be written.
pub fn install(options: &InstallOptions) -> Result<PathBuf, KernelspecError> {
    let folder = folder(&options.place, &options.name)?;
    if !options.argv.iter().any(|argument| argument.contains("{connection_file}")) {
        return Err(KernelspecError::NoConnectionFile);
    }
    let text = kernel_json(options)?;
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).map_err(|cause| KernelspecError::File { action: "write", path, cause })
    };
    std::fs::create_dir_all(&folder).map_err(|cause| KernelspecError::File {
        action: "write",
        path: folder.clone(),
        cause,
    })?;
    for (name, bytes) in &options.files {
        write(name, bytes)?;
    }
    // Last: front ends look for this file.
    write("kernel.json", text.as_bytes())?;
    Ok(folder)
}

/// Removes a kernelspec and gives the folder that it had.
///
/// # Errors
/// When there is none or it cannot be removed.
pub fn uninstall(place: &Place, name: &str) -> Result<PathBuf, KernelspecError> {
    let folder = folder(place, name)?;
    let failed = |cause| KernelspecError::File { action: "remove", path: folder.clone(), cause };
    if !folder.join("kernel.json").is_file() {
        return Err(failed(Error::new(ErrorKind::NotFound, "no kernelspec is there")));
    }
    std::fs::remove_dir_all(&folder).map_err(failed)?;
    Ok(folder)
}

fn folder(place: &Place, name: &str) -> Result<PathBuf, KernelspecError> {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(is_allowed) {
        return Err(KernelspecError::Name { name: name.to_string() });
    }
    let kernels = place.kernels_folder().ok_or_else(|| KernelspecError::NoFolder { place: place.clone() })?;
    // Jupyter compares names in lower case.
    Ok(kernels.join(name.to_lowercase()))
}

fn kernel_json(options: &InstallOptions) -> Result<String, KernelspecError> {
    let mut argv = options.argv.clone();
    argv[0] = absolute(&argv[0])?;
    let mut metadata: HashMap<String, Value> = options.metadata.clone().into_iter().collect();
    metadata.entry("debugger".to_string()).or_insert(json!(false));
    let spec = JupyterKernelspec {
        argv,
        display_name: options.display_name.clone(),
        language: options.language.clone(),
        metadata: Some(metadata),
        interrupt_mode: Some("message".to_string()),
        env: Some(options.env.iter().cloned().collect()),
    };
    let mut spec = json!(spec);
    spec["kernel_protocol_version"] = json!(PROTOCOL_VERSION);
    Ok(format!("{spec:#}\n"))
}

fn absolute(program: &str) -> Result<String, KernelspecError> {
    let path = std::path::absolute(Path::new(program));
    let path =
        path.map_err(|cause| KernelspecError::File { action: "find", path: PathBuf::from(program), cause })?;
    Ok(path.to_string_lossy().into_owned())
}
