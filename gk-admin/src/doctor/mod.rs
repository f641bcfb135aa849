//! What may be wrong with an installation: in nginx's configuration, in what runs, and in the state.
//!
//! Only looks. Configurations are judged by pure functions; whoever is asked is given little time.

mod checks;
mod facts;
mod finding;
mod live;
mod nginx;
mod site;
mod state;

pub(crate) use checks::examine;
pub(crate) use facts::Facts;
pub(crate) use finding::{Finding, Outcome};
pub(crate) use live::Live;
pub(crate) use nginx::Config;
pub(crate) use state::look;
