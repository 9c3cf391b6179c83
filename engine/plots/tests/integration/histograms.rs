//! What the options of a histogram do to its picture, and its JSON document.

use plots::Figure;
use plots::{Histogram, HistogramFigure, HistogramJsonError, OutsideBins, Palette, Sample, Style};
use proptest::prelude::*;
use serde_json::json;

use crate::examples::{all, edges, overlay, stack};

fn figure() -> HistogramFigure {
    let histogram =
        Histogram::new(edges(4, 0.0, 4.0), vec![1.0, 2.0, 4.0, 8.0], vec![1.0, 2.0, 4.0, 8.0], 16.0, 32.0);
    HistogramFigure {
        x_title: "x".to_owned(),
        samples: vec![Sample { label: "Signal".to_owned(), histogram: histogram.unwrap() }],
        ..HistogramFigure::default()
    }
}

fn svg(figure: &HistogramFigure) -> String {
    figure.to_svg(&Style::default())
}

#[test]
fn underflow_and_overflow_are_left_out_folded_or_written() {
    let left_out = svg(&figure());
    assert!(!left_out.contains("over") && !left_out.contains(">50<"), "{left_out}");
    let folded = svg(&HistogramFigure { outside: OutsideBins::Folded, ..figure() });
    assert!(folded.contains("with under- and overflow") && folded.contains(">40<"), "{folded}");
    let written = svg(&HistogramFigure { outside: OutsideBins::Written, ..figure() });
    assert!(written.contains("under 16, over 32"), "{written}");
    let cut = HistogramFigure { outside: OutsideBins::Written, x_range: Some((1.0, 3.0)), ..figure() };
    assert!(svg(&cut).contains("under 17, over 40"));
}

#[test]
fn a_colour_is_chosen_by_the_name_of_the_sample() {
    let colours = |colour: &str| [("Signal".to_owned(), colour.to_owned())].into();
    let first = Palette::default().colours()[0];
    assert!(svg(&figure()).contains(first));
    let chosen = svg(&HistogramFigure { colours: colours("#123456"), ..figure() });
    assert!(chosen.contains("stroke=\"#123456\"") && !chosen.contains(first));
    let wrong = svg(&HistogramFigure { colours: colours("\"/><script>"), ..figure() });
    assert!(wrong.contains(first) && !wrong.contains("script"));
}

#[test]
fn unit_area_is_said_and_drawn() {
    let figure = HistogramFigure { is_normalised: true, ..figure() };
    let picture = svg(&figure);
    assert!(picture.contains("(1/") && picture.contains(">0.5<") && !picture.contains(">8<"), "{picture}");
    let steps = figure.to_vega_lite()["layer"][2]["data"]["values"].clone();
    let area: f64 = steps.as_array().unwrap().iter().map(|bin| bin["count"].as_f64().unwrap()).sum();
    assert!((area - 1.0).abs() < 1e-12);
    // A stack has unit area as a whole.
    let bars = HistogramFigure { is_normalised: true, ..stack(false) }.to_vega_lite();
    let bars = bars["vconcat"][0]["layer"][0]["data"]["values"].as_array().unwrap().clone();
    let area: f64 = bars.iter().map(|bin| bin["count"].as_f64().unwrap()).sum();
    assert!((area - 1.0).abs() < 1e-9, "{area}");
}

#[test]
fn the_ratio_is_to_the_first_sample_where_there_is_no_data() {
    let figure = HistogramFigure { has_ratio: true, ..overlay() };
    assert!(svg(&figure).contains("Ratio to"));
    let ratios = figure.to_vega_lite()["vconcat"][1]["layer"][3]["data"]["values"].clone();
    let counts = |sample: usize| figure.samples[sample].histogram.counts()[3];
    assert_eq!(ratios[3]["ratio"].as_f64().unwrap(), counts(1) / counts(0));
    assert_eq!(ratios.as_array().unwrap().len(), 60);
    let alone = HistogramFigure { has_ratio: true, ..self::figure() };
    assert!(svg(&alone).contains("no ratio: it needs two samples in the same bins"));
}

#[test]
fn json_gives_the_figure_back() {
    let figures = [
        figure(),
        stack(true),
        overlay(),
        HistogramFigure {
            outside: OutsideBins::Written,
            x_range: Some((0.5, 2.0)),
            is_normalised: true,
            ..overlay()
        },
        HistogramFigure {
            colours: [("a".to_owned(), "red".to_owned())].into(),
            ..HistogramFigure::default()
        },
    ];
    for figure in figures {
        let text = figure.to_json().to_string();
        let read = HistogramFigure::from_json(&serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(read, figure);
    }
    insta::assert_snapshot!("histogram-json", serde_json::to_string_pretty(&figure().to_json()).unwrap());
    assert!(all().len() > 12);
}

#[test]
fn json_of_another_kind_is_refused() {
    let read = |value| HistogramFigure::from_json(&value).map(|figure| figure.samples.len());
    let least = json!({"format": "mlaas4hep-histogram", "version": 1,
        "samples": [{"label": "a", "edges": [0, 1], "counts": [3]}]});
    assert_eq!(read(least.clone()).unwrap(), 1);
    let mut newer = least.clone();
    newer["version"] = json!(2);
    assert!(matches!(read(newer), Err(HistogramJsonError::Format { version: 2, .. })));
    let mut falling = least.clone();
    falling["samples"][0]["edges"] = json!([1, 0]);
    assert!(matches!(read(falling), Err(HistogramJsonError::Histogram { label, .. }) if label == "a"));
    let mut without = least;
    without["samples"][0].as_object_mut().unwrap().remove("counts");
    let error = read(without).unwrap_err().to_string();
    assert!(error.contains("missing field `counts`"), "{error}");
    assert!(matches!(read(json!(7)), Err(HistogramJsonError::Fields { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_histogram_survives_json(
        counts in proptest::collection::vec(any::<f64>(), 0..9),
        outside in any::<(f64, f64)>(),
        label in ".{0,12}",
    ) {
        let squares = counts.iter().map(|count| count * count).collect();
        let histogram = Histogram::new(edges(counts.len(), -3.0, 7.5), counts, squares, outside.0, outside.1);
        if let Ok(histogram) = histogram {
            let figure = HistogramFigure { samples: vec![Sample { label, histogram }], ..HistogramFigure::default() };
            let text = figure.to_json().to_string();
            prop_assert_eq!(HistogramFigure::from_json(&serde_json::from_str(&text).unwrap()).unwrap(), figure);
        }
    }
}
