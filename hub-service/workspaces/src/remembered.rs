//! What was read of the database a moment ago: most requests need nothing else of it.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use hub_api::{Quota, WorkspaceName};

use crate::access::Given;

/// How long grants are remembered: those that another process sharing the database takes back act after it.
const GRANTS_LIVE: Duration = Duration::from_secs(5);
/// How long the numbers of a workspace are: what another process writes shows after it.
const QUOTAS_LIVE: Duration = Duration::from_secs(1);
/// Keys after which everything is forgotten.
const MOST_REMEMBERED: usize = 10_000;

/// How often something was changed by this process.
pub(crate) type Count = Arc<AtomicU64>;

pub(crate) struct Remembered {
    /// Numbers of workspaces; they stay what they are.
    pub(crate) ids: Memory<WorkspaceName, i64>,
    /// All grants of a workspace.
    pub(crate) grants: Memory<i64, Arc<Vec<Given>>>,
    /// In which workspaces a person (`true`) or a group has a grant.
    pub(crate) granted: Memory<(bool, String), Arc<Vec<WorkspaceName>>>,
    pub(crate) quotas: Memory<i64, Quota>,
}

impl Remembered {
    /// `writes`: counted when a transaction that wrote has ended.
    pub(crate) fn new(writes: Count) -> Self {
        let grants = Count::default();
        Self {
            ids: Memory::new(Duration::MAX, Count::default()),
            grants: Memory::new(GRANTS_LIVE, grants.clone()),
            granted: Memory::new(GRANTS_LIVE, grants),
            quotas: Memory::new(QUOTAS_LIVE, writes),
        }
    }
}

/// Values that were read. None is given out that is too old, or was read before the last change.
pub(crate) struct Memory<K, V> {
    lives: Duration,
    changes: Count,
    values: Mutex<HashMap<K, Read<V>>>,
}

struct Read<V> {
    value: V,
    at: Instant,
    n_changes: u64,
}

impl<K: Eq + Hash, V: Clone> Memory<K, V> {
    fn new(lives: Duration, changes: Count) -> Self {
        Self { lives, changes, values: Mutex::default() }
    }

    /// The value of a key, read where it is not remembered. That it cannot be read is not remembered.
    pub(crate) async fn get_or<E>(&self, key: K, read: impl Future<Output = Result<V, E>>) -> Result<V, E> {
        if let Some(value) = self.get(&key) {
            return Ok(value);
        }
        let (at, n_changes) = (Instant::now(), self.changes.load(Ordering::SeqCst));
        let value = read.await?;
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        if values.len() >= MOST_REMEMBERED {
            values.clear();
        }
        values.insert(key, Read { value: value.clone(), at, n_changes });
        Ok(value)
    }

    /// After a change: what was read before it is not given out any more.
    pub(crate) fn forget_all(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn get(&self, key: &K) -> Option<V> {
        let values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        let read = values.get(key)?;
        let holds = read.n_changes == self.changes.load(Ordering::SeqCst) && read.at.elapsed() < self.lives;
        holds.then(|| read.value.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_old_or_was_changed_is_read_again() {
        let check = async |memory: &Memory<u8, u8>, read: u8, expected: u8| {
            assert_eq!(memory.get_or(1, async { Ok::<_, ()>(read) }).await, Ok(expected));
        };
        let memory = Memory::new(Duration::MAX, Count::default());
        assert_eq!(memory.get_or(1, async { Err(()) }).await, Err(()));
        check(&memory, 2, 2).await;
        check(&memory, 3, 2).await;
        memory.forget_all();
        check(&memory, 4, 4).await;
        // A change while it is read.
        let during = async {
            memory.forget_all();
            Ok::<_, ()>(5)
        };
        assert_eq!(memory.get_or(2, during).await, Ok(5));
        assert_eq!(memory.get(&2), None);
        let short = Memory::new(Duration::ZERO, Count::default());
        check(&short, 6, 6).await;
        check(&short, 7, 7).await;
    }
}
