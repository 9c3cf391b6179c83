//! Chunks from several samples.

use branch_specs::{MissingBranch, Specs, SpecsBuilder, SpecsMode};
use event_columns::{EventChunk, EventTable, MemoryTable, Piece};
use event_matrix::{
    ChunkRule, ChunkTarget, ClassWeights, Collision, FilledChunk, ImageAxis, ImageLayout, LabelSource,
    MatrixLayout, MatrixSettings, MixSettings, Mixer, RowOrder, RowOrigin, Sample, Scaling, SelectedEvents,
    SplitRule, SplitSettings,
};
use std::sync::Arc;

/// Events `first`, `first + 1` .. as `x`, with the event number and a weight of either sign.
fn table(first: i32, n_events: usize) -> Arc<dyn EventTable> {
    let numbers: Vec<i32> = (first..first + n_events as i32).collect();
    let mut chunk = EventChunk::new(0, n_events);
    chunk.set("x", Piece::flat(numbers.iter().map(|number| *number as f32).collect::<Vec<_>>()).into());
    chunk.set(
        "list",
        Piece::jagged(
            &numbers.iter().map(|number| vec![*number; (*number % 3) as usize]).collect::<Vec<_>>(),
        )
        .into(),
    );
    chunk.set("event", Piece::flat(numbers.clone()).into());
    chunk.set(
        "w",
        Piece::flat(
            numbers.iter().map(|number| if number % 2 == 0 { 2.0 } else { -0.5 }).collect::<Vec<f64>>(),
        )
        .into(),
    );
    Arc::new(MemoryTable::new("memory", chunk))
}

fn layout(tables: &[&Arc<dyn EventTable>]) -> Arc<MatrixLayout> {
    let specs = tables.iter().map(|table| {
        let branches: Vec<usize> = (0..table.info().branches.len()).collect();
        let chunk = event_columns::read_chunk(&***table, &branches, 0..u64::MAX).unwrap();
        let types: Vec<_> =
            chunk.columns().map(|(name, column)| (name.clone(), column.column_type())).collect();
        let builder = SpecsBuilder::new(&types, SpecsMode::Fast);
        builder.add_chunk(&chunk).unwrap();
        builder.finish("memory")
    });
    let specs = Specs::merge(specs, MissingBranch::Error).unwrap().specs;
    let settings =
        MatrixSettings { scaling: Scaling::None, exclude: vec!["w".into()], ..MatrixSettings::default() };
    Arc::new(MatrixLayout::check(&settings, &specs).unwrap())
}

struct Drawn {
    filled: FilledChunk,
    /// The `x` of each row.
    x: Vec<f32>,
    labels: Vec<f32>,
    weights: Vec<f32>,
    origins: Vec<RowOrigin>,
}

fn draw_all(mixer: &mut Mixer) -> Vec<Drawn> {
    let (n_columns, n_rows) = (mixer.layout().n_columns(), mixer.max_rows());
    let (mut values, mut mask) = (vec![0.0_f32; n_rows * n_columns], vec![0; n_rows * n_columns]);
    let (mut labels, mut weights) = (vec![0.0; n_rows], vec![0.0; n_rows]);
    let mut chunks = Vec::new();
    loop {
        let target =
            ChunkTarget { values: &mut values, mask: &mut mask, labels: &mut labels, weights: &mut weights };
        let Some(filled) = mixer.next_chunk(target).unwrap() else { return chunks };
        let n = filled.n_rows();
        for (row, mask) in values.chunks(n_columns).zip(mask.chunks(n_columns)).take(n) {
            // The list repeats x so many times as x modulo 3.
            let width = row[0] as usize % 3;
            assert_eq!(mask, [0, u8::from(width < 1), u8::from(width < 2)]);
            assert!(row[1..=width].iter().all(|value| *value == row[0]), "{row:?}");
        }
        chunks.push(Drawn {
            filled,
            x: values.chunks(n_columns).take(n).map(|row| row[0]).collect(),
            labels: labels[..n].to_vec(),
            weights: weights[..n].to_vec(),
            origins: mixer.origins().to_vec(),
        });
    }
}

fn two_samples() -> (Vec<Sample>, Arc<MatrixLayout>) {
    let (signal, background) = (table(0, 300), table(1000, 900));
    let layout = layout(&[&signal, &background]);
    let branches = vec![0, 1, 2, 3];
    let samples = vec![
        Sample::new("signal", signal, branches.clone(), 1.0),
        Sample::new("background", background, branches, 0.0),
    ];
    (samples, layout)
}

#[test]
fn every_event_comes_once_in_proportion_and_again_after_rewind() {
    for order in [RowOrder::Shuffled, RowOrder::Interleaved, RowOrder::FileAfterFile] {
        let (samples, layout) = two_samples();
        let settings =
            MixSettings { chunk_size: 100, order, read_ahead_bytes: 2000, ..MixSettings::default() };
        let mut mixer = Mixer::new(samples, layout, settings).unwrap();
        let first = draw_all(&mut mixer);
        assert_eq!(first.len(), 12);
        for chunk in &first {
            assert_eq!(chunk.labels.iter().filter(|label| **label == 1.0).count(), 25);
            let of_origin =
                |origin: &RowOrigin| origin.entry as f32 + if origin.sample == 1 { 1000.0 } else { 0.0 };
            assert_eq!(chunk.origins.iter().map(of_origin).collect::<Vec<_>>(), chunk.x);
            assert!(
                chunk.origins.iter().zip(&chunk.x).all(|(origin, x)| origin.identifier.event == *x as i64)
            );
        }
        let mut all: Vec<f32> = first.iter().flat_map(|chunk| chunk.x.clone()).collect();
        all.sort_by(f32::total_cmp);
        let expected: Vec<f32> = (0..300).chain(1000..1900).map(|number| number as f32).collect();
        assert_eq!(all, expected);
        // Interleaved: a background event never waits for more than one signal event.
        let longest = first[0]
            .labels
            .chunk_by(|a, b| a == b)
            .filter(|run| run[0] == 1.0)
            .map(<[f32]>::len)
            .max()
            .unwrap();
        match order {
            RowOrder::FileAfterFile => assert_eq!(longest, 25),
            RowOrder::Interleaved => assert_eq!(longest, 1),
            RowOrder::Shuffled => assert!(longest < 10, "{longest}"),
        }
        mixer.rewind();
        let second = draw_all(&mut mixer);
        assert!(first.iter().zip(&second).all(|(one, two)| one.x == two.x && one.weights == two.weights));
    }
}

#[test]
fn the_rule_of_the_original() {
    let (samples, layout) = two_samples();
    let settings = MixSettings {
        chunk_size: 100,
        n_events: Some(200),
        rule: ChunkRule::Original,
        order: RowOrder::FileAfterFile,
        ..MixSettings::default()
    };
    let chunks = draw_all(&mut Mixer::new(samples, layout, settings).unwrap());
    assert_eq!(chunks.len(), 2);
    let expected = |start: i32| -> Vec<f32> {
        let (signal, background) = (start * 25, 1000 + start * 75);
        (signal..signal + 25).chain(background..background + 75).map(|number| number as f32).collect()
    };
    assert_eq!(chunks[0].x, expected(0));
    assert_eq!(chunks[1].x, expected(1));
}

#[test]
fn a_selection_keeps_entry_numbers_and_weights() {
    let (mut samples, layout) = two_samples();
    for sample in &mut samples {
        sample.n_events /= 2;
        sample.weight_branch = Some("w".into());
        sample.weight_sum = Some(2.0 * sample.n_events as f64);
        sample.weight = 10.0;
        // Even entries pass.
        sample.select = Some(Arc::new(|chunk: EventChunk| {
            let kept: Vec<u32> = (0..chunk.n_entries() as u32)
                .filter(|p| (chunk.first_entry() + u64::from(*p)).is_multiple_of(2))
                .collect();
            let mut selected = EventChunk::new(chunk.first_entry(), kept.len());
            for (name, column) in chunk.columns() {
                let pieces = kept
                    .iter()
                    .flat_map(|p| column.slice(*p as usize..*p as usize + 1).pieces().to_vec())
                    .collect();
                selected.set(name.clone(), event_columns::Column::new(column.column_type(), pieces)?);
            }
            Ok(SelectedEvents { chunk: selected, kept })
        }));
    }
    let settings =
        MixSettings { chunk_size: 64, class_weights: ClassWeights::Balanced, ..MixSettings::default() };
    let chunks = draw_all(&mut Mixer::new(samples.clone(), layout.clone(), settings.clone()).unwrap());
    assert_eq!(chunks.iter().map(|chunk| chunk.x.len()).sum::<usize>(), 600);
    for chunk in &chunks {
        assert!(chunk.x.iter().all(|x| x % 2.0 == 0.0));
        assert!(chunk.origins.iter().all(|origin| origin.entry.is_multiple_of(2)));
        // 600 events of the weight 20, 150 of them signal: 600 / (2 * 150 * 20) and 600 / (2 * 450 * 20).
        let expected = |label: &f32| if *label == 1.0 { 2.0 } else { (20.0 * (600.0 / 18_000.0)) as f32 };
        assert_eq!(chunk.weights, chunk.labels.iter().map(expected).collect::<Vec<f32>>());
    }
    samples[0].n_events += 1;
    let mut mixer = Mixer::new(samples, layout, MixSettings { chunk_size: 2000, ..settings }).unwrap();
    let (mut values, mut mask) = (vec![0.0_f64; 6000], vec![0; 6000]);
    let (mut labels, mut weights) = (vec![0.0; 2000], vec![0.0; 2000]);
    let target =
        ChunkTarget { values: &mut values, mask: &mut mask, labels: &mut labels, weights: &mut weights };
    let error = mixer.next_chunk(target).unwrap_err().to_string();
    assert!(error.contains("sample signal was to give 151 events, but only 150 passed"), "{error}");
}

#[test]
fn balanced_classes_have_the_same_sum_of_weights() {
    let (mut samples, layout) = two_samples();
    let settings =
        MixSettings { chunk_size: 600, class_weights: ClassWeights::Balanced, ..MixSettings::default() };
    let weigh = |samples: &[Sample]| Mixer::new(samples.to_vec(), layout.clone(), settings.clone());
    // Half of the events weigh 2, the others -1/2.
    for sample in &mut samples {
        (sample.weight_branch, sample.weight_sum) = (Some("w".into()), Some(0.75 * sample.n_events as f64));
    }
    let chunks = draw_all(&mut weigh(&samples).unwrap());
    for label in [0.0, 1.0] {
        let rows = chunks.iter().flat_map(|chunk| chunk.labels.iter().zip(&chunk.weights));
        let of_label = rows.filter(|(own, _)| **own == label).map(|(_, weight)| f64::from(*weight));
        let sum: f64 = of_label.sum();
        assert!((sum - 600.0).abs() < 1e-3, "{sum}");
    }
    samples[0].weight_sum = Some(-1.0);
    let error = weigh(&samples).err().unwrap().to_string();
    assert!(error.contains("the weights of label 1 add up to -1: only a sum above 0"), "{error}");
    samples[0].weight_sum = None;
    assert!(weigh(&samples).is_err());
}

/// The picture of a row is that of its event, wherever the row stands.
#[test]
fn pictures_follow_their_rows() {
    let (samples, layout) = two_samples();
    let mut mixer =
        Mixer::new(samples, layout, MixSettings { chunk_size: 500, ..MixSettings::default() }).unwrap();
    let axis = ImageAxis { branch: "list".into(), low: 0.0, high: 2000.0, n_bins: 1, is_periodic: false };
    let image = ImageLayout {
        x: axis.clone(),
        y: ImageAxis { n_bins: 2, ..axis },
        value: Some("list".into()),
        collision: Collision::First,
    };
    let (n_rows, n_columns) = (mixer.max_rows(), mixer.layout().n_columns());
    let (mut values, mut mask) = (vec![0.0_f32; n_rows * n_columns], vec![0; n_rows * n_columns]);
    let (mut labels, mut weights) = (vec![0.0; n_rows], vec![0.0; n_rows]);
    let mut pixels = vec![7.0; n_rows * 2];
    let mut n_drawn = 0;
    loop {
        let target =
            ChunkTarget { values: &mut values, mask: &mut mask, labels: &mut labels, weights: &mut weights };
        let Some(filled) = mixer.next_chunk_with_images(target, &image, &mut pixels).unwrap() else { break };
        for (row, picture) in values.chunks(n_columns).zip(pixels.chunks(2)).take(filled.n_rows()) {
            let x = if (row[0] as usize).is_multiple_of(3) { 0.0 } else { row[0] };
            let expected = if x < 1000.0 { [x, 0.0] } else { [0.0, x] };
            assert_eq!(picture, expected);
            n_drawn += 1;
        }
    }
    assert_eq!(n_drawn, 1200);
    mixer.rewind();
    let target =
        ChunkTarget { values: &mut values, mask: &mut mask, labels: &mut labels, weights: &mut weights };
    let error = mixer.next_chunk_with_images(target, &image, &mut [0.0]).unwrap_err().to_string();
    assert!(error.contains("pixels"), "{error}");
}

#[test]
fn parts_stand_in_order_and_no_event_is_in_two() {
    for rule in [SplitRule::Stratified, SplitRule::Random, SplitRule::EventIdentifier] {
        let (samples, layout) = two_samples();
        let split = Some(SplitSettings { rule, ..SplitSettings::default() });
        let settings = MixSettings { chunk_size: 400, split, ..MixSettings::default() };
        let chunks = draw_all(&mut Mixer::new(samples, layout, settings).unwrap());
        for chunk in &chunks {
            let FilledChunk { n_train, n_validation, n_test } = chunk.filled;
            assert_eq!(n_train + n_validation + n_test, 400);
            if rule == SplitRule::EventIdentifier {
                assert!((200..320).contains(&n_train), "{n_train}");
                continue;
            }
            assert_eq!((n_train, n_validation, n_test), (256, 64, 80));
            let signal = chunk.labels[..256].iter().filter(|label| **label == 1.0).count();
            assert!(rule == SplitRule::Random || signal == 64, "{signal}");
        }
    }
}

#[test]
fn a_split_by_few_identifiers_is_refused() {
    let check = |identifier: [&str; 3], test_fraction: f64, expected: Option<&str>| {
        let (samples, layout) = two_samples();
        let split =
            SplitSettings { rule: SplitRule::EventIdentifier, test_fraction, ..SplitSettings::default() };
        let identifier = identifier.map(String::from);
        let settings =
            MixSettings { split: Some(split), chunk_size: 40, identifier, ..MixSettings::default() };
        let mut mixer = Mixer::new(samples, layout, settings).unwrap();
        let first = draw_all(&mut mixer);
        let found = mixer.check_parts().map_err(|error| error.to_string());
        match expected {
            None => assert_eq!(found, Ok(())),
            Some(words) => assert!(found.clone().is_err_and(|error| error.contains(words)), "{found:?}"),
        }
        // It starts again with the first chunk.
        let again = draw_all(&mut mixer);
        assert!(first.iter().zip(&again).all(|(one, other)| one.x == other.x && one.filled == other.filled));
    };
    check(["", "", "event"], 0.2, None);
    check(["", "", ""], 0.2, Some("its 1 distinct value(s) give"));
    check(["", "", "nowhere"], 0.2, Some("set `split_by` to \"stratified\""));
    check(["", "", ""], 0.0, Some("leaves no event for"));
}

#[test]
fn a_label_from_a_branch() {
    let (mut samples, layout) = two_samples();
    for sample in &mut samples {
        sample.label = LabelSource::Branch("x".into());
    }
    let mut mixer = Mixer::new(samples.clone(), layout.clone(), MixSettings::default()).unwrap();
    assert!(draw_all(&mut mixer).iter().all(|chunk| chunk.labels == chunk.x));
    samples[0].label = LabelSource::Branch("list".into());
    let mut mixer = Mixer::new(samples, layout, MixSettings::default()).unwrap();
    let target = ChunkTarget::<f32> {
        values: &mut [0.0; 3000],
        mask: &mut [0; 3000],
        labels: &mut [0.0; 1000],
        weights: &mut [0.0; 1000],
    };
    assert!(mixer.next_chunk(target).unwrap_err().to_string().contains("one number for each event"));
}
