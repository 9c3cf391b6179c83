//! Small files of every feature, made by `tests/fixtures/make_fixtures.py`, compared entry by entry with what ROOT
//! and uproot read from them.

use event_columns::{
    BranchInfo, Column, ElementType, EventTable, Number, Piece, ReadError, for_each_type, read_chunk,
};
use root_file::{RootFile, RootFileError, RootTree};
use serde_json::Value;
use std::path::PathBuf;

pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn open(file: &str, tree: &str) -> RootTree {
    RootFile::open(folder().join(file)).unwrap().tree(tree).unwrap()
}

fn column(tree: &RootTree, branch: &str) -> Column {
    let position = tree.find(branch).unwrap();
    let chunk = read_chunk(tree, &[position], 0..u64::MAX).unwrap();
    chunk.columns().next().unwrap().1.clone()
}

/// The entries of a column as JSON, each list an array; NaN and infinities as text.
fn as_json(column: &Column) -> Vec<Value> {
    column
        .pieces()
        .iter()
        .flat_map(|piece| (0..piece.n_entries()).map(|entry| item(piece, 0, entry)))
        .collect()
}

fn item(piece: &Piece, level: usize, position: usize) -> Value {
    let column_type = piece.column_type();
    if level < column_type.depth {
        let offsets = &piece.offsets()[level];
        let items = offsets[position]..offsets[position + 1];
        return items.map(|below| item(piece, level + 1, below as usize)).collect();
    }
    if column_type.element == ElementType::Text {
        let offsets = &piece.offsets()[level];
        let bytes = u8::of(piece.values()).unwrap();
        let bytes = &bytes[offsets[position] as usize..offsets[position + 1] as usize];
        return String::from_utf8(bytes.to_vec()).unwrap().into();
    }
    let width = column_type.width;
    let values: Vec<Value> = (position * width..(position + 1) * width).map(|at| number(piece, at)).collect();
    if width == 1 { values[0].clone() } else { values.into() }
}

fn number(piece: &Piece, at: usize) -> Value {
    use event_columns::Values;
    match piece.values() {
        Values::U64(values) => values[at].into(),
        Values::I64(values) => values[at].into(),
        other => {
            let value = for_each_type!(other, values => values[at].to_f64());
            if value.is_finite() { value.into() } else { value.to_string().to_lowercase().into() }
        }
    }
}

/// Numbers and texts in order, without the shape; numbers as 64-bit floats where they are not integers.
fn flat(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| flat(item, into)),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(whole), ..) => into.push(whole.to_string()),
            (_, Some(whole), _) => into.push(whole.to_string()),
            (_, _, Some(float)) => into.push((float + 0.0).to_string()),
            _ => into.push("?".to_string()),
        },
        other => into.push(other.to_string()),
    }
}

/// Fixed arrays of several dimensions are flat here, so entries are compared as sequences, lists by their lengths.
fn assert_same(place: &str, found: &[Value], expected: &[Value]) {
    assert_eq!(found.len(), expected.len(), "{place}: entries");
    for (entry, (found, expected)) in found.iter().zip(expected).enumerate() {
        let (mut left, mut right) = (vec![], vec![]);
        flat(found, &mut left);
        flat(expected, &mut right);
        assert_eq!(left, right, "{place}: entry {entry}");
    }
}

#[test]
fn every_branch_of_every_file() {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let (mut n_same, mut missing) = (0, vec![]);
    for (file, trees) in expected.as_object().unwrap() {
        for (tree_name, numbers) in trees.as_object().unwrap() {
            let tree = open(file, tree_name);
            assert_eq!(Some(tree.n_entries()), numbers["entries"].as_u64());
            for (branch, values) in numbers["branches"].as_object().unwrap() {
                let place = format!("{file}:{tree_name}/{branch}");
                match tree.find(branch) {
                    Ok(_) => {
                        assert_same(&place, &as_json(&column(&tree, branch)), values.as_array().unwrap());
                        n_same += 1;
                    }
                    Err(error) => missing.push(format!("{place}: {error}")),
                }
            }
        }
    }
    assert_eq!((n_same, missing.len()), (441, 0), "{}", missing.join("\n"));
}

/// Files whose baskets hold lengths or nothing in the place of positions; uproot reads only some of them.
#[test]
fn baskets_without_positions() {
    let check = |left: &str, right: &str| {
        let (left, right) = (open(left, "tree"), open(right, "tree"));
        // ROOT counts these on from one file to the next.
        let is_counted_on = |branch: &BranchInfo| branch.name.ends_with("fUniqueID");
        let is_compared = |branch: &&BranchInfo| branch.column_type.is_ok() && !is_counted_on(branch);
        for branch in right.info().branches.iter().filter(is_compared) {
            let (found, expected) = (column(&left, &branch.name), column(&right, &branch.name));
            assert_same(&branch.name, &as_json(&found), &as_json(&expected));
        }
    };
    check("types-no-offsets.root", "types-none.root");
    check("vectors-no-offsets.root", "vectors-zstd.root");
    check("more-no-offsets.root", "more.root");
}

#[test]
fn branches_that_cannot_be_read_say_why() {
    let refused = |file: &str, branch: &str, reason: &str| {
        let tree = open(file, "tree");
        let error = tree.find(branch).unwrap_err().to_string();
        assert!(error.contains(reason) && error.contains(branch), "{error}");
    };
    refused("split.root", "unreadable_whole", "a TBranchObject holds whole objects");
    refused(
        "vectors-zstd.root",
        "unreadable_vectors",
        "vector<TLorentzVector> is a class that was not split",
    );
    refused("vectors-zstd.root", "unreadable_map", "map<int,float>");
    refused("split.root", "evt/hits", "a group of branches");
    refused("types-zlib.root", "flat_flot", "did you mean flat_float");
}

#[test]
fn short_names_where_only_one_branch_has_them() {
    let tree = open("split.root", "tree");
    assert_eq!(tree.find("base_number").unwrap(), tree.find("evt/Base/base_number").unwrap());
    assert!(tree.find("hits.energy").is_ok());
    assert_eq!(tree.find("n").unwrap(), tree.info().branches.iter().position(|b| &*b.name == "n").unwrap());
}

#[test]
fn directories_cycles_and_other_objects() {
    let file = RootFile::open(folder().join("places-lzma.root")).unwrap();
    let names: Vec<String> = file.trees().map(root_file::FileEntry::key_name).collect();
    assert!(names.contains(&"one/two/cycles;1".to_string()), "{names:?}");
    assert_eq!(file.tree("one/two/cycles").unwrap().n_entries(), 6);
    assert_eq!(file.tree("one/two/cycles;1").unwrap().n_entries(), 5);
    let error = |name: &str| file.tree(name).err().unwrap().to_string();
    assert!(error("one/two/cycels").contains("did you mean one/two/cycles"), "{}", error("one/two/cycels"));
    assert!(error("one/two/cycles;7").contains("did you mean"), "{}", error("one/two/cycles;7"));
    assert!(error("xyzzy").contains("its trees are"), "{}", error("xyzzy"));
    assert!(error("named").contains("is a TNamed, not a tree"), "{}", error("named"));
}

/// A file without the list of its objects, as a crash leaves it.
#[test]
fn a_file_that_was_not_closed() {
    let path = folder().join("places-lzma.root");
    let mut bytes = std::fs::read(&path).unwrap();
    let number = |at: usize| u32::from_be_bytes(*bytes[at..].first_chunk().unwrap()) as usize;
    let (begin, n_name_bytes) = (number(8), number(28));
    let n_key_bytes_at = begin + n_name_bytes + 10;
    bytes[n_key_bytes_at..n_key_bytes_at + 4].fill(0);
    let source = byte_source::MemoryBytes::new("unclosed", bytes);
    let unclosed = RootFile::open_source(std::sync::Arc::new(source)).unwrap();
    let mut found: Vec<String> = unclosed.trees().map(root_file::FileEntry::key_name).collect();
    let file = RootFile::open(path).unwrap();
    let mut expected: Vec<String> = file.trees().map(root_file::FileEntry::key_name).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(column(&unclosed.tree("top").unwrap(), "i"), column(&file.tree("top").unwrap(), "i"));
}

#[test]
fn an_rntuple_is_named() {
    let file = RootFile::open(folder().join("rntuple.root")).unwrap();
    assert!(matches!(file.tree("events"), Err(RootFileError::RNTuple { key, .. }) if key == "events;1"));
}

#[test]
fn a_basket_of_several_blocks() {
    let tree = open("big-basket.root", "tree");
    let column = column(&tree, "x");
    let values = column.to_f64();
    assert_eq!(values.len(), 4_500_000);
    assert!(values.iter().enumerate().all(|(at, value)| *value == (at / 1_000_000) as f64));
}

#[test]
fn a_basket_beyond_the_budget_is_an_error() {
    let source = byte_source::LocalFile::open(folder().join("big-basket.root")).unwrap();
    let file = RootFile::open_source_with_budget(std::sync::Arc::new(source), 1 << 20).unwrap();
    let tree = file.tree("tree").unwrap();
    let error = read_chunk(&tree, &[tree.find("x").unwrap()], 0..1).unwrap_err().to_string();
    assert!(error.contains("claims 18000000 bytes, the budget is 1048576"), "{error}");
}

#[test]
fn ranges_of_entries_are_cut_from_their_baskets() {
    let tree = open("types-zlib.root", "tree");
    let branches =
        [tree.find("list_float").unwrap(), tree.find("flat_int").unwrap(), tree.find("text").unwrap()];
    let whole = read_chunk(&tree, &branches, 0..9).unwrap();
    for start in 0..9 {
        for end in start..=9 {
            let part = read_chunk(&tree, &branches, start..end).unwrap();
            for ((name, found), (_, whole)) in part.columns().zip(whole.columns()) {
                let expected = whole.slice(start as usize..end as usize);
                assert_same(name, &as_json(found), &as_json(&expected));
            }
        }
    }
}

#[test]
fn visiting_stops_when_told() {
    let tree = open("types-zlib.root", "tree");
    let stopped = tree.visit(&[0], 0..9, &|_| std::ops::ControlFlow::Break(()));
    assert!(matches!(stopped, Err(ReadError::Stopped)));
}

#[test]
fn clusters_and_chunks() {
    let tree = open("types-zlib.root", "tree");
    let n = tree.find("n").unwrap();
    let starts = tree.cluster_starts(&[n, tree.find("list_double").unwrap()]).unwrap();
    assert_eq!((starts.first(), starts.last()), (Some(&0), Some(&9)));
    let baskets = tree.baskets(n).unwrap();
    assert_eq!(baskets.iter().map(|basket| basket.n_entries).sum::<u64>(), 9);
    assert_eq!(tree.entries_per_chunk(&[n], u64::MAX), 9);
    assert_eq!(tree.entries_per_chunk(&[n], 0), 1);
}
