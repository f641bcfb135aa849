//! Which of somebody's grants of an app counts: the rule behind rows 8 and 9, for every kind of row that holds grants.

use std::cmp::Reverse;

use crate::model::GrantId;
use crate::time::Timestamp;

/// The grant that counts, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting<G> {
    Own(G),
    OfGroup(G),
}

impl<G> Counting<G> {
    /// The grant, whoever's it is.
    pub fn grant(self) -> G {
        match self {
            Self::Own(grant) | Self::OfGroup(grant) => grant,
        }
    }
}

/// What the choice between grants depends on.
pub trait Counts {
    /// From when and until just before when it counts; open ends are the ends of the range.
    fn times(&self) -> (Timestamp, Timestamp);

    /// Of two equal grants the lower number counts.
    fn number(&self) -> GrantId;

    /// Whether the grant counts at this time: from its start, and until just before its end.
    fn in_force(&self, now: Timestamp) -> bool {
        let (starts, expires) = self.times();
        starts <= now && now < expires
    }
}

impl<C: Counts> Counts for &C {
    fn times(&self) -> (Timestamp, Timestamp) {
        (*self).times()
    }

    fn number(&self) -> GrantId {
        (*self).number()
    }
}

/// The own grant in force; without one, the best of the groups' that are in force: the strongest role, and of equals
/// the oldest. An own grant counts however weak it is.
pub fn counting<G: Counts>(
    own: Option<G>,
    groups: impl Iterator<Item = G>,
    rank: impl Fn(&G) -> usize,
    now: Timestamp,
) -> Option<Counting<G>> {
    let of_groups =
        || groups.filter(|grant| grant.in_force(now)).max_by_key(|grant| (rank(grant), Reverse(grant.number())));
    own.filter(|grant| grant.in_force(now)).map(Counting::Own).or_else(|| of_groups().map(Counting::OfGroup))
}

/// How strong a role is in an app whose list is this, weakest first: later is stronger, one no longer listed is weaker
/// than all that are, and none is weakest.
pub fn rank<R: PartialEq>(listed: &[R], role: Option<&R>) -> usize {
    role.map_or(0, |role| listed.iter().position(|one| one == role).map_or(1, |place| place + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Lent(Timestamp, Timestamp);

    impl Counts for Lent {
        fn times(&self) -> (Timestamp, Timestamp) {
            (self.0, self.1)
        }

        fn number(&self) -> GrantId {
            GrantId(7)
        }
    }

    #[test]
    fn a_grant_that_is_lent_counts_when_it_does() {
        let grant = Lent(Timestamp(5), Timestamp(9));
        for (now, counts) in [(4, false), (5, true), (8, true), (9, false)] {
            assert_eq!((&&grant).in_force(Timestamp(now)), counts, "{now}");
        }
        assert_eq!((&&grant).number(), GrantId(7));
    }
}
