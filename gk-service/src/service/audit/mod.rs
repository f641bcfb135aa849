//! The audit: one row for each change, in the transaction of the change; and looking through it, checking it, shortening
//! it and sending it on.

mod forward;
mod list;
mod record;
mod retention;
#[cfg(test)]
mod tests;
mod text;
mod verify;

pub use forward::{Forwarding, Load, failed, forwarding, sent, to_send};
pub use list::{actions, find, kept, list, newer};
pub(super) use record::Event;
pub use record::note_command;
pub(crate) use record::{adopt_head, begin, record_system_event};
pub use retention::prune;
pub use verify::{Break, Unverifiable, Verified, verify, verify_here};
