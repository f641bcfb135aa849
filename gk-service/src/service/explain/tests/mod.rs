//! Explanations against a real database.

mod changes;
mod facts;
mod lists;
mod same;

use gk_shared::model::Role;
use gk_shared::time::Timestamp;

use super::{Change, Explanation, explain};
use crate::service::grants::{self, Give, RoleChange};
use crate::service::trial::{Trial, group, name, slug};
use crate::service::users::Rank;
use crate::service::{Caller, groups};

const ALICE: &str = "alice@example.com";

fn explained(trial: &Trial, user: &str, app: Option<&str>, at: Timestamp) -> Explanation {
    let (user, app, database) = (name(user), app.map(slug), &trial.database);
    let caller = Caller::operator("root");
    let look = |snapshot: &_| database.read(&caller, |view| explain(view, snapshot, &user, app.as_ref(), at));
    database.in_force(look).unwrap().unwrap()
}

fn words(explained: &Explanation) -> Vec<&'static str> {
    explained.changes.iter().map(Change::word).collect()
}

fn role(role: &str) -> RoleChange {
    RoleChange::Set(Role::parse(role).unwrap())
}

fn between(role: RoleChange, starts: Option<Timestamp>, ends: Option<Timestamp>) -> Give {
    let note = Some("for the audit".to_owned());
    Give { role, starts_at: starts.into(), expires_at: ends.into(), note, ..Give::default() }
}

/// An account, an app with two roles, and three groups of which the account is in all.
fn scene() -> Trial {
    let trial = Trial::new();
    trial.user(ALICE, Rank::Person);
    trial.app("docs", &["reader", "editor"]);
    for crew in ["day", "night", "old"] {
        trial.run(|op| groups::add(op, &group(crew), "")).unwrap();
        trial.run(|op| groups::join(op, &group(crew), &name(ALICE))).unwrap();
    }
    trial
}

fn give_group(trial: &Trial, crew: &str, give: &Give) {
    let receiver = grants::Receiver::Group(group(crew));
    trial.run(|op| grants::give(op, &slug("docs"), &receiver, give)).unwrap();
}
