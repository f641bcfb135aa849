//! The one table of settings, and what their values are: pin > database > default.

mod effective;
mod kind;
mod registry;

pub use effective::{Effective, Settings, Source, Stored};
pub use kind::{BadValue, Kind};
pub use registry::{DEFINITIONS, Definition, Secrecy, Setting};
