//! Tab and Shift-Tab.

use crate::front_end::{Test, engine, run_well};

pub(crate) fn tests() -> Vec<Test> {
    vec![("tab_offers_methods_and_names", tab), ("shift_tab_shows_types_and_words", shift_tab)]
}

fn tab() {
    run_well("let some_numbers = vec![1_u8];");
    let code = "let é = 1; some_numbers.is_em";
    let found = engine().complete(code, code.chars().count());
    assert!(found.matches.iter().any(|(text, _)| text.starts_with("is_empty")), "{found:?}");
    assert_eq!((found.start, found.end), (24, 29), "{found:?}");
    let code = "mlaas4hep::tab";
    let found = engine().complete(code, code.len());
    assert!(found.matches.iter().any(|(text, _)| text.starts_with("table")), "{found:?}");
    assert_eq!(engine().complete("some_num", 8).matches[0].0, "some_numbers");
    // At any letter of a broken cell.
    let code = "let x = \"é\n:vars (";
    for cursor in 0..=code.chars().count() + 2 {
        let _ = engine().complete(code, cursor);
        let _ = engine().inspect(code, cursor);
    }
}

fn shift_tab() {
    run_well("let some_text = String::from(\"a\");");
    let found = engine().inspect("some_text.len()", 3).expect("the variable is known");
    assert!(found.text.contains("some_text") && found.text.contains("String"), "{found:?}");
    let found = engine().inspect("mlaas4hep::table", 13).expect("the function is known");
    assert!(found.text.contains("Opens a table of the session"), "{found:?}");
    assert_eq!(engine().inspect("nothing_of_this_name", 3), None);
}
