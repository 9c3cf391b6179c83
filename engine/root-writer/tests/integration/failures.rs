//! What cannot be written, and that nothing is left of it.

use crate::every_type::write;
use event_columns::{Column, ColumnType, ElementType, EventChunk, Piece, Slice};
use root_writer::{WriteError, write_tree};
use std::ops::ControlFlow;
use std::path::Path;

fn one_branch(name: &str, column: impl Into<Column>) -> EventChunk {
    let column = column.into();
    let mut chunk = EventChunk::new(0, column.n_entries());
    chunk.set(name, column);
    chunk
}

/// Writes into an empty folder; the error must hold the message, and the folder stay empty.
fn check_refused(chunks: &[EventChunk], message: &str) {
    let folder = tempfile::tempdir().unwrap();
    let error = write(&folder.path().join("x.root"), chunks).unwrap_err();
    assert!(error.to_string().contains(message), "{error}");
    assert_eq!(files_in(folder.path()), 0, "{error}");
}

fn files_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
fn types_without_a_form_are_named() {
    let nested = ColumnType { element: ElementType::F32, depth: 2, width: 1 };
    check_refused(
        &[one_branch("hits", Piece::empty(nested))],
        "branch hits (list of list of f32) cannot be written to a ROOT file: lists of lists are not supported",
    );
    check_refused(
        &[one_branch("names", Piece::empty(ColumnType::jagged(ElementType::Text)))],
        "branch names (list of text)",
    );
    check_refused(
        &[one_branch("matrix", Piece::empty(ColumnType::fixed(ElementType::F64, 9)))],
        "branch matrix (f64[9])",
    );
}

#[test]
fn names_and_chunks_must_fit() {
    let flat = |name: &str| one_branch(name, Piece::flat(vec![1_i32]));
    check_refused(&[], "there is no chunk of events");
    check_refused(&[flat("a/b")], "a branch cannot be named \"a/b\"");
    check_refused(&[flat("a"), flat("b")], "the chunk of entry 1 does not continue the tree: it has b (i32)");
    check_refused(&[flat("a"), one_branch("a", Piece::flat(vec![1_i64]))], "it has a (i64) where");
    check_refused(&[flat("a"), EventChunk::new(1, 1)], "it has 0 branches, the first chunk had 1");
}

#[test]
fn values_must_fit() {
    let text = |bytes: &[u8]| {
        let offsets = vec![Slice::from(vec![0, bytes.len() as i64])];
        let text = Piece::new(ColumnType::flat(ElementType::Text), offsets, bytes.to_vec().into()).unwrap();
        one_branch("label", text)
    };
    check_refused(&[text(&[0xff])], "branch label, entry 0: the text is not UTF-8");
    check_refused(&[text(b"a\0b")], "NUL");
    let lists: Vec<Vec<f32>> = (0..2000).map(|entry| vec![0.0; if entry == 100 { 400 } else { 0 }]).collect();
    check_refused(
        &[one_branch("hits", Piece::jagged(&lists))],
        "branch hits, entry 1000: more than a thousand short entries follow one of more than 1000 bytes",
    );
}

#[test]
fn a_failing_source_and_a_stop_leave_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.root");
    std::fs::write(&path, "old").unwrap();
    let good = || one_branch("a", Piece::flat(vec![1_i32; 100]));
    let mut source = [Ok(good()), Err("no more events")].into_iter();
    let error = write_tree(&path, "t", &mut source, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(error, WriteError::Source { .. }), "{error}");

    let mut source = std::iter::repeat_with(|| Ok::<_, &str>(good()));
    let mut n_reports = 0;
    let error = write_tree(&path, "t", &mut source, &mut |report| {
        n_reports += 1;
        assert_eq!((report.step, report.done), ("writing x.root", 100 * n_reports));
        if n_reports == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(error, Err(WriteError::Stopped { .. })));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(files_in(folder.path()), 1);
}

#[test]
fn more_than_one_file_holds_is_refused() {
    // 8 MB that stand for 1.9 GB: one piece many times over.
    let piece = Piece::flat(vec![1.0_f64; 1_000_000]);
    let column = Column::new(piece.column_type(), vec![piece; 238]).unwrap();
    check_refused(&[one_branch("a", column)], "entry 0 would take the file beyond 1900000000 bytes");
}

#[test]
fn a_folder_that_is_not_there_and_a_name_that_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let chunk = one_branch("a", Piece::flat(vec![1_i32]));
    let error =
        write(&folder.path().join("nowhere/x.root"), std::slice::from_ref(&chunk)).unwrap_err().to_string();
    assert!(error.contains("nowhere/x.root: could not create a file in its folder"), "{error}");
    std::fs::create_dir(folder.path().join("x.root")).unwrap();
    let error = write(&folder.path().join("x.root"), &[chunk]).unwrap_err().to_string();
    assert!(error.contains("could not give the finished file its name"), "{error}");
    assert_eq!(files_in(folder.path()), 1);
}

/// A file that may not grow is the nearest to a full disk that a test can have: the system refuses the bytes
/// beyond a limit that the shell sets for a copy of this test.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_nothing() {
    const FOLDER: &str = "ROOT_WRITER_TEST_FULL_DISK";
    if let Some(folder) = std::env::var_os(FOLDER) {
        let folder = Path::new(&folder);
        let mut chunk = one_branch("a", Piece::flat((0..20_000).collect::<Vec<i64>>()));
        chunk.set("b", Piece::jagged(&vec![vec![1.5_f32; 3]; 20_000]).into());
        let error = write(&folder.join("x.root"), &[chunk]).unwrap_err();
        assert!(matches!(error, WriteError::Writer { .. }), "{error}");
        assert!(error.to_string().contains("File too large"), "{error}");
        assert_eq!(files_in(folder), 0, "{error}");
        return;
    }
    let program = std::env::current_exe().unwrap();
    // Units of 512 bytes. The whole file has 693 kB, of which the last 10 are metadata.
    for limit in [0, 1, 20, 200, 1000, 1352] {
        let folder = tempfile::tempdir().unwrap();
        let script = format!(
            "trap '' XFSZ; ulimit -f {limit}; exec \"$0\" --exact failures::a_full_disk_leaves_nothing"
        );
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .arg(&program)
            .env(FOLDER, folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{limit}: {said}");
    }
}
