//! TLS between the hub, its proxy and this service, where the operator switched it on (`JupyterHub.internal_ssl`): each side shows
//! a certificate that the hub made, and believes only those.

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files that the hub made for this service, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InternalTls {
    /// `JUPYTERHUB_SSL_KEYFILE`
    pub key: PathBuf,
    /// `JUPYTERHUB_SSL_CERTFILE`
    pub certificate: PathBuf,
    /// `JUPYTERHUB_SSL_CLIENT_CA`: whom we believe, as a server and as a client.
    pub authorities: PathBuf,
}

/// Why there is no such TLS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// A file.
    #[error("cannot read the {what} {path} for TLS with the hub: {reason}", path = .path.display())]
    File {
        /// Key, certificate or authorities.
        what: &'static str,
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// They do not go together.
    #[error("the files for TLS with the hub do not go together: {reason}")]
    Together {
        /// Why not.
        reason: String,
    },
}

impl InternalTls {
    /// For calls to the hub.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn client(&self) -> Result<ClientConfig, TlsError> {
        let (chain, key) = self.own()?;
        let rules = ClientConfig::builder_with_provider(provider());
        let rules = rules.with_safe_default_protocol_versions().map_err(together)?;
        rules.with_root_certificates(self.authorities()?).with_client_auth_cert(chain, key).map_err(together)
    }

    /// For those who call us: nobody without a certificate.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn server(&self) -> Result<ServerConfig, TlsError> {
        let (chain, key) = self.own()?;
        let callers = WebPkiClientVerifier::builder_with_provider(self.authorities()?, provider());
        let callers = callers.build().map_err(together)?;
        let rules = ServerConfig::builder_with_provider(provider());
        let rules = rules.with_safe_default_protocol_versions().map_err(together)?;
        rules.with_client_cert_verifier(callers).with_single_cert(chain, key).map_err(together)
    }

    fn own(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
        let key = PrivateKeyDer::from_pem_file(&self.key);
        let key = key.map_err(|error| unreadable("key", &self.key, &error))?;
        Ok((certificates("certificate", &self.certificate)?, key))
    }

    fn authorities(&self) -> Result<Arc<RootCertStore>, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates("authorities", &self.authorities)? {
            roots.add(certificate).map_err(|error| unreadable("authorities", &self.authorities, &error))?;
        }
        Ok(roots.into())
    }
}

fn provider() -> Arc<CryptoProvider> {
    ring::default_provider().into()
}

fn certificates(what: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let all: Vec<_> = all.map_err(|error| unreadable(what, path, &error))?;
    if all.is_empty() {
        return Err(unreadable(what, path, &"it holds no certificate"));
    }
    Ok(all)
}

fn unreadable(what: &'static str, path: &Path, reason: &dyn std::fmt::Display) -> TlsError {
    TlsError::File { what, path: path.to_path_buf(), reason: reason.to_string() }
}

fn together(reason: impl std::fmt::Display) -> TlsError {
    TlsError::Together { reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let tls =
            InternalTls { key: at("key"), certificate: at("certificate"), authorities: at("authorities") };
        let check = |what: &str| {
            for error in [tls.client().unwrap_err(), tls.server().unwrap_err()] {
                let said = error.to_string();
                assert!(said.contains(&format!("the {what} {}", at(what).display())), "{said}");
            }
        };
        check("key");
        std::fs::write(at("key"), "no key").unwrap();
        check("key");
    }
}
