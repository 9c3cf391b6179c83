//! The figures of measured branches.

use std::ops::ControlFlow;

use branch_specs::{MeasureRequest, Specs, SpecsMode};
use event_columns::{EventChunk, EventTable, MemoryTable, Piece};
use plots::{Figure, Style};
use report_pictures::{branch_figure, branch_histogram, branch_sample_figure};

/// A thousand values of a falling spectrum, one value far away, and as many whole numbers.
fn specs(mode: SpecsMode) -> Specs {
    let mut chunk = EventChunk::new(0, 1001);
    let falling = (0..1000).map(|at| -20.0 * (1.0 - f64::from(at) / 1000.0).ln());
    chunk.set("pt", Piece::flat(falling.chain([1e9]).collect::<Vec<f64>>()).into());
    chunk.set("n_jets", Piece::flat((0..1001).map(|at| at % 7).collect::<Vec<i32>>()).into());
    let table = MemoryTable::new("falling", chunk);
    let request = MeasureRequest::all(table.info(), mode);
    Specs::measure(&table, &request, &mut |_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn a_value_far_away_does_not_widen_the_range() {
    let specs = specs(SpecsMode::Full);
    let pt = specs.branches.iter().find(|branch| &**branch.name() == "pt").unwrap();
    let histogram = branch_histogram(pt).unwrap();
    let (low, high) = (histogram.edges()[0], *histogram.edges().last().unwrap());
    assert!(low >= 0.0 && (90.0..200.0).contains(&high), "{low} {high}");
    assert!(histogram.overflow() >= 1.0, "{}", histogram.overflow());
    let sum: f64 = histogram.counts().iter().sum();
    assert!((sum + histogram.underflow() + histogram.overflow() - 1001.0).abs() < 1.0, "{sum}");
    let figure = branch_sample_figure(pt, "ttH").unwrap();
    let picture = figure.to_svg(&Style::default());
    assert!(picture.contains(">ttH<") && picture.contains("under 0, over"), "{picture}");
}

#[test]
fn whole_numbers_stand_in_the_middle_of_their_bins() {
    let specs = specs(SpecsMode::Full);
    let n_jets = specs.branches.iter().find(|branch| &**branch.name() == "n_jets").unwrap();
    let histogram = branch_histogram(n_jets).unwrap();
    assert_eq!(histogram.edges(), [-0.5, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5]);
    assert_eq!(histogram.counts(), [143.0; 7]);
    assert_eq!(branch_figure(n_jets).unwrap().name, "branch-n_jets");
}

#[test]
fn without_a_distribution_there_is_no_figure() {
    for branch in &specs(SpecsMode::Fast).branches {
        assert!(branch_sample_figure(branch, "ttH").is_none() && branch_figure(branch).is_none());
    }
}
