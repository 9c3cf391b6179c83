//! Figures with made-up but sensible numbers; the tests draw them, and so does the gallery
//! (`cargo run --release -p plots --example gallery -- gallery.html`).

use plots::{
    BranchHistogram, ClassResponse, ConfusionMatrix, CorrelationMatrix, Figure, Histogram, Histogram2d,
    HistogramFigure, ImportanceBar, ImportanceBars, JetImage, LossCurves, OutsideBins, ResponseByClass,
    RocCurve, RocCurves, Sample, Series, SignificanceCurve,
};

/// Every kind of figure, with a name.
pub(crate) fn all() -> Vec<(&'static str, Box<dyn Figure>)> {
    vec![
        ("stack-with-ratio", Box::new(stack(false))),
        ("stack-with-ratio-logarithmic", Box::new(stack(true))),
        ("overlay", Box::new(overlay())),
        ("branch", Box::new(branch())),
        ("response", Box::new(response())),
        ("roc", Box::new(roc())),
        ("loss", Box::new(loss())),
        ("correlation", Box::new(correlation())),
        ("significance", Box::new(significance())),
        ("importance", Box::new(importance())),
        ("confusion", Box::new(confusion())),
        ("image", Box::new(image())),
        ("samples-with-ratio", Box::new(samples_with_ratio())),
        ("range-folded", Box::new(range_folded())),
        ("ten-samples", Box::new(ten_samples())),
        ("histogram2d", Box::new(histogram2d(30))),
        ("roc-of-classes", Box::new(roc_of_classes())),
        ("correlation-of-40", Box::new(correlation_of(40))),
    ]
}

/// `n` equal bins.
pub(crate) fn edges(n: usize, low: f64, high: f64) -> Vec<f64> {
    (0..=n).map(|at| low + (high - low) * at as f64 / n as f64).collect()
}

/// Numbers 0..1 that look random and are the same everywhere.
pub(crate) fn noise(at: usize) -> f64 {
    let bits = (at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((bits ^ (bits >> 32)) >> 11) as f64 / (1_u64 << 53) as f64
}

fn shape(n: usize, low: f64, high: f64, height: impl Fn(f64) -> f64) -> Vec<f64> {
    edges(n, low, high).windows(2).map(|pair| height(f64::midpoint(pair[0], pair[1]))).collect()
}

fn bell(x: f64, middle: f64, width: f64) -> f64 {
    (-0.5 * ((x - middle) / width).powi(2)).exp()
}

fn weighted(edges: Vec<f64>, counts: Vec<f64>, weight: f64) -> Histogram {
    let sum_w2 = counts.iter().map(|count| count.abs() * weight).collect();
    Histogram::new(edges, counts, sum_w2, 0.0, 0.0).unwrap()
}

pub(crate) fn stack(is_log: bool) -> HistogramFigure {
    let bins = || edges(40, 70.0, 110.0);
    let sample = |label: &str, height: &dyn Fn(f64) -> f64| Sample {
        label: label.to_owned(),
        histogram: weighted(bins(), shape(40, 70.0, 110.0, height), 0.3),
    };
    let samples = vec![
        sample("$W$ + jets", &|x| 9.0 * (-(x - 70.0) / 60.0).exp()),
        sample(r"$t\bar{t}$", &|x| 30.0 * bell(x, 92.0, 30.0)),
        sample(r"$Z/\gamma^* \to \mu^+\mu^-$", &|x| 620.0 / (1.0 + ((x - 91.2) / 2.6).powi(2))),
    ];
    let total: Vec<f64> =
        (0..40).map(|bin| samples.iter().map(|sample| sample.histogram.counts()[bin]).sum()).collect();
    let data = total
        .iter()
        .enumerate()
        .map(|(at, mean)| (mean + mean.sqrt() * 3.0 * (noise(at) - 0.5)).round().max(0.0));
    let data = Sample {
        label: "Data".to_owned(),
        histogram: Histogram::unweighted(bins(), data.collect()).unwrap(),
    };
    HistogramFigure {
        x_title: r"$m_{\mu\mu}$ [GeV]".to_owned(),
        samples,
        is_stacked: true,
        data: Some(data),
        has_ratio: true,
        is_log,
        ..HistogramFigure::default()
    }
}

pub(crate) fn overlay() -> HistogramFigure {
    let sample = |label: &str, slope: f64, n: f64| Sample {
        label: label.to_owned(),
        histogram: weighted(
            edges(30, 0.0, 600.0),
            shape(30, 0.0, 600.0, |x| n * x * (-x / slope).exp()),
            1.0,
        ),
    };
    HistogramFigure {
        x_title: "Leading jet $p_T$ [GeV]".to_owned(),
        samples: vec![
            sample("Signal $ttH$", 95.0, 700.0),
            sample(r"$t\bar{t}$ + jets", 62.0, 1900.0),
            sample("QCD multijet", 40.0, 2800.0),
        ],
        ..HistogramFigure::default()
    }
}

fn branch() -> BranchHistogram {
    let counts = shape(50, 0.0, 250.0, |x| (2400.0 * x * (-x / 24.0).exp()).round());
    BranchHistogram {
        branch: "FatJet_pt".to_owned(),
        histogram: Histogram::new(edges(50, 0.0, 250.0), counts.clone(), counts, 0.0, 132.0).unwrap(),
        n_values: 277_316,
        n_nan: 12,
        mean: Some(48.071),
        standard_deviation: Some(33.846),
        is_log: false,
    }
}

fn response() -> ResponseByClass {
    let class = |class: &str, middle: f64, p_value| {
        let train = shape(40, 0.0, 1.0, |x| (3000.0 * bell(x, middle, 0.22)).round());
        let test = train.iter().enumerate().map(|(at, n)| {
            let n = n / 4.0;
            (n + n.sqrt() * 3.0 * (noise(at + class.len()) - 0.5)).round().max(0.0)
        });
        ClassResponse {
            class: class.to_owned(),
            test: Some(Histogram::unweighted(edges(40, 0.0, 1.0), test.collect()).unwrap()),
            train: Histogram::unweighted(edges(40, 0.0, 1.0), train).unwrap(),
            p_value: Some(p_value),
            colour: None,
        }
    };
    ResponseByClass {
        classes: vec![class("Background", 0.18, 0.412), class("Signal", 0.8, 0.0731)],
        ..ResponseByClass::default()
    }
}

fn roc() -> RocCurves {
    let curve = |label: &str, power: f64, auc| {
        let x: Vec<f64> = (0..=100).map(|at| (f64::from(at) / 100.0).powi(2)).collect();
        let y = x.iter().map(|x| 1.0 - (1.0 - x).powf(power)).collect();
        RocCurve {
            label: label.to_owned(),
            part: String::new(),
            true_positive_rate: y,
            false_positive_rate: x,
            auc: Some(auc),
            colour: None,
        }
    };
    RocCurves {
        curves: vec![curve("Train", 9.0, 0.9), curve("Validation", 8.2, 0.8913), curve("Test", 8.0, 0.8889)],
        best: Some((0.2569, 1.0 - 0.7431_f64.powf(8.0))),
    }
}

pub(crate) fn loss() -> LossCurves {
    let epochs: Vec<f64> = (1..=25).map(f64::from).collect();
    let series = |label: &str, floor: f64, rise: f64| Series {
        label: label.to_owned(),
        y: epochs
            .iter()
            .map(|e| floor + 0.35 * (-e / 4.0).exp() + rise * e + 0.006 * noise(*e as usize))
            .collect(),
        x: epochs.clone(),
    };
    LossCurves {
        series: vec![series("Train", 0.31, -0.001), series("Validation", 0.33, 0.0008)],
        best_epoch: Some(14),
        ..LossCurves::default()
    }
}

pub(crate) fn correlation() -> CorrelationMatrix {
    let names = ["pt", "eta", "phi", "mass", "tau21", "btag", "nJets", "MET"].map(str::to_owned).to_vec();
    let value = |i: usize, j: usize| match (i.min(j), i.max(j)) {
        (i, j) if i == j => Some(1.0),
        (0, 3) => Some(0.72),
        (4, 5) => Some(-0.43),
        (2, 7) => None,
        (i, j) => Some(((noise(i * 8 + j) - 0.5) * 40.0).round() / 100.0),
    };
    let rows = (0..8).map(|i| (0..8).map(|j| value(i, j)).collect()).collect();
    CorrelationMatrix { names, rows }
}

fn significance() -> SignificanceCurve {
    let x: Vec<f64> = (0..=100).map(|at| f64::from(at) / 100.0).collect();
    let signal = |t: f64| 120.0 * (1.0 - t.powi(4));
    let background = |t: f64| 9000.0 * (1.0 - t).powi(3);
    let ams = |t: &f64| {
        let (s, b) = (signal(*t), background(*t) + 10.0);
        (2.0 * ((s + b) * (s / b).ln_1p() - s)).sqrt()
    };
    let simple = |t: &f64| signal(*t) / (signal(*t) + background(*t)).sqrt();
    SignificanceCurve {
        series: vec![
            Series { label: "AMS ($b_r$ = 10)".to_owned(), y: x.iter().map(ams).collect(), x: x.clone() },
            Series { label: r"$s/\sqrt{s+b}$".to_owned(), y: x.iter().map(simple).collect(), x },
        ],
        best: Some((0.87, ams(&0.87))),
    }
}

fn importance() -> ImportanceBars {
    let names = ["Jet_btag", "Jet_pt", "MET_pt", "Muon_pt", "nJet", "Jet_eta", "Muon_charge", "event_phase"];
    let bar = |(at, name): (usize, &&str)| ImportanceBar {
        branch: (*name).to_owned(),
        value: 0.14 * (-(at as f64) / 2.2).exp() - 0.004,
        error: 0.004 + 0.004 * noise(at),
    };
    ImportanceBars { bars: names.iter().enumerate().map(bar).collect(), ..ImportanceBars::default() }
}

fn confusion() -> ConfusionMatrix {
    ConfusionMatrix {
        classes: ["QCD", r"$t\bar{t}$", "$W/Z$"].map(str::to_owned).to_vec(),
        rows: vec![vec![18_244.0, 911.0, 1320.5], vec![604.0, 9127.0, 310.0], vec![1502.0, 402.0, 7718.0]],
    }
}

fn image() -> JetImage {
    let cell = |at: usize| {
        let (x, y) = ((at % 32) as f64 - 15.5, (at / 32) as f64 - 15.5);
        let core = 180.0 * bell(x + 3.0, 0.0, 1.6) * bell(y - 2.0, 0.0, 1.6);
        let second = 60.0 * bell(x - 6.0, 0.0, 2.0) * bell(y + 5.0, 0.0, 2.0);
        let value = (core + second) * (0.4 + 1.2 * noise(at)) + 0.4 * noise(at + 5000);
        if noise(at + 9000) < 0.35 { 0.0 } else { value }
    };
    JetImage {
        eta: (-1.6, 1.6),
        phi: (-1.6, 1.6),
        n_eta: 32,
        values: (0..1024).map(cell).collect(),
        z_title: "Sum of $p_T$ [GeV]".to_owned(),
        is_log: true,
    }
}

/// Shapes of unit area, each divided by the first one, with what lies outside written.
fn samples_with_ratio() -> HistogramFigure {
    let mut figure = HistogramFigure {
        has_ratio: true,
        is_normalised: true,
        outside: OutsideBins::Written,
        x_range: Some((0.0, 400.0)),
        ..overlay()
    };
    figure.colours.insert("Signal $ttH$".to_owned(), "#111111".to_owned());
    figure
}

/// A stack with data in a part of its range, underflow and overflow in the outermost bins.
fn range_folded() -> HistogramFigure {
    HistogramFigure { x_range: Some((80.0, 100.0)), outside: OutsideBins::Folded, ..stack(true) }
}

/// As many samples as a search has.
fn ten_samples() -> HistogramFigure {
    let sample = |at: usize| Sample {
        label: format!("Background process {at}"),
        histogram: weighted(
            edges(25, 0.0, 500.0),
            shape(25, 0.0, 500.0, |x| 900.0 / (at + 1) as f64 * (-x / (60.0 + 12.0 * at as f64)).exp()),
            0.7,
        ),
    };
    HistogramFigure {
        x_title: "Missing transverse momentum [GeV]".to_owned(),
        samples: (0..10).rev().map(sample).collect(),
        is_stacked: true,
        is_log: true,
        ..HistogramFigure::default()
    }
}

/// Two correlated quantities in `n` times `n` cells.
pub(crate) fn histogram2d(n: usize) -> Histogram2d {
    let cell = |at: usize| {
        let (x, y) = ((at % n) as f64 / n as f64 - 0.4, (at / n) as f64 / n as f64 - 0.5);
        let mean = 4000.0 * bell(x - 0.6 * y, 0.0, 0.09) * bell(y, 0.0, 0.2);
        (mean * (0.7 + 0.6 * noise(at))).floor()
    };
    Histogram2d {
        x_title: "Jet $p_T$ [GeV]".to_owned(),
        y_title: "Jet mass [GeV]".to_owned(),
        x_edges: edges(n, 200.0, 1200.0),
        y_edges: edges(n, 0.0, 250.0),
        counts: (0..n * n).map(cell).collect(),
        n_outside: 12.0,
        is_log: true,
        ..Histogram2d::default()
    }
}

/// Three classes in three parts of the data.
pub(crate) fn roc_of_classes() -> RocCurves {
    let curve = |class: &str, part: &str, power: f64| {
        let x: Vec<f64> = (0..=100).map(|at| (f64::from(at) / 100.0).powi(2)).collect();
        let y = x.iter().map(|x| 1.0 - (1.0 - x).powf(power)).collect();
        RocCurve {
            label: class.to_owned(),
            part: part.to_owned(),
            true_positive_rate: y,
            false_positive_rate: x,
            auc: Some(power / (power + 1.0)),
            colour: None,
        }
    };
    let classes = [("QCD", 9.0), (r"$t\bar{t}$", 15.0), ("$W/Z$ + jets", 5.0)];
    let parts = [("train", 1.2), ("validation", 1.05), ("test", 1.0)];
    let pairs = parts.iter().flat_map(|part| classes.iter().map(move |class| (class, part)));
    RocCurves {
        curves: pairs.map(|(class, part)| curve(class.0, part.0, class.1 * part.1)).collect(),
        best: Some((0.15, 1.0 - 0.85_f64.powf(15.0))),
    }
}

/// Correlations of `n` branches with names as they are in data.
pub(crate) fn correlation_of(n: usize) -> CorrelationMatrix {
    let name =
        |at: usize| format!("{}_{at}", ["FatJet_particleNet_TvsQCD", "Jet_btagDeepFlavB", "MET_pt"][at % 3]);
    let value = |i: usize, j: usize| {
        let far = i.abs_diff(j) as f64;
        (i != j || i % 7 != 6)
            .then(|| (-far / 6.0).exp() * if (i + j).is_multiple_of(5) { -1.0 } else { 1.0 } + 0.0)
    };
    CorrelationMatrix {
        names: (0..n).map(name).collect(),
        rows: (0..n)
            .map(|i| (0..n).map(|j| if i == j { Some(1.0) } else { value(i, j) }).collect())
            .collect(),
    }
}
