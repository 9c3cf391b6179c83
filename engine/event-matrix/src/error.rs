//! Why a matrix cannot be laid out or filled.

use branch_specs::SpecsError;
use event_columns::ReadError;

/// An error of a hook.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a matrix cannot be laid out or filled.
#[derive(Debug, thiserror::Error)]
pub enum MatrixError {
    /// A branch that the settings name is not in the specs.
    #[error("cannot lay out the matrix: {cause}")]
    Specs {
        /// What the specs said.
        #[from]
        #[source]
        cause: SpecsError,
    },
    /// A branch whose type is not known: the specs come from the original and the file was not asked.
    #[error("the type of branch `{branch}` is unknown; give the types of the file to the specs first")]
    UnknownType {
        /// The branch.
        branch: String,
    },
    /// A branch of text.
    #[error("branch `{branch}` holds text and cannot be a feature; exclude it")]
    Text {
        /// The branch.
        branch: String,
    },
    /// No column is left.
    #[error("the matrix has no column: all branches are excluded, identifiers, constant or text")]
    NoColumns,
    /// A scaling or cap needs numbers that the specs do not have.
    #[error(
        "{what} of branch `{branch}` needs the full specs (with distributions), but these were measured in the fast mode"
    )]
    NeedsFullSpecs {
        /// The branch.
        branch: String,
        /// What was asked for.
        what: &'static str,
    },
    /// A setting out of its range.
    #[error("{setting} cannot be {value}: {reason}")]
    Setting {
        /// Name of the setting.
        setting: &'static str,
        /// What was given.
        value: String,
        /// What is allowed.
        reason: &'static str,
    },
    /// A chunk lacks a branch.
    #[error("the events lack branch `{branch}`{}", if nearest.is_empty() { String::new() } else { format!("; did they mean {}?", nearest.join(" or ")) })]
    MissingBranch {
        /// The branch.
        branch: String,
        /// Branches of the chunk that look like it, best first.
        nearest: Vec<String>,
    },
    /// A chunk has a branch in another shape.
    #[error("branch `{branch}` is {found} in the events, but {expected} was expected")]
    Shape {
        /// The branch.
        branch: String,
        /// Type of the layout.
        expected: String,
        /// Type in the chunk.
        found: String,
    },
    /// An event has more values than the specs saw.
    #[error(
        "entry {entry} has {found} values of branch `{branch}`, but the specs saw at most {width}; measure the specs over all events, or set a width cap"
    )]
    TooWide {
        /// The branch.
        branch: String,
        /// Entry number in its tree (in a selected chunk: position counted from the first entry looked at).
        entry: u64,
        /// Values of the event.
        found: usize,
        /// Columns of the branch.
        width: usize,
    },
    /// A slice of the caller has the wrong length.
    #[error("the {what} slice has {found} places, but {expected} are needed")]
    TargetSize {
        /// Which slice.
        what: &'static str,
        /// Length needed.
        expected: usize,
        /// Length given.
        found: usize,
    },
    /// A sample could not be read.
    #[error("sample {sample}: {cause}")]
    Read {
        /// Name of the sample.
        sample: String,
        /// What the reader said.
        #[source]
        cause: ReadError,
    },
    /// The selection of a sample failed.
    #[error("sample {sample}: the selection failed on the entries from {first_entry}: {cause}")]
    Selection {
        /// Name of the sample.
        sample: String,
        /// First entry of the chunk that it was given.
        first_entry: u64,
        /// What it said.
        #[source]
        cause: BoxError,
    },
    /// A sample has fewer events than were announced.
    #[error(
        "sample {sample} was to give {expected} events, but only {found} passed; count them again with the same selection"
    )]
    FewerEvents {
        /// Name of the sample.
        sample: String,
        /// Events announced.
        expected: u64,
        /// Events found.
        found: u64,
    },
    /// There is nothing to mix.
    #[error("no events to mix: {reason}")]
    NoEvents {
        /// Why.
        reason: String,
    },
    /// Splitting by identifier leaves a part empty.
    #[error(
        "splitting by the event identifier leaves no event for {}: its {n_identifiers} distinct value(s) give {} events \
         to training, {} to validation and {} to test; name branches that tell events apart in `identifier`, \
         or set `split_by` to \"stratified\"", empty.join(" and "), n_events[0], n_events[1], n_events[2]
    )]
    EmptyPart {
        /// Names of the parts without an event.
        empty: Vec<&'static str>,
        /// Different identifiers.
        n_identifiers: usize,
        /// Events for training, validation and test.
        n_events: [u64; 3],
    },
    /// A label or a weight is missing or no number.
    #[error("sample {sample}, entry {entry}: the {what} of branch `{branch}` is {value}")]
    BadNumber {
        /// Name of the sample.
        sample: String,
        /// Entry number in its tree.
        entry: u64,
        /// `label` or `weight`.
        what: &'static str,
        /// The branch.
        branch: String,
        /// What stands there.
        value: f64,
    },
}
