//! What of the environment a cell must not see.

use std::ffi::OsString;

/// Names of the variables that hold secrets of the hub or of this project.
pub(crate) fn secret_names() -> Vec<OsString> {
    std::env::vars_os().map(|(name, _)| name).filter(|name| is_secret(&name.to_string_lossy())).collect()
}

/// Variables whose names speak of tokens, passwords, keys or cookies.
fn is_secret(name: &str) -> bool {
    const SECRETS: [&str; 6] = ["TOKEN", "SECRET", "PASSW", "COOKIE", "CREDENTIAL", "KEYFILE"];
    let name = name.to_uppercase();
    SECRETS.iter().any(|secret| name.contains(secret))
        || ["_KEY", "_PAT"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_secret_and_the_rest_is_not() {
        for name in [
            "JUPYTERHUB_API_TOKEN",
            "JPY_API_TOKEN",
            "MLAAS4HEP_TOKEN",
            "JUPYTERHUB_SSL_KEYFILE",
            "GITHUB_PAT",
            "db_password",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["JUPYTERHUB_USER", "MLAAS4HEP_STORE", "MLAAS4HEP_SOCKET", "PATH", "MEM_LIMIT"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
