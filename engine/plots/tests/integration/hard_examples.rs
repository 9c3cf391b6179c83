//! Figures that are hard to draw: what the gallery shows and people look at, beside [`crate::examples`].

use plots::{Figure, Histogram, HistogramFigure, OutsideBins, Sample};

use crate::examples::{correlation_of, edges, histogram2d, noise};

/// Hard figures, with a name.
pub(crate) fn all() -> Vec<(&'static str, Box<dyn Figure>)> {
    let zeros = vec![0.0; 20];
    let decades: Vec<f64> = (0..24).map(|at| 10_f64.powf(12.0 - f64::from(at) * 0.6)).collect();
    let negative: Vec<f64> = (0..20).map(|at| 60.0 * (noise(at) - 0.45)).collect();
    vec![
        ("large-counts", Box::new(one("Sum of weights", (0..20).map(|at| 3e11 * noise(at)).collect()))),
        ("negative-weights", Box::new(pair(&negative, false))),
        ("negative-weights-log", Box::new(pair(&negative, true))),
        ("empty", Box::new(one("Nothing", zeros.clone()))),
        ("not-a-number", Box::new(one("Not a number", vec![f64::NAN; 20]))),
        ("one-bin", Box::new(HistogramFigure { has_ratio: true, ..pair(&[250.0], false) })),
        ("twelve-decades", Box::new(HistogramFigure { is_log: true, ..one("Cross section", decades) })),
        ("ratio-with-zeros", Box::new(ratio_with_zeros())),
        ("long-labels", Box::new(long_labels())),
        ("ratio-of-ten", Box::new(ratio_of_ten())),
        ("written-stack", Box::new(HistogramFigure { is_stacked: true, ..ratio_of_ten_written() })),
        ("histogram2d-200", Box::new(histogram2d(200))),
        ("histogram2d-empty", Box::new(plots::Histogram2d::default())),
        ("histogram2d-linear", Box::new(plots::Histogram2d { is_log: false, ..histogram2d(12) })),
        ("correlation-of-20", Box::new(correlation_of(20))),
        ("correlation-of-100", Box::new(correlation_of(100))),
    ]
}

fn sample(label: &str, counts: Vec<f64>) -> Sample {
    let edges = edges(counts.len(), 0.0, 100.0);
    let squares = counts.iter().map(|count| count.abs() * 0.8).collect();
    Sample {
        label: label.to_owned(),
        histogram: Histogram::new(edges, counts, squares, 12.0, 131.5).unwrap(),
    }
}

fn one(label: &str, counts: Vec<f64>) -> HistogramFigure {
    HistogramFigure {
        x_title: "$x$ [GeV]".to_owned(),
        samples: vec![sample(label, counts)],
        ..HistogramFigure::default()
    }
}

/// A stack of two, the second one with other weights, and data.
fn pair(counts: &[f64], is_log: bool) -> HistogramFigure {
    let positive: Vec<f64> = counts.iter().map(|count| count.abs() + 3.0).collect();
    let data: Vec<f64> = positive.iter().zip(counts).map(|(p, c)| (p + c).round().max(0.0)).collect();
    let data = Histogram::unweighted(edges(counts.len(), 0.0, 100.0), data).unwrap();
    HistogramFigure {
        samples: vec![sample("Positive", positive), sample("With negative weights", counts.to_vec())],
        is_stacked: true,
        data: Some(Sample { label: "Data".to_owned(), histogram: data }),
        has_ratio: true,
        is_log,
        ..one("", counts.to_vec())
    }
}

fn ratio_with_zeros() -> HistogramFigure {
    let holes = |step: usize| (0..20).map(|at| if at % step == 0 { 0.0 } else { 30.0 + at as f64 }).collect();
    HistogramFigure {
        samples: vec![sample("Every third empty", holes(3)), sample("Every fourth empty", holes(4))],
        has_ratio: true,
        ..one("", vec![0.0])
    }
}

fn long_labels() -> HistogramFigure {
    let label = r"$pp \to t\bar{t}H(\to b\bar{b})$, $\sqrt{s} = 13\,\mathrm{TeV}$, NLO QCD + Pythia 8, $\mu_R = \mu_F = m_T/2$";
    HistogramFigure {
        x_title: r"Invariant mass of the two leading $b$-tagged jets $m_{b\bar{b}}$ after the kinematic fit with $\chi^2 / n_{\mathrm{dof}} < 3$ [GeV]".to_owned(),
        y_title: r"Events per bin, weighted by $\ln(1 + S/B)$ of the category and scaled".to_owned(),
        samples: vec![
            sample(label, (0..20).map(|at| 90.0 * noise(at)).collect()),
            sample("short", (0..20).map(|at| 90.0 * noise(at + 50)).collect()),
        ],
        has_ratio: true,
        ..one("", vec![0.0])
    }
}

fn ratio_of_ten() -> HistogramFigure {
    let counts = |sample: usize| {
        let slope = 25.0 + 2.0 * sample as f64;
        (0..20).map(|at| (4000.0 * (-5.0 * f64::from(at) / slope).exp()).round()).collect()
    };
    HistogramFigure {
        samples: (0..10).map(|at| sample(&format!("Variation {at}"), counts(at))).collect(),
        has_ratio: true,
        ..one("", vec![0.0])
    }
}

fn ratio_of_ten_written() -> HistogramFigure {
    HistogramFigure { outside: OutsideBins::Written, has_ratio: false, ..ratio_of_ten() }
}
