//! The talk with a running worker: hello, the ring, chunks out, messages in, and every way in which it can end.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use event_columns::{OnProgress, StepReport, Unit};
use training_protocol::{
    ChunkRows, Connection, ConnectionError, FromWorker, PROTOCOL_VERSION, Received, Ring, RingShape, ToWorker,
};

use crate::{ChunkSource, TrainingError, WorkerProgram, worker::WorkerProcess};

/// One slot is filled while the other is worked on.
const N_SLOTS: usize = 2;
/// How often the caller is asked whether to go on.
const TICK: Duration = Duration::from_millis(100);

/// What the caller is told about how far it has come.
pub(crate) struct Progress<'a> {
    pub(crate) tell: OnProgress<'a>,
    pub(crate) step: &'static str,
    pub(crate) unit: Unit,
    pub(crate) done: u64,
    pub(crate) total: Option<u64>,
    pub(crate) note: String,
}

impl Progress<'_> {
    /// Reports; an error where the caller wants to stop.
    pub(crate) fn report(&mut self) -> Result<(), TrainingError> {
        let Self { step, unit, done, total, note, .. } = self;
        let report = StepReport { step, done: *done, total: *total, unit: *unit, note };
        if (self.tell)(&report).is_break() {
            return Err(TrainingError::Cancelled { has_checkpoint: false });
        }
        Ok(())
    }
}

/// A worker that has said hello and holds the ring.
pub(crate) struct Conversation<'a> {
    worker: &'a WorkerProgram,
    // Dropped before the process is: the worker then ends by itself.
    connection: Connection,
    process: WorkerProcess,
    ring: Ring,
    free_slots: VecDeque<usize>,
    /// What the worker holds, in the order in which it was sent.
    sent: VecDeque<(usize, ChunkRows)>,
    pub(crate) progress: Progress<'a>,
    pub(crate) attempt: &'static str,
    /// Program and versions of the worker.
    pub(crate) program: String,
}

/// What one pass over the source brought.
#[derive(Debug, Default)]
pub(crate) struct Pass {
    /// Chunks that came from the source, the empty ones too.
    pub(crate) n_chunks: usize,
    /// Rows to train on in all chunks that were sent.
    pub(crate) n_train: usize,
    /// The chunks that were sent, as long as each still stands in a slot of its own.
    pub(crate) in_ring: Option<Vec<(usize, ChunkRows)>>,
}

/// Told of every message that is not about slots, with the progress to write it down in.
pub(crate) type OnMessage<'m> = &'m mut dyn FnMut(FromWorker, &mut Progress<'_>) -> Result<(), FromWorker>;
/// Told of a chunk that the worker has done with, before its slot is filled anew.
pub(crate) type OnFree<'m> = &'m mut dyn FnMut(usize, ChunkRows, &mut Ring, &mut Progress<'_>);

impl<'a> Conversation<'a> {
    /// Starts the worker, says hello and hands it a ring for such rows.
    pub(crate) fn open(
        worker: &'a WorkerProgram,
        source: &dyn ChunkSource,
        n_outputs: usize,
        progress: Progress<'a>,
    ) -> Result<Self, TrainingError> {
        let shape = RingShape {
            n_slots: N_SLOTS,
            max_rows: source.max_rows(),
            n_columns: source.n_columns(),
            n_outputs,
        };
        let ring = Ring::create(shape)?;
        let (process, connection) = WorkerProcess::start(worker)?;
        let mut conversation = Self {
            worker,
            connection,
            process,
            ring,
            free_slots: (0..N_SLOTS).collect(),
            sent: VecDeque::new(),
            progress,
            attempt: "starting",
            program: String::new(),
        };
        conversation.say_hello()?;
        conversation.hand_over_ring(shape)?;
        Ok(conversation)
    }

    fn say_hello(&mut self) -> Result<(), TrainingError> {
        self.send(&ToWorker::Hello { protocol: PROTOCOL_VERSION }, &[])?;
        match self.next_message_within(self.worker.start_limit)?.message {
            FromWorker::Hello { protocol, program, .. } if protocol == PROTOCOL_VERSION => {
                self.program = program;
                Ok(())
            }
            FromWorker::Hello { protocol, .. } => Err(TrainingError::Protocol {
                path: self.worker.path.clone(),
                found: protocol,
                expected: PROTOCOL_VERSION,
            }),
            other => Err(self.out_of_turn(&other)),
        }
    }

    fn hand_over_ring(&mut self, shape: RingShape) -> Result<(), TrainingError> {
        let sent = self.connection.send(&ToWorker::Ring { shape }, &[], Some(self.ring.file()));
        sent.map_err(|error| self.lost(error))
    }

    pub(crate) fn send(&mut self, message: &ToWorker, block: &[u8]) -> Result<(), TrainingError> {
        let sent = self.connection.send(message, block, None);
        sent.map_err(|error| self.lost(error))
    }

    /// Waits for a message; meanwhile the caller is asked whether to go on.
    pub(crate) fn next_message(&mut self) -> Result<Received<FromWorker>, TrainingError> {
        self.next_message_within(self.worker.silence_limit)
    }

    fn next_message_within(&mut self, limit: Duration) -> Result<Received<FromWorker>, TrainingError> {
        let start = Instant::now();
        loop {
            match self.connection.receive_within(TICK) {
                Ok(Some(Received { message: FromWorker::Failed { reason }, .. })) => {
                    return Err(TrainingError::Worker { reason });
                }
                Ok(Some(received)) => return Ok(received),
                Ok(None) => self.progress.report()?,
                Err(error) => return Err(self.lost(error)),
            }
            if start.elapsed() > limit {
                let end = self.process.stop();
                let path = self.worker.path.clone();
                return Err(TrainingError::Silent { path, attempt: self.attempt, limit, end });
            }
        }
    }

    /// Finds out why the worker can be reached no more: it may have said why before it ended, or talked nonsense.
    fn lost(&mut self, error: ConnectionError) -> TrainingError {
        let mut error = error;
        loop {
            match self.connection.receive_within(TICK) {
                Ok(Some(Received { message: FromWorker::Failed { reason }, .. })) => {
                    return TrainingError::Worker { reason };
                }
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(last) => {
                    if matches!(error, ConnectionError::Closed) {
                        error = last;
                    }
                    break;
                }
            }
        }
        match error {
            ConnectionError::Closed => TrainingError::Died {
                path: self.worker.path.clone(),
                attempt: self.attempt,
                end: self.process.wait(),
            },
            other => other.into(),
        }
    }

    pub(crate) fn out_of_turn(&self, message: &FromWorker) -> TrainingError {
        let found = format!("{message:?}").chars().take(80).collect();
        TrainingError::OutOfTurn { attempt: self.attempt, found }
    }

    /// Sends the source's chunks, but for the first `n_skipped`, each as soon as a slot is free for it.
    pub(crate) fn send_chunks(
        &mut self,
        source: &mut dyn ChunkSource,
        n_skipped: usize,
        on_message: OnMessage<'_>,
        on_free: OnFree<'_>,
    ) -> Result<Pass, TrainingError> {
        source.rewind().map_err(TrainingError::Source)?;
        let mut pass = Pass { in_ring: Some(Vec::new()), ..Pass::default() };
        let mut n_left_out = 0;
        loop {
            self.progress.report()?;
            let slot = self.wait_for_slot(on_message, on_free)?;
            let Some(rows) = self.fill(slot, source)? else { break };
            pass.n_chunks += 1;
            if rows == ChunkRows::default() {
                continue;
            }
            if pass.in_ring.as_ref().is_some_and(|chunks| chunks.iter().any(|(taken, _)| *taken == slot)) {
                pass.in_ring = None;
            }
            if n_left_out < n_skipped {
                n_left_out += 1;
                continue;
            }
            pass.n_train += rows.n_train;
            match &mut pass.in_ring {
                Some(chunks) if n_skipped == 0 => chunks.push((slot, rows)),
                in_ring => *in_ring = None,
            }
            self.send_chunk(slot, rows)?;
        }
        Ok(pass)
    }

    pub(crate) fn send_chunk(&mut self, slot: usize, rows: ChunkRows) -> Result<(), TrainingError> {
        self.free_slots.retain(|free| *free != slot);
        self.sent.push_back((slot, rows));
        self.send(&ToWorker::Chunk { slot, rows }, &[])
    }

    fn wait_for_slot(
        &mut self,
        on_message: OnMessage<'_>,
        on_free: OnFree<'_>,
    ) -> Result<usize, TrainingError> {
        loop {
            if let Some(slot) = self.free_slots.front() {
                return Ok(*slot);
            }
            if self.take_message(on_message, on_free)?.is_some() {
                return Err(self.out_of_turn(&FromWorker::PassDone { another: false }));
            }
        }
    }

    /// Takes one message; `pass_done` is handed back.
    fn take_message(
        &mut self,
        on_message: OnMessage<'_>,
        on_free: OnFree<'_>,
    ) -> Result<Option<bool>, TrainingError> {
        match self.next_message()?.message {
            FromWorker::SlotFree { slot } if self.sent.front().is_some_and(|(sent, _)| *sent == slot) => {
                if let Some((slot, rows)) = self.sent.pop_front() {
                    on_free(slot, rows, &mut self.ring, &mut self.progress);
                    self.free_slots.push_back(slot);
                }
            }
            FromWorker::PassDone { another } if self.sent.is_empty() => return Ok(Some(another)),
            other => {
                on_message(other, &mut self.progress).map_err(|refused| self.out_of_turn(&refused))?;
                self.progress.report()?;
            }
        }
        Ok(None)
    }

    fn fill(
        &mut self,
        slot: usize,
        source: &mut dyn ChunkSource,
    ) -> Result<Option<ChunkRows>, TrainingError> {
        let shape = self.ring.shape();
        let Some(mut arrays) = self.ring.slot(slot) else {
            return Err(training_protocol::RingError::Shape { shape }.into());
        };
        let Some(rows) = source.next_chunk(&mut arrays).map_err(TrainingError::Source)? else {
            return Ok(None);
        };
        if rows.total().is_some_and(|n_rows| n_rows <= shape.max_rows) {
            return Ok(Some(rows));
        }
        let ChunkRows { n_train, n_validation, n_test } = rows;
        Err(TrainingError::TooManyRows { n_train, n_validation, n_test, max_rows: shape.max_rows })
    }

    /// Says that all chunks have been sent, and waits until they are worked off; says whether they are wanted again.
    pub(crate) fn end_pass(
        &mut self,
        on_message: OnMessage<'_>,
        on_free: OnFree<'_>,
    ) -> Result<bool, TrainingError> {
        self.send(&ToWorker::EndOfPass, &[])?;
        loop {
            if let Some(another) = self.take_message(on_message, on_free)? {
                return Ok(another);
            }
        }
    }
}
