//! The second pass over events: rows of equal width, with mask, labels and weights.
//!
//! [`MatrixSettings`] is what the user said, [`MatrixLayout`] is that checked against the specs of the data: which
//! column holds what, and the numbers of its scaling. The layout travels inside a trained model, so that training
//! and prediction make their rows alike. [`MatrixLayout::fill`] writes the rows of a chunk into slices of the
//! caller. [`Mixer`] draws chunks from several samples in the right proportion, splits their rows
//! into train, validation and test, and fills them in place. [`ImageLayout`] makes pictures of jagged collections instead.
//!
//! A place without a value (padding, NaN or an infinity in the data) is NaN in the matrix and 1 in the mask.

mod branch_width;
mod class_factors;
mod deal;
mod error;
mod fill;
mod image;
mod layout;
mod mix_plan;
mod mixer;
mod order;
mod sample;
mod scale;
mod settings;
mod split;
mod tile;

pub use error::{BoxError, MatrixError};
pub use fill::{MatrixBatch, MatrixValue, RowTarget};
pub use image::{Collision, ImageAxis, ImageLayout};
pub use layout::{Feature, MatrixLayout};
pub use mix_plan::{ChunkRule, MixPlan};
pub use mixer::{ChunkTarget, FilledChunk, Mixer, RowOrigin};
pub use order::Rng;
pub use sample::{LabelSource, Sample, SelectEvents, SelectedEvents};
pub use settings::{ClassWeights, Compat, MatrixSettings, MixSettings, RowOrder, Scaling, WidthCap};
pub use split::{EventIdentifier, Part, SplitRule, SplitSettings, split_by_identifier, split_rows};
