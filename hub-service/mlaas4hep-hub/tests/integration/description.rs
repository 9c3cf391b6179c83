//! The description of the interface says what there is.

use mlaas4hep_hub::{ROUTES, open_api};
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_route_is_described_and_nothing_else() {
    let description: serde_json::Value = serde_json::to_value(open_api()).unwrap();
    let paths = description["paths"].as_object().unwrap();
    let described: BTreeSet<(String, String)> = paths
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
        })
        .collect();
    let listed = ROUTES.iter().map(|route| (route.method.to_owned(), route.path.to_owned())).collect();
    assert_eq!(described, listed);
}

/// `mlaas4hep-hub openapi > docs/hub-openapi.json` writes it anew.
#[test]
fn the_stored_description_is_the_present_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/hub-openapi.json");
    let stored = std::fs::read_to_string(path).unwrap();
    assert_eq!(stored.trim_end(), open_api().to_pretty_json().unwrap());
}
