//! The service itself, for one local user, as `mlaas4hep-hub dev` starts it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The running program. It ends with this.
pub struct DevService {
    child: Child,
    address: String,
}

impl DevService {
    /// Starts it on a free port, with its files in `folder`. `token` opens it as `alice`, who administers the group `higgs`.
    ///
    /// # Panics
    /// Where the program cannot be started, or does not say where it listens.
    #[must_use]
    pub fn start(program: &Path, folder: &Path, token: &str) -> Self {
        let mut child = Command::new(program)
            .args(["dev", "--listen=127.0.0.1:0", "--user=alice"])
            .args(["--group=higgs", "--group=higgs/admins", "--folder"])
            .arg(folder)
            .env("MLAAS4HEP_HUB_DEV_TOKEN", token)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the service starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("its output is ours");
        BufReader::new(out).read_line(&mut line).expect("it says where it is");
        let address = line.split_whitespace().nth(1).and_then(|url| url.split("login").next());
        let address = address.unwrap_or_else(|| panic!("no address in {line}")).to_owned();
        Self { child, address }
    }

    /// Where it listens, with a slash at the end.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for DevService {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
