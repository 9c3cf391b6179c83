//! A histogram figure as a JSON document, and back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::{HistogramFigure, OutsideBins, Sample};
use crate::histogram::{Histogram, HistogramError};

const FORMAT: &str = "mlaas4hep-histogram";
const VERSION: u32 = 1;

/// Why a JSON document is no histogram figure.
#[derive(Debug, Error)]
pub enum HistogramJsonError {
    /// The document is of another kind or of a newer version.
    #[error(
        "reading a histogram from JSON: format {format:?} version {version}, but this program reads \
         \"mlaas4hep-histogram\" up to version 1; export the histogram again with this version"
    )]
    Format {
        /// What the document says it is.
        format: String,
        /// Its version.
        version: u32,
    },
    /// A field is missing or of another type.
    #[error(
        "reading a histogram from JSON: {reason}; the fields are described in the documentation of `to_json`"
    )]
    Fields {
        /// What the reader met.
        reason: String,
    },
    /// The numbers of a sample are no histogram.
    #[error("reading the histogram of sample {label:?} from JSON")]
    Histogram {
        /// Label of the sample.
        label: String,
        /// What is wrong.
        #[source]
        source: HistogramError,
    },
}

#[derive(Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
struct Document {
    format: String,
    version: u32,
    #[serde(default)]
    x_title: String,
    #[serde(default)]
    y_title: String,
    #[serde(default)]
    x_range: Option<(f64, f64)>,
    #[serde(default)]
    is_stacked: bool,
    #[serde(default)]
    has_ratio: bool,
    #[serde(default)]
    is_log: bool,
    #[serde(default)]
    is_normalised: bool,
    #[serde(default)]
    outside: OutsideBins,
    #[serde(default)]
    colours: BTreeMap<String, String>,
    #[serde(default)]
    samples: Vec<StoredSample>,
    #[serde(default)]
    data: Option<StoredSample>,
}

#[derive(Serialize, Deserialize)]
struct StoredSample {
    label: String,
    edges: Vec<f64>,
    counts: Vec<f64>,
    #[serde(default)]
    sum_w2: Option<Vec<f64>>,
    #[serde(default)]
    underflow: f64,
    #[serde(default)]
    overflow: f64,
    #[serde(default)]
    underflow_sum_w2: Option<f64>,
    #[serde(default)]
    overflow_sum_w2: Option<f64>,
}

impl HistogramFigure {
    /// Writes the figure as a JSON document:
    ///
    /// ```json
    /// {
    ///   "format": "mlaas4hep-histogram", "version": 1,
    ///   "x_title": "$m_{\\mu\\mu}$ [GeV]", "y_title": "", "x_range": [70.0, 110.0],
    ///   "is_stacked": true, "has_ratio": true, "is_log": false, "is_normalised": false, "outside": "left_out",
    ///   "colours": {"ttH": "#e42536"},
    ///   "samples": [
    ///     {"label": "ttH", "edges": [70.0, 90.0, 110.0], "counts": [3.0, 5.0], "sum_w2": [3.0, 5.0],
    ///      "underflow": 0.0, "overflow": 1.0, "underflow_sum_w2": 0.0, "overflow_sum_w2": 1.0}
    ///   ],
    ///   "data": null
    /// }
    /// ```
    ///
    /// n bins have n + 1 rising edges; `sum_w2` are the sums of squared weights, the variances of the counts.
    /// `outside` is `left_out`, `folded` or `written`. Counts are as they were filled: range, folding and scaling belong
    /// to the drawing. An `x_range` that is no range is left out.
    pub fn to_json(&self) -> Value {
        let document = Document {
            format: FORMAT.to_owned(),
            version: VERSION,
            x_title: self.x_title.clone(),
            y_title: self.y_title.clone(),
            x_range: self.chosen_range(),
            is_stacked: self.is_stacked,
            has_ratio: self.has_ratio,
            is_log: self.is_log,
            is_normalised: self.is_normalised,
            outside: self.outside,
            colours: self.colours.clone(),
            samples: self.samples.iter().map(StoredSample::new).collect(),
            data: self.data.as_ref().map(StoredSample::new),
        };
        // Texts, booleans and finite numbers always are JSON.
        serde_json::to_value(document).unwrap_or(Value::Null)
    }

    /// Reads what [`HistogramFigure::to_json`] writes. Only `format`, `version`, and of each sample `label`, `edges` and
    /// `counts` must be there; without `sum_w2` the counts are numbers of events.
    ///
    /// # Errors
    /// Another format or a newer version, missing fields, and numbers that are no histogram.
    pub fn from_json(value: &Value) -> Result<Self, HistogramJsonError> {
        let document = Document::deserialize(value)
            .map_err(|error| HistogramJsonError::Fields { reason: error.to_string() })?;
        if document.format != FORMAT || !(1..=VERSION).contains(&document.version) {
            return Err(HistogramJsonError::Format { format: document.format, version: document.version });
        }
        Ok(Self {
            x_title: document.x_title,
            y_title: document.y_title,
            samples: document.samples.into_iter().map(StoredSample::read).collect::<Result<_, _>>()?,
            is_stacked: document.is_stacked,
            data: document.data.map(StoredSample::read).transpose()?,
            has_ratio: document.has_ratio,
            is_log: document.is_log,
            is_normalised: document.is_normalised,
            x_range: document.x_range,
            outside: document.outside,
            colours: document.colours,
        })
    }
}

impl StoredSample {
    fn new(Sample { label, histogram }: &Sample) -> Self {
        let (below, above) = histogram.outside_sum_w2();
        Self {
            label: label.clone(),
            edges: histogram.edges().to_vec(),
            counts: histogram.counts().to_vec(),
            sum_w2: Some(histogram.sum_w2().to_vec()),
            underflow: histogram.underflow(),
            overflow: histogram.overflow(),
            underflow_sum_w2: Some(below),
            overflow_sum_w2: Some(above),
        }
    }

    fn read(self) -> Result<Sample, HistogramJsonError> {
        let Self { label, edges, counts, sum_w2, underflow, overflow, .. } = self;
        let sum_w2 = sum_w2.unwrap_or_else(|| counts.clone());
        match Histogram::new(edges, counts, sum_w2, underflow, overflow) {
            Ok(histogram) => {
                let (below, above) = histogram.outside_sum_w2();
                let histogram = histogram.with_outside_sum_w2(
                    self.underflow_sum_w2.unwrap_or(below),
                    self.overflow_sum_w2.unwrap_or(above),
                );
                Ok(Sample { label, histogram })
            }
            Err(source) => Err(HistogramJsonError::Histogram { label, source }),
        }
    }
}
