//! Trying a verb to see for whom it would change something.

use gk_shared::policy::Snapshot;

use super::Database;
use crate::service::whatif::{self, Effects};
use crate::service::{Caller, Op, Refusal};

impl Database {
    /// Runs a verb, takes all of it back, and says who would gain and who would lose by it. It refuses what
    /// [`Database::write`] would refuse. Nobody is kept from writing or looking while people are compared.
    pub fn what_if<T>(
        &self,
        caller: &Caller,
        verb: impl FnOnce(&Op<'_>) -> Result<T, Refusal>,
    ) -> Result<(T, Effects), Refusal> {
        let in_force = self.in_force(Snapshot::clone)?;
        let (value, tried) = self.rehearse(caller, |op| whatif::take_down(op, in_force.revision, verb))?;
        Ok((value, tried.effects(in_force)?))
    }
}
