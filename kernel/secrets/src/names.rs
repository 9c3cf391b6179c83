//! The names.

use std::ffi::OsString;

/// Parts of names that speak of a secret.
const PARTS: [&str; 7] = ["TOKEN", "SECRET", "PASSW", "COOKIE", "CREDENTIAL", "KEYFILE", "PRIVATE_KEY"];
/// Ends of names that do, such as `AWS_SECRET_ACCESS_KEY`, `OPENAI_API_KEY` and `GITHUB_PAT`.
const ENDS: [&str; 4] = ["_KEY", "_KEY_ID", "_PAT", "_PWD"];

/// Whether a variable of this name holds a secret: it speaks of tokens, passwords, keys or cookies, in letters of any
/// case. The folders `PWD` and `OLDPWD` are none.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_uppercase();
    PARTS.iter().any(|part| name.contains(part)) || ENDS.iter().any(|end| name.ends_with(end))
}

/// Names of the variables of this process that hold secrets.
pub fn variables() -> Vec<OsString> {
    std::env::vars_os().map(|(name, _)| name).filter(|name| is_secret(&name.to_string_lossy())).collect()
}

#[cfg(test)]
mod tests {
    use super::is_secret;

    #[test]
    fn tokens_are_secret_and_the_rest_is_not() {
        for name in [
            "JUPYTERHUB_API_TOKEN",
            "JPY_API_TOKEN",
            "MLAAS4HEP_TOKEN",
            "JUPYTERHUB_SSL_KEYFILE",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ACCESS_KEY_ID",
            "GITHUB_PAT",
            "CLIENT_SECRET",
            "db_password",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "JUPYTERHUB_USER",
            "MLAAS4HEP_STORE",
            "PATH",
            "MEM_LIMIT",
            "PWD",
            "OLDPWD",
            "KEYBOARD",
            "PATTERN",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
