//! Tables written and mapped; files of any bytes.

use std::path::Path;

use mlaas4hep::store::{open_table, remove_table, table_names, write_table};
use mlaas4hep::{Error, PrimitiveType, Shape, Show, Table, TableBuilder};
use proptest::prelude::*;

fn written(folder: &Path, table: &TableBuilder<'_>) -> Table {
    write_table(folder, "ttH", table).unwrap();
    open_table(folder, "ttH").unwrap()
}

#[test]
fn every_type_and_shape_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let met = [41.0_f32, 12.5, f32::NAN];
    let builder = TableBuilder::new()
        .flat("met", &met)
        .flat("is_signal", vec![true, false, true])
        .flat("i8", vec![-1_i8, 0, 1])
        .flat("i16", vec![-1_i16, 0, 1])
        .flat("i32", vec![i32::MIN, 0, i32::MAX])
        .flat("i64", vec![i64::MIN, 0, i64::MAX])
        .flat("u8", vec![0_u8, 1, 255])
        .flat("u16", vec![0_u16, 1, 65535])
        .flat("u32", vec![0_u32, 1, u32::MAX])
        .flat("event", vec![0_u64, 1, u64::MAX])
        .flat_pieces("f64", [&[0.5_f64][..], &[], &[1.5, 2.5]])
        .fixed("vertex", 2, vec![1_i16, 2, 3, 4, 5, 6])
        .lists("Jet_pt", [vec![55.0_f32, 31.0], vec![], vec![20.0]])
        .jagged("Muon_charge", &[0, 0, 1, 2], vec![1_i8, -1])
        .jagged_pieces(
            "hits",
            2,
            [(&[1_i64, 2][..], vec![0_u16, 0, 7, 8].into()), (&[0, 0, 2][..], vec![1_u16, 2, 3, 4].into())],
        )
        .lists_of_lists("tracks", &[vec![vec![1_u32], vec![2, 3]], vec![], vec![vec![], vec![4]]])
        .doubly_jagged_pieces(
            "cells",
            2,
            [
                (&[1_i64, 2][..], &[0_i64, 1, 2][..], vec![9_i8, 9, 1, 2].into()),
                (&[0, 0, 1], &[1, 3], vec![9, 9, 3, 4, 5, 6].into()),
            ],
        )
        .texts("trigger", ["HLT_Mu", "", "é"]);
    let table = written(folder.path(), &builder);
    assert_eq!((table.n_events(), table.names().len()), (3, 18));
    let tracks = table.doubly_jagged::<u32>("tracks").unwrap();
    let lists: Vec<Vec<&[u32]>> = tracks.iter().map(|event| event.iter().collect()).collect();
    assert_eq!(lists, [vec![&[1_u32][..], &[2, 3]], vec![], vec![&[], &[4]]]);
    let of_third = tracks.get(2).unwrap();
    assert_eq!(
        (of_third.len(), of_third.flat_values(), of_third.get(1)),
        (2, &[4_u32][..], Some(&[4_u32][..]))
    );
    assert_eq!((tracks.len(), tracks.lists().len(), tracks.get(3).is_none()), (3, 4, true));
    let cells = table.doubly_jagged::<i8>("cells").unwrap();
    let lists: Vec<Vec<&[i8]>> = cells.iter().map(|event| event.iter().collect()).collect();
    assert_eq!(lists, [vec![&[1_i8, 2][..]], vec![], vec![&[3, 4, 5, 6]]]);
    assert_eq!(table.to_f64("tracks").unwrap(), [1.0, 2.0, 3.0, 4.0]);
    assert!(table.doubly_jagged::<u32>("met").is_err() && table.jagged::<u32>("tracks").is_err());
    assert!(table.content().plain_text().contains("events, 18 columns"));
    assert_eq!(table.values::<f32>("met").unwrap()[..2], met[..2]);
    assert!(table.values::<f32>("met").unwrap()[2].is_nan());
    assert_eq!(table.values::<bool>("is_signal").unwrap(), [true, false, true]);
    assert_eq!(table.values::<i32>("i32").unwrap(), [i32::MIN, 0, i32::MAX]);
    assert_eq!(table.values::<u64>("event").unwrap(), [0, 1, u64::MAX]);
    assert_eq!(table.values::<f64>("f64").unwrap(), [0.5, 1.5, 2.5]);
    assert_eq!(table.arrays::<i16>("vertex").unwrap().nth(1), Some(&[3_i16, 4][..]));
    let jets = table.jagged::<f32>("Jet_pt").unwrap();
    assert_eq!(jets.iter().collect::<Vec<_>>(), [&[55.0_f32, 31.0][..], &[], &[20.0]]);
    assert_eq!(jets.iter().next_back(), Some(&[20.0_f32][..]));
    assert_eq!((jets.len(), jets.counts().collect::<Vec<_>>(), jets.get(3)), (3, vec![2, 0, 1], None));
    let charges = table.jagged::<i8>("Muon_charge").unwrap();
    assert_eq!(charges.into_iter().collect::<Vec<_>>(), [&[][..], &[1_i8], &[-1]]);
    let hits = table.jagged::<u16>("hits").unwrap();
    assert_eq!(hits.iter().collect::<Vec<_>>(), [&[7_u16, 8][..], &[], &[1, 2, 3, 4]]);
    assert_eq!(table.texts("trigger").unwrap(), ["HLT_Mu", "", "é"]);
    assert_eq!(table.to_f64("is_signal").unwrap(), [1.0, 0.0, 1.0]);
    assert_eq!(table.to_f64("Jet_pt").unwrap(), [55.0, 31.0, 20.0]);
    assert_eq!(table.columns()[11].shape, Shape::Fixed { width: 2 });
    let address = table.values::<i8>("i8").unwrap().as_ptr().addr();
    assert_eq!(address % 64, 0, "buffers lie at multiples of 64 bytes");
}

#[test]
fn a_table_is_shown_with_its_first_events() {
    let folder = tempfile::tempdir().unwrap();
    let builder = TableBuilder::new()
        .flat("met", (0..20).map(f64::from).collect::<Vec<_>>())
        .lists("<jets>", (0..20_u8).map(|n| (0..n).collect::<Vec<u8>>()));
    let content = written(folder.path(), &builder).content();
    let html = &content.forms()[0].1;
    assert!(
        html.contains("<th>met<br><small>f64</small></th><th>&lt;jets&gt;<br><small>list of u8</small></th>")
    );
    assert!(
        html.contains("<tr><th>7</th><td>7</td><td>[0, 1, 2, 3, … 7 in all]</td></tr></tbody>"),
        "{html}"
    );
    assert!(
        content.plain_text().starts_with("table ttH: 20 events, 2 columns\nmet "),
        "{}",
        content.plain_text()
    );
    assert_eq!(content.plain_text().lines().count(), 3 + 8);
}

#[test]
fn wrong_names_types_and_shapes_say_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let builder =
        TableBuilder::new().flat("met", vec![1.0_f32]).lists("Jet_pt", [vec![1.0_f32]]).texts("hlt", ["a"]);
    let table = written(folder.path(), &builder);
    let said = |error: Error| error.to_string();
    assert_eq!(
        said(table.values::<f32>("MTE").unwrap_err()),
        "table `ttH` has no column `MTE` among its 3; did you mean met?"
    );
    assert_eq!(
        said(table.values::<f64>("met").unwrap_err()),
        "column `met` of table `ttH` holds f32, not f64: write `::<f32>`, or to_f64(\"met\") for a copy as f64"
    );
    assert_eq!(
        said(table.values::<f32>("Jet_pt").unwrap_err()),
        "column `Jet_pt` of table `ttH` has a list for each event: use jagged()"
    );
    assert!(
        said(table.jagged::<f32>("met").unwrap_err()).ends_with("has one value for each event: use values()")
    );
    assert!(said(table.to_f64("hlt").unwrap_err()).ends_with("use texts()"));
    assert!(said(table.texts("met").unwrap_err()).ends_with("use values() or jagged()"));
    assert_eq!(
        said(open_table(folder.path(), "tth").unwrap_err()),
        "no table `tth` among the 1 that Rust cells see; did you mean ttH?"
    );
    assert!(matches!(open_table(&folder.path().join("none"), "x"), Err(Error::NoTable { n_tables: 0, .. })));
}

#[test]
fn columns_that_do_not_fit_are_refused_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |builder: TableBuilder<'_>| match write_table(folder.path(), "x", &builder) {
        Err(Error::BadTable { reason, .. }) => reason,
        other => panic!("{other:?}"),
    };
    let uneven = TableBuilder::new().flat("a", vec![1_u8]).flat("b", vec![1_u8, 2]);
    assert_eq!(refused(uneven), "column `a` has 1 events and column `b` has 2");
    assert!(
        refused(TableBuilder::new().flat("a", vec![1_u8]).flat("a", vec![1_u8])).contains("two of this name")
    );
    assert!(refused(TableBuilder::new().fixed("a", 2, vec![1_u8])).contains("no multiple of its width 2"));
    assert!(refused(TableBuilder::new().fixed("a", 0, vec![1_u8])).contains("width 0"));
    assert!(refused(TableBuilder::new().jagged("a", &[0, 2], vec![1_u8])).contains("beyond its 1 values"));
    assert!(refused(TableBuilder::new().jagged("a", &[0, 1, 0], vec![1_u8])).contains("offsets fall"));
    assert!(refused(TableBuilder::new().jagged("a", &[-1, 0], vec![1_u8])).contains("offsets fall"));
    assert!(refused(TableBuilder::new().jagged("a", &[], vec![1_u8])).contains("no offsets"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_mapped_table_outlives_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let old = written(folder.path(), &TableBuilder::new().flat("x", vec![1_i32; 5000]));
    let new = written(folder.path(), &TableBuilder::new().flat("x", vec![2_i32; 3]));
    assert_eq!(table_names(folder.path()).unwrap(), ["ttH"]);
    assert!(remove_table(folder.path(), "ttH").unwrap());
    assert!(!remove_table(folder.path(), "ttH").unwrap());
    assert_eq!(old.values::<i32>("x").unwrap(), vec![1; 5000]);
    assert_eq!(new.values::<i32>("x").unwrap(), [2; 3]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn tables_without_events_or_columns_are_tables() {
    let folder = tempfile::tempdir().unwrap();
    let empty = written(folder.path(), &TableBuilder::new());
    assert_eq!((empty.n_events(), empty.names().len()), (0, 0));
    let none: [Vec<f32>; 0] = [];
    let no_events =
        written(folder.path(), &TableBuilder::new().flat("x", Vec::<f32>::new()).lists("y", none));
    assert!(no_events.jagged::<f32>("y").unwrap().is_empty());
    assert!(no_events.content().plain_text().contains("0 events"));
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let error = write_table(&file, "x", &TableBuilder::new()).unwrap_err();
    assert!(matches!(error, Error::Io { attempted: "write", .. }), "{error}");
}

/// Reads everything that a file of these bytes offers, which must not panic.
fn read_all(bytes: &[u8]) -> Result<usize, Error> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.m4ht"), bytes).unwrap();
    let table = open_table(folder.path(), "x")?;
    let mut n_values = 0;
    for column in table.columns() {
        let name = column.name.as_str();
        n_values += table.to_f64(name).map_or(0, |values| values.len());
        n_values += table.texts(name).map_or(0, |texts| texts.len());
        n_values += table.jagged::<f32>(name).map_or(0, |events| events.iter().map(<[f32]>::len).sum());
        n_values += table.doubly_jagged::<f32>(name).map_or(0, |events| {
            events.iter().map(|lists| lists.iter().map(<[f32]>::len).sum::<usize>()).sum()
        });
        n_values += table.values::<bool>(name).map_or(0, <[bool]>::len);
    }
    let _ = table.content();
    Ok(n_values)
}

fn good_file() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let builder = TableBuilder::new()
        .flat("b", vec![true, false])
        .fixed("f", 2, vec![1.0_f32, 2.0, 3.0, 4.0])
        .lists("l", [vec![1.0_f32], vec![2.0, 3.0]])
        .lists_of_lists("d", &[vec![vec![1.0_f32], vec![2.0, 3.0]], vec![]])
        .texts("t", ["a", "bc"]);
    std::fs::read(write_table(folder.path(), "x", &builder).unwrap()).unwrap()
}

#[test]
fn each_truncation_is_refused() {
    let good = good_file();
    assert_eq!(read_all(&good).unwrap(), 2 + 4 + 3 + 2 + 3 + 2 + 3 + 3);
    for length in 0..good.len() {
        assert!(read_all(&good[..length]).is_err(), "{length} bytes of {}", good.len());
    }
}

#[test]
fn values_that_are_none_of_their_type_are_refused() {
    let good = good_file();
    let position = |at: usize| u64::from_le_bytes(good[at..at + 8].try_into().unwrap()) as usize;
    // The entry of `b`: 4 bytes of length, the name, type, shape, 4 bytes of width, 8 of the number of values.
    let bools_at = position(64 + 4 + 1 + 1 + 1 + 4 + 8);
    let mut broken = good.clone();
    broken[bools_at] = 7;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.m4ht"), &broken).unwrap();
    let error = open_table(folder.path(), "x").unwrap().values::<bool>("b").unwrap_err();
    assert!(error.to_string().contains("no values of its type; make the table again"), "{error}");
    assert_eq!(PrimitiveType::ALL[0], PrimitiveType::Bool);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_all(&bytes);
    }

    #[test]
    fn any_change_of_a_file_is_read_or_refused(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = good_file();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = read_all(&bytes);
    }

    #[test]
    fn any_header_is_read_or_refused(words in prop::collection::vec(prop_oneof![any::<u64>(), 0..200_u64], 16)) {
        let mut bytes = good_file();
        for (index, word) in words.iter().enumerate() {
            // The version and the length of the file stay: others are refused at once.
            if index != 0 && index != 3 {
                bytes[8 * index + 8..8 * index + 16].copy_from_slice(&word.to_le_bytes());
            }
        }
        let _ = read_all(&bytes);
    }

    #[test]
    fn lists_come_back(lists in prop::collection::vec(prop::collection::vec(any::<i32>(), 0..5), 0..20)) {
        let folder = tempfile::tempdir().unwrap();
        let table = written(folder.path(), &TableBuilder::new().lists("x", &lists));
        let back: Vec<Vec<i32>> = table.jagged("x").unwrap().iter().map(<[i32]>::to_vec).collect();
        prop_assert_eq!(back, lists);
    }
}
