//! No numbers, one number, NaN, infinities, huge and tiny ranges, negative weights, logarithms of zero: no figure
//! panics, and no picture holds a number that is none.

use plots::{
    BranchHistogram, ClassResponse, ConfusionMatrix, CorrelationMatrix, Figure, Histogram, Histogram2d,
    HistogramFigure, ImportanceBar, ImportanceBars, JetImage, LossCurves, OutsideBins, ResponseByClass,
    RocCurve, RocCurves, Sample, Series, SignificanceCurve, Style,
};
use proptest::prelude::*;

use crate::examples::edges;
use crate::vega_lite::check_vega_lite;
use crate::xml::check_xml;

fn check(name: &str, figure: &dyn Figure) -> String {
    let picture = figure.to_svg(&Style::default());
    check_xml(name, &picture);
    if let Some(document) = figure.interactive() {
        check_vega_lite(name, &document);
    }
    let text = figure.to_text();
    assert!(!text.contains("NaN ") && !text.contains("inf "), "{name}: {text}");
    picture
}

fn figures_of(name: &str, histogram: &Histogram) {
    for is_log in [false, true] {
        let sample = || Sample { label: name.to_owned(), histogram: histogram.clone() };
        for (is_stacked, has_data) in [(false, false), (true, false), (false, true), (true, true)] {
            let figure = HistogramFigure {
                x_title: name.to_owned(),
                samples: vec![sample(), sample()],
                is_stacked,
                data: has_data.then(sample),
                has_ratio: true,
                is_log,
                colours: [(name.to_owned(), name.to_owned())].into(),
                ..HistogramFigure::default()
            };
            check(name, &figure);
            let outside = if has_data { OutsideBins::Folded } else { OutsideBins::Written };
            let middle = histogram.edges()[histogram.edges().len() / 2];
            let x_range = Some((middle, middle + 1.0));
            check(name, &HistogramFigure { is_normalised: true, outside, x_range, ..figure.clone() });
            check(name, &HistogramFigure { x_range: Some((f64::NAN, 1.0)), outside, ..figure });
        }
        let class = || ClassResponse {
            class: name.to_owned(),
            train: histogram.clone(),
            test: Some(histogram.clone()),
            p_value: Some(f64::NAN),
            colour: None,
        };
        check(
            name,
            &ResponseByClass { classes: vec![class(), class()], is_log, ..ResponseByClass::default() },
        );
        let branch = BranchHistogram {
            branch: name.to_owned(),
            histogram: histogram.clone(),
            n_values: 0,
            n_nan: 0,
            mean: Some(f64::NAN),
            standard_deviation: None,
            is_log,
        };
        check(name, &branch);
    }
}

#[test]
fn odd_histograms() {
    let histogram = |edges: Vec<f64>, counts: Vec<f64>| {
        let squares = counts.iter().map(|count| count * count).collect();
        Histogram::new(edges, counts, squares, f64::NAN, f64::INFINITY).unwrap()
    };
    let cases = [
        ("no bins", histogram(vec![0.0], vec![])),
        ("no entries", histogram(edges(5, 0.0, 1.0), vec![0.0; 5])),
        ("one bin", histogram(vec![0.0, 1.0], vec![7.0])),
        ("negative weights", histogram(edges(3, 0.0, 1.0), vec![-5.0, 2.0, -1.0])),
        ("only negative", histogram(edges(2, 0.0, 1.0), vec![-5.0, -1.0])),
        ("sum is zero", histogram(edges(2, 0.0, 1.0), vec![-5.0, 5.0])),
        ("not finite", histogram(edges(3, 0.0, 1.0), vec![f64::NAN, f64::INFINITY, 1.0])),
        ("zeros between", histogram(edges(4, 0.0, 1.0), vec![1e6, 0.0, 1e-6, 0.0])),
        ("huge", histogram(edges(3, -1e300, 1e300), vec![1e300, 1e299, 1.0])),
        ("widest", histogram(vec![f64::MIN, 0.0, f64::MAX], vec![1.0, 2.0])),
        ("tiny", histogram(edges(3, 1e-308, 4e-308), vec![1e-300, 5e-324, 0.0])),
        ("narrow", histogram(vec![1e9, 1e9 + 1e-6, 1e9 + 2e-6], vec![1.0, 2.0])),
        ("names <&>\"\u{0} $x_{", histogram(edges(2, 0.0, 1.0), vec![1.0, 2.0])),
        ("many", histogram(edges(3000, 0.0, 1.0), vec![2.0; 3000])),
    ];
    for (name, histogram) in cases {
        figures_of(name, &histogram);
    }
}

#[test]
fn samples_in_other_bins_are_told_apart() {
    let sample = |n: usize| Sample {
        label: format!("{n} bins"),
        histogram: Histogram::unweighted(edges(n, 0.0, 1.0), vec![5.0; n]).unwrap(),
    };
    let figure = HistogramFigure {
        samples: vec![sample(4), sample(5)],
        data: Some(sample(6)),
        is_stacked: true,
        has_ratio: true,
        ..HistogramFigure::default()
    };
    assert!(check("other bins", &figure).contains("no ratio: it needs data and samples in the same bins"));
}

#[test]
fn large_figures_stay_small() {
    let x: Vec<f64> = (0..=300_000).map(|at| f64::from(at) / 300_000.0).collect();
    let y = x.iter().map(|x| x.sqrt()).collect();
    let curve = RocCurve {
        label: "long".to_owned(),
        false_positive_rate: x,
        true_positive_rate: y,
        auc: None,
        colour: None,
        ..RocCurve::default()
    };
    let picture = check("roc", &RocCurves { curves: vec![curve], best: None });
    assert!(picture.len() < 100_000, "{} bytes", picture.len());
    let names: Vec<String> = (0..400).map(|at| format!("column_{at}")).collect();
    let matrix = CorrelationMatrix { rows: vec![vec![Some(0.5); 400]; 400], names };
    let picture = check("correlation", &matrix);
    assert!(picture.contains("and 250 more columns") && picture.len() < 4_000_000, "{} bytes", picture.len());
}

#[test]
fn hard_figures_are_well_formed() {
    for (name, figure) in crate::hard_examples::all() {
        check(name, figure.as_ref());
    }
}

#[test]
fn empty_figures_say_so() {
    let cases: [(&str, &dyn Figure, &str); 10] = [
        ("histogram", &HistogramFigure::default(), "no entries"),
        ("histogram2d", &Histogram2d::default(), "no entries"),
        ("response", &ResponseByClass::default(), "no entries"),
        ("roc", &RocCurves::default(), "no points"),
        ("loss", &LossCurves::default(), "no points"),
        ("correlation", &CorrelationMatrix::default(), "no columns"),
        ("significance", &SignificanceCurve::default(), "no points"),
        ("importance", &ImportanceBars::default(), "no inputs"),
        ("confusion", &ConfusionMatrix::default(), "no classes"),
        ("image", &image((0.0, 0.0), 0, vec![], false), "no entries"),
    ];
    for (name, figure, note) in cases {
        assert!(check(name, figure).contains(note), "{name}");
    }
}

fn image(eta: (f64, f64), n_eta: usize, values: Vec<f64>, is_log: bool) -> JetImage {
    JetImage { eta, phi: (f64::NAN, 1.0), n_eta, values, z_title: String::new(), is_log }
}

fn figures_of_values(values: &[f64], name: &str) {
    let reversed: Vec<f64> = values.iter().rev().copied().collect();
    let series = || Series { label: name.to_owned(), x: values.to_vec(), y: reversed.clone() };
    let first = values.first().copied().unwrap_or(0.0);
    check(
        "loss",
        &LossCurves { y_title: name.to_owned(), series: vec![series(), series()], best_epoch: Some(1) },
    );
    check("significance", &SignificanceCurve { series: vec![series()], best: Some((first, first)) });
    let curve = RocCurve {
        label: name.to_owned(),
        false_positive_rate: values.to_vec(),
        true_positive_rate: reversed.clone(),
        auc: Some(first),
        colour: None,
        part: name.to_owned(),
    };
    check("roc", &RocCurves { curves: vec![curve], best: Some((first, first)) });
    let bar = |&value: &f64| ImportanceBar { branch: name.to_owned(), value, error: value };
    check("importance", &ImportanceBars { x_title: name.to_owned(), bars: values.iter().map(bar).collect() });
    let names = vec![name.to_owned(); 3];
    let rows: Vec<Vec<f64>> = values.chunks(3).map(<[f64]>::to_vec).collect();
    check("confusion", &ConfusionMatrix { classes: names.clone(), rows: rows.clone() });
    let rows = rows.iter().map(|row| row.iter().map(|&value| Some(value)).collect()).collect();
    check("correlation", &CorrelationMatrix { names, rows });
    for is_log in [false, true] {
        let mut edges = values.to_vec();
        edges.sort_by(f64::total_cmp);
        let counts = values.iter().cycle().take(100).copied().collect();
        let figure = Histogram2d {
            x_title: name.to_owned(),
            y_title: name.to_owned(),
            x_edges: edges.clone(),
            y_edges: edges,
            counts,
            n_outside: first,
            is_log,
            ..Histogram2d::default()
        };
        check("histogram2d", &figure);
        check("image", &image((first, 1.0), 3, values.to_vec(), is_log));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn no_values_break_a_figure(values in proptest::collection::vec(any::<f64>(), 0..12), name in ".{0,20}") {
        figures_of_values(&values, &name);
    }

    #[test]
    fn sensible_values_neither(values in proptest::collection::vec(-10.0..10.0_f64, 0..12), name in "[$^_{}\\\\a-z ]{0,16}") {
        figures_of_values(&values, &name);
    }

    #[test]
    fn no_counts_break_a_histogram(
        counts in proptest::collection::vec(any::<f64>(), 1..8),
        start in -1e6..1e6_f64,
        width in 1e-3..1e9_f64,
        name in ".{0,20}",
    ) {
        let edges = (0..=counts.len()).map(|at| start + width * at as f64).collect();
        let squares = counts.iter().map(|count| count * count).collect();
        if let Ok(histogram) = Histogram::new(edges, counts, squares, 0.0, 0.0) {
            figures_of(&name, &histogram);
        }
    }
}
