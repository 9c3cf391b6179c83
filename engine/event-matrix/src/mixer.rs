//! Chunks of rows from several samples.

use crate::class_factors::class_factors;
use crate::mix_plan::next_turn;
use crate::sample::{Block, Stream};
use crate::{
    EventIdentifier, ImageLayout, LabelSource, MatrixError, MatrixLayout, MatrixValue, MixPlan, MixSettings,
    Part, Rng, RowOrder, RowTarget, Sample, SplitRule, split_by_identifier, split_rows,
};
use event_columns::EventChunk;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Draws chunks from several samples in the proportion of their events, until every event was drawn (or as the chunk
/// rule says). The same settings give the same chunks again, also after [`Mixer::rewind`].
pub struct Mixer {
    layout: Arc<MatrixLayout>,
    settings: MixSettings,
    plan: MixPlan,
    streams: Vec<Stream>,
    class_factors: Vec<(f32, f64)>,
    next_chunk: usize,
    rows: Vec<Row>,
    origins: Vec<RowOrigin>,
}

/// Where the rows of a chunk are written. Each slice has room for [`Mixer::max_rows`] rows; only the first rows
/// of it are written.
#[derive(Debug)]
pub struct ChunkTarget<'a, T> {
    /// Row after row, [`MatrixLayout::n_columns`] places each; NaN where there is no value.
    pub values: &'a mut [T],
    /// As `values`: 1 where there is no value, else 0.
    pub mask: &'a mut [u8],
    /// One label for each row.
    pub labels: &'a mut [f32],
    /// One weight for each row.
    pub weights: &'a mut [f32],
}

/// How many rows were written; they stand in the order train, validation, test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FilledChunk {
    /// Rows for training.
    pub n_train: usize,
    /// Rows for validation.
    pub n_validation: usize,
    /// Rows for test.
    pub n_test: usize,
}

impl FilledChunk {
    /// All rows.
    pub fn n_rows(&self) -> usize {
        self.n_train + self.n_validation + self.n_test
    }
}

/// Which event a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowOrigin {
    /// Position of the sample.
    pub sample: u32,
    /// Entry number in the table of the sample.
    pub entry: u64,
    /// Run, luminosity block and event; 0 where the sample does not have them.
    pub identifier: EventIdentifier,
}

/// A row before it has its place.
#[derive(Clone, Copy, Debug)]
struct Row {
    origin: RowOrigin,
    label: f32,
    weight: f32,
    part: Part,
}

impl Mixer {
    /// Plans the chunks. Nothing is read yet.
    ///
    /// # Errors
    /// [`MatrixError::NoEvents`] and [`MatrixError::Setting`].
    pub fn new(
        samples: Vec<Sample>,
        layout: Arc<MatrixLayout>,
        settings: MixSettings,
    ) -> Result<Self, MatrixError> {
        if let Some(split) = &settings.split {
            split.check()?;
        }
        let n_events: Vec<u64> = samples.iter().map(|sample| sample.n_events).collect();
        let plan = MixPlan::new(&n_events, settings.n_events, settings.chunk_size, settings.rule)?;
        let class_factors = class_factors(&samples, &plan.n_used(), &settings.class_weights)?;
        let budget = settings.read_ahead_bytes / samples.len().max(1);
        let streams = samples.into_iter().map(|sample| Stream::new(sample, budget)).collect();
        let (rows, origins) = (Vec::new(), Vec::new());
        Ok(Self { layout, settings, plan, streams, class_factors, next_chunk: 0, rows, origins })
    }

    /// The layout of the rows.
    pub fn layout(&self) -> &MatrixLayout {
        &self.layout
    }

    /// The events of each sample in each chunk.
    pub fn plan(&self) -> &MixPlan {
        &self.plan
    }

    /// Rows of the largest chunk.
    pub fn max_rows(&self) -> usize {
        self.plan.max_rows() as usize
    }

    /// The events in the rows of the chunk that was filled last.
    pub fn origins(&self) -> &[RowOrigin] {
        &self.origins
    }

    /// Starts again with the first chunk.
    pub fn rewind(&mut self) {
        self.next_chunk = 0;
        self.origins.clear();
        self.streams.iter_mut().for_each(Stream::rewind);
    }

    /// Fills the next chunk; nothing after the last one.
    ///
    /// # Errors
    /// What reading, selecting and filling can say, with the name of the sample, and [`MatrixError::TargetSize`].
    pub fn next_chunk<T: MatrixValue>(
        &mut self,
        target: ChunkTarget<'_, T>,
    ) -> Result<Option<FilledChunk>, MatrixError> {
        self.fill_next(target, None)
    }

    /// As [`Mixer::next_chunk`], and draws the picture of each row: [`ImageLayout::n_pixels`] places each.
    ///
    /// # Errors
    /// As [`Mixer::next_chunk`], and what [`ImageLayout::draw`] says.
    pub fn next_chunk_with_images<T: MatrixValue>(
        &mut self,
        target: ChunkTarget<'_, T>,
        image: &ImageLayout,
        pixels: &mut [f32],
    ) -> Result<Option<FilledChunk>, MatrixError> {
        self.fill_next(target, Some((image, pixels)))
    }

    /// Refuses a split by identifier that leaves a part without an event, and starts again with the first chunk. Reads
    /// only until every part has one: usually the first chunk.
    ///
    /// # Errors
    /// [`MatrixError::EmptyPart`], and what reading and selecting can say.
    pub fn check_parts(&mut self) -> Result<(), MatrixError> {
        let Some(split) = self.settings.split.filter(|split| split.rule == SplitRule::EventIdentifier) else {
            return Ok(());
        };
        let is_wanted = [true, split.validation_fraction > 0.0, split.test_fraction > 0.0];
        let (mut n_events, mut identifiers) = ([0_u64; 3], BTreeSet::new());
        let is_empty = |n_events: &[u64; 3], part: usize| is_wanted[part] && n_events[part] == 0;
        self.rewind();
        for counts in self.plan.chunks.clone() {
            self.rows.clear();
            for (sample, count) in counts.iter().enumerate() {
                for block in self.streams[sample].take(*count)? {
                    self.describe_rows(sample, &block)?;
                }
            }
            self.split_rows();
            for row in &self.rows {
                n_events[row.part as usize] += 1;
                identifiers.insert(row.origin.identifier);
            }
            if !(0..3).any(|part| is_empty(&n_events, part)) {
                break;
            }
        }
        self.rewind();
        let names = ["training", "validation", "test"];
        let empty: Vec<&str> =
            (0..3).filter(|&part| is_empty(&n_events, part)).map(|part| names[part]).collect();
        if empty.is_empty() {
            return Ok(());
        }
        Err(MatrixError::EmptyPart { empty, n_identifiers: identifiers.len(), n_events })
    }

    fn fill_next<T: MatrixValue>(
        &mut self,
        mut target: ChunkTarget<'_, T>,
        images: Option<(&ImageLayout, &mut [f32])>,
    ) -> Result<Option<FilledChunk>, MatrixError> {
        let Some(counts) = self.plan.chunks.get(self.next_chunk).cloned() else { return Ok(None) };
        check_room(&target, counts.iter().sum::<u64>() as usize, self.layout.n_columns())?;
        self.rows.clear();
        let mut blocks = Vec::new();
        for (sample, count) in counts.iter().enumerate() {
            for block in self.streams[sample].take(*count)? {
                self.describe_rows(sample, &block)?;
                blocks.push(block);
            }
        }
        self.split_rows();
        let order = self.order_rows(&counts);
        let filled = self.write_rows(&order, &blocks, &mut target)?;
        if let Some((image, pixels)) = images {
            draw_rows(image, &order, &blocks, pixels)?;
        }
        self.next_chunk += 1;
        Ok(Some(filled))
    }

    /// Adds the rows of a block in its order, with label, weight and identifier.
    fn describe_rows(&mut self, sample: usize, block: &Block) -> Result<(), MatrixError> {
        let chunk = &block.chunk;
        let source = self.streams[sample].sample();
        let bad = |what, branch: &str, position, value| MatrixError::BadNumber {
            sample: source.name.clone(),
            entry: block.entry(position),
            what,
            branch: branch.to_string(),
            value,
        };
        let labels = match &source.label {
            LabelSource::Value(_) => None,
            LabelSource::Branch(branch) => Some((branch, flat_values(chunk, branch)?)),
        };
        let weights = match &source.weight_branch {
            None => None,
            Some(branch) => Some((branch, flat_values(chunk, branch)?)),
        };
        let identifier: Vec<Vec<i64>> =
            self.settings.identifier.iter().map(|name| whole_values(chunk, name)).collect();
        let number = |of: usize, position: usize| identifier[of].get(position).copied().unwrap_or_default();
        let first_row = self.rows.len();
        for position in 0..chunk.n_entries() {
            let label = match (&labels, &source.label) {
                (Some((branch, values)), _) if !values[position].is_finite() => {
                    return Err(bad("label", branch, position, values[position]));
                }
                (Some((_, values)), _) => values[position] as f32,
                (None, LabelSource::Value(label)) => *label,
                (None, LabelSource::Branch(_)) => f32::NAN,
            };
            let weight = weights.as_ref().map_or(1.0, |(_, values)| values[position]);
            let class = self.class_factors.iter().find(|(class, _)| *class == label);
            let factor = source.weight * class.map_or(1.0, |(_, factor)| *factor);
            let weight = (weight * factor) as f32;
            if !weight.is_finite() {
                let branch = weights.as_ref().map_or("", |(branch, _)| branch);
                return Err(bad("weight", branch, position, f64::from(weight)));
            }
            let (run, lumi, event) = (number(0, position), number(1, position), number(2, position));
            let identifier = EventIdentifier { run, lumi, event };
            let origin = RowOrigin { sample: sample as u32, entry: block.entry(position), identifier };
            self.rows.push(Row { origin, label, weight, part: Part::Train });
        }
        debug_assert_eq!(self.rows.len() - first_row, chunk.n_entries());
        Ok(())
    }

    fn split_rows(&mut self) {
        let Some(split) = self.settings.split else { return };
        if split.rule == SplitRule::EventIdentifier {
            let seed = self.settings.seed;
            self.rows
                .iter_mut()
                .for_each(|row| row.part = split_by_identifier(row.origin.identifier, &split, seed));
        } else {
            let labels: Vec<f32> = self.rows.iter().map(|row| row.label).collect();
            let seed = self.settings.seed.wrapping_add(self.next_chunk as u64);
            let parts = split_rows(&labels, &split, seed);
            self.rows.iter_mut().zip(parts).for_each(|(row, part)| row.part = part);
        }
    }

    /// Positions of the rows (which lie sample after sample) in the order in which they are written.
    fn order_rows(&self, counts: &[u64]) -> Vec<usize> {
        let mut order: Vec<usize> = match self.settings.order {
            RowOrder::FileAfterFile | RowOrder::Shuffled => (0..self.rows.len()).collect(),
            RowOrder::Interleaved => interleave(counts),
        };
        if self.settings.order == RowOrder::Shuffled {
            Rng::new(self.settings.seed, 2 + self.next_chunk as u64).shuffle(&mut order);
        }
        order.sort_by_key(|&row| self.rows[row].part);
        order
    }

    fn write_rows<T: MatrixValue>(
        &mut self,
        order: &[usize],
        blocks: &[Block],
        target: &mut ChunkTarget<'_, T>,
    ) -> Result<FilledChunk, MatrixError> {
        let mut filled = FilledChunk::default();
        self.origins.clear();
        for (place, &row) in order.iter().enumerate() {
            let row = self.rows[row];
            (target.labels[place], target.weights[place]) = (row.label, row.weight);
            self.origins.push(row.origin);
            match row.part {
                Part::Train => filled.n_train += 1,
                Part::Validation => filled.n_validation += 1,
                Part::Test => filled.n_test += 1,
            }
        }
        // The rows of the target, brought from their order of writing to the order of the samples, so that every
        // block is read from front to back.
        let n_columns = self.layout.n_columns();
        let values = target.values.chunks_exact_mut(n_columns);
        let places = values.zip(target.mask.chunks_exact_mut(n_columns)).zip(order);
        let mut targets: Vec<Option<RowTarget<'_, T>>> = Vec::new();
        targets.resize_with(order.len(), || None);
        for ((values, mask), &row) in places {
            targets[row] = Some(RowTarget { values, mask });
        }
        let mut targets: Vec<RowTarget<'_, T>> = targets.into_iter().flatten().collect();
        let mut rest = targets.as_mut_slice();
        for block in blocks {
            let (rows, after) = rest.split_at_mut(block.chunk.n_entries().min(rest.len()));
            self.layout.fill_rows(&block.chunk, rows)?;
            rest = after;
        }
        Ok(filled)
    }
}

/// Draws the events of the blocks, each where its row stands.
fn draw_rows(
    image: &ImageLayout,
    order: &[usize],
    blocks: &[Block],
    pixels: &mut [f32],
) -> Result<(), MatrixError> {
    let n_pixels = image.n_pixels();
    let (found, expected) = (pixels.len(), order.len().saturating_mul(n_pixels));
    if found < expected {
        return Err(MatrixError::TargetSize { what: "pixels", expected, found });
    }
    let mut places = vec![0; order.len()];
    order.iter().enumerate().for_each(|(place, &row)| places[row] = place);
    let mut first_row = 0;
    for block in blocks {
        let mut drawn = vec![0.0; block.chunk.n_entries() * n_pixels];
        image.draw(&block.chunk, &mut drawn)?;
        for (picture, place) in drawn.chunks_exact(n_pixels).zip(&places[first_row..]) {
            pixels[place * n_pixels..(place + 1) * n_pixels].copy_from_slice(picture);
        }
        first_row += block.chunk.n_entries();
    }
    Ok(())
}

fn check_room<T>(target: &ChunkTarget<'_, T>, n_rows: usize, n_columns: usize) -> Result<(), MatrixError> {
    for (what, found, expected) in [
        ("values", target.values.len(), n_rows * n_columns),
        ("mask", target.mask.len(), n_rows * n_columns),
        ("labels", target.labels.len(), n_rows),
        ("weights", target.weights.len(), n_rows),
    ] {
        if found < expected {
            return Err(MatrixError::TargetSize { what, expected, found });
        }
    }
    Ok(())
}

/// Positions of rows that lie sample after sample, in the order of their turns.
fn interleave(counts: &[u64]) -> Vec<usize> {
    let mut first_rows = Vec::with_capacity(counts.len());
    let mut n_rows = 0;
    for count in counts {
        first_rows.push(n_rows);
        n_rows += *count as usize;
    }
    let mut taken = vec![0; counts.len()];
    let mut order = Vec::with_capacity(n_rows);
    while let Some(sample) = next_turn(counts, &taken) {
        order.push(first_rows[sample] + taken[sample] as usize);
        taken[sample] += 1;
    }
    order
}

/// The values of a flat branch.
fn flat_values(chunk: &EventChunk, branch: &str) -> Result<Vec<f64>, MatrixError> {
    let column = chunk.column(branch).ok_or_else(|| MatrixError::MissingBranch {
        branch: branch.to_string(),
        nearest: event_columns::nearest_names(branch, chunk.names().iter().map(|name| &**name), 3),
    })?;
    if column.column_type().kind() != "flat" {
        return Err(MatrixError::Shape {
            branch: branch.to_string(),
            expected: "one number for each event".to_string(),
            found: column.column_type().to_string(),
        });
    }
    Ok(column.to_f64())
}

/// The values of a flat branch as whole numbers; none where there is no such branch. All 64 bits of integers count.
fn whole_values(chunk: &EventChunk, branch: &str) -> Vec<i64> {
    use event_columns::Values::{I64, U64};
    let Some(column) = chunk.column(branch).filter(|column| column.column_type().kind() == "flat") else {
        return Vec::new();
    };
    let mut numbers = Vec::with_capacity(column.n_entries());
    for piece in column.pieces() {
        match piece.values() {
            I64(slice) => numbers.extend_from_slice(slice),
            U64(slice) => numbers.extend(slice.iter().map(|value| *value as i64)),
            other => numbers.extend(other.to_f64().into_iter().map(|value| value as i64)),
        }
    }
    numbers
}
