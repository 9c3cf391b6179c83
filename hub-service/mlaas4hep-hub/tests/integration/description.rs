//! The description of the interface says what there is.

use mlaas4hep_hub::{Needs, ROUTES, open_api};
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

/// What stands in the path of an address, and what does not.
#[test]
fn parameters_are_where_they_are_said_to_be() {
    let description: serde_json::Value = serde_json::to_value(open_api()).unwrap();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
            let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path");
            let said: BTreeSet<&str> = in_path.map(|parameter| parameter["name"].as_str().unwrap()).collect();
            let there = path.split(['{', '}']).skip(1).step_by(2).collect();
            assert_eq!(said, there, "{method} {path}");
            let is_open = ROUTES.iter().any(|route| {
                let is_this = route.path == path && route.method.eq_ignore_ascii_case(method);
                is_this && matches!(route.needs, Needs::Nothing | Needs::Link)
            });
            assert_eq!(operation["security"] == serde_json::json!([{}]), is_open, "{method} {path}");
        }
    }
}

/// `mlaas4hep-hub openapi > docs/hub-openapi.json` writes it anew.
#[test]
fn the_stored_description_is_the_present_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/hub-openapi.json");
    let stored = std::fs::read_to_string(path).unwrap();
    assert_eq!(stored.trim_end(), open_api().to_pretty_json().unwrap());
}
