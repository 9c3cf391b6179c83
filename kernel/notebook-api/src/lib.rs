//! What a Rust cell of a notebook may use.
//!
//! ```no_run
//! # fn main() -> Result<(), mlaas4hep::Error> {
//! let events = mlaas4hep::table("ttH")?; // mapped from shared memory, nothing is copied
//! let met: &[f32] = events.values("met")?;
//! let mut histogram = mlaas4hep::Histogram::new("leading jet $p_T$ [GeV]", 50, 0.0, 500.0);
//! for jets in events.jagged::<f32>("Jet_pt")? {
//!     if let Some(leading) = jets.first() {
//!         histogram.fill(f64::from(*leading));
//!     }
//! }
//! mlaas4hep::show(&histogram);
//! mlaas4hep::put("met_squared", met.iter().map(|met| met * met).collect::<Vec<f32>>())?;
//! # Ok(())
//! # }
//! ```
//!
//! The crate has no dependencies and is small, because it is compiled where the user sits, perhaps without a
//! network, and because a cell may ask for any version of any other crate.
//!
//! # How a cell talks to the notebook
//!
//! Displays, progress and what is handed back leave the worker as lines on its standard output that begin with
//! [`channel::MARK`] and go on as JSON; the kernel takes them out of the stream, so that they keep their place
//! between printed lines. Outside a notebook (no `MLAAS4HEP_STORE`) the text form is printed instead.
//!
//! # The files of tables
//!
//! Tables lie in the folder named by `MLAAS4HEP_STORE`, one file each: see [`store`].

#[cfg(target_endian = "big")]
compile_error!("the files of tables are little-endian and are mapped as they are");

pub mod channel;
mod content;
mod error;
mod histogram;
mod histogram_picture;
mod input;
mod nearest;
mod primitive;
mod print;
mod progress;
mod put;
mod show;
pub mod store;
mod table;
mod table_builder;
mod table_view;

pub use content::{Content, html, json, latex, markdown, svg, text};
pub use error::Error;
pub use histogram::Histogram;
#[doc(hidden)]
pub use input::{Request, decode_request, encode_answer};
pub use input::{input, password};
pub use primitive::{Primitive, PrimitiveType};
#[doc(hidden)]
pub use print::flushed_print;
pub use progress::{Progress, progress};
pub use put::{put, put_branch};
pub use show::{LastValue, Show, Shown, show, show_as, update};
pub use table::{ColumnInfo, DoublyJagged, Jagged, JaggedIter, Shape, Table, table, tables};
pub use table_builder::{IntoTable, TableBuilder};
