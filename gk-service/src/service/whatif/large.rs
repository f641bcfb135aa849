//! A company of a usual size, compared in one pass.

use std::collections::BTreeSet;
use std::time::Instant;

use gk_shared::model::{Email, Role};

use super::{Effects, Place};
use crate::service::grants::{self, Receiver, RoleChange};
use crate::service::trial::{Trial, group, name, new_app, slug, with};
use crate::service::users::{self, AccountOrigin, Add, Approval, Fullname, Rank};
use crate::service::{Caller, Op, Refusal, apps, groups, settings};

const PEOPLE: usize = 500;
const APPS: usize = 50;
/// So many people are in a group that may enter so many of the apps.
const CREW: usize = 60;
const CREW_APPS: usize = 10;

fn company() -> Trial {
    let trial = Trial::new();
    trial.run(fill).unwrap();
    trial
}

/// Every other person is of one domain; the crew's are the first.
fn fill(op: &Op<'_>) -> Result<(), Refusal> {
    for number in 0..APPS {
        apps::add(op, new_app(&format!("app-{number}"), &["reader", "editor"]))?;
    }
    groups::add(op, &group("crew"), "")?;
    for number in 0..PEOPLE {
        let domain = ["inside.example", "far.example"][number % 2];
        let (email, fullname) = (Email::parse(&format!("p{number}@{domain}")).unwrap(), Fullname::default());
        let user = name(email.as_str());
        let (approval, rank, origin) = (Approval::Given, Rank::Person, AccountOrigin::Added);
        users::add(op, Add { username: None, email, fullname, approval, rank, origin })?;
        if number < CREW {
            groups::join(op, &group("crew"), &user)?;
        }
    }
    for number in 0..CREW_APPS {
        give(op, number, "reader")?;
    }
    Ok(())
}

fn give(op: &Op<'_>, app: usize, role: &str) -> Result<(), Refusal> {
    let role = RoleChange::Set(Role::parse(role).unwrap());
    grants::give(op, &slug(&format!("app-{app}")), &Receiver::Group(group("crew")), &with(role)).map(drop)
}

fn tried(trial: &Trial, verb: impl FnOnce(&Op<'_>) -> Result<(), Refusal>) -> Effects {
    let begun = Instant::now();
    let ((), effects) = trial.database.what_if(&Caller::operator("root"), verb).unwrap();
    eprintln!("{} pairs compared in {:?}", effects.compared, begun.elapsed());
    effects
}

#[test]
fn a_company_is_compared_in_one_pass() {
    let trial = company();
    let accepted = |op: &Op<'_>| settings::set(op, "access.accepted_domains", "inside.example").map(drop);
    let effects = tried(&trial, accepted);
    // With the administrator, and with the two places that are no app.
    assert_eq!(effects.compared, (PEOPLE + 1) * (APPS + 2));
    let (inside, inside_crew) = (PEOPLE / 2, CREW / 2);
    assert_eq!(effects.totals(), (APPS * inside - CREW_APPS * inside_crew, 0, 0));
    let slugs = effects.places.iter().map(|place| place.place.clone()).collect::<BTreeSet<_>>();
    assert_eq!(slugs, (0..APPS).map(|number| Place::App(format!("app-{number}").into())).collect());
    let few = effects.places.iter().all(|place| place.gains.people.len() <= 20 && place.gains.unnamed() > 0);
    assert!(few, "only some are named");
    // A group's grant is about its members alone: nobody else is asked about.
    let effects = tried(&trial, |op| give(op, 0, "editor").and_then(|()| give(op, APPS - 1, "reader")));
    assert_eq!(effects.totals(), (CREW, 0, CREW));
    assert_eq!(effects.compared, CREW * (APPS + 2));
    let effects = tried(&trial, |op| apps::remove(op, &slug("app-1")).map(drop));
    assert_eq!(effects.totals(), (0, CREW + 1, 0), "the crew and the administrator");
}
