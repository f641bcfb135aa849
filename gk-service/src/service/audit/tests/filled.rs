//! Audits with many rows, written by the real function.

use gk_shared::time::Timestamp;
use rusqlite::Connection;

use crate::model::{AuditFilter, AuditPart};
use crate::service::audit::record::active_key;
use crate::service::op::View;
use crate::service::trial::Trial;
use crate::service::users::Rank;
use crate::service::{Caller, audit};
use crate::store::audit::{AuditRow, append};

/// When the first row was written; a row follows every ten seconds.
pub(super) const START: i64 = 1_700_000_000;

pub(super) const ACTIONS: [&str; 6] =
    ["login", "user_updated", "grant_given", "grant_revoked", "setting_changed", "api_key_generated"];
pub(super) const APPS: [&str; 4] = ["", "docs", "wiki", "sales"];

/// An installation with a person, and so many rows more.
pub(super) fn filled(rows: i64) -> Trial {
    let trial = Trial::new();
    trial.user("alice@example.com", Rank::Person);
    add(&trial, 0, rows);
    trial
}

/// Rows from this one up to another, in one transaction that waits for no disk.
pub(super) fn add(trial: &Trial, from: i64, to: i64) {
    let mut connection = connect(trial);
    connection
        .execute_batch("PRAGMA synchronous = off; PRAGMA cache_size = -400000; PRAGMA temp_store = memory")
        .unwrap();
    let transaction = connection.transaction().unwrap();
    let key = active_key(&transaction, &trial.database.root().unwrap()).unwrap();
    for number in from..to {
        append(&transaction, &with(number, &Said::of(number)), &key).unwrap();
    }
    transaction.commit().unwrap();
}

/// What a row says that is made up for it.
struct Said {
    actor: String,
    target: String,
    ip: String,
    after: String,
}

impl Said {
    fn of(number: i64) -> Self {
        let rare = if number % 10_000 == 77 { " needle" } else { "" };
        let target = if number % 50 == 3 {
            "alice@example.com".to_owned()
        } else {
            format!("person{}@example.com", number % 997)
        };
        Self {
            actor: format!("admin{}@example.com", number % 13),
            target,
            ip: format!("192.0.2.{}", number % 7),
            after: format!("{{\"name\":\"Person {}{rare}\",\"enabled\":true}}", number % 11),
        }
    }
}

fn with(number: i64, said: &Said) -> AuditRow<'_> {
    let of = |all: &[&'static str]| all[usize::try_from(number).unwrap() % all.len()];
    AuditRow {
        at: Timestamp(START + 10 * number),
        actor_kind: if number % 3 == 0 { "operator" } else { "person" },
        actor_id: (number % 3 != 0).then_some(number % 5 + 1),
        actor: &said.actor,
        action: of(&ACTIONS),
        target: &said.target,
        app: of(&APPS),
        ip: &said.ip,
        user_agent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0",
        before: "",
        after: &said.after,
    }
}

/// A second connection to the database.
pub(super) fn connect(trial: &Trial) -> Connection {
    Connection::open(trial.folder.path().join("gatekeeper.sqlite3")).unwrap()
}

/// A part of the rows that match.
pub(super) fn part(trial: &Trial, filter: &AuditFilter, before: Option<i64>, most: usize) -> AuditPart {
    let list = |view: &View<'_>| audit::list(view, filter, before, most);
    trial.database.read(&Caller::operator("root"), list).unwrap()
}

/// The numbers of all rows that match, a page at a time.
pub(super) fn all(trial: &Trial, filter: &AuditFilter) -> Vec<i64> {
    let (mut ids, mut before) = (Vec::new(), None);
    loop {
        let part = part(trial, filter, before, 100);
        ids.extend(part.entries.iter().map(|entry| entry.id));
        before = part.next;
        if before.is_none() {
            return ids;
        }
    }
}
