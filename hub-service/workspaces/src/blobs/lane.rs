//! Bytes on their way to one worker on another thread, in order, while the next ones come.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::{sync::Notify, task::spawn_blocking};

use super::StoreError;

/// Bytes for which a thread is begun: fewer, larger pieces of work.
const BEGUN_AT_BYTES: usize = 1 << 18;

/// Bytes that wait or are at work at most, but for the block that went over it.
const MOST_BYTES: usize = 1 << 19;

/// What a block counts beside its bytes, for what keeps it: of blocks of one byte fewer may wait.
const BLOCK_BYTES: usize = 128;

/// What becomes of the bytes.
pub(super) trait Worker: Send + 'static {
    /// Takes the next bytes.
    fn work(&mut self, block: &[u8]) -> Result<(), StoreError>;
}

/// The way to one worker. A thread is taken while there is work, and works to the end of it though nobody may wait any more.
pub(super) struct Lane<W>(Arc<Shared<W>>);

struct Shared<W> {
    state: Mutex<State<W>>,
    /// Told when room is made, and when the worker rests or has failed. One waits.
    changed: Notify,
}

struct State<W> {
    worker: Place<W>,
    waiting: Vec<Bytes>,
    waiting_bytes: usize,
    /// Of those that a thread has just taken.
    busy_bytes: usize,
}

enum Place<W> {
    Rests(W),
    OnThread,
    /// `None` once the failure was told.
    Failed(Option<StoreError>),
}

impl<W: Worker> Lane<W> {
    pub(super) fn to(worker: W) -> Self {
        let state =
            State { worker: Place::Rests(worker), waiting: Vec::new(), waiting_bytes: 0, busy_bytes: 0 };
        Self(Arc::new(Shared { state: Mutex::new(state), changed: Notify::new() }))
    }

    /// Gives bytes. [`Lane::room`] has to be waited for before the next ones.
    pub(super) fn give(&self, bytes: Bytes) {
        let is_enough = {
            let mut state = self.0.state();
            state.waiting_bytes += cost(&bytes);
            state.waiting.push(bytes);
            state.waiting_bytes >= BEGUN_AT_BYTES
        };
        if is_enough {
            self.begin();
        }
    }

    /// Waits while the worker is more than 512 KiB behind.
    pub(super) async fn room(&self) -> Result<(), StoreError> {
        loop {
            {
                let mut state = self.0.state();
                state.check()?;
                if state.n_bytes() < MOST_BYTES {
                    return Ok(());
                }
            }
            self.0.changed.notified().await;
        }
    }

    /// Waits until all bytes are worked on, and looks at the worker.
    pub(super) async fn settle<T>(&self, look: impl FnOnce(&W) -> T) -> Result<T, StoreError> {
        loop {
            {
                let mut state = self.0.state();
                state.check()?;
                if let (Place::Rests(worker), true) = (&state.worker, state.waiting.is_empty()) {
                    return Ok(look(worker));
                }
            }
            self.begin();
            self.0.changed.notified().await;
        }
    }

    /// Takes a thread, unless the worker has one. At the end of the program there is none: what was to run on it is dropped here,
    /// which looks at the state.
    fn begin(&self) {
        let Some(worker) = self.0.state().take_worker() else { return };
        let run = Run { lane: self.0.clone(), has_worker: true };
        spawn_blocking(move || run.until_all_is_done(worker));
    }
}

impl<W> Drop for Lane<W> {
    /// A worker at rest ends here, and not when the thread that it had has let go of its share.
    fn drop(&mut self) {
        let mut state = self.0.state();
        if matches!(state.worker, Place::Rests(_)) {
            state.worker = Place::Failed(None);
        }
    }
}

impl<W> Shared<W> {
    fn state(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W> State<W> {
    fn n_bytes(&self) -> usize {
        self.waiting_bytes + self.busy_bytes
    }

    /// The worker, if it rests.
    fn take_worker(&mut self) -> Option<W> {
        match std::mem::replace(&mut self.worker, Place::OnThread) {
            Place::Rests(worker) => Some(worker),
            other => {
                self.worker = other;
                None
            }
        }
    }

    fn check(&mut self) -> Result<(), StoreError> {
        let Place::Failed(failure) = &mut self.worker else { return Ok(()) };
        Err(failure.take().unwrap_or_else(|| lost("it failed before")))
    }
}

fn cost(block: &Bytes) -> usize {
    block.len() + BLOCK_BYTES
}

fn lost(why: &str) -> StoreError {
    StoreError::io("taking the bytes of an upload".to_owned(), std::io::Error::other(why))
}

/// One thread's time with the worker. When it ends in whatever way, who waits is told.
struct Run<W> {
    lane: Arc<Shared<W>>,
    /// Until it is given back or has failed: from then on another thread may have it.
    has_worker: bool,
}

impl<W: Worker> Run<W> {
    fn until_all_is_done(mut self, mut worker: W) {
        loop {
            let blocks = {
                let mut state = self.lane.state();
                if state.waiting.is_empty() {
                    state.worker = Place::Rests(worker);
                    self.has_worker = false;
                    return;
                }
                state.busy_bytes = std::mem::take(&mut state.waiting_bytes);
                std::mem::take(&mut state.waiting)
            };
            for block in blocks {
                if let Err(error) = worker.work(&block) {
                    // What it holds is let go of before anybody learns of it.
                    drop(worker);
                    self.lane.state().worker = Place::Failed(Some(error));
                    self.has_worker = false;
                    return;
                }
                self.done(cost(&block));
            }
        }
    }

    /// Who waits for room is woken once half of it is free, and not for every block.
    fn done(&self, n_bytes: usize) {
        let mut state = self.lane.state();
        let before = state.n_bytes();
        state.busy_bytes -= n_bytes;
        if before >= MOST_BYTES / 2 && state.n_bytes() < MOST_BYTES / 2 {
            self.lane.changed.notify_one();
        }
    }
}

impl<W> Drop for Run<W> {
    fn drop(&mut self) {
        if self.has_worker {
            self.lane.state().worker = Place::Failed(Some(lost("its thread ended")));
        }
        self.lane.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Keeps what it gets; fails, or panics, at a block that begins with these letters.
    struct Keeper {
        kept: Vec<u8>,
        on_end: std::sync::mpsc::Sender<usize>,
    }

    impl Worker for Keeper {
        fn work(&mut self, block: &[u8]) -> Result<(), StoreError> {
            match block.first() {
                Some(b'f') => return Err(StoreError::DiskFull { what: "a test".to_owned() }),
                Some(b'p') => panic!("of a test"),
                Some(b's') => std::thread::sleep(Duration::from_millis(100)),
                _ => {}
            }
            self.kept.extend_from_slice(block);
            Ok(())
        }
    }

    impl Drop for Keeper {
        fn drop(&mut self) {
            let _ = self.on_end.send(self.kept.len());
        }
    }

    fn lane() -> (Lane<Keeper>, std::sync::mpsc::Receiver<usize>) {
        let (on_end, ended) = std::sync::mpsc::channel();
        (Lane::to(Keeper { kept: Vec::new(), on_end }), ended)
    }

    async fn push(lane: &Lane<Keeper>, block: impl Into<Vec<u8>>) -> Result<(), StoreError> {
        lane.give(block.into().into());
        lane.room().await
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn all_bytes_arrive_in_order() {
        let (lane, _) = lane();
        let mut expected = Vec::new();
        for at in 0..3000_usize {
            let block = vec![at as u8 % 100; (at * 37) % 5000];
            expected.extend_from_slice(&block);
            push(&lane, block).await.unwrap();
            if at % 500 == 7 {
                assert_eq!(lane.settle(|keeper| keeper.kept.len()).await.unwrap(), expected.len());
            }
        }
        assert!(lane.settle(|keeper| keeper.kept == expected).await.unwrap());
    }

    #[tokio::test]
    async fn who_pushes_waits_for_a_slow_worker() {
        let (lane, _) = lane();
        let slow = || vec![b's'; MOST_BYTES / 2];
        let begun = std::time::Instant::now();
        for _ in 0..4 {
            push(&lane, slow()).await.unwrap();
        }
        assert!(begun.elapsed() >= Duration::from_millis(200), "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn a_failure_is_told_and_ends_all() {
        let (lane, ended) = lane();
        push(&lane, &b"ok"[..]).await.unwrap();
        push(&lane, &b"full"[..]).await.unwrap();
        let first = lane.settle(|_| ()).await.unwrap_err();
        assert!(matches!(first, StoreError::DiskFull { .. }), "{first}");
        assert_eq!(ended.try_recv(), Ok(2), "what the worker held is gone by then");
        let again = push(&lane, &b"more"[..]).await.unwrap_err().to_string();
        assert!(again.contains("failed before"), "{again}");
    }

    #[tokio::test]
    async fn who_waits_for_room_learns_of_a_failure() {
        let (lane, _) = lane();
        lane.give(vec![b's'; BEGUN_AT_BYTES].into());
        lane.give(Bytes::from_static(b"full"));
        let failure = push(&lane, vec![b'x'; MOST_BYTES]).await.unwrap_err();
        assert!(matches!(failure, StoreError::DiskFull { .. }), "{failure}");
    }

    #[tokio::test]
    async fn a_thread_that_has_given_the_worker_back_says_nothing_of_it() {
        let (lane, _) = lane();
        let ending = Run { lane: lane.0.clone(), has_worker: false };
        // Meanwhile another thread has taken it.
        let worker = lane.0.state().take_worker();
        drop(ending);
        assert!(worker.is_some() && lane.0.state().check().is_ok());
        drop(Run { lane: lane.0.clone(), has_worker: true });
        assert!(lane.0.state().check().is_err());
    }

    #[tokio::test]
    async fn blocks_of_a_byte_do_not_gather() {
        let (lane, _) = lane();
        for _ in 0..3 * MOST_BYTES / BLOCK_BYTES {
            push(&lane, &b"x"[..]).await.unwrap();
            assert!(lane.0.state().waiting.len() <= MOST_BYTES / BLOCK_BYTES);
        }
    }

    /// The blocking threads of a runtime that ends take no work: what waits is told, and nothing hangs.
    #[test]
    fn the_end_of_the_program_is_told() {
        let (told, said) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
            let (lane, _) = lane();
            let (begun, is_begun) = std::sync::mpsc::channel();
            runtime.spawn(async move {
                begun.send(()).unwrap();
                // Not interrupted by the end of the runtime, which meanwhile closes its blocking threads.
                std::thread::sleep(Duration::from_millis(300));
                lane.give(vec![b'x'; BEGUN_AT_BYTES].into());
                told.send(lane.room().await.map_err(|error| error.to_string())).unwrap();
            });
            is_begun.recv().unwrap();
            runtime.shutdown_timeout(Duration::from_secs(20));
        });
        let said = said.recv_timeout(Duration::from_secs(20)).expect("it hangs");
        assert!(said.is_ok() || said.unwrap_err().contains("its thread ended"));
        thread.join().unwrap();
    }

    #[tokio::test]
    async fn a_thread_that_ends_early_is_not_waited_for() {
        let (lane, _) = lane();
        push(&lane, &b"panic"[..]).await.unwrap();
        let error = lane.settle(|_| ()).await.unwrap_err().to_string();
        assert!(error.contains("its thread ended"), "{error}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_worker_ends_with_its_lane_or_its_work() {
        let (resting, ended) = lane();
        push(&resting, &b"a"[..]).await.unwrap();
        resting.settle(|_| ()).await.unwrap();
        drop(resting);
        assert_eq!(ended.try_recv(), Ok(1), "at once");
        let (working, ended) = lane();
        push(&working, vec![b's'; BEGUN_AT_BYTES]).await.unwrap();
        drop(working);
        assert_eq!(ended.recv_timeout(Duration::from_secs(20)), Ok(BEGUN_AT_BYTES), "it goes on to the end");
    }
}
