//! Blocks of a file far away that were fetched, up to a budget; several threads ask at once and nothing is fetched twice.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Blocks by their number. A block that is being fetched by one thread is awaited by the others.
pub(crate) struct BlockCache {
    state: Mutex<State>,
    changed: Condvar,
    most_blocks: usize,
}

#[derive(Default)]
struct State {
    slots: HashMap<u64, Slot>,
    /// Blocks that are there, in the order in which they may have to go. One that was used since it came up last goes to
    /// the end again (the clock algorithm).
    order: VecDeque<u64>,
}

enum Slot {
    Loading,
    Ready { bytes: Arc<[u8]>, was_used: bool },
}

/// What of some blocks is there, and who fetches the others.
#[derive(Default)]
pub(crate) struct Claimed {
    pub(crate) ready: BTreeMap<u64, Arc<[u8]>>,
    /// The caller has to fetch these and to [`BlockCache::put`] or [`BlockCache::abandon`] each of them.
    pub(crate) to_fetch: Vec<u64>,
    /// Another thread fetches these.
    pub(crate) elsewhere: Vec<u64>,
}

impl BlockCache {
    /// Keeps so many blocks, and at least one.
    pub(crate) fn new(most_blocks: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), most_blocks: most_blocks.max(1) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what is there, and the duty to fetch what nobody fetches yet.
    pub(crate) fn claim(&self, blocks: impl IntoIterator<Item = u64>) -> Claimed {
        let mut state = self.lock();
        let mut claimed = Claimed::default();
        for block in blocks {
            match state.slots.get_mut(&block) {
                Some(Slot::Ready { bytes, was_used }) => {
                    *was_used = true;
                    claimed.ready.insert(block, Arc::clone(bytes));
                }
                Some(Slot::Loading) => claimed.elsewhere.push(block),
                None => {
                    state.slots.insert(block, Slot::Loading);
                    claimed.to_fetch.push(block);
                }
            }
        }
        claimed
    }

    /// Puts a block in; the least used ones go where there are too many.
    pub(crate) fn put(&self, block: u64, bytes: Arc<[u8]>) {
        let mut state = self.lock();
        let before = state.slots.insert(block, Slot::Ready { bytes, was_used: false });
        if !matches!(before, Some(Slot::Ready { .. })) {
            state.order.push_back(block);
        }
        state.make_room(self.most_blocks);
        drop(state);
        self.changed.notify_all();
    }

    /// Gives up blocks that were to be fetched, so that others may try.
    pub(crate) fn abandon(&self, blocks: impl IntoIterator<Item = u64>) {
        let mut state = self.lock();
        for block in blocks {
            if matches!(state.slots.get(&block), Some(Slot::Loading)) {
                state.slots.remove(&block);
            }
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until another thread has fetched the block; nothing when that thread gave it up, or it is gone again.
    pub(crate) fn wait(&self, block: u64) -> Option<Arc<[u8]>> {
        let mut state = self.lock();
        loop {
            match state.slots.get_mut(&block) {
                Some(Slot::Ready { bytes, was_used }) => {
                    *was_used = true;
                    return Some(Arc::clone(bytes));
                }
                Some(Slot::Loading) => {
                    state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                None => return None,
            }
        }
    }
}

impl State {
    fn make_room(&mut self, most_blocks: usize) {
        while self.order.len() > most_blocks {
            let Some(block) = self.order.pop_front() else { return };
            match self.slots.get_mut(&block) {
                Some(Slot::Ready { was_used, .. }) if *was_used => {
                    *was_used = false;
                    self.order.push_back(block);
                }
                _ => {
                    self.slots.remove(&block);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(byte: u8) -> Arc<[u8]> {
        Arc::from([byte])
    }

    #[test]
    fn each_block_is_fetched_by_one() {
        let cache = BlockCache::new(10);
        let first = cache.claim([1, 2]);
        assert_eq!((first.ready.len(), first.to_fetch), (0, vec![1, 2]));
        let second = cache.claim([2, 3]);
        assert_eq!((second.to_fetch, second.elsewhere), (vec![3], vec![2]));
        cache.put(2, bytes(2));
        assert_eq!(cache.wait(2).unwrap()[0], 2);
        cache.abandon([1]);
        assert!(cache.wait(1).is_none());
        assert_eq!(cache.claim([1, 2]).to_fetch, [1]);
    }

    #[test]
    fn a_waiting_thread_hears_of_both_ends() {
        let cache = BlockCache::new(10);
        cache.claim([1, 2]);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| (cache.wait(1), cache.wait(2)));
            cache.put(1, bytes(1));
            cache.abandon([2]);
            let (first, second) = waiting.join().unwrap();
            // It may look at the first block after it was given up too.
            assert_eq!((first.map(|bytes| bytes[0]), second), (Some(1), None));
        });
    }

    #[test]
    fn what_is_used_stays_longer() {
        let cache = BlockCache::new(3);
        for block in 0..3 {
            cache.claim([block]);
            cache.put(block, bytes(0));
        }
        assert_eq!(cache.claim([0]).ready.len(), 1);
        cache.claim([3]);
        cache.put(3, bytes(0));
        let claimed = cache.claim(0..4);
        assert_eq!(claimed.to_fetch, [1]);
        cache.abandon(claimed.to_fetch);
        for block in 10..1000 {
            cache.claim([block]);
            cache.put(block, bytes(0));
            assert!(cache.lock().order.len() <= 3 && cache.lock().slots.len() <= 3);
        }
    }
}
