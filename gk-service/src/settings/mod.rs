//! The one table of settings, and what their values are: pin > database > default.

mod colour;
mod effective;
pub mod ini;
mod kind;
mod registry;

pub use colour::Scheme;
pub use effective::{Effective, Settings, Source, Stored};
pub use kind::{BadValue, Kind};
pub use registry::{DEFINITIONS, Definition, Secrecy, Setting, sections};
