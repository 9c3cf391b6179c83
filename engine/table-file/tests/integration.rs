//! Tables from files and back.

use event_columns::{Column, ColumnType, ElementType, EventChunk, EventTable, Piece, read_chunk};
use std::io::Write;
use std::path::PathBuf;
use table_file::{Format, TableFile, TableFileError, TableWriter, write_table};

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("table-file-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn n_files(&self) -> usize {
        std::fs::read_dir(&self.0).unwrap().count()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn whole(path: &PathBuf) -> EventChunk {
    let table = TableFile::open(path, None).unwrap_or_else(|error| panic!("{error:?}"));
    let branches: Vec<usize> = (0..table.info().branches.len()).collect();
    read_chunk(&table, &branches, 0..u64::MAX).unwrap()
}

fn names(chunk: &EventChunk) -> Vec<&str> {
    chunk.names().iter().map(|name| &**name).collect()
}

fn refuse(path: &PathBuf, message: &str) {
    let error = TableFile::open(path, None).unwrap_err();
    assert!(error.to_string().contains(message), "{error}");
}

/// Whether a branch can be read, or why not; another one of the same file can.
fn check_branches(path: &PathBuf, branch: &str, expected: Option<&str>, other: &str) {
    let table = TableFile::open(path, None).unwrap();
    let found = table.info().find(branch).map_err(|error| error.to_string());
    match expected {
        None => assert!(found.is_ok(), "{found:?}"),
        Some(words) => assert!(found.as_ref().is_err_and(|error| error.contains(words)), "{found:?}"),
    }
    assert!(table.info().find(other).is_ok());
}

#[test]
fn csv_keeps_headers_with_their_values() {
    let folder = Folder::new("csv");
    let chunk = whole(&folder.file("a.csv", b"z,a,word,missing\n1,0.5,mu,3\n-2,1e3,\"e, mu\",\n"));
    assert_eq!(names(&chunk), ["z", "a", "word", "missing"]);
    assert_eq!(chunk.column("z").unwrap().column_type(), ColumnType::flat(ElementType::I64));
    assert_eq!(chunk.column("z").unwrap().to_f64(), [1.0, -2.0]);
    assert_eq!(chunk.column("a").unwrap().to_f64(), [0.5, 1000.0]);
    assert_eq!(chunk.column("word").unwrap().column_type().element, ElementType::Text);
    let missing = chunk.column("missing").unwrap().to_f64();
    assert!(missing[0] == 3.0 && missing[1].is_nan());
}

#[test]
fn a_late_fraction_makes_a_column_of_floats() {
    let folder = Folder::new("late");
    let mut text = b"x\n".to_vec();
    for number in 0..2000 {
        writeln!(text, "{number}").unwrap();
    }
    text.extend_from_slice(b"0.25\n");
    let chunk = whole(&folder.file("a.csv", &text));
    assert_eq!(chunk.column("x").unwrap().to_f64()[2000], 0.25);
}

#[test]
fn broken_csv_is_located() {
    let folder = Folder::new("broken-csv");
    refuse(&folder.file("a.csv", b"a,b\n1,2\n3\n"), "line 3, column 1: 1 cells where the header has 2");
    refuse(&folder.file("b.csv", b"a,b\n1,2,3\n"), "line 2, column 3: 3 cells");
    refuse(&folder.file("c.csv", b"a,b\n1,\"2\n"), "no closing quote");
    refuse(
        &folder.file("d.csv", b"a,b,a\n1,2,3\n"),
        "line 1, column 3: the header names the column `a` twice",
    );
    let chunk = whole(&folder.file("e.csv", b"a,a_duplicated_0\n1,2\n"));
    assert_eq!(names(&chunk), ["a", "a_duplicated_0"]);
}

#[test]
fn a_stray_word_among_numbers_is_named() {
    let folder = Folder::new("stray");
    let check = |name: &str, text: &[u8], expected: Option<&str>| {
        check_branches(&folder.file(name, text), "x", expected, "y");
    };
    check("a.csv", b"x,y\n1,2\n2,3\noops,4\n", Some("2 of 3 cells are numbers, and row 3 holds `oops`"));
    check("b.csv", b"x,y\n1,2\n,3\nnan,4\n", None);
    check("c.csv", b"x,y\nmu,2\ne,3\n13,4\n", None);
}

#[test]
fn integers_that_floats_would_round_are_not_read_beside_missing_ones() {
    let folder = Folder::new("large");
    let check = |name: &str, text: &[u8], expected: Option<&str>| {
        check_branches(&folder.file(name, text), "n", expected, "x");
    };
    check("a.csv", b"x,n\n1,9007199254740993\n2,3\n", None);
    check("b.csv", b"x,n\n1,9007199254740992\n2,\n", None);
    check(
        "c.csv",
        b"x,n\n1,9007199254740993\n2,\n",
        Some("holds 9007199254740993, which a float would round"),
    );
    let lists = b"{\"x\": 1, \"n\": [null, -9007199254740993]}\n";
    check("d.json", lists, Some("holds -9007199254740993, which"));
}

#[test]
fn json_lines_in_every_shape_and_compression() {
    let folder = Folder::new("json");
    let text = b"{\"pt\": [1.5, 2.5], \"n\": 2, \"b\": true}\n\n{\"n\": 7.5, \"a\": 3}\n{\"pt\": [], \"b\": null, \"n\": 1}\n";
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text).unwrap();
    let mut bzip = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip.write_all(text).unwrap();
    for path in [
        folder.file("a.json", text),
        folder.file("a.json.gz", &gzip.finish().unwrap()),
        folder.file("a.jsonl.bz2", &bzip.finish().unwrap()),
    ] {
        let chunk = whole(&path);
        assert_eq!(names(&chunk), ["a", "b", "n", "pt"]);
        assert_eq!(chunk.column("pt").unwrap().values_per_entry(), [2, 0, 0]);
        assert_eq!(chunk.column("pt").unwrap().to_f64(), [1.5, 2.5]);
        assert_eq!(chunk.column("n").unwrap().to_f64(), [2.0, 7.5, 1.0]);
        let missing = |name: &str| {
            let values = chunk.column(name).unwrap().to_f64();
            values.into_iter().map(|value| Some(value).filter(|value| !value.is_nan())).collect::<Vec<_>>()
        };
        assert_eq!(missing("a"), [None, Some(3.0), None]);
        assert_eq!(missing("b"), [Some(1.0), None, None]);
    }
}

#[test]
fn numbers_of_numpy() {
    let folder = Folder::new("numpy");
    let chunk = whole(&folder.file("a.csv", b"x,y,word\n1.5,nan,a\nnan,-inf,b\n 2 ,Infinity,nan\n"));
    let x = chunk.column("x").unwrap().to_f64();
    assert!(x[0] == 1.5 && x[1].is_nan() && x[2] == 2.0);
    let y = chunk.column("y").unwrap().to_f64();
    assert!(y[0].is_nan() && y[1] == f64::NEG_INFINITY && y[2] == f64::INFINITY);
    assert_eq!(chunk.column("word").unwrap().column_type().element, ElementType::Text);
}

#[test]
fn broken_json_is_located() {
    let folder = Folder::new("broken-json");
    refuse(&folder.file("a.json", b"{\"a\": 1}\n{\"a\": }\n"), "line 2, column 7");
    refuse(&folder.file("b.json", b"[1]\n"), "line 1, column 1: a line must be one JSON object");
    refuse(&folder.file("c.json", b"{\"a\": 1"), "line 1");
    let twice = b"{\"a\": {\"b\": 1}, \"b\": 2}\n{\"a\": 1, \"b\": 2, \"a\": 3}\n";
    refuse(&folder.file("g.json", twice), "line 2, column 24: the key `a` stands twice in this object");
    let large =
        b"{\"a\": \"18446744073709551615\", \"b\": -1e30}\n{\"a\": \"\\\"\", \"b\": 18446744073709551615}\n";
    refuse(&folder.file("e.jsonl", large), "line 2, column 18: a whole number beyond 64 bits");
    refuse(&folder.file("d.txt", b""), "does not say its format");
    refuse(&folder.0.join("absent.csv"), "could not read");
    refuse(&folder.file("e.parquet", b"PAR1 nonsense"), "cannot be read as Parquet");
    assert_eq!(whole(&folder.file("f.json", b"\n")).n_entries(), 0);
}

#[test]
fn what_has_no_counterpart_is_listed_with_its_reason() {
    let folder = Folder::new("objects");
    let path = folder.file("a.json", b"{\"a\": 1, \"o\": {\"x\": 2}}\n");
    let table = TableFile::open(&path, None).unwrap();
    assert!(table.info().find("a").is_ok());
    let error = table.info().find("o").unwrap_err().to_string();
    assert!(error.contains("no number, text or list"), "{error}");
    assert!(table.visit(&[1], 0..1, &|_| std::ops::ControlFlow::Continue(())).is_err());
}

/// Columns of types without a counterpart, as pyarrow writes them, do not hide the others.
#[test]
fn parquet_columns_without_a_counterpart_are_left_out() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for name in ["types.parquet", "types-without-schema.parquet"] {
        let table =
            TableFile::open(data.join(name), None).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let info = table.info();
        assert_eq!(info.n_entries, 2);
        let names: Vec<&str> = info.branches.iter().map(|branch| &*branch.name).collect();
        assert_eq!(names.len(), 18);
        assert_eq!(names[..4], ["price", "x", "day", "jet_pt"]);
        let values = |name: &str| {
            let position = info.find(name).unwrap_or_else(|error| panic!("{error}"));
            read_chunk(&table, &[position], 0..2).unwrap().column(name).unwrap().to_f64()
        };
        assert_eq!(values("x"), [1.5, 2.5]);
        assert_eq!(values("jet_pt"), [1.0, 2.0, 3.0]);
        assert_eq!(values("n"), [7.0, 8.0]);
        assert_eq!(info.branches[11].column_type, Ok(ColumnType::flat(ElementType::Text)));
        for (column, type_name) in [
            ("price", "Decimal(10, 2)"),
            ("day", "Date32"),
            ("moment", "Timestamp(Microsecond, None)"),
            ("clock", "Time64(Microsecond)"),
            // Two bytes, for who knows no more.
            ("half", if name == "types.parquet" { "Float16" } else { "FixedSizeBinary(2)" }),
        ] {
            let error = info.find(column).unwrap_err().to_string();
            assert!(error.contains(&format!("a column of {type_name} is no number")), "{error}");
        }
    }
    let table = TableFile::open(data.join("nothing-readable.parquet"), None).unwrap();
    assert_eq!((table.info().n_entries, table.info().branches.len()), (2, 2));
}

fn two_chunks() -> [EventChunk; 2] {
    let mut first = EventChunk::new(0, 2);
    first.set("event", Piece::flat(vec![1_i64, 2]).into());
    first.set("score", Piece::flat(vec![0.1_f64, 1.0 / 3.0]).into());
    let mut second = EventChunk::new(2, 1);
    second.set("event", Piece::flat(vec![3_i64]).into());
    second.set("score", Piece::flat(vec![1e-300_f64]).into());
    [first, second]
}

#[test]
fn what_is_written_reads_the_same() {
    let folder = Folder::new("write");
    for (name, format) in
        [("a.csv", Format::Csv), ("a.jsonl", Format::JsonLines), ("a.parquet", Format::Parquet)]
    {
        let path = folder.0.join(name);
        write_table(&path, format, two_chunks()).unwrap();
        let chunk = whole(&path);
        assert_eq!(names(&chunk), ["event", "score"], "{name}");
        assert_eq!(chunk.column("event").unwrap().to_f64(), [1.0, 2.0, 3.0], "{name}");
        assert_eq!(chunk.column("score").unwrap().to_f64(), [0.1, 1.0 / 3.0, 1e-300], "{name}");
    }
    assert_eq!(folder.n_files(), 3);
}

#[test]
fn lists_go_through_json_and_parquet() {
    let folder = Folder::new("lists");
    let mut chunk = EventChunk::new(0, 3);
    let lists = Piece::jagged(&[vec![1.5_f32, -2.0], vec![], vec![0.25]]);
    chunk.set("pt", Column::from(lists.clone()));
    for (name, format) in [("a.jsonl", Format::JsonLines), ("a.parquet", Format::Parquet)] {
        let path = folder.0.join(name);
        write_table(&path, format, [chunk.clone()]).unwrap();
        let back = whole(&path);
        assert_eq!(back.column("pt").unwrap().values_per_entry(), [2, 0, 1], "{name}");
        assert_eq!(back.column("pt").unwrap().to_f64(), [1.5, -2.0, 0.25], "{name}");
    }
    let error = write_table(folder.0.join("a.csv"), Format::Csv, [chunk]).unwrap_err();
    assert!(matches!(error, TableFileError::NestedColumn { .. }), "{error}");
    assert_eq!(folder.n_files(), 2, "nothing is left of a table that could not be written");
}

#[test]
fn columns_without_a_value_are_missing_numbers_and_empty_lists() {
    let folder = Folder::new("nothing");
    let path = folder.file("a.jsonl", b"{\"met\":null,\"pt\":[]}\n{\"met\":null,\"pt\":[]}\n");
    let back = whole(&path);
    assert!(back.column("met").unwrap().to_f64().iter().all(|value| value.is_nan()));
    assert_eq!(back.column("pt").unwrap().values_per_entry(), [0, 0]);
}

#[test]
fn an_unfinished_table_leaves_nothing_and_touches_nothing() {
    let folder = Folder::new("unfinished");
    let path = folder.file("a.csv", b"old\n1\n");
    let mut writer = TableWriter::create(&path, Format::Csv).unwrap();
    writer.write(&two_chunks()[0]).unwrap();
    drop(writer);
    assert_eq!(folder.n_files(), 1);
    assert_eq!(whole(&path).column("old").unwrap().to_f64(), [1.0]);
}

#[test]
fn a_range_of_entries_and_a_stop() {
    let folder = Folder::new("range");
    let path = folder.file("a.csv", b"x\n1\n2\n3\n4\n");
    let table = TableFile::open(&path, None).unwrap();
    assert_eq!(read_chunk(&table, &[0], 1..3).unwrap().column("x").unwrap().to_f64(), [2.0, 3.0]);
    assert_eq!(read_chunk(&table, &[0], 9..12).unwrap().n_entries(), 0);
    assert!(table.visit(&[0], 0..4, &|_| std::ops::ControlFlow::Break(())).is_err());
}
