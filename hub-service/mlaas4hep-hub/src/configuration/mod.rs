//! What the operator says, in one file and in the environment.
//!
//! Three types: [`Said`] is the file as written, [`Checked`] is what makes sense of it and of the environment, and the
//! server's `State` is what was built of that.

mod areas;
mod checked;
#[cfg(test)]
mod documented;
mod load;
mod proxy;

pub use areas::{HubArea, IamArea, IamName, LimitsArea, ListenArea, LogArea, LogFormat, ProxyArea, Said};
pub use checked::{Checked, ConfigurationError, ConnectionRules};
pub(crate) use checked::{MOST_SOCKET_BYTES, parse_key};
pub use load::load;
