//! Figures whose labels need every bundled font.

use plots::{ExperimentLabel, Figure, Histogram, Histogram2d, HistogramFigure, Sample, Style};

/// The SVG documents of the figures, with a name.
pub(crate) fn all() -> Vec<(&'static str, String)> {
    let style = Style {
        width: 480,
        height: 400,
        experiment: Some(ExperimentLabel {
            name: "MLaaS4HEP".to_owned(),
            status: "Simulation".to_owned(),
            conditions: "138 fb$^{-1}$ (13 TeV)".to_owned(),
        }),
        ..Style::default()
    };
    vec![("stack", stack().to_svg(&style)), ("cells", cells().to_svg(&style))]
}

fn sample(label: &str, counts: [f64; 5]) -> Sample {
    let edges = (0..=5).map(|at| 60.0 + 12.0 * f64::from(at)).collect();
    Sample { label: label.to_owned(), histogram: Histogram::unweighted(edges, counts.to_vec()).unwrap() }
}

fn stack() -> HistogramFigure {
    HistogramFigure {
        x_title: r"$m_{\mu\mu}$ [GeV]".to_owned(),
        samples: vec![
            sample(r"$t\bar{t}$", [12.0, 14.0, 15.0, 13.0, 9.0]),
            sample(r"$Z/\gamma^* \to \mu^+\mu^-$", [40.0, 160.0, 420.0, 120.0, 30.0]),
        ],
        is_stacked: true,
        data: Some(sample("Data", [49.0, 180.0, 431.0, 140.0, 36.0])),
        has_ratio: true,
        ..HistogramFigure::default()
    }
}

fn cells() -> Histogram2d {
    Histogram2d {
        x_title: r"$\eta$".to_owned(),
        y_title: r"$\phi$".to_owned(),
        x_edges: vec![-2.5, -1.0, 0.0, 1.0, 2.5],
        y_edges: vec![-3.2, 0.0, 3.2],
        counts: vec![1.0, 10.0, 100.0, f64::NAN, 0.0, 50.0, 1000.0, 3.0],
        is_log: true,
        ..Histogram2d::default()
    }
}
