//! What the verbs return: plain data, parsed once.

mod app;
mod origin;
mod purpose;
mod return_to;
mod user;

pub use app::{App, Grant, Group, GroupKind, Holder, RoleList};
pub use origin::{BadOrigin, Origin};
pub use purpose::Purpose;
pub use return_to::{Hosts, ReturnTo};
pub use user::{Session, Status, User};
