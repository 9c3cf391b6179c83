//! Which file of a transfer goes where: all of it is known, and refused if need be, before the first byte moves.

use std::collections::{HashMap, HashSet};
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};
use hub_api::{Entry, EntryKind, FilePath, SharedUri, UriError};
use walkdir::WalkDir;

use crate::names::SharedNames;
use crate::{Hub, HubError};

/// A file of this machine and one of a workspace: one of them is to become the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// On this machine.
    pub here: PathBuf,
    /// In the workspace.
    pub afar: SharedUri,
}

/// Files and folders of this machine, and where they go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadPlan {
    /// In the order in which they were named; those of a folder by their names.
    pub files: Vec<Transfer>,
    /// In which no file lies: these have to be made.
    pub empty_folders: Vec<SharedUri>,
    has_folders: bool,
}

/// Files and folders of a workspace, and where they go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DownloadPlan {
    /// By their names.
    pub files: Vec<Transfer>,
    /// All folders, each after the one that it lies in.
    pub folders: Vec<PathBuf>,
    has_folders: bool,
}

impl UploadPlan {
    /// `names`: files, folders with all that lies below them, and patterns with `*`, `?` and `[a-z]`. Links are followed. With more
    /// than one of them, and for a pattern, `to` is a folder; so it is where it ends with a slash. One folder gets the name that was said.
    ///
    /// # Errors
    /// [`HubError::File`] of what is not there, cannot be read, is neither file nor folder, or has the place of another;
    /// [`HubError::Uri`] of names that a workspace cannot keep; [`HubError::NothingSent`] with one of these where others could go.
    pub fn new(names: &[PathBuf], to: &str) -> Result<Self, HubError> {
        let is_one = matches!(names, [name] if !name.is_dir() && !name.to_str().is_some_and(is_pattern));
        Self::of(names, to).map_err(|error| match error {
            error if is_one => error,
            error => HubError::NothingSent { first: Box::new(error) },
        })
    }

    fn of(names: &[PathBuf], to: &str) -> Result<Self, HubError> {
        let (mut found, mut is_folder) = (Vec::new(), names.len() > 1);
        for name in names {
            let fitting = matching(name)?;
            is_folder |= *fitting != [name.clone()];
            found.extend(fitting);
        }
        let mut plan = Self::default();
        for name in &found {
            let own = last_part(name)?;
            let place = SharedUri::of_upload(to, &own, is_folder)?;
            plan.add(name, &place)?;
        }
        plan.check_places()?;
        Ok(plan)
    }

    /// Looks, before the first of several files is sent, whether their workspace is there.
    ///
    /// # Errors
    /// [`HubError::NotFound`] with the nearest names.
    pub fn check_workspace(&self, hub: &Hub) -> Result<(), HubError> {
        let Some(Transfer { afar, .. }) = self.files.first().filter(|_| self.files.len() > 1) else {
            return Ok(());
        };
        match hub.workspace(&afar.workspace) {
            // The names beside it are looked for where something is looked for in it.
            Err(HubError::NotFound { .. }) => {
                hub.stat(&SharedUri::of_workspace(afar.workspace.clone())).map(drop)
            }
            other => other.map(drop),
        }
    }

    /// Whether it is more than one file: of these, what is at its place already need not be sent again.
    #[must_use]
    pub fn keeps_equal(&self) -> bool {
        self.has_folders || self.files.len() > 1
    }

    /// A file, or a folder with all that is in it.
    fn add(&mut self, name: &Path, place: &SharedUri) -> Result<(), HubError> {
        let metadata = std::fs::metadata(name).map_err(|cause| unreadable(name, cause))?;
        if !metadata.is_dir() {
            let transfer = Transfer { here: name.to_path_buf(), afar: place.clone() };
            self.files.push(transfer);
            return if metadata.is_file() { Ok(()) } else { Err(unreadable(name, no_file())) };
        }
        self.has_folders = true;
        let mut places = HashMap::from([(name.to_path_buf(), place.clone())]);
        let mut filled = HashSet::new();
        for entry in WalkDir::new(name).min_depth(1).follow_links(true).sort_by_file_name() {
            let entry = entry.map_err(|error| {
                let path = error.path().unwrap_or(name).to_path_buf();
                let cause = error.into_io_error();
                unreadable(&path, cause.unwrap_or_else(|| Error::other("links lead in a loop here")))
            })?;
            let (path, own) = (entry.path(), last_part(entry.path())?);
            let above = path.parent().unwrap_or(name);
            let place = below(places.get(above).unwrap_or(place), &own)?;
            filled.insert(above.to_path_buf());
            match entry.file_type() {
                kind if kind.is_dir() => {
                    places.insert(path.to_path_buf(), place);
                }
                kind if kind.is_file() => self.files.push(Transfer { here: path.to_path_buf(), afar: place }),
                _ => return Err(unreadable(path, no_file())),
            }
        }
        let mut empty: Vec<_> = places.into_iter().filter(|(folder, _)| !filled.contains(folder)).collect();
        empty.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.empty_folders.extend(empty.into_iter().map(|(_, place)| place));
        Ok(())
    }

    /// Two files at one place: the second would become a version of the first. And a file where another needs a folder.
    fn check_places(&self) -> Result<(), HubError> {
        let mut taken = HashMap::new();
        for Transfer { here, afar } in &self.files {
            if let Some(other) = taken.insert(afar, here) {
                let cause = Error::other(format!("{} goes to {afar}, too", other.display()));
                return Err(unreadable(here, cause));
            }
        }
        let above = |place: &SharedUri| {
            std::iter::successors(place.path.parent(), FilePath::parent)
                .find_map(|path| taken.get(&SharedUri { path, ..place.clone() }))
                .copied()
        };
        for Transfer { here, afar } in &self.files {
            if let Some(other) = above(afar) {
                let cause = Error::other(format!("{} goes where it needs a folder", other.display()));
                return Err(unreadable(here, cause));
            }
        }
        for folder in &self.empty_folders {
            if let Some(file) = taken.get(folder).copied().or_else(|| above(folder)) {
                let cause = Error::other(format!("a folder has to be at {folder}"));
                return Err(unreadable(file, cause));
            }
        }
        Ok(())
    }
}

impl DownloadPlan {
    /// `from`: a file, a folder with all that lies below it, or a pattern. `to`: where it goes; what ends with
    /// a slash, and for a file or a pattern any folder that is there, is a folder into which it goes under its own name; by default
    /// the current one. What is in a folder that is there stays.
    ///
    /// # Errors
    /// [`HubError`] of the service; [`HubError::File`] of what would have the place of another.
    pub fn new(hub: &Hub, from: &SharedNames, to: Option<&Path>) -> Result<Self, HubError> {
        if let Some(to) = to.filter(|to| to.to_str().is_some_and(SharedUri::is_meant)) {
            let cause = Error::other(
                "it is a place in a workspace, and get writes files of this machine; put them there then",
            );
            return Err(HubError::File { action: "write", path: to.to_path_buf(), cause });
        }
        let (mut plan, is_pattern) = (Self::default(), from.is_pattern());
        for Entry { path, kind, .. } in from.find(hub, "download")? {
            let uri = from.uri_of(path);
            let own = uri.path.name().or(uri.workspace.as_str().rsplit('/').next()).unwrap_or("files");
            let is_into =
                |to: &Path| is_pattern || is_meant_as_folder(to) || (kind == EntryKind::File && to.is_dir());
            let here = match to {
                Some(into) if is_into(into) => {
                    plan.folders.push(into.to_path_buf());
                    into.join(own)
                }
                Some(to) => to.to_path_buf(),
                None => PathBuf::from(own),
            };
            match kind {
                EntryKind::File => plan.files.push(Transfer { here, afar: uri }),
                EntryKind::Folder => plan.add_folder(hub, &uri, &here)?,
            }
        }
        plan.check_places()?;
        Ok(plan)
    }

    /// Whether it is more than one file: of these, what is at its place already need not be fetched again.
    #[must_use]
    pub fn keeps_equal(&self) -> bool {
        self.has_folders || self.files.len() > 1
    }

    fn add_folder(&mut self, hub: &Hub, folder: &SharedUri, to: &Path) -> Result<(), HubError> {
        self.has_folders = true;
        self.folders.push(to.to_path_buf());
        for entry in hub.list(folder, true)? {
            if !entry.path.is_within(&folder.path) || entry.path == folder.path {
                let (action, path) = (format!("look at {folder}"), entry.path);
                return Err(HubError::Answer { action, problem: format!("{path} does not lie in it") });
            }
            let here = to.join(inside(&entry.path, &folder.path));
            match entry.kind {
                EntryKind::Folder => self.folders.push(here),
                EntryKind::File => {
                    let afar = SharedUri { path: entry.path, ..folder.clone() };
                    self.files.push(Transfer { here, afar });
                }
            }
        }
        Ok(())
    }

    /// Two files at one place: the second would take that of the first.
    fn check_places(&self) -> Result<(), HubError> {
        let mut taken = HashMap::new();
        for Transfer { here, afar } in &self.files {
            if let Some(other) = taken.insert(here, afar) {
                let cause = Error::other(format!("{other} and {afar} would both go there"));
                return Err(HubError::File { action: "write", path: here.clone(), cause });
            }
        }
        for folder in &self.folders {
            if let Some(afar) = taken.get(folder) {
                let cause = Error::other(format!("{afar} would go there, and a folder too"));
                return Err(HubError::File { action: "write", path: folder.clone(), cause });
            }
        }
        Ok(())
    }

    /// Makes the folders.
    ///
    /// # Errors
    /// [`HubError::File`].
    pub fn make_folders(&self) -> Result<(), HubError> {
        for folder in &self.folders {
            let failed = |cause| HubError::File { action: "write", path: folder.clone(), cause };
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        Ok(())
    }
}

/// `data/`, `.`, `..`
fn is_meant_as_folder(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b"/") || matches!(path.to_str(), Some("." | ".."))
}

/// The way from a folder to what lies below it. No part of a [`FilePath`] leads upwards.
fn inside(path: &FilePath, folder: &FilePath) -> PathBuf {
    path.parts().skip(folder.parts().count()).collect()
}

fn below(folder: &SharedUri, name: &str) -> Result<SharedUri, HubError> {
    let path = folder.path.join(name);
    let path = path.map_err(|source| UriError::Path { uri: format!("{folder}/{name}"), source })?;
    Ok(SharedUri { path, ..folder.clone() })
}

/// What a pattern says, in the order of the names; of any other name the name.
fn matching(name: &Path) -> Result<Vec<PathBuf>, HubError> {
    if name.to_str().is_some_and(SharedUri::is_meant) {
        return Err(unreadable(
            name,
            Error::other("it lies in a workspace, and only files of this machine are put; get it first"),
        ));
    }
    let Some(text) = name.to_str().filter(|text| is_pattern(text) && name.symlink_metadata().is_err()) else {
        return Ok(vec![name.to_path_buf()]);
    };
    // A folder that is there is meant as it stands: only what follows is a pattern.
    let there = name.ancestors().skip(1).find(|above| above.symlink_metadata().is_ok());
    let there = there.and_then(Path::to_str).unwrap_or("");
    let pattern = format!("{}{}", Pattern::escape(there), &text[there.len()..]);
    let no_pattern = |error: glob::PatternError| unreadable(name, Error::other(error.to_string()));
    // With `require_literal_leading_dot` the library panics at a name that is no UTF-8.
    let found = glob::glob_with(&pattern, MatchOptions::new()).map_err(no_pattern)?;
    let mut found: Vec<PathBuf> = found.collect::<Result<_, _>>().map_err(|error| {
        let path = error.path().to_path_buf();
        unreadable(&path, error.into())
    })?;
    if !text[there.len()..].split('/').any(is_hidden) {
        found.retain(|path| {
            let below = path.strip_prefix(there).unwrap_or(path);
            !below.iter().filter_map(|part| part.to_str()).any(is_hidden)
        });
    }
    if found.is_empty() {
        return Err(unreadable(name, Error::new(ErrorKind::NotFound, "no file has such a name")));
    }
    Ok(found)
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// As a shell does it: hidden files are named by their dot alone.
fn is_hidden(part: &str) -> bool {
    part.starts_with('.') && !matches!(part, "." | "..")
}

/// The name of a file in its folder; of `.` and `..` that of the folder that they mean.
fn last_part(path: &Path) -> Result<String, HubError> {
    let meant = if path.file_name().is_some() { None } else { path.canonicalize().ok() };
    let name = meant.as_deref().unwrap_or(path).file_name();
    let name = name.and_then(|name| name.to_str()).map(str::to_owned);
    name.ok_or_else(|| unreadable(path, Error::other("it has no name that a workspace can keep")))
}

fn unreadable(path: &Path, cause: Error) -> HubError {
    HubError::File { action: "read", path: path.to_path_buf(), cause }
}

fn no_file() -> Error {
    Error::other("it is neither a file nor a folder")
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    /// Files and empty folders of a plan, as text.
    fn plan(folder: &Path, names: &[&str], to: &str) -> Result<(Vec<String>, Vec<String>), String> {
        let names: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
        let plan = UploadPlan::new(&names, to).map_err(|error| error.to_string())?;
        let file = |transfer: &Transfer| {
            let here = transfer.here.strip_prefix(folder).unwrap().display();
            format!("{here} -> {}", transfer.afar)
        };
        let files = plan.files.iter().map(file).collect();
        Ok((files, plan.empty_folders.iter().map(ToString::to_string).collect()))
    }

    #[test]
    fn folders_and_patterns_become_files() {
        let folder = tempfile::tempdir().unwrap();
        for made in ["run/a/deep", "run/void", "other"] {
            std::fs::create_dir_all(folder.path().join(made)).unwrap();
        }
        for file in
            ["x.root", "y.root", "z.csv", "run/b.root", "run/a/deep/c.root", "run/a/d.root", "other/x.root"]
        {
            std::fs::write(folder.path().join(file), "x").unwrap();
        }
        let check = |names: &[&str], to: &str, files: &[&str], empty: &[&str]| {
            let strings = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
            assert_eq!(plan(folder.path(), names, to), Ok((strings(files), strings(empty))));
        };
        check(&["x.root"], "shared://g/n.root", &["x.root -> shared://g/n.root"], &[]);
        check(
            &["*.root", "z.csv"],
            "shared://g/d",
            &[
                "x.root -> shared://g/d/x.root",
                "y.root -> shared://g/d/y.root",
                "z.csv -> shared://g/d/z.csv",
            ],
            &[],
        );
        let check_run = |to: &str, top: &str| {
            let files = ["a/d.root", "a/deep/c.root", "b.root"];
            let files = files.map(|name| format!("run/{name} -> shared://g/{top}{name}"));
            let expected = (files.to_vec(), vec![format!("shared://g/{top}void")]);
            assert_eq!(plan(folder.path(), &["run"], to).unwrap(), expected);
        };
        check_run("shared://g/", "run/");
        check_run("shared://g/new", "new/");
        check_run("shared://g/new/", "new/run/");
        check(&["run/void"], "shared://g/", &[], &["shared://g/void"]);
        for hidden in ["run/.hidden", "run/a/.h"] {
            std::fs::write(folder.path().join(hidden), "x").unwrap();
        }
        std::fs::write(folder.path().join("run").join(OsStr::from_bytes(b"no-utf-8\xff.root")), "x").unwrap();
        check(&["run/b*"], "shared://g/", &["run/b.root -> shared://g/b.root"], &[]);
        check(&["run/*.root"], "shared://g/", &["run/b.root -> shared://g/b.root"], &[]);
        check(&["run/*.root"], "shared://g/d", &["run/b.root -> shared://g/d/b.root"], &[]);
        check(&["run/.h*"], "shared://g/", &["run/.hidden -> shared://g/.hidden"], &[]);
        std::fs::create_dir(folder.path().join("d[1]")).unwrap();
        std::fs::write(folder.path().join("d[1]/e.root"), "x").unwrap();
        check(&["d[1]/*.root"], "shared://g/", &["d[1]/e.root -> shared://g/e.root"], &[]);
        let deep = ["run/a/deep/../deep/.", "run/a/deep/../deep"];
        for name in deep {
            let (files, _) = plan(folder.path(), &[name], "shared://g/").unwrap();
            assert!(files[0].ends_with(" -> shared://g/deep/c.root"), "{files:?}");
        }
    }

    #[test]
    fn what_cannot_be_sent_is_said_beforehand() {
        let folder = tempfile::tempdir().unwrap();
        for made in ["a", "b"] {
            std::fs::create_dir(folder.path().join(made)).unwrap();
            std::fs::write(folder.path().join(made).join("x"), made).unwrap();
        }
        std::fs::write(folder.path().join("ends with."), "x").unwrap();
        let check = |names: &[&str], part: &str| {
            let said = plan(folder.path(), names, "shared://g/").unwrap_err();
            assert!(said.contains(part), "{said}");
        };
        check(&["none"], "No such file");
        let afar = UploadPlan::new(&["shared://g/a".into()], "shared://g/b").unwrap_err().to_string();
        assert!(afar.contains("get it first"), "{afar}");
        check(&["*.root"], "no file has such a name");
        check(&["a/x", "b/x"], "goes to shared://g/x, too");
        check(&["ends with."], "ends in a dot");
        check(&["a/[z"], "pattern");
        check(&["b/[z]/*"], "no file has such a name");
        check(&["a/x", "none"], "No such file or directory (os error 2); nothing was sent");
        std::fs::create_dir_all(folder.path().join("b/c/x")).unwrap();
        check(&["a/x", "b/c/x"], "a folder has to be at shared://g/x");
        std::fs::write(folder.path().join("b/c/x/y"), "y").unwrap();
        check(&["a/x", "b/c/x"], "goes where it needs a folder");
        std::os::unix::fs::symlink("..", folder.path().join("a/up")).unwrap();
        check(&["a"], "loop");
    }

    #[test]
    fn the_way_below_a_folder() {
        let check = |path: &str, folder: &str, expected: &str| {
            let [path, folder] = [path, folder].map(|text| FilePath::new(text).unwrap());
            assert_eq!(inside(&path, &folder), Path::new(expected));
        };
        check("a/b/c", "a", "b/c");
        check("a/b/c", "", "a/b/c");
    }
}
