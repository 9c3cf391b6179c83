//! What expressions give.

use super::support::{apply, check, refuse};
use event_columns::EventChunk;
use event_selection::{CutFlow, Selection};

const NAN: f64 = f64::NAN;

#[test]
fn types_and_numbers() {
    check("n + 1", "i32", &[2.0, 3.0, 4.0, 5.0]);
    check("n / 2", "f64", &[0.5, 1.0, 1.5, 2.0]);
    check("n // 2", "i32", &[0.0, 1.0, 1.0, 2.0]);
    check("-n // 2", "i32", &[-1.0, -1.0, -2.0, -2.0]);
    check("-n % 3", "i32", &[2.0, 1.0, 0.0, 2.0]);
    check("n // 0", "i32", &[0.0; 4]);
    check("n ** 2", "i32", &[1.0, 4.0, 9.0, 16.0]);
    check("n ** -1", "f64", &[1.0, 0.5, 1.0 / 3.0, 0.25]);
    check("n * 2147483647", "i32", &[2_147_483_647.0, -2.0, 2_147_483_645.0, -4.0]);
    check("n * 2.5", "f64", &[2.5, 5.0, 7.5, 10.0]);
    check("met * 2", "f32", &[21.0, NAN, 60.0, f64::INFINITY]);
    check("met * n", "f64", &[10.5, NAN, 90.0, f64::INFINITY]);
    check("2 * 3 + 1", "i64", &[7.0; 4]);
    check("n & 1", "i32", &[1.0, 0.0, 1.0, 0.0]);
    check("~n", "i32", &[-2.0, -3.0, -4.0, -5.0]);
    check("pi", "f64", &[std::f64::consts::PI; 4]);
}

#[test]
fn nan_and_infinity() {
    check("met > 20", "bool", &[0.0, 0.0, 1.0, 1.0]);
    check("not met > 20", "bool", &[1.0, 1.0, 0.0, 0.0]);
    check("met == met", "bool", &[1.0, 0.0, 1.0, 1.0]);
    check("met != met", "bool", &[0.0, 1.0, 0.0, 0.0]);
    check("isnan(met) or isinf(met)", "bool", &[0.0, 1.0, 0.0, 1.0]);
    check("fmin(met, 20)", "f32", &[10.5, 20.0, 20.0, 20.0]);
    check("1 / (n - 1)", "f64", &[f64::INFINITY, 1.0, 0.5, 1.0 / 3.0]);
    check("log(n - 2)", "f64", &[NAN, f64::NEG_INFINITY, 0.0, 2.0_f64.ln()]);
}

#[test]
fn lists() {
    check("jet_pt * 2", "list of f32", &[100.0, 40.0, 70.0, 200.0, 80.0, 62.0]);
    check("jet_pt * n", "list of f64", &[50.0, 20.0, 105.0, 400.0, 160.0, 124.0]);
    check("sum(jet_pt)", "f64", &[70.0, 0.0, 35.0, 171.0]);
    check("sum(mu_pt)", "i64", &[5.0, 13.0, 0.0, 8.0]);
    check("len(jet_pt)", "i64", &[2.0, 0.0, 1.0, 3.0]);
    check("count(jet_pt > 30)", "i64", &[1.0, 0.0, 1.0, 3.0]);
    check("mean(mu_pt)", "f64", &[5.0, 6.5, NAN, 8.0]);
    check("min(jet_pt)", "f32", &[20.0, NAN, 35.0, 31.0]);
    check("max(mu_pt)", "f64", &[5.0, 7.0, NAN, 8.0]);
    check("max(n, 3)", "f64", &[3.0, 3.0, 3.0, 4.0]);
    check("any(jet_btag)", "bool", &[1.0, 0.0, 0.0, 1.0]);
    check("all(jet_btag)", "bool", &[0.0, 1.0, 0.0, 0.0]);
    check("jet_pt[0]", "f32", &[50.0, NAN, 35.0, 100.0]);
    check("jet_pt[1]", "f32", &[20.0, NAN, NAN, 40.0]);
    check("jet_pt[-1]", "f32", &[20.0, NAN, 35.0, 31.0]);
    check("jet_pt[7]", "f32", &[NAN; 4]);
    check("axis[1]", "f32", &[1.0, 3.0, 5.0, 7.0]);
    check("axis[-2]", "f32", &[0.0, 2.0, 4.0, 6.0]);
    check("mu_pt[n - 1]", "f64", &[5.0, 7.0, NAN, NAN]);
    check("first(mu_pt)", "f64", &[5.0, 6.0, NAN, 8.0]);
    check("argmin(jet_eta)", "i64", &[1.0, -1.0, 0.0, 1.0]);
    check("jet_pt[argmin(jet_eta)]", "f32", &[20.0, NAN, 35.0, 40.0]);
    check("jet_pt[jet_pt > 30 and abs(jet_eta) < 2.4]", "list of f32", &[50.0, 100.0, 40.0, 31.0]);
    check("sum(jet_pt[jet_btag])", "f64", &[50.0, 0.0, 0.0, 140.0]);
    check("where(jet_btag, jet_pt, -1)", "list of f32", &[50.0, -1.0, -1.0, 100.0, 40.0, -1.0]);
    check("where(n > 2, met, 0)", "f32", &[0.0, 0.0, 30.0, f64::INFINITY]);
    check("20 < jet_pt <= 40", "list of bool", &[0.0, 0.0, 1.0, 0.0, 1.0, 1.0]);
}

#[test]
fn four_vectors() {
    check("delta_phi(3, -3)", "f64", &[6.0 - std::f64::consts::TAU; 4]);
    check("delta_r(0, 1, 4, 4)", "f64", &[5.0; 4]);
    check("delta_r(n, 3, n, -3)", "f64", &[std::f64::consts::TAU - 6.0; 4]);
    // Two massless particles back to back weigh their momenta.
    check("invariant_mass(n, 0, 0, 0, n, 0, pi, 0)", "f64", &[2.0, 4.0, 6.0, 8.0]);
    check("energy(3, 0, 4)", "f64", &[5.0; 4]);
    check("invariant_mass(0 * mu_pt, 0, 0, mu_pt)", "f64", &[5.0, 13.0, 0.0, 8.0]);
}

#[test]
fn what_does_not_fit_is_said() {
    refuse("jet_tp > 3", "line 1, column 1: there is no branch `jet_tp`; did you mean jet_pt");
    refuse("n + cuont(jet_btag)", "column 5: there is no function `cuont`; did you mean count");
    refuse("sum(n)", "`sum` needs a list");
    refuse("count(jet_pt)", "len(jet_pt)");
    refuse("n and met > 3", "`n` is a number, not a condition");
    refuse("met > 3 & n > 1", "bind more tightly");
    refuse("jet_pt[n > 1]", "make it a cut");
    refuse("jet_pt[met]", "a position");
    refuse(
        "1 + axis[2]",
        "column 10: `axis` has 2 elements in each event: positions are 0 to 1, or -1 to -2",
    );
    refuse("axis[-3]", "`axis` has 2 elements in each event");
    refuse("hypot(n)", "`hypot` takes 2 arguments, not 1");
    refuse("abs(n, met)", "`abs` takes 1 argument, not 2");
    refuse("abs", "is a function");
    refuse(
        "jet_pt + mu_pt",
        "`jet_pt` and `mu_pt` cannot be combined element by element: list 0 of the chunk has 2 and 1",
    );
    refuse("jet_pt[jet_pt > 30] + jet_eta", "`jet_pt[jet_pt > 30]` and `jet_eta`");
}

#[test]
fn a_selection_filters_adds_and_drops() {
    let text = "ht = sum(jet_pt)  # scalar sum\nn_b = count(jet_btag)\nn_b >= 1 and 60 < ht <= 1e3; n < 4\ndrop jet_btag, n";
    let selected = apply(&Selection::from_text(text).unwrap());
    assert_eq!(selected.kept, [0]);
    assert_eq!(selected.chunk.column("ht").unwrap().to_f64(), [70.0]);
    assert_eq!(selected.chunk.column("jet_pt").unwrap().to_f64(), [50.0, 20.0]);
    let table = "cut                         alone   left   left %\n\
                 all events                             4   100.00\n\
                 n_b >= 1 and 60 < ht <= 1e3      2      2    50.00\n\
                 n < 4                            3      1    25.00";
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(squeezed(&selected.cut_flow.to_string()), squeezed(table));
    let json = serde_json::to_string(&selected.cut_flow).unwrap();
    assert_eq!(serde_json::from_str::<CutFlow>(&json).unwrap(), selected.cut_flow);
}

#[test]
fn no_event_is_left_and_none_was_there() {
    let selection = Selection::from_text("x = jet_pt[0]\nn > 100\njet_pt[0] > 1 or False").unwrap();
    let selected = apply(&selection);
    assert_eq!((selected.chunk.n_entries(), selected.kept.len()), (0, 0));
    assert_eq!(selected.chunk.column("jet_pt").unwrap().n_entries(), 0);
    let empty: EventChunk = super::support::four_events().slice(0..0);
    let checked = selection.check(&super::support::branches(&empty)).unwrap();
    let selected = checked.apply(empty).unwrap();
    assert_eq!(selected.cut_flow.n_events, 0);
    assert_eq!(selected.chunk.column("x").unwrap().n_entries(), 0);
}

#[test]
fn a_branch_can_be_replaced_by_its_filtered_self() {
    let text = "good = jet_pt > 30\njet_pt = jet_pt[good]\njet_eta = jet_eta[good]\nht = sum(jet_pt * cosh(jet_eta))\ndrop good";
    let selected = apply(&Selection::from_text(text).unwrap());
    assert_eq!(selected.chunk.column("jet_pt").unwrap().to_f64(), [50.0, 35.0, 100.0, 40.0, 31.0]);
    assert_eq!(selected.kept.len(), 4);
}

#[test]
fn chunks_of_several_pieces_give_the_same() {
    use event_columns::{Column, EventChunk};
    let whole = super::support::four_events();
    let mut cut = EventChunk::new(100, 4);
    for (number, (name, column)) in whole.columns().enumerate() {
        let at = 1 + number % 3;
        let mut pieces = column.slice(0..at).pieces().to_vec();
        pieces.extend(column.slice(at..4).pieces().to_vec());
        cut.set(name.clone(), Column::new(column.column_type(), pieces).unwrap());
    }
    let selection = Selection::from_text("x = jet_pt[jet_btag] * n\ncount(jet_pt > 30) >= 1").unwrap();
    let checked = selection.check(&super::support::branches(&whole)).unwrap();
    let (one, several) = (checked.apply(whole).unwrap(), checked.apply(cut).unwrap());
    assert_eq!(one, several);
    assert_eq!(one.kept, [0, 2, 3]);
}

#[test]
fn positions_beyond_the_signed_integers_find_nothing() {
    let mut chunk = EventChunk::new(0, 3);
    chunk.set("place", event_columns::Piece::flat(vec![1_u64, u64::MAX, 1 << 63]).into());
    chunk.set("list", event_columns::Piece::jagged(&vec![vec![1.0_f32, 2.0]; 3]).into());
    let expression = event_selection::Expression::parse("list[place]").unwrap();
    let column = expression.check(&super::support::branches(&chunk)).unwrap().evaluate(&chunk).unwrap();
    let found = column.to_f64();
    assert!(found[0] == 2.0 && found[1].is_nan() && found[2].is_nan(), "{found:?}");
}
