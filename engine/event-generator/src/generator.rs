//! Settings, and the iterator over chunks of events.

use crate::Process;
use crate::columns::Events;
use crate::detector::detect;
use crate::process::hard_particles;
use crate::random::EventRandom;
use event_columns::EventChunk;

/// Which events to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratorSettings {
    /// Signal or background.
    pub process: Process,
    /// How many events.
    pub n_events: u64,
    /// Any number; the same one gives the same events. Signal and background of one seed are independent.
    pub seed: u64,
    /// Number of the first event, from 0. Samples with the same seed and separate ranges of numbers are parts of
    /// one larger sample. Default: 0.
    pub first_event: u64,
    /// Events in each chunk but the last, at least 1. Default: 10,000. It does not change the events.
    pub events_per_chunk: usize,
}

impl GeneratorSettings {
    /// `n_events` events of a process, numbered from 0.
    pub fn new(process: Process, n_events: u64, seed: u64) -> Self {
        Self { process, n_events, seed, first_event: 0, events_per_chunk: 10_000 }
    }
}

/// Settings that make no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GeneratorError {
    /// Chunks of no events would never end.
    #[error("chunks of 0 events cannot be generated; at least 1 is needed")]
    EmptyChunks,
    /// Event numbers do not fit into 64 bits.
    #[error("{n_events} events from number {first_event} on have no numbers of 64 bits")]
    EventNumbers {
        /// Number of the first event.
        first_event: u64,
        /// Number of events.
        n_events: u64,
    },
}

/// Chunks of events, one after the other. No event at all still gives one empty chunk, which names the branches.
#[derive(Clone, Debug)]
pub struct EventGenerator {
    settings: GeneratorSettings,
    n_done: u64,
    n_chunks: u64,
}

impl EventGenerator {
    /// Checks the settings.
    ///
    /// # Errors
    /// [`GeneratorError`].
    pub fn new(settings: GeneratorSettings) -> Result<Self, GeneratorError> {
        if settings.events_per_chunk == 0 {
            return Err(GeneratorError::EmptyChunks);
        }
        let GeneratorSettings { first_event, n_events, .. } = settings;
        // One more, because the branch `event` counts from 1.
        if first_event.checked_add(n_events).and_then(|end| end.checked_add(1)).is_none() {
            return Err(GeneratorError::EventNumbers { first_event, n_events });
        }
        Ok(Self { settings, n_done: 0, n_chunks: 0 })
    }

    /// The settings, checked.
    pub fn settings(&self) -> &GeneratorSettings {
        &self.settings
    }
}

impl Iterator for EventGenerator {
    type Item = EventChunk;

    fn next(&mut self) -> Option<EventChunk> {
        let n_left = self.settings.n_events - self.n_done;
        if n_left == 0 && self.n_chunks > 0 {
            return None;
        }
        let n_events = n_left.min(self.settings.events_per_chunk as u64);
        let first_event = self.settings.first_event + self.n_done;
        let mut events = Events::default();
        for number in first_event..first_event + n_events {
            let mut random = EventRandom::new(self.settings.seed, self.settings.process as u8, number);
            let particles = hard_particles(self.settings.process, &mut random);
            events.seen.push(detect(&particles, &mut random));
            events.weights.push(weight(&mut random));
        }
        self.n_done += n_events;
        self.n_chunks += 1;
        Some(events.into_chunk(first_event))
    }
}

/// About 1, spread by 10 %, and negative for one event of twenty, as generators at next-to-leading order give.
fn weight(random: &mut EventRandom) -> f32 {
    let size = (0.1 * random.normal()).exp();
    let weight = if random.chance(0.05) { -size } else { size };
    weight as f32
}
