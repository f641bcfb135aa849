//! Every change that is named, and that each does what it says.

use gk_shared::model::Username;
use gk_shared::policy::DefaultAccess;

use super::{ALICE, between, explained, give_group, role, scene, words};
use crate::service::explain::{Change, Fact, Held};
use crate::service::grants::{self, RoleChange};
use crate::service::trial::{Trial, group, name, new_app, slug, to, with};
use crate::service::users::{self, Rank, Update};
use crate::service::{Refusal, apps, groups, settings};

/// Does what a change says, through the verbs.
fn carry_out(trial: &Trial, user: &Username, change: &Change) {
    let set = |key: &str, value: &str| trial.run(|op| settings::set(op, key, value)).map(drop);
    let enabled = |enabled| Update { enabled: Some(enabled), ..Update::default() };
    let done = match change {
        Change::Approve => trial.run(|op| users::approve(op, user)).map(drop),
        Change::Enable => trial.run(|op| users::update(op, user, &enabled(true))).map(drop),
        Change::ApproveAndEnable => trial
            .run(|op| users::approve(op, user))
            .and_then(|_| trial.run(|op| users::update(op, user, &enabled(true))))
            .map(drop),
        Change::Disable => trial.run(|op| users::update(op, user, &enabled(false))).map(drop),
        Change::Register(slug) => trial.run(|op| apps::add(op, new_app(slug.as_str(), &[]))).map(drop),
        Change::AllowDefault => set("access.default_app", "allow"),
        Change::DenyDefault => set("access.default_app", "deny"),
        Change::GiveGrant(slug) => {
            trial.run(|op| grants::give(op, slug, &to(user.as_str()), &with(RoleChange::Keep))).map(drop)
        }
        Change::TakeGrant(_, Held::Own) => {
            trial.run(|op| grants::take(op, &slug("docs"), &to(user.as_str()))).map(drop)
        }
        Change::TakeGrant(_, Held::ByGroup(crew)) => {
            let holder = grants::Receiver::Group(group(crew));
            trial.run(|op| grants::take(op, &slug("docs"), &holder)).map(drop)
        }
        Change::AcceptDomain(domain) => set("access.accepted_domains", domain),
        Change::DropDomain(_) => set("access.accepted_domains", ""),
        Change::LeaveAdmin => trial.run(|op| groups::leave(op, &group("admin"), user)).map(drop),
        Change::NameApp | Change::Publish | Change::Starts { .. } | Change::Ends { .. } => Ok(()),
    };
    done.unwrap();
}

fn reject(trial: &Trial, user: &str) -> Result<(), Refusal> {
    trial.run(|op| users::reject(op, &name(user))).map(drop)
}

fn disable(trial: &Trial, user: &str) -> Result<(), Refusal> {
    let update = Update { enabled: Some(false), ..Update::default() };
    trial.run(|op| users::update(op, &name(user), &update)).map(drop)
}

/// Puts somebody new into a state, which is called like the reason it is for; gives the app that is asked for.
fn put(trial: &Trial, user: &str, state: &str) -> Option<&'static str> {
    trial.user(user, if state == "super-admin" { Rank::SuperAdmin } else { Rank::Person });
    let done = match state {
        "rejected" => reject(trial, user),
        "disabled" => disable(trial, user),
        "rejected and disabled" => reject(trial, user).and_then(|()| disable(trial, user)),
        "own-grant" => trial.run(|op| grants::give(op, &slug("docs"), &to(user), &with(RoleChange::Keep))).map(drop),
        "group-grant" => trial.run(|op| groups::join(op, &group("day"), &name(user))).map(drop),
        "internal" => trial.run(|op| settings::set(op, "access.accepted_domains", "example.com")).map(drop),
        "no-app" => return None,
        "unregistered" => return Some("wiki"),
        _ => Ok(()),
    };
    done.unwrap();
    Some("docs")
}

#[test]
fn each_change_that_is_named_changes_what_is_answered() {
    let trial = scene();
    for (state, changes) in [
        ("rejected", ["approve"].as_slice()),
        ("disabled", &["enable"]),
        ("rejected and disabled", &["approve-and-enable"]),
        ("no-app", &["name-app", "allow-default"]),
        ("unregistered", &["allow-default", "register"]),
        ("no-grant", &["give-grant", "accept-domain"]),
        ("own-grant", &["take-grant", "disable"]),
        ("super-admin", &["leave-admin", "disable"]),
        ("internal", &["drop-domain", "disable"]),
        ("group-grant", &["disable", "take-grant"]),
    ] {
        if state == "group-grant" {
            give_group(&trial, "day", &with(role("reader")));
        }
        for word in changes {
            let user = format!("{word}-{}@example.com", state.replace(' ', "-"));
            let app = put(&trial, &user, state);
            let said = explained(&trial, &user, app, trial.database.now());
            let (mut named, mut expected) = (words(&said), changes.to_vec());
            let reason = if said.outcome.reason.word() == "not-approved" { state } else { said.outcome.reason.word() };
            named.sort_unstable();
            expected.sort_unstable();
            assert_eq!((reason, named), (state, expected), "{}", said.sentence());
            let change = said.changes.iter().find(|change| change.word() == *word).unwrap();
            carry_out(&trial, &name(&user), change);
            let now = explained(&trial, &user, app, trial.database.now());
            assert!(now.outcome != said.outcome || *word == "name-app", "{}", change.sentence());
            for (key, value) in [("access.default_app", "deny"), ("access.accepted_domains", "")] {
                trial.run(|op| settings::set(op, key, value)).unwrap();
            }
        }
    }
}

#[test]
fn where_the_default_is_allow_it_says_so_and_how_to_end_it() {
    let trial = scene();
    trial.run(|op| settings::set(op, "access.default_app", "allow")).unwrap();
    let said = explained(&trial, ALICE, Some("wiki"), trial.database.now());
    assert!(said.facts.contains(&Fact::DefaultAccess(DefaultAccess::Allow)));
    assert_eq!(words(&said), ["deny-default", "disable"]);
    carry_out(&trial, &name(ALICE), &said.changes[0]);
    assert!(!explained(&trial, ALICE, Some("wiki"), trial.database.now()).outcome.enters());
}

#[test]
fn what_comes_by_itself_comes_at_its_second() {
    let trial = scene();
    let now = trial.database.now();
    let give = between(role("reader"), Some(now.plus(100)), Some(now.plus(200)));
    trial.run(|op| grants::give(op, &slug("docs"), &to(ALICE), &give)).unwrap();
    give_group(&trial, "day", &between(role("editor"), Some(now.plus(200)), None));
    let said = explained(&trial, ALICE, Some("docs"), trial.database.now());
    let coming = said.changes.iter().filter_map(|change| match change {
        Change::Starts { at, then, .. } => Some(("starts", at.since(now), then.role.clone())),
        Change::Ends { at, then, .. } => Some(("ends", at.since(now), then.role.clone())),
        _ => None,
    });
    let editor = Some("editor".to_owned());
    assert_eq!(coming.collect::<Vec<_>>(), [("starts", 100, Some("reader".to_owned())), ("starts", 200, editor)]);
    let before = explained(&trial, ALICE, Some("docs"), now.plus(99)).outcome;
    assert!(!before.enters() && explained(&trial, ALICE, Some("docs"), now.plus(100)).outcome.enters(), "{before:?}");
}
