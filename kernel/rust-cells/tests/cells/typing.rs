//! Tab and Shift-Tab.

use rust_cells::{Completions, Inspection};

use crate::front_end::{Test, engine, run_well};

pub(crate) fn tests() -> Vec<Test> {
    vec![("tab_offers_methods_and_names", tab), ("shift_tab_shows_types_and_words", shift_tab)]
}

/// What Tab offers at the end of `code`. A person would press it again where a busy machine gave no answer in time.
fn completed(code: &str) -> Completions {
    let tries = (0..10).map(|_| engine().complete(code, code.chars().count()));
    tries.into_iter().find(|found| !found.matches.is_empty()).unwrap_or_default()
}

/// What Shift-Tab shows, in the same way.
fn inspected(code: &str, cursor: usize) -> Inspection {
    (0..10).find_map(|_| engine().inspect(code, cursor)).expect("it is known")
}

fn tab() {
    run_well("let some_numbers = vec![1_u8];");
    let code = "let é = 1; some_numbers.is_em";
    let found = completed(code);
    assert!(found.matches.iter().any(|(text, _)| text.starts_with("is_empty")), "{found:?}");
    assert_eq!((found.start, found.end), (24, 29), "{found:?}");
    let code = "mlaas4hep::tab";
    let found = completed(code);
    assert!(found.matches.iter().any(|(text, _)| text.starts_with("table")), "{found:?}");
    assert_eq!(completed("some_num").matches[0].0, "some_numbers");
    // At any letter of a broken cell.
    let code = "let x = \"é\n:vars (";
    for cursor in 0..=code.chars().count() + 2 {
        let _ = engine().complete(code, cursor);
        let _ = engine().inspect(code, cursor);
    }
}

fn shift_tab() {
    run_well("let some_text = String::from(\"a\");");
    let found = inspected("some_text.len()", 3);
    assert!(found.text.contains("some_text") && found.text.contains("String"), "{found:?}");
    let found = inspected("mlaas4hep::table", 13);
    assert!(found.text.contains("Opens a table of the session"), "{found:?}");
    assert_eq!(engine().inspect("nothing_of_this_name", 3), None);
}
