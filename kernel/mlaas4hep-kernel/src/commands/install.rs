//! `mlaas4hep-kernel install`.

use super::say;
use jupyter_kernel::kernelspec::{InstallOptions, Place, install};
use serde_json::{Map, json};
use std::path::PathBuf;
use std::process::ExitCode;

/// Make the kernel known to Jupyter: for all users, or where an option says.
#[derive(clap::Args)]
pub(crate) struct Install {
    #[command(flatten)]
    place: PlaceOptions,
    /// Name of the kernelspec.
    #[arg(long, default_value = "mlaas4hep")]
    name: String,
    /// What menus show.
    #[arg(long, default_value = "MLaaS4HEP")]
    display_name: String,
    /// Environment of the kernel; may stand several times.
    #[arg(long, num_args = 2, value_names = ["NAME", "VALUE"], action = clap::ArgAction::Append)]
    env: Vec<String>,
    /// A kernel without the engine of Rust cells: magics only, in a tenth of the memory.
    #[arg(long)]
    no_rust: bool,
}

/// Where a kernelspec lies.
#[derive(clap::Args)]
#[group(multiple = false)]
pub(super) struct PlaceOptions {
    /// For this user.
    #[arg(long)]
    user: bool,
    /// For the Python environment in use.
    #[arg(long)]
    sys_prefix: bool,
    /// Below this folder, as PREFIX/share/jupyter/kernels.
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<PathBuf>,
}

impl PlaceOptions {
    pub(super) fn place(&self) -> Place {
        match &self.prefix {
            Some(prefix) => Place::Prefix(prefix.clone()),
            None if self.user => Place::User,
            None if self.sys_prefix => Place::SysPrefix,
            None => Place::System,
        }
    }
}

impl Install {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let program = std::env::current_exe()?.to_string_lossy().into_owned();
        let pairs = self.env.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone()));
        let mut argv = vec![program, "run".to_string(), "-f".to_string(), "{connection_file}".to_string()];
        if self.no_rust {
            argv.push("--no-rust".to_string());
        }
        let mut metadata = Map::new();
        metadata.insert("debugger".to_string(), json!(false));
        let folder = install(&InstallOptions {
            place: self.place.place(),
            name: self.name.clone(),
            display_name: self.display_name,
            language: "rust".to_string(),
            argv,
            env: pairs.collect(),
            metadata,
            files: logos(),
        })?;
        say(&format!("installed the kernel {} in {}", self.name, folder.display()));
        if let Some(note) = self.place.place().note() {
            say(&note);
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What menus and launchers show.
fn logos() -> Vec<(String, Vec<u8>)> {
    let logos: [(&str, &[u8]); 3] = [
        ("logo-svg.svg", include_bytes!("../../assets/logo.svg")),
        ("logo-32x32.png", include_bytes!("../../assets/logo-32x32.png")),
        ("logo-64x64.png", include_bytes!("../../assets/logo-64x64.png")),
    ];
    logos.map(|(name, bytes)| (name.to_string(), bytes.to_vec())).into()
}
