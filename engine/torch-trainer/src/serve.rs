//! The worker's side of the conversation, in the order of the protocol.

use training_protocol::{
    ChunkRows, ChunkSlot, Connection, ConnectionError, FromWorker, PROTOCOL_VERSION, Received, Ring, ToWorker,
};

use crate::{device, error::TrainerError, predictor::Predictor, trainer::Trainer};

/// What is done with chunks.
enum Work {
    Train(Box<Trainer>),
    Predict { predictor: Box<Predictor>, n_chunks: usize },
}

/// Serves one training or one prediction; ends when it is done, or when the pipeline has gone.
pub(crate) fn serve(connection: &mut Connection) -> Result<(), TrainerError> {
    match serve_until_closed(connection) {
        Err(TrainerError::Connection(ConnectionError::Closed)) => Ok(()),
        result => result,
    }
}

fn serve_until_closed(connection: &mut Connection) -> Result<(), TrainerError> {
    say_hello(connection)?;
    let mut ring = receive_ring(connection)?;
    let mut work = receive_work(connection, ring.shape().n_columns)?;
    loop {
        let received: Received<ToWorker> = connection.receive_whenever()?;
        match received.message {
            ToWorker::Chunk { slot, rows } => {
                let mut arrays = find_slot(&mut ring, slot, rows)?;
                work.take_chunk(&mut arrays, rows, connection)?;
                connection.send(&FromWorker::SlotFree { slot }, &[], None)?;
            }
            ToWorker::EndOfPass => {
                let another = work.end_pass(connection)?;
                connection.send(&FromWorker::PassDone { another }, &[], None)?;
                if !another {
                    return work.finish(connection);
                }
            }
            other => return Err(out_of_turn(&other)),
        }
    }
}

fn say_hello(connection: &mut Connection) -> Result<(), TrainerError> {
    let received: Received<ToWorker> = connection.receive_whenever()?;
    let ToWorker::Hello { protocol } = received.message else { return Err(out_of_turn(&received.message)) };
    let program =
        format!("mlaas4hep-torch {}, libtorch {}", env!("CARGO_PKG_VERSION"), env!("LIBTORCH_VERSION"));
    let hello = FromWorker::Hello { protocol: PROTOCOL_VERSION, program, devices: device::names() };
    connection.send(&hello, &[], None)?;
    // With another version the pipeline has heard enough, and what it says next would not be understood.
    if protocol == PROTOCOL_VERSION { Ok(()) } else { Err(ConnectionError::Closed.into()) }
}

fn receive_ring(connection: &mut Connection) -> Result<Ring, TrainerError> {
    let received: Received<ToWorker> = connection.receive_whenever()?;
    match (received.message, received.file) {
        (ToWorker::Ring { shape }, Some(file)) => Ok(Ring::attach(file, shape)?),
        (other, _) => Err(out_of_turn(&other)),
    }
}

fn receive_work(connection: &mut Connection, n_columns: usize) -> Result<Work, TrainerError> {
    let received: Received<ToWorker> = connection.receive_whenever()?;
    let (work, device, skip_chunks, history) = match received.message {
        ToWorker::Train { plan } => {
            if plan.n_columns != n_columns {
                return Err(TrainerError::Columns { found: plan.n_columns, needed: n_columns });
            }
            set_threads(plan.n_threads);
            let device = device::choose(plan.device)?;
            let trainer = Trainer::new(*plan, device)?;
            let (skip_chunks, history) = trainer.standing();
            (Work::Train(Box::new(trainer)), device, skip_chunks, history)
        }
        ToWorker::Predict { model, device, n_threads } => {
            set_threads(n_threads);
            let device = device::choose(device)?;
            let predictor = Box::new(Predictor::new(model, &received.block, n_columns, device)?);
            (Work::Predict { predictor, n_chunks: 0 }, device, 0, Vec::new())
        }
        other => return Err(out_of_turn(&other)),
    };
    let ready = FromWorker::Ready { device: device::name(device), skip_chunks, history };
    connection.send(&ready, &[], None)?;
    Ok(work)
}

fn set_threads(n_threads: usize) {
    let n_threads = i32::try_from(n_threads).unwrap_or(1).max(1);
    tch::set_num_threads(n_threads);
    tch::set_num_interop_threads(1);
}

fn find_slot(ring: &mut Ring, slot: usize, rows: ChunkRows) -> Result<ChunkSlot<'_>, TrainerError> {
    let max_rows = ring.shape().max_rows;
    if rows.total().is_none_or(|n_rows| n_rows > max_rows) {
        return Err(TrainerError::OutOfTurn(format!("{rows:?} in a slot for {max_rows}")));
    }
    ring.slot(slot).ok_or_else(|| TrainerError::OutOfTurn(format!("there is no slot {slot}")))
}

fn out_of_turn(message: &ToWorker) -> TrainerError {
    TrainerError::OutOfTurn(format!("{message:?}").chars().take(80).collect())
}

impl Work {
    fn take_chunk(
        &mut self,
        slot: &mut ChunkSlot<'_>,
        rows: ChunkRows,
        connection: &mut Connection,
    ) -> Result<(), TrainerError> {
        match self {
            Self::Train(trainer) => trainer.take_chunk(slot, rows, connection),
            Self::Predict { predictor, n_chunks } => {
                *n_chunks += 1;
                predictor.take_chunk(slot, rows, *n_chunks)
            }
        }
    }

    fn end_pass(&mut self, connection: &mut Connection) -> Result<bool, TrainerError> {
        match self {
            Self::Train(trainer) => trainer.end_pass(connection),
            Self::Predict { .. } => Ok(false),
        }
    }

    fn finish(self, connection: &mut Connection) -> Result<(), TrainerError> {
        if let Self::Train(trainer) = self {
            let (model, bytes, stopped_early) = trainer.finish()?;
            connection.send(&FromWorker::Trained { model, stopped_early }, &bytes, None)?;
        }
        Ok(())
    }
}
