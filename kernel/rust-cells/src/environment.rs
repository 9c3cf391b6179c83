//! What of the environment a cell must not see.

use std::ffi::OsString;

/// Names of the variables that hold secrets of the hub or of this project.
pub(crate) fn secret_names() -> Vec<OsString> {
    std::env::vars_os().map(|(name, _)| name).filter(|name| is_secret(&name.to_string_lossy())).collect()
}

/// Variables of the hub, the server and ours whose names speak of tokens, passwords, keys or cookies.
fn is_secret(name: &str) -> bool {
    const OWNERS: [&str; 6] = ["JUPYTERHUB_", "JUPYTER_", "JPY_", "MLAAS4HEP_", "MLAAS_", "CONFIGPROXY_"];
    const SECRETS: [&str; 6] = ["TOKEN", "SECRET", "PASSWORD", "KEY", "COOKIE", "CREDENTIAL"];
    OWNERS.iter().any(|owner| name.starts_with(owner)) && SECRETS.iter().any(|secret| name.contains(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_secret_and_the_rest_is_not() {
        for name in ["JUPYTERHUB_API_TOKEN", "JPY_API_TOKEN", "MLAAS4HEP_TOKEN", "JUPYTERHUB_SSL_KEYFILE"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["JUPYTERHUB_USER", "MLAAS4HEP_STORE", "MLAAS4HEP_SOCKET", "PATH", "MEM_LIMIT"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
