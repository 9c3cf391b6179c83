//! Ports that stay ours until the kernel has bound them, and after.

use std::fs::File;
use std::net::TcpListener;
use std::ops::Range;
use std::path::Path;

/// Below the ports that a system gives to whoever asks for any, so that no server and no connection beside takes them.
const PORTS: Range<u16> = 16_000..32_000;

/// Five TCP ports that no other test takes while this lives.
#[derive(Debug)]
pub(crate) struct ReservedPorts {
    /// The ports, each once.
    pub(crate) ports: [u16; 5],
    /// A lock for each: the system frees it when this goes or the test ends.
    _locks: Vec<File>,
}

impl ReservedPorts {
    /// Reserves five ports that are free now.
    pub(crate) fn new() -> Self {
        let folder = std::env::temp_dir().join("mlaas4hep-test-ports");
        std::fs::create_dir_all(&folder).expect("a folder for the locks");
        // Tests that run side by side look from different places on.
        let (number, _) = uuid::Uuid::new_v4().as_u64_pair();
        let first = PORTS.start + (number % PORTS.len() as u64) as u16;
        let candidates = (first..PORTS.end).chain(PORTS.start..first);
        let mut reserved = candidates.filter_map(|port| Some((port, reserve(&folder, port)?)));
        let mut locks = Vec::new();
        let ports = [(); 5].map(|()| {
            let (port, lock) = reserved.next().expect("a free port");
            locks.push(lock);
            port
        });
        Self { ports, _locks: locks }
    }
}

/// The lock of a port; `None` where another test has it or a program listens at it.
fn reserve(folder: &Path, port: u16) -> Option<File> {
    let lock = File::create(folder.join(port.to_string())).ok()?;
    lock.try_lock().ok()?;
    TcpListener::bind(("127.0.0.1", port)).ok()?;
    Some(lock)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn nobody_shares_a_port() {
        let all: Vec<ReservedPorts> = (0..20).map(|_| ReservedPorts::new()).collect();
        let ports: BTreeSet<u16> = all.iter().flat_map(|reserved| reserved.ports).collect();
        assert_eq!(ports.len(), 100);
        let port = all[0].ports[0];
        let folder = std::env::temp_dir().join("mlaas4hep-test-ports");
        assert!(reserve(&folder, port).is_none());
        drop(all);
        let lock = reserve(&folder, port);
        assert!(lock.is_some());
        drop(lock);
        let _listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        assert!(reserve(&folder, port).is_none());
    }
}
