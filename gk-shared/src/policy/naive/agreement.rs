//! Both decisions over one file that changes: of a snapshot that follows it row by row, of one that is read whole, and
//! of its rows.

use std::collections::BTreeSet;

use super::decision::decision;
use super::dice::Dice;
use super::question::Asked;
use super::rows::Rows;
use crate::access::{AllowReason, Decision, GroupsHeader, decide};
use crate::policy::load::{self, Applied, MOST_ROWS_IN_A_DELTA};
use crate::policy::snapshot::Snapshot;
use crate::time::Timestamp;

/// Questions after each change.
const QUESTIONS: usize = 25;

/// Changes a file and asks, until so many questions were asked; returns the reasons that were given. Panics where
/// answers differ.
pub(crate) fn agree(mut dice: Dice<'_>, cases: usize) -> BTreeSet<&'static str> {
    let mut reasons = BTreeSet::new();
    let mut rows = Rows::new().expect("rows in memory");
    (0..20).for_each(|_| rows.change(&mut dice).expect("a change"));
    let mut followed = load::whole(&mut rows.connection, &[]).expect("a good file");
    for _ in 0..cases.div_ceil(QUESTIONS) {
        (0..=dice.below(3)).for_each(|_| rows.change(&mut dice).expect("a change"));
        let applied = load::changes(&mut rows.connection, &mut followed, MOST_ROWS_IN_A_DELTA).expect("a good change");
        assert_eq!(applied, Applied::UpToDate);
        rows.connection.execute("DELETE FROM change", ()).expect("in memory");
        let whole = load::whole(&mut rows.connection, &[]).expect("a good file");
        for _ in 0..QUESTIONS {
            let asked = Asked::any(&mut dice);
            let naive = decision(&rows.connection, &asked).expect("rows in memory");
            for (snapshot, which) in [(&followed, "followed row by row"), (&whole, "read whole")] {
                let decided = decide(snapshot, &asked.question(), Timestamp(asked.now));
                assert_eq!(words(snapshot, &decided), naive, "of a snapshot {which}; {asked:?}");
                reasons.insert(decided.reason());
            }
        }
    }
    reasons
}

/// What the product decides, in the words of the naive decision.
fn words(snapshot: &Snapshot, decided: &Decision<'_>) -> String {
    match decided {
        Decision::SignIn(_) => "401".into(),
        Decision::Forbid(reason) => format!("403 {}", reason.word()),
        Decision::Allow(pass) => {
            let grant = match pass.reason {
                AllowReason::OwnGrant(id) | AllowReason::GroupGrant(id) => format!(" {id}"),
                AllowReason::SuperAdmin | AllowReason::Internal | AllowReason::DefaultAllow => String::new(),
            };
            let role = pass.role.map_or(String::new(), |role| format!(" {}", snapshot.role(role)));
            let groups = if pass.groups == GroupsHeader::Wanted { ", groups" } else { "" };
            format!("200 {} {}{grant}{role}{groups}", pass.user.email(), pass.reason.word())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::access::{ForbidReason, SignInReason};
    use crate::time::wall;

    #[test]
    fn fifty_thousand_random_questions_are_decided_as_the_rows_say() {
        let reasons = (0..10).flat_map(|seed| agree(Dice::Seeded(seed), 5_000)).collect::<BTreeSet<_>>();
        let all = AllowReason::ALL.map(AllowReason::word).into_iter();
        let all = all.chain(ForbidReason::ALL.map(ForbidReason::word)).chain(SignInReason::ALL.map(SignInReason::word));
        assert_eq!(reasons, all.collect(), "each reason is met");
    }

    #[test]
    #[ignore = "long: make soak"]
    fn soak_a_million_random_questions_are_decided_as_the_rows_say() {
        let (first, started) = (wall().0.unsigned_abs(), Instant::now());
        for seed in first..first + 200 {
            eprintln!("seed {seed}"); // shown when the test fails
            agree(Dice::Seeded(seed), 5_000);
        }
        println!("1,000,000 questions in {:.1} s, as the rows say", started.elapsed().as_secs_f64());
    }
}
