//! The golden table: every combination of everything the decision depends on, in `decisions.txt`, so that a change
//! of the rules is a reviewed change of that file. `GK_BLESS=1` writes it anew.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use proptest::prelude::*;

use super::case::{FACTORS, Factor, outcome};
use super::{AskedApp, Credential, Decision, Question, decide};
use crate::model::{AppId, IdleLimit, SessionId, UserId};
use crate::policy::trial::{TrialGrant, TrialUser};
use crate::policy::{DefaultAccess, Snapshot};
use crate::time::Timestamp;
use crate::token::{Claims, Kind, tag};

const EXPLANATION: &str = "\
# What is decided for every combination of everything a decision depends on. Written by a test, which checks it.
# Values that lead to the same, whatever stands to the right of them, share a line; a * stands for all of a column.
#
# The app is docs, with the roles viewer and editor, weakest first. A grant says editor unless it is named otherwise;
# no-role has none, unlisted has a role the app no longer lists. The own grant has the id 11, those of groups have 21
# and 22, in the order named. A person is somebody taken as signed in, as `gk explain` does.
#
# An idle session was last used exactly as long ago as the idle limit says, an almost-idle one a second later. Of the
# others that were made so long ago, one has no limit, one's later use is published, and one's is remembered.
#
# A bad key has not the form of one, a revoked key is not among those in use. A key opens the apps it names and no others.

";

/// The values of one line, one column for each factor, and what is decided.
type Line = (Vec<String>, String);

#[test]
fn decisions_are_those_of_the_golden_table() {
    let table = table();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/access/decisions.txt");
    if env::var_os("GK_BLESS").is_some() {
        fs::write(&path, &table).expect("the table can be written");
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    let difference = table.lines().zip(golden.lines()).find(|(now, golden)| now != golden);
    assert!(table == golden, "decisions.txt differs, first here: {difference:?}; GK_BLESS=1 writes it anew");
}

fn table() -> String {
    let head = (FACTORS.iter().map(|factor| factor.name.to_owned()).collect(), "answer".to_owned());
    let lines = [vec![head], lines(&mut Vec::new())].concat();
    let width = |column: usize| lines.iter().filter_map(|(values, _)| values.get(column)).map(String::len).max();
    let widths = (0..FACTORS.len()).filter_map(width).collect::<Vec<_>>();
    let mut text = EXPLANATION.to_owned();
    for (values, outcome) in &lines {
        for (value, width) in values.iter().zip(&widths) {
            write!(text, "{value:width$}  ").expect("a String takes all");
        }
        writeln!(text, "{outcome}").expect("a String takes all");
    }
    text
}

/// The lines below the values chosen so far. Values of the next factor that lead to the same lines share them.
fn lines(chosen: &mut Vec<&'static str>) -> Vec<Line> {
    let Some(factor) = FACTORS.get(chosen.len()) else {
        let values = chosen.as_slice().try_into().expect("one value for each factor");
        return vec![(Vec::new(), outcome(values))];
    };
    let mut branches: Vec<(Vec<&str>, Vec<Line>)> = Vec::new();
    for value in factor.values {
        chosen.push(value);
        let below = lines(chosen);
        chosen.pop();
        match branches.iter_mut().find(|(_, lines)| *lines == below) {
            Some((values, _)) => values.push(value),
            None => branches.push((vec![value], below)),
        }
    }
    branches.into_iter().flat_map(|(values, lines)| under(factor, &values, lines)).collect()
}

fn under(factor: &Factor, values: &[&str], lines: Vec<Line>) -> Vec<Line> {
    let shown = if values.len() == factor.values.len() { "*".to_owned() } else { values.join("|") };
    let line = |(values, outcome): Line| ([vec![shown.clone()], values].concat(), outcome);
    lines.into_iter().map(line).collect()
}

fn any_grant() -> impl Strategy<Value = TrialGrant> {
    let role = prop::sample::select(vec![None, Some("viewer"), Some("editor"), Some("unlisted")]);
    let app = prop::sample::select(vec![AppId(1), AppId(2), AppId(3)]);
    (1..50i64, app, role, -3..3i64, -3..3i64).prop_map(|(id, app, role, starts, expires)| TrialGrant {
        id,
        app,
        role,
        starts,
        expires,
    })
}

fn any_app() -> impl Strategy<Value = AskedApp<'static>> {
    let named = ["docs", "wiki", "nowhere"].map(AskedApp::Named);
    prop::sample::select([vec![AskedApp::Absent, AskedApp::Malformed], named.to_vec()].concat())
}

prop_compose! {
    fn any_claims()(
        app in prop::sample::select(vec![None, Some(AppId(1)), Some(AppId(9))]),
        user in prop::sample::select(vec![7, 7, 7, 8]),
        session in 0..2u8,
        expires in -2..4i64,
        salts in (0..4u8, 0..4u8),
    ) -> Claims {
        let salt = |salt: u8| if salt == 0 { b"old" } else { b"new" };
        Claims {
            kind: Kind::Browser,
            app,
            user: UserId(user),
            session: SessionId([session; 16]),
            issued: Timestamp(-9),
            expires: Timestamp(expires),
            user_tag: tag(7, salt(salts.0)),
            global_tag: tag(0, salt(salts.1)),
        }
    }
}

/// The idle limit, and when a session was last seen: as published, and by whoever asks.
fn any_use() -> impl Strategy<Value = (i64, Option<i64>, Option<i64>)> {
    (prop::sample::select(vec![0, 5]), prop::option::of(-8..1i64), prop::option::of(-8..1i64))
}

proptest! {
    /// Whatever is asked gets an answer, and nobody passes without a session that holds and an account that is usable.
    #[test]
    fn nobody_passes_without_a_good_session_and_a_usable_account(
        claims in any_claims(),
        app in any_app(),
        (limit, published, seen) in any_use(),
        (usable, admin, allow, internal) in any::<(bool, bool, bool, bool)>(),
        grants in prop::collection::vec(any_grant(), 0..4),
        groups in prop::collection::vec(prop::collection::vec(any_grant(), 0..3), 0..3),
    ) {
        let default = if allow { DefaultAccess::Allow } else { DefaultAccess::Deny };
        let mut snapshot = Snapshot::trial(default, "a.example", tag(0, b"new"));
        snapshot.trial_app(AppId(1), "docs", "viewer,editor");
        snapshot.trial_app(AppId(2), "wiki", "");
        snapshot.settings.idle_limit = IdleLimit::of_seconds(limit);
        if let Some(at) = published {
            snapshot.trial_seen(SessionId([0; 16]), Timestamp(at));
        }
        snapshot.trial_revoke(SessionId([1; 16]));
        let email = if internal { "u@a.example" } else { "u@b.example" };
        let (own, of_groups) = (grants.clone(), groups.clone());
        snapshot.trial_user(&TrialUser { id: UserId(7), email, usable, admin, tag: tag(7, b"new"), grants, groups });
        let credential = Credential::Session { claims: &claims, seen: seen.map(Timestamp) };
        let question = Question { credential, app };
        let Decision::Allow(pass) = decide(&snapshot, &question, Timestamp(0)) else { return Ok(()) };
        prop_assert!(usable && claims.user == UserId(7) && claims.expires > Timestamp(0));
        prop_assert!(claims.session == SessionId([0; 16]));
        prop_assert!(limit == 0 || [published, seen].iter().flatten().any(|at| *at > -limit));
        prop_assert!(claims.user_tag == tag(7, b"new") && claims.global_tag == tag(0, b"new"));
        let entered = match app {
            AskedApp::Named("docs") => Some(AppId(1)),
            AskedApp::Named("wiki") => Some(AppId(2)),
            AskedApp::Named(_) | AskedApp::Absent => None,
            AskedApp::Malformed => return Err(TestCaseError::fail("a malformed app opens nothing")),
        };
        prop_assert!(claims.app.is_none() || claims.app == entered);
        let in_force = |grant: &TrialGrant| Some(grant.app) == entered && grant.starts <= 0 && 0 < grant.expires;
        let granted = own.iter().chain(of_groups.iter().flatten()).any(in_force);
        prop_assert!(granted || admin || internal || (allow && entered.is_none()));
        prop_assert!(pass.user.is_usable());
    }
}
