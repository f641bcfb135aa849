//! Who may enter. One pure function, [`decide`], used by validate, by explain and by every list of who can enter.

#[cfg(test)]
mod case;
mod counting;
mod decide;
mod decision;
mod question;
mod reason;
#[cfg(test)]
mod table;

pub use counting::{Counting, Counts, counting, rank};
pub use decide::{decide, decide_with};
pub use decision::{Decision, GroupsHeader, Pass};
pub use question::{AskedApp, Credential, Question};
pub use reason::{AllowReason, ForbidReason, SignInReason};
