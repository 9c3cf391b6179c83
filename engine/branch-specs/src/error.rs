//! Why specs cannot be measured, merged, read or reused.

use event_columns::ReadError;

/// Why specs cannot be measured, merged, read or reused.
#[derive(Debug, thiserror::Error)]
pub enum SpecsError {
    /// The table could not be read.
    #[error("cannot measure the branches: {cause}")]
    Read {
        /// What the reader said.
        #[from]
        #[source]
        cause: ReadError,
    },
    /// The caller asked to stop.
    #[error("measuring the branches was stopped on request")]
    Stopped,
    /// There is nothing to merge.
    #[error("no specs to merge: give at least one file")]
    NothingToMerge,
    /// A branch is in some files and not in others.
    #[error(
        "branch `{branch}` of {present_in} is missing in {missing_in}; exclude the branch, or merge with the policy that keeps only the branches that all files have"
    )]
    MissingBranch {
        /// The branch.
        branch: String,
        /// A file that has it.
        present_in: String,
        /// A file that lacks it.
        missing_in: String,
    },
    /// A branch has another shape in another file.
    #[error(
        "branch `{branch}` is {first} in {first_file} but {second} in {second_file}; exclude the branch or one of the files"
    )]
    ShapeDiffers {
        /// The branch.
        branch: String,
        /// Kind in the first file.
        first: String,
        /// The first file.
        first_file: String,
        /// Kind in the second file.
        second: String,
        /// The second file.
        second_file: String,
    },
    /// A chunk lacks a branch that is measured, or has it in another type.
    #[error("the chunk that starts at entry {first_entry} does not fit the specs: {reason}")]
    Chunk {
        /// First entry of the chunk.
        first_entry: u64,
        /// What does not fit.
        reason: String,
    },
    /// A branch that the specs do not have.
    #[error("the specs have no branch `{branch}`{}", if nearest.is_empty() { String::new() } else { format!("; did you mean {}?", nearest.join(" or ")) })]
    UnknownBranch {
        /// What was asked for.
        branch: String,
        /// Names that look like it, best first.
        nearest: Vec<String>,
    },
    /// The text is not specs.
    #[error("not the JSON of specs: {reason}")]
    Format {
        /// What is wrong and where.
        reason: String,
    },
    /// The specs speak of other data.
    #[error(
        "the specs are stale: {what_changed}; measure again (remove the specs file) or give the files that it was made of"
    )]
    Stale {
        /// What differs between then and now.
        what_changed: String,
    },
    /// The specs cannot serve what is asked for.
    #[error("the specs are stale or of other data: {reason}")]
    Unfit {
        /// What stands against it, and what to do.
        reason: String,
    },
    /// A file's size, time or content could not be looked at.
    #[error("cannot take the fingerprint of {file}: {cause}")]
    Fingerprint {
        /// The file.
        file: String,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
}
