//! How Rust cells are run.

use std::path::{Path, PathBuf};

use crate::sources;

/// Settings of the engine. `Default` is what a kernel wants, but for the store, which it has of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RustOptions {
    /// The folder of tables that cells see, as `mlaas4hep::store` writes them. Default: `tables` in a folder of this
    /// process under shared memory, or under the folder for temporary files where there is none.
    pub store: PathBuf,
    /// The seed: the folder that [`crate::prewarm`] filled. Default: `$MLAAS4HEP_RUST_SEED`, or `mlaas4hep/rust` in
    /// the user's folder of caches.
    pub seed: PathBuf,
    /// How far the compiler optimises cells, 0 to 3. Default: 2.
    pub opt_level: u8,
    /// Whether cargo may not use the network. Default: false.
    pub is_offline: bool,
    /// Bytes of private memory that a cell may take. Default: three quarters of the least of `MEM_LIMIT`, the limit of
    /// the container, and the memory of the machine; `None` is without limit.
    pub memory_limit_bytes: Option<u64>,
}

impl Default for RustOptions {
    fn default() -> Self {
        Self {
            store: default_store(),
            seed: default_seed(),
            opt_level: 2,
            is_offline: false,
            memory_limit_bytes: crate::memory::default_limit_bytes(),
        }
    }
}

fn default_store() -> PathBuf {
    let shared = Path::new("/dev/shm");
    let folder = if shared.is_dir() { shared.to_path_buf() } else { std::env::temp_dir() };
    folder.join(crate::processes::name_of_folder("store"))
}

fn default_seed() -> PathBuf {
    if let Some(folder) = std::env::var_os("MLAAS4HEP_RUST_SEED").filter(|folder| !folder.is_empty()) {
        return PathBuf::from(folder);
    }
    let caches = std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let caches = caches.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    caches.unwrap_or_else(std::env::temp_dir).join("mlaas4hep/rust")
}

impl RustOptions {
    /// Where the sources of `notebook-api` of this version lie within the seed.
    pub(crate) fn api_folder(&self) -> PathBuf {
        self.seed.join(format!("notebook-api-{:016x}", sources::fingerprint()))
    }
}
