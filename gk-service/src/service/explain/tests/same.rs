//! What is explained is what gk-validate decides, whatever the state and whoever asks for what, when.

use gk_shared::access::{AskedApp, Credential, Decision, Question, decide};
use gk_shared::model::UserId;
use gk_shared::policy::{CaughtUp, PolicyReader, Snapshot};
use gk_shared::time::Timestamp;

use super::explained;
use crate::service::chance::Luck;
use crate::service::explain::{Explanation, Fact, GrantFact, Reason, Weight};
use crate::service::trial::{Trial, name};
use crate::service::{Caller, View, install};
use crate::store;

/// So many questions are asked about each state.
const QUESTIONS: usize = 50;

#[test]
fn what_is_explained_is_what_is_decided() {
    check(3, 24);
}

#[test]
#[ignore = "takes long"]
fn soak_what_is_explained_is_what_is_decided() {
    for seed in 0..8 {
        check(100 + seed, 250);
    }
}

/// Asks about so many states, each some changes further, of a file that is followed as gk-validate follows it.
fn check(seed: u64, states: usize) {
    let mut luck = Luck::new(seed);
    let trial = Trial::peopled(&mut luck);
    let path = trial.database.read(&Caller::system("policy"), install::policy_path).unwrap();
    let (mut reader, mut snapshot) = PolicyReader::open(&path).unwrap();
    let mut verdicts = [0; 2];
    for _ in 0..states {
        trial.stir(&mut luck, 3);
        if reader.catch_up(&mut snapshot).unwrap() == CaughtUp::TooMuch {
            (reader, snapshot) = PolicyReader::open(&path).unwrap();
        }
        let found = ask_often(&trial, &snapshot, &mut luck);
        verdicts = [verdicts[0] + found[0], verdicts[1] + found[1]];
    }
    let [allowed, refused] = verdicts;
    eprintln!("{allowed} allowed, {refused} refused, all as explained");
    assert_eq!(allowed + refused, states * QUESTIONS);
    assert!(allowed * 10 > states && refused * 10 > states, "{allowed} and {refused} say little");
}

/// How many were allowed, and how many refused.
fn ask_often(trial: &Trial, snapshot: &Snapshot, luck: &mut Luck) -> [usize; 2] {
    let people = trial.database.read(&Caller::operator("root"), |view| Ok(people(view))).unwrap();
    let mut verdicts = [0; 2];
    for _ in 0..QUESTIONS {
        let ((id, user), app, now) = (luck.one_of(&people), luck.app(), trial.database.now());
        let at = luck.moment(now);
        let asked = app.map_or(AskedApp::Absent, AskedApp::Named);
        let decision = decide(snapshot, &Question { credential: Credential::Person(id), app: asked }, at);
        let said = explained(trial, &user, app, at);
        same(snapshot, &decision, &said, at);
        verdicts[usize::from(!said.outcome.enters())] += 1;
    }
    verdicts
}

fn people(view: &View<'_>) -> Vec<(UserId, String)> {
    let all = store::users::list(view.connection, None).unwrap();
    all.into_iter().map(|user| (user.id, name(user.email.as_str()).to_string())).collect()
}

fn same(snapshot: &Snapshot, decision: &Decision<'_>, said: &Explanation, at: Timestamp) {
    let (reason, role) = match decision {
        Decision::Allow(pass) => (Reason::Allow(pass.reason), pass.role.map(|role| snapshot.role(role))),
        Decision::SignIn(reason) => (Reason::SignIn(*reason), None),
        Decision::Forbid(reason) => (Reason::Forbid(*reason), None),
    };
    let outcome = &said.outcome;
    assert_eq!((outcome.status, outcome.verdict), (decision.status(), decision.verdict()), "{said:?}");
    assert_eq!((outcome.reason, outcome.role.as_deref()), (reason, role), "{said:?}");
    let grants = said.facts.iter().filter_map(|fact| match fact {
        Fact::Grant(grant) => Some(grant),
        _ => None,
    });
    let grants = grants.collect::<Vec<&GrantFact>>();
    let counting = grants.iter().filter(|grant| grant.weight == Weight::Counts).map(|grant| grant.id);
    assert_eq!(counting.collect::<Vec<_>>(), reason.grant().into_iter().collect::<Vec<_>>(), "{said:?}");
    let open = |grant: &&&GrantFact| {
        grant.starts_at.is_none_or(|start| start <= at) && grant.expires_at.is_none_or(|end| at < end)
    };
    let closed = grants.iter().filter(|grant| matches!(grant.weight, Weight::NotStarted | Weight::Ended)).count();
    assert_eq!(closed, grants.len() - grants.iter().filter(open).count(), "{said:?} at {at:?}");
}
