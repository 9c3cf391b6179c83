//! Random operations on the namespace and on a picture of it in memory: the same answers, the same names, the same sums.

use std::collections::BTreeMap;

use hub_api::{EntryKind, FilePath, MoveOrCopy};
use proptest::prelude::*;
use workspaces::{ListOptions, Parents, Preconditions, WorkspaceError, Workspaces};

use super::support::{chief, name, path, set_limits, sqlite_with, try_put};

const KEEP_VERSIONS: u64 = 3;
const LIMIT_BYTES: u64 = 120;
const LIMIT_ENTRIES: u64 = 14;
const PATHS: [&str; 9] = ["a", "a/b", "a/b/c", "a/bc", "ab", "d", "d/e", "d/e/f", "g"];

#[derive(Clone, Debug)]
enum Operation {
    Write { at: usize, size: u8, if_new: bool },
    MakeFolder { at: usize, must_exist: bool },
    Delete { at: usize },
    MoveOrCopy { from: usize, to: usize, copy: bool, overwrite: bool },
    RestoreTrash { nth: usize },
    ForgetTrash { nth: usize },
    RestoreVersion { at: usize, version: u64 },
    Sweep,
}

fn operation() -> impl Strategy<Value = Operation> {
    let at = || 0..PATHS.len();
    prop_oneof![
        6 => (at(), 0..40_u8, prop::bool::weighted(0.2)).prop_map(|(at, size, if_new)| Operation::Write { at, size, if_new }),
        2 => (at(), any::<bool>()).prop_map(|(at, must_exist)| Operation::MakeFolder { at, must_exist }),
        2 => at().prop_map(|at| Operation::Delete { at }),
        4 => (at(), at(), any::<bool>(), any::<bool>())
            .prop_map(|(from, to, copy, overwrite)| Operation::MoveOrCopy { from, to, copy, overwrite }),
        2 => (0..4_usize).prop_map(|nth| Operation::RestoreTrash { nth }),
        2 => (0..4_usize).prop_map(|nth| Operation::ForgetTrash { nth }),
        1 => (at(), 1..6_u64).prop_map(|(at, version)| Operation::RestoreVersion { at, version }),
        1 => Just(Operation::Sweep),
    ]
}

/// Versions of a file, by number; none: a folder.
type Node = Option<BTreeMap<u64, Vec<u8>>>;
type Tree = BTreeMap<String, Node>;
type Answer = Result<(), &'static str>;

/// What the storage should be.
#[derive(Clone, Default)]
struct Model {
    live: Tree,
    /// Newest first.
    trash: Vec<(String, Tree)>,
}

fn is_within(file: &str, folder: &str) -> bool {
    file.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn parents(file: &str) -> Vec<String> {
    file.match_indices('/').map(|(i, _)| file[..i].to_owned()).collect()
}

fn newest(versions: &BTreeMap<u64, Vec<u8>>) -> (u64, &Vec<u8>) {
    versions.last_key_value().map(|(number, bytes)| (*number, bytes)).unwrap()
}

impl Model {
    fn used(&self) -> (u64, u64) {
        let trees = || self.trash.iter().map(|(_, tree)| tree).chain([&self.live]);
        let bytes = trees()
            .flat_map(BTreeMap::values)
            .flatten()
            .flat_map(BTreeMap::values)
            .map(|v| v.len() as u64)
            .sum();
        (bytes, trees().map(|tree| tree.len() as u64).sum())
    }

    fn demand(&self, bytes: u64, entries: u64) -> Answer {
        let (used_bytes, used_entries) = self.used();
        let fits = (bytes == 0 || used_bytes + bytes <= LIMIT_BYTES)
            && (entries == 0 || used_entries + entries <= LIMIT_ENTRIES);
        if fits { Ok(()) } else { Err("quota_exceeded") }
    }

    fn ensure_parents(&mut self, file: &str, must_exist: bool) -> Answer {
        let mut missing = Vec::new();
        for above in parents(file).into_iter().rev() {
            match self.live.get(&above) {
                Some(None) => break,
                Some(Some(_)) => return Err("not_a_folder"),
                None if must_exist => return Err("parent_missing"),
                None => missing.push(above),
            }
        }
        for above in missing.into_iter().rev() {
            self.demand(0, 1)?;
            self.live.insert(above, None);
        }
        Ok(())
    }

    fn add_version(&mut self, file: &str, bytes: &[u8]) -> Answer {
        let n_new = u64::from(!self.live.contains_key(file));
        let number =
            self.live.get(file).and_then(Option::as_ref).map_or(1, |versions| newest(versions).0 + 1);
        if let Some(Some(versions)) = self.live.get_mut(file) {
            versions.retain(|old, _| old + KEEP_VERSIONS > number);
        }
        self.demand(bytes.len() as u64, n_new)?;
        let versions = self.live.entry(file.to_owned()).or_insert_with(|| Some(BTreeMap::new()));
        versions.as_mut().unwrap().insert(number, bytes.to_vec());
        Ok(())
    }

    fn write(&mut self, file: &str, bytes: &[u8], if_new: bool) -> Answer {
        match self.live.get(file) {
            Some(None) => return Err("not_a_file"),
            Some(Some(_)) if if_new => return Err("changed_meanwhile"),
            Some(Some(_)) => {}
            // The nearest name above that is there must be a folder.
            None => {
                let mut above = FilePath::new(file).unwrap().parent();
                while let Some(folder) = above.filter(|folder| !folder.is_root()) {
                    match self.live.get(folder.as_str()) {
                        Some(None) => break,
                        Some(Some(_)) => return Err("not_a_folder"),
                        None => above = folder.parent(),
                    }
                }
            }
        }
        self.demand(bytes.len() as u64, u64::from(!self.live.contains_key(file)))?;
        self.ensure_parents(file, false)?;
        self.add_version(file, bytes)
    }

    fn make_folder(&mut self, file: &str, must_exist: bool) -> Answer {
        match self.live.get(file) {
            Some(None) => return Ok(()),
            Some(Some(_)) => return Err("not_a_folder"),
            None => {}
        }
        self.ensure_parents(file, must_exist)?;
        self.demand(0, 1)?;
        self.live.insert(file.to_owned(), None);
        Ok(())
    }

    fn cut(&mut self, file: &str) -> Tree {
        let (cut, rest) =
            std::mem::take(&mut self.live).into_iter().partition(|(other, _)| is_within(other, file));
        self.live = rest;
        cut
    }

    fn delete(&mut self, file: &str) -> Answer {
        if !self.live.contains_key(file) {
            return Err("not_found");
        }
        let tree = self.cut(file);
        self.trash.insert(0, (file.to_owned(), tree));
        Ok(())
    }

    fn paste(&mut self, tree: Tree, from: &str, to: &str) {
        self.live.extend(tree.into_iter().map(|(file, node)| (format!("{to}{}", &file[from.len()..]), node)));
    }

    fn move_or_copy(&mut self, from: &str, to: &str, copy: bool, overwrite: bool) -> Answer {
        if is_within(to, from) {
            return Err("destination");
        }
        if !self.live.contains_key(from) {
            return Err("not_found");
        }
        if self.live.contains_key(to) {
            if !overwrite {
                return Err("exists");
            }
            if is_within(from, to) {
                return Err("destination");
            }
            self.delete(to)?;
        }
        self.ensure_parents(to, false)?;
        if copy {
            let inside = |(file, _): &(&String, &Node)| is_within(file, from);
            let newest_only =
                |versions: &BTreeMap<u64, Vec<u8>>| BTreeMap::from([(1, newest(versions).1.clone())]);
            let tree: Tree = self
                .live
                .iter()
                .filter(inside)
                .map(|(file, node)| (file.clone(), node.as_ref().map(newest_only)))
                .collect();
            let bytes: usize = tree.values().flatten().flat_map(BTreeMap::values).map(Vec::len).sum();
            self.demand(bytes as u64, tree.len() as u64)?;
            self.paste(tree, from, to);
        } else {
            let tree = self.cut(from);
            self.paste(tree, from, to);
        }
        Ok(())
    }

    fn restore_trash(&mut self, nth: usize) -> Answer {
        let Some((file, tree)) = self.trash.get(nth).cloned() else { return Err("not_found") };
        if self.live.contains_key(&file) {
            return Err("exists");
        }
        self.ensure_parents(&file, false)?;
        self.trash.remove(nth);
        self.live.extend(tree);
        Ok(())
    }

    fn forget_trash(&mut self, nth: usize) -> Answer {
        if nth >= self.trash.len() {
            return Err("not_found");
        }
        self.trash.remove(nth);
        Ok(())
    }

    fn restore_version(&mut self, file: &str, version: u64) -> Answer {
        let bytes = match self.live.get(file) {
            Some(Some(versions)) => versions.get(&version).cloned(),
            _ => None,
        };
        self.add_version(file, &bytes.ok_or("not_found")?)
    }

    /// Nothing is done where the answer is an error.
    fn run(&mut self, operation: &Operation, counter: u8) -> Answer {
        let mut next = self.clone();
        let answer = match *operation {
            Operation::Write { at, size, if_new } => {
                next.write(PATHS[at], &vec![counter; size as usize], if_new)
            }
            Operation::MakeFolder { at, must_exist } => next.make_folder(PATHS[at], must_exist),
            Operation::Delete { at } => next.delete(PATHS[at]),
            Operation::MoveOrCopy { from, to, copy, overwrite } => {
                next.move_or_copy(PATHS[from], PATHS[to], copy, overwrite)
            }
            Operation::RestoreTrash { nth } => next.restore_trash(nth),
            Operation::ForgetTrash { nth } => next.forget_trash(nth),
            Operation::RestoreVersion { at, version } => next.restore_version(PATHS[at], version),
            Operation::Sweep => Ok(()),
        };
        if answer.is_ok() {
            *self = next;
        }
        answer
    }
}

async fn run(s: &Workspaces, operation: &Operation, counter: u8) -> Result<(), WorkspaceError> {
    let (chief, higgs) = (chief(), name("higgs"));
    let any = Preconditions::default();
    let nth = async |nth: usize| {
        let page = s.trash(&chief, &higgs, None, 0).await.unwrap();
        page.entries.get(nth).map_or_else(|| "none".to_owned(), |entry| entry.id.clone())
    };
    match *operation {
        Operation::Write { at, size, if_new } => {
            let preconditions = Preconditions { if_none_match_any: if_new, ..Preconditions::default() };
            try_put(s, &chief, "higgs", PATHS[at], &vec![counter; size as usize], preconditions)
                .await
                .map(drop)
        }
        Operation::MakeFolder { at, must_exist } => {
            let parents = if must_exist { Parents::MustExist } else { Parents::Make };
            s.make_folder(&chief, &higgs, &path(PATHS[at]), parents).await.map(drop)
        }
        Operation::Delete { at } => s.delete(&chief, &higgs, &path(PATHS[at]), &any).await.map(drop),
        Operation::MoveOrCopy { from, to, copy, overwrite } => {
            let request = MoveOrCopy { copy, to_workspace: None, to_path: path(PATHS[to]), overwrite };
            s.move_or_copy(&chief, &higgs, &path(PATHS[from]), &request, Parents::Make).await.map(drop)
        }
        Operation::RestoreTrash { nth: n } => {
            s.restore_from_trash(&chief, &higgs, &nth(n).await, None).await.map(drop)
        }
        Operation::ForgetTrash { nth: n } => s.delete_for_good(&chief, &higgs, &nth(n).await).await,
        Operation::RestoreVersion { at, version } => {
            s.restore_version(&chief, &higgs, &path(PATHS[at]), version, &any).await.map(drop)
        }
        Operation::Sweep => s.sweep().await.map(drop),
    }
}

async fn compare(s: &Workspaces, model: &Model) {
    let (chief, higgs) = (chief(), name("higgs"));
    let options = ListOptions { recursive: true, ..ListOptions::default() };
    let listing = s.list(&chief, &higgs, &FilePath::root(), &options).await.unwrap();
    let found: Vec<_> = listing
        .entries
        .iter()
        .map(|entry| (entry.path.to_string(), entry.kind, entry.size_bytes, entry.version))
        .collect();
    let expected: Vec<_> = model
        .live
        .iter()
        .map(|(file, node)| match node {
            None => (file.clone(), EntryKind::Folder, 0, 1),
            Some(versions) => {
                (file.clone(), EntryKind::File, newest(versions).1.len() as u64, newest(versions).0)
            }
        })
        .collect();
    assert_eq!(found, expected);
    let trash = s.trash(&chief, &higgs, None, 0).await.unwrap();
    let found: Vec<_> = trash.entries.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(found, model.trash.iter().map(|(file, _)| file.as_str()).collect::<Vec<_>>());
    let quota = s.quota(&chief, &higgs).await.unwrap();
    assert_eq!((quota.used_bytes, quota.used_entries), model.used());
    assert_eq!(quota.reserved_bytes, 0);
}

async fn play(operations: &[Operation]) {
    let store = sqlite_with(|settings| {
        settings.keep_versions = KEEP_VERSIONS as u32;
        settings.keep_garbage_seconds = 0;
    })
    .await;
    set_limits(&store.workspaces, "higgs", LIMIT_BYTES, LIMIT_ENTRIES).await;
    let mut model = Model::default();
    for (counter, operation) in operations.iter().enumerate() {
        let expected = model.run(operation, counter as u8);
        let found = run(&store.workspaces, operation, counter as u8).await.map_err(|error| error.code());
        assert_eq!(found, expected, "{operation:?}");
        compare(&store.workspaces, &model).await;
    }
    for (file, node) in &model.live {
        for (number, bytes) in node.iter().flatten() {
            let read =
                store.workspaces.read(&chief(), &name("higgs"), &path(file), Some(*number)).await.unwrap();
            let blocks: Vec<bytes::Bytes> =
                futures_util::TryStreamExt::try_collect(read.stream(0..u64::MAX)).await.unwrap();
            assert_eq!(&blocks.concat(), bytes);
        }
    }
    store.assert_sound().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_storage_does_what_the_model_does(operations in prop::collection::vec(operation(), 1..60)) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(play(&operations));
    }
}
