//! Where the service is, and with which token it is called.

use std::path::PathBuf;

use url::Url;

use crate::{HubError, LoginFile, Token, TokenOrigin};

/// The address of the service, as the operator sets it for notebook servers and anybody for a shell.
const URL_VARIABLE: &str = "MLAAS4HEP_HUB_URL";
/// A token for a shell; in a notebook server the server's own token is used.
const TOKEN_VARIABLE: &str = "MLAAS4HEP_HUB_TOKEN";
/// The name of the service at the hub, where it is another than [`DEFAULT_SERVICE`].
const SERVICE_VARIABLE: &str = "MLAAS4HEP_HUB_SERVICE";
const DEFAULT_SERVICE: &str = "mlaas4hep";

/// Gives the value of a variable of the environment; the library itself does not look.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What the user said about the service; all of it may be left out.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Address of the service.
    pub address: Option<String>,
    /// Token to use.
    pub token: Option<Token>,
    /// The file of `mlaas4hep login`.
    pub login_file: Option<PathBuf>,
}

/// A service and the token for it.
#[derive(Clone, Debug)]
pub struct Connection {
    address: Url,
    token: Option<Token>,
    origin: TokenOrigin,
    service: String,
}

impl Connection {
    /// A service at an address; without a token for `mlaas4hep-hub dev`.
    ///
    /// # Errors
    /// [`HubError::Address`] for what is no `http` or `https` address, or has a user, a query or a fragment.
    pub fn new(address: &str, token: Option<Token>, origin: TokenOrigin) -> Result<Self, HubError> {
        let address = check_address(address)?;
        let service = service_of(&address).unwrap_or_else(|| DEFAULT_SERVICE.to_owned());
        Ok(Self { address, token, origin, service })
    }

    /// Looks, in this order, at what the user said, the variables `MLAAS4HEP_HUB_URL`, those that `JupyterHub` sets in a
    /// notebook server, and the file of `mlaas4hep login`. The token is the one that was said, else `MLAAS4HEP_HUB_TOKEN`,
    /// else the server's own (never for an address that the user said), else that of the file where the file is for the
    /// same address.
    ///
    /// # Errors
    /// [`HubError::NotConfigured`] where nothing says an address, an address that is none, a file that cannot be read.
    pub fn find(wish: &Wish, environment: Environment<'_>) -> Result<Self, HubError> {
        let value = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        let login = wish.login_file.as_deref().map(LoginFile::read).transpose()?.flatten();
        let said = wish.address.clone().or_else(|| value(URL_VARIABLE)).or_else(|| at_the_hub(&value));
        let Some(address) = said.or_else(|| login.as_ref().map(|login| login.address.clone())) else {
            return Err(HubError::NotConfigured { looked: looked(wish) });
        };
        let mut found = Self::new(&address, None, TokenOrigin::None)?;
        let from_environment = |name: &str| value(name).map(|text| Token::new(&text)).transpose();
        (found.token, found.origin) = if let Some(token) = &wish.token {
            (Some(token.clone()), TokenOrigin::Given)
        } else if let Some(token) = from_environment(TOKEN_VARIABLE)? {
            (Some(token), TokenOrigin::Environment)
        } else if let Some(token) =
            from_environment("JUPYTERHUB_API_TOKEN")?.filter(|_| wish.address.is_none())
        {
            (Some(token), TokenOrigin::Server)
        } else {
            match login.filter(|login| check_address(&login.address).is_ok_and(|own| own == found.address)) {
                Some(login) => {
                    (login.token, TokenOrigin::LoginFile(wish.login_file.clone().unwrap_or_default()))
                }
                None => (None, TokenOrigin::None),
            }
        };
        if let Some(service) = value(SERVICE_VARIABLE) {
            found.service = service;
        }
        Ok(found)
    }

    /// The address, with a slash at its end.
    #[must_use]
    pub fn address(&self) -> &Url {
        &self.address
    }

    /// Where the token came from.
    #[must_use]
    pub fn origin(&self) -> &TokenOrigin {
        &self.origin
    }

    /// The name of the service at the hub.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    pub(crate) fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }
}

fn check_address(address: &str) -> Result<Url, HubError> {
    let problem = |reason: &str| HubError::Address { address: hidden(address), reason: reason.to_owned() };
    let mut url = Url::parse(address.trim()).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => problem("it must start with https:// or http://"),
        error => problem(&error.to_string()),
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(problem("it must start with https:// or http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(problem("it must hold no user and no password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(problem("it must hold no ? and no #"));
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

/// An address for messages: what stands before an `@` may be a password, what follows a `?` a token.
fn hidden(address: &str) -> String {
    let without_query = address.split(['?', '#']).next().unwrap_or_default();
    match without_query.rsplit_once('@') {
        Some((_, host)) => format!("...@{host}"),
        None => without_query.chars().take(200).collect(),
    }
}

/// `NAME` of `.../services/NAME/`.
fn service_of(address: &Url) -> Option<String> {
    let mut parts: Vec<&str> = address.path_segments()?.filter(|part| !part.is_empty()).collect();
    let name = parts.pop()?;
    (parts.pop() == Some("services")).then(|| name.to_owned())
}

/// The service beside the hub whose server this is, where the hub says how it is reached from outside: its own process
/// (`JUPYTERHUB_API_URL`) does not pass requests on to services.
fn at_the_hub(value: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    value("JUPYTERHUB_API_TOKEN")?;
    let service = value(SERVICE_VARIABLE).unwrap_or_else(|| DEFAULT_SERVICE.to_owned());
    let at = |base: &str| format!("{}/services/{service}/", base.trim_end_matches('/'));
    if let Some(hub) = value("JUPYTERHUB_PUBLIC_HUB_URL") {
        return Some(at(hub.trim_end_matches('/').strip_suffix("/hub")?));
    }
    let base = value("JUPYTERHUB_BASE_URL").unwrap_or_else(|| "/".to_owned());
    if let Some(host) = value("JUPYTERHUB_HOST") {
        return Some(at(&format!("{}{base}", host.trim_end_matches('/'))));
    }
    let (own, prefix) = (value("JUPYTERHUB_PUBLIC_URL")?, value("JUPYTERHUB_SERVICE_PREFIX")?);
    let host = own.trim_end_matches('/').strip_suffix(prefix.trim_end_matches('/'))?;
    Some(at(&format!("{host}{base}")))
}

fn looked(wish: &Wish) -> String {
    let file = wish.login_file.as_ref().map_or_else(String::new, |file| format!(" and {}", file.display()));
    format!("looked at {URL_VARIABLE}, at the variables of JupyterHub{file}")
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn find(wish: &Wish, variables: &[(&str, &str)]) -> Result<Connection, HubError> {
        let variables: HashMap<String, String> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Connection::find(wish, &|name| variables.get(name).cloned())
    }

    #[test]
    fn addresses() {
        for (given, found, service) in [
            ("https://h.org/services/mlaas4hep/", "https://h.org/services/mlaas4hep/", "mlaas4hep"),
            ("https://h.org/b/services/other", "https://h.org/b/services/other/", "other"),
            (" http://127.0.0.1:8765 ", "http://127.0.0.1:8765/", "mlaas4hep"),
        ] {
            let connection = Connection::new(given, None, TokenOrigin::None).unwrap();
            assert_eq!((connection.address().as_str(), connection.service()), (found, service));
        }
        for (given, words) in [
            ("ftp://h.org/", "https://"),
            ("h.org", "no address"),
            ("https://alice:pw@h.org/", "no user"),
            ("https://h.org/?token=abc", "no ?"),
        ] {
            let error = Connection::new(given, None, TokenOrigin::None).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
            assert!(!error.contains("pw@") && !error.contains("abc"), "{error}");
        }
    }

    #[test]
    fn in_a_notebook_server() {
        let token = ("JUPYTERHUB_API_TOKEN", "t0ken");
        let check = |variables: &[(&str, &str)], expected: Option<&str>| {
            let found = find(&Wish::default(), &[variables, &[token]].concat());
            assert_eq!(found.as_ref().ok().map(|found| found.address().as_str()), expected);
            if let Ok(found) = found {
                assert_eq!(*found.origin(), TokenOrigin::Server);
                assert!(!format!("{found:?}").contains("t0ken"));
            }
        };
        check(&[("MLAAS4HEP_HUB_URL", "http://hub:8765/services/x/")], Some("http://hub:8765/services/x/"));
        check(
            &[("JUPYTERHUB_PUBLIC_HUB_URL", "https://h.org/base/hub/")],
            Some("https://h.org/base/services/mlaas4hep/"),
        );
        check(
            &[
                ("JUPYTERHUB_HOST", "https://h.org"),
                ("JUPYTERHUB_BASE_URL", "/b/"),
                ("MLAAS4HEP_HUB_SERVICE", "s"),
            ],
            Some("https://h.org/b/services/s/"),
        );
        check(
            &[
                ("JUPYTERHUB_PUBLIC_URL", "https://h.org/b/user/alice/"),
                ("JUPYTERHUB_SERVICE_PREFIX", "/b/user/alice/"),
                ("JUPYTERHUB_BASE_URL", "/b/"),
            ],
            Some("https://h.org/b/services/mlaas4hep/"),
        );
        // The inner address of the hub does not lead to its services.
        check(&[("JUPYTERHUB_API_URL", "http://hub:8081/hub/api"), ("JUPYTERHUB_HOST", "")], None);
    }

    #[test]
    fn what_is_said_comes_first() {
        let wish = Wish {
            address: Some("http://said/".to_owned()),
            token: Some(Token::new("said").unwrap()),
            login_file: None,
        };
        let variables = [("MLAAS4HEP_HUB_URL", "http://variable/"), ("MLAAS4HEP_HUB_TOKEN", "variable")];
        let found = find(&wish, &variables).unwrap();
        assert_eq!((found.address().as_str(), found.origin()), ("http://said/", &TokenOrigin::Given));
        let found = find(&Wish::default(), &variables).unwrap();
        assert_eq!(
            (found.address().as_str(), found.origin()),
            ("http://variable/", &TokenOrigin::Environment)
        );
        let error = find(&Wish::default(), &[]).unwrap_err().to_string();
        assert!(error.contains("mlaas4hep login ADDRESS") && error.contains("MLAAS4HEP_HUB_URL"), "{error}");
    }

    #[test]
    fn the_token_of_a_login_goes_to_its_own_service_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("login.json");
        let login = LoginFile {
            address: "http://one/".to_owned(),
            token: Some(Token::new("t").unwrap()),
            ..LoginFile::default()
        };
        login.write(&path).unwrap();
        let wish = |address: Option<&str>| Wish {
            address: address.map(str::to_owned),
            login_file: Some(path.clone()),
            ..Wish::default()
        };
        assert_eq!(*find(&wish(None), &[]).unwrap().origin(), TokenOrigin::LoginFile(path.clone()));
        assert_eq!(
            *find(&wish(Some("http://one")), &[]).unwrap().origin(),
            TokenOrigin::LoginFile(path.clone())
        );
        assert_eq!(*find(&wish(Some("http://two/")), &[]).unwrap().origin(), TokenOrigin::None);
    }
}
