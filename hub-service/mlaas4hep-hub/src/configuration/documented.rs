//! The file that documents every key says what the types say.

use super::{HubArea, IamArea, LimitsArea, ListenArea, LogArea, ProxyArea, Said};
use serde::de::DeserializeOwned;

const FILE: &str = include_str!("../../../../docs/hub-configuration.toml");

/// The same with all that is off turned on.
fn all_on() -> String {
    let is_setting = |line: &str| line.starts_with('[') || line.contains(" = ");
    let on = |line: &'static str| line.strip_prefix("# ").filter(|rest| is_setting(rest)).unwrap_or(line);
    FILE.lines().map(on).collect::<Vec<_>>().join("\n")
}

/// The keys of an area, as its type refuses one that it does not have.
fn keys<T: DeserializeOwned + std::fmt::Debug>(needed: &str) -> Vec<String> {
    let error = toml::from_str::<T>(&format!("{needed}\nno_such_key = 1")).unwrap_err().to_string();
    let (_, known) = error.split_once("expected").unwrap();
    known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn what_is_on_is_the_default() {
    let said: Said = toml::from_str(FILE).unwrap();
    assert_eq!(format!("{said:?}"), format!("{:?}", Said::default()));
}

#[test]
fn every_key_stands_in_it() {
    let table: toml::Table = toml::from_str(&all_on()).unwrap();
    let said: Said = toml::from_str(&all_on()).unwrap();
    assert_eq!((said.iam.len(), said.hub.is_some()), (1, true));
    let check = |area: &str, keys: Vec<String>| {
        assert!(keys.len() > 1, "{area}: {keys:?}");
        let mut at = &table;
        for part in area.split('.') {
            let value = &at[part];
            let value = value.as_array().map_or(value, |all| &all[0]);
            at = value.as_table().unwrap();
        }
        for key in keys {
            assert!(at.contains_key(&key), "{area}.{key} is not in docs/hub-configuration.toml");
        }
    };
    check("listen", keys::<ListenArea>(""));
    check("hub", keys::<HubArea>("api_url = \"a\""));
    check("iam", keys::<IamArea>("issuer = \"a\"\naudiences = []"));
    check("proxy", keys::<ProxyArea>(""));
    check("workspaces", keys::<workspaces::Settings>(""));
    let bucket = "endpoint = \"a\"\nbucket = \"a\"\naccess_key = \"a\"\nsecret_key = \"a\"";
    check("workspaces.blobs", keys::<workspaces::S3Settings>(bucket));
    check("limits", keys::<LimitsArea>(""));
    check("log", keys::<LogArea>(""));
}
