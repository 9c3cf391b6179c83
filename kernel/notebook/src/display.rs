//! Tables, pictures and progress as Jupyter messages.

mod picture;
mod progress;
mod table;

pub use picture::{export, picture_bundle};
pub(crate) use picture::write_beside;
pub use progress::ProgressBar;
pub use table::{table_bundle, text_bundle};
