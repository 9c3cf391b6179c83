//! Numbers to pictures, in the style of high-energy physics: ticks inward on all four sides, right-aligned axis
//! titles, step outlines, hatched uncertainty bands, points with Poisson errors, ratio panels, an experiment
//! label. Knows no events and no files.
//!
//! A figure is a plain struct of numbers and labels; [`Figure::to_svg`] draws it and [`Figure::to_text`] writes it
//! for a terminal. Both always succeed: numbers that are NaN or infinite are left out, an empty figure says so,
//! and the same figure gives the same bytes. Labels may hold LaTeX-like formulas between dollars:
//! `$m_{\mu\mu}$ [GeV]`.
//!
//! ```
//! use plots::{Figure, Histogram, HistogramFigure, Sample, Style};
//!
//! let histogram = Histogram::unweighted(vec![0.0, 50.0, 100.0, 150.0], vec![12.0, 31.0, 7.0])?;
//! let figure = HistogramFigure {
//!     x_title: r"$m_{\mu\mu}$ [GeV]".into(),
//!     samples: vec![Sample { label: r"$Z \to \mu\mu$".into(), histogram }],
//!     ..HistogramFigure::default()
//! };
//! assert!(figure.to_svg(&Style::default()).starts_with("<svg"));
//! assert!(figure.to_text().starts_with("m_μμ [GeV]\nZ→μμ |▄█▂|"));
//! # Ok::<(), plots::HistogramError>(())
//! ```
//!
//! The SVG is written here and not by a plotting library, because none draws axes as the field wants them. It
//! refers to nothing outside itself and defines no ids, so that many pictures can stand in one page.

mod axis;
mod canvas;
mod colour_names;
mod figures;
mod frame;
mod histogram;
mod label;
mod legend;
mod lines;
mod palette;
mod poisson;
mod style;
mod text;
mod vega_lite;

pub use colour_names::COLOUR_NAMES;
pub use figures::branch::BranchHistogram;
pub use figures::confusion::ConfusionMatrix;
pub use figures::correlation::CorrelationMatrix;
pub use figures::histogram::{HistogramFigure, HistogramJsonError, OutsideBins, Sample};
pub use figures::histogram2d::Histogram2d;
pub use figures::image::JetImage;
pub use figures::importance::{ImportanceBar, ImportanceBars};
pub use figures::loss::LossCurves;
pub use figures::response::{ClassResponse, ResponseByClass};
pub use figures::roc::{RocCurve, RocCurves};
pub use figures::significance::SignificanceCurve;
pub use histogram::{Histogram, HistogramError};
pub use label::plain_text;
pub use lines::Series;
pub use palette::{Palette, is_colour};
pub use poisson::garwood_interval;
pub use style::{ExperimentLabel, Figure, Style};
pub use text::sparkline_of_width as sparkline;
