//! Tables, pictures and progress as Jupyter messages.

mod picture;
mod progress;
mod table;

pub(crate) use picture::write_file;
pub use picture::{export, picture_bundle};
pub use progress::ProgressBar;
pub use table::{table_bundle, text_bundle};
