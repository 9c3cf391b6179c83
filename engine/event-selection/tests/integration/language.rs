//! Printing, storing and any bytes at all.

use super::any_bytes::run_any_bytes;
use super::support::kept_by_text;
use event_selection::{Expression, Selection};
use proptest::prelude::*;

fn any_expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        any::<u32>().prop_map(|value| value.to_string()),
        any::<f64>()
            .prop_filter("finite", |value| value.is_finite())
            .prop_map(|value| format!("{:?}", value.abs())),
        "[a-z_][a-z0-9_.]{0,5}".prop_filter("words", |name| {
            !["and", "or", "not", "get", "drop"].contains(&name.as_str())
                && !name.ends_with('.')
                && !name.contains("..")
                && name.split('.').all(|part| part.starts_with(|letter: char| !letter.is_ascii_digit()))
        }),
        "[^\\x00]{1,6}".prop_map(|name| format!(
            "get(\"{}\")",
            name.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
        )),
    ];
    let operator = prop::sample::select(vec![
        "+", "-", "*", "/", "//", "%", "**", "<", "<=", "==", "!=", ">", ">=", "and", "or", "&", "|", "^",
    ]);
    leaf.prop_recursive(6, 40, 3, move |inner| {
        prop_oneof![
            (inner.clone(), operator.clone(), inner.clone())
                .prop_map(|(a, op, b)| format!("{a} {op} {b}"))
                .prop_filter("bare bits", |text| Expression::parse(text).is_ok()),
            (inner.clone(), operator.clone(), inner.clone())
                .prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
            inner.clone().prop_map(|a| format!("-({a})")),
            inner.clone().prop_map(|a| format!("not ({a})")),
            inner
                .clone()
                .prop_map(|a| format!("-{a}"))
                .prop_filter("bare bits", |text| Expression::parse(text).is_ok()),
            inner.clone().prop_map(|a| format!("~({a})")),
            prop::collection::vec(inner.clone(), 0..4).prop_map(|list| format!("f({})", list.join(", "))),
            (inner.clone(), inner).prop_map(|(a, b)| format!("({a})[{b}]")),
        ]
    })
}

proptest! {
    // No file of found cases: each becomes a case of its own above.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_reads_as_the_same(text in any_expression()) {
        let tree = Expression::parse(&text).unwrap_or_else(|error| panic!("{error}"));
        let printed = tree.to_string();
        let again = Expression::parse(&printed).unwrap_or_else(|error| panic!("{printed}: {error}"));
        prop_assert_eq!(&again, &tree, "{}", printed);
        prop_assert_eq!(again.to_string(), printed);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        run_any_bytes(&bytes);
    }

    #[test]
    fn no_words_panic(words in prop::collection::vec(prop::sample::select(vec![
        "a", "b", "c", "d", "(", ")", "[", "]", "+", "-", "**", "<", "<=", "==", "=", "and", "or", "not ", "!", "~", "&", "%", "//",
        "1", "0.5", "1e400", "99999999999999999999", "sum", "where", ",", "\n", "get(\"a\")", "drop ", "count(c)", "b[0]", "d[b>1]",
        "invariant_mass", "min", "\"", "#",
    ]), 0..30)) {
        run_any_bytes(words.concat().as_bytes());
    }
}

#[test]
fn a_selection_travels_as_json() {
    let check = |selection: Selection| {
        let json = serde_json::to_string_pretty(&selection).unwrap();
        let again: Selection = serde_json::from_str(&json).unwrap();
        assert_eq!(again, selection, "{json}");
        assert_eq!(again.fingerprint(), selection.fingerprint());
    };
    check(Selection::from_text("ht = sum(jet_pt)\n200 < ht <= 1e3\ndrop `a b`").unwrap());
    check(
        Selection::from_original_json(
            r#"{"jagged_cut": {"jet_pt": {"cut": ["jet_pt>3", "all"], "remove": "True"}}}"#,
        )
        .unwrap(),
    );
    check(Selection::default());
}

#[test]
fn a_fingerprint_is_about_the_meaning() {
    let print = |text: &str| Selection::from_text(text).unwrap().fingerprint();
    assert_eq!(print("n>1 # one"), print("\n( n > 1 )"));
    assert_ne!(print("n > 1"), print("n >= 1"));
    let json = r#"{"jagged_cut": {"jet_pt": {"cut": ["jet_pt>30", "all"]}}}"#;
    assert_eq!(Selection::from_original_json(json).unwrap().fingerprint(), print("all(jet_pt > 30)"));
    // It changes with the meaning of the language only.
    assert_eq!(print("n > 1"), "a5ebadd951638d21a8d7803f83cf3477");
}

#[test]
fn the_two_operators_styles_agree() {
    assert_eq!(kept_by_text("n > 1 and not any(jet_btag)"), kept_by_text("n > 1 && !any(jet_btag)"));
    assert_eq!(kept_by_text("(n == 1) | (n == 4)"), [0, 3]);
}

#[test]
fn statements_one_by_one() {
    let statements =
        Selection::statements("ht = sum(\n  jet_pt)  # all\n\nht > 3; n < 4\ndrop n, met").unwrap();
    let said: Vec<&str> = statements.iter().map(|statement| statement.said.as_str()).collect();
    assert_eq!(said, ["ht = sum(\n  jet_pt)  # all", "ht > 3", "n < 4", "drop n, met"]);
    assert_eq!(statements[0].selection.new_branches().collect::<Vec<_>>(), ["ht"]);
    assert_eq!(statements[1].selection.n_cuts(), 1);
    let mut whole = Selection::default();
    statements.iter().for_each(|statement| whole.append(&statement.selection));
    assert_eq!(whole, Selection::from_text("ht = sum(jet_pt)\nht > 3\nn < 4\ndrop n, met").unwrap());
}

#[test]
fn a_branch_that_does_not_exist_is_named() {
    let check = |text: &str, missing: Option<&str>| {
        let chunk = super::support::four_events();
        let error = Selection::from_text(text).unwrap().check(&super::support::branches(&chunk)).unwrap_err();
        assert_eq!(error.missing_branch(), missing, "{text}");
    };
    check("n > 1\nhut = sum(jet_tp)", Some("jet_tp"));
    check("drop hut", Some("hut"));
    check("jet_pt > 3", None);
    check("cuont(n) > 3", None);
}

#[test]
fn errors_have_lines_and_columns() {
    let error = Selection::from_text("ht = sum(jet_pt)\n\nht > = 3").unwrap_err().to_string();
    assert!(error.starts_with("selection, line 3, column 6: "), "{error}");
    assert!(error.ends_with("\n  ht > = 3\n       ^"), "{error}");
}

#[test]
fn the_page_for_users_lists_all_functions() {
    let page = include_str!("../../../../docs/selection.md");
    assert!(page.contains(&event_selection::function_help()), "put function_help() into docs/selection.md");
}

#[test]
fn the_corpus_of_the_fuzz_target() {
    let corpus = super::damage::corpus("selection/corpus/selection");
    super::damage::feed(&corpus, 3000, |text| {
        run_any_bytes(text);
    });
}

#[test]
fn a_call_of_an_odd_name_is_printed_in_quotes() {
    let printed = Expression::parse("`a b`(1) + `and`(2) + sum(x)").unwrap().to_string();
    assert_eq!(printed, "get(\"a b\")(1) + get(\"and\")(2) + sum(x)");
    assert_eq!(Expression::parse(&printed).unwrap().to_string(), printed);
}

#[test]
fn a_deep_cut_on_lists_is_refused_where_its_reduction_would_be_too_deep() {
    let selection = |n_signs: usize| {
        let cut = format!("{}b > 1", "-".repeat(n_signs));
        Selection::from_original_json(&format!(r#"{{"jagged_cut": {{"b": {{"cut": ["{cut}", "any"]}}}}}}"#))
    };
    let deepest = (100..160).rfind(|n_signs| selection(*n_signs).is_ok()).unwrap();
    let text = selection(deepest).unwrap().to_text();
    assert_eq!(Selection::from_text(&text).unwrap().to_text(), text);
    assert!(selection(deepest + 1).unwrap_err().to_string().contains("nested deeper"));
}
