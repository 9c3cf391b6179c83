//! Where kernelspecs lie.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Which of Jupyter's folders takes a kernelspec.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Place {
    /// For all users: `/usr/local/share/jupyter`.
    #[default]
    System,
    /// For this user: `JUPYTER_DATA_DIR`, else `XDG_DATA_HOME/jupyter`, else `~/.local/share/jupyter`.
    User,
    /// For the Python environment in use: that of `VIRTUAL_ENV`, else `CONDA_PREFIX`, else the one in which the first
    /// `jupyter` or `python3` of `PATH` lies.
    SysPrefix,
    /// Below a folder of choice: `<prefix>/share/jupyter`.
    Prefix(PathBuf),
}

impl Place {
    /// The folder `kernels` of this place, as the environment says; `None` where the environment does not say.
    pub fn kernels_folder(&self) -> Option<PathBuf> {
        self.kernels_folder_in(&|name| std::env::var_os(name).filter(|value| !value.is_empty()))
    }

    /// What whoever asked for this place should know: `SysPrefix` may have found an environment that is not active.
    pub fn note(&self) -> Option<String> {
        self.note_in(&|name| std::env::var_os(name).filter(|value| !value.is_empty()))
    }

    fn note_in(&self, environment: &dyn Fn(&str) -> Option<OsString>) -> Option<String> {
        let is_active = ["VIRTUAL_ENV", "CONDA_PREFIX"].iter().any(|name| environment(name).is_some());
        if *self != Self::SysPrefix || is_active {
            return None;
        }
        let prefix = sys_prefix(environment)?;
        Some(format!(
            "no Python environment is active (neither VIRTUAL_ENV nor CONDA_PREFIX is set): took {}, where the first jupyter or python3 of PATH lies; activate another first, or say --prefix FOLDER or --user",
            prefix.display()
        ))
    }

    fn kernels_folder_in(&self, environment: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
        let data = match self {
            Self::System => PathBuf::from("/usr/local/share/jupyter"),
            Self::User => user_data(environment)?,
            Self::SysPrefix => sys_prefix(environment)?.join("share/jupyter"),
            Self::Prefix(prefix) => prefix.join("share/jupyter"),
        };
        Some(data.join("kernels"))
    }
}

fn user_data(environment: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let path = |name: &str| environment(name).map(PathBuf::from);
    let data_home = || Some(path("XDG_DATA_HOME")?.join("jupyter"));
    let home = || Some(path("HOME")?.join(".local/share/jupyter"));
    path("JUPYTER_DATA_DIR").or_else(data_home).or_else(home)
}

fn sys_prefix(environment: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let named = environment("VIRTUAL_ENV").or_else(|| environment("CONDA_PREFIX"));
    if let Some(prefix) = named {
        return Some(PathBuf::from(prefix));
    }
    let search = environment("PATH")?;
    let folders = || std::env::split_paths(&search);
    ["jupyter", "python3"].iter().find_map(|program| folders().find_map(|folder| prefix_of(&folder, program)))
}

/// `/opt/env` for a folder `/opt/env/bin` that holds the program. The program itself may be a link into the
/// environment that it was made from, so it is not followed.
fn prefix_of(folder: &Path, program: &str) -> Option<PathBuf> {
    let is_there = folder.file_name()? == "bin" && folder.join(program).is_file();
    is_there.then(|| folder.parent().map(Path::to_path_buf)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(place: &Place, environment: &[(&str, &str)]) -> Option<PathBuf> {
        let value = |wanted: &str| {
            let found = environment.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| OsString::from(value))
        };
        place.kernels_folder_in(&value)
    }

    #[test]
    fn the_folders_of_jupyter() {
        let home = ("HOME", "/home/a");
        let of = |place, environment: &[(&str, &str)]| {
            folder(&place, environment).map(|path| path.display().to_string())
        };
        let is = |path: &str| Some(path.to_string());
        assert_eq!(of(Place::System, &[home]), is("/usr/local/share/jupyter/kernels"));
        assert_eq!(of(Place::User, &[home]), is("/home/a/.local/share/jupyter/kernels"));
        assert_eq!(of(Place::User, &[home, ("XDG_DATA_HOME", "/d")]), is("/d/jupyter/kernels"));
        let named = [home, ("XDG_DATA_HOME", "/d"), ("JUPYTER_DATA_DIR", "/j")];
        assert_eq!(of(Place::User, &named), is("/j/kernels"));
        assert_eq!(of(Place::User, &[]), None);
        assert_eq!(of(Place::Prefix("/p".into()), &[]), is("/p/share/jupyter/kernels"));
        let both = [("CONDA_PREFIX", "/c"), ("VIRTUAL_ENV", "/v")];
        assert_eq!(of(Place::SysPrefix, &both), is("/v/share/jupyter/kernels"));
        assert_eq!(of(Place::SysPrefix, &both[..1]), is("/c/share/jupyter/kernels"));
        assert_eq!(of(Place::SysPrefix, &[("PATH", "/nowhere")]), None);
    }

    #[test]
    fn the_environment_of_the_first_jupyter() {
        let root = tempfile::tempdir().unwrap();
        let bin = root.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        std::fs::write(bin.join("python3"), "").unwrap();
        let path = format!("/nowhere:{}", bin.display());
        let note = |environment: &[(&str, &str)]| {
            let value = |wanted: &str| {
                environment.iter().find(|(name, _)| *name == wanted).map(|(_, value)| OsString::from(value))
            };
            Place::SysPrefix.note_in(&value)
        };
        let said = note(&[("PATH", &path)]).unwrap();
        assert!(
            said.contains("no Python environment is active") && said.contains(root.path().to_str().unwrap()),
            "{said}"
        );
        assert_eq!(note(&[("PATH", &path), ("VIRTUAL_ENV", "/v")]), None);
        let expected = root.path().join("share/jupyter/kernels");
        assert_eq!(folder(&Place::SysPrefix, &[("PATH", &path)]), Some(expected));
    }
}
