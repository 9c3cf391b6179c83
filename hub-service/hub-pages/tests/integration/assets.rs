//! Style and script.

use super::samples::{frame, visitor};

#[test]
fn a_page_names_the_assets_that_there_are() {
    let visitor = visitor();
    let html = hub_pages::workspaces_page(&frame(&visitor), &[], &[]).into_string();
    let names: Vec<&str> =
        html.split("/services/mlaas4hep/assets/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(names.len(), 4);
    for name in names {
        assert!(!hub_pages::asset(name).unwrap().bytes.is_empty(), "{name}");
    }
    for name in ["", "hub.css", "hub-0000000000000000.css", "../Cargo.toml"] {
        assert!(hub_pages::asset(name).is_none(), "{name}");
    }
}

#[test]
fn they_are_small_and_ask_for_nothing_elsewhere() {
    let visitor = visitor();
    let html = hub_pages::workspaces_page(&frame(&visitor), &[], &[]).into_string();
    for rest in html.split("/services/mlaas4hep/assets/").skip(1) {
        let asset = hub_pages::asset(rest.split('"').next().unwrap()).unwrap();
        let text = std::str::from_utf8(asset.bytes).unwrap();
        assert!(text.len() < 24_000, "{} bytes", text.len());
        let outside = text.replace("http://www.w3.org/2000/svg", "");
        for word in ["http:", "https:", "//cdn", "@import", "eval(", "innerHTML"] {
            assert!(!outside.contains(word), "{word}");
        }
    }
}
