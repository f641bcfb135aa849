//! For tests: one combination of everything the decision depends on, and what is decided about it.

use super::{AllowReason, AskedApp, Credential, Decision, Question, decide};
use crate::model::{AppId, IdleLimit, SessionId, UserId};
use crate::policy::trial::{TrialGrant, TrialUser};
use crate::policy::{DefaultAccess, Snapshot};
use crate::time::Timestamp;
use crate::token::{BadToken, Claims, Kind, Tag, tag};

/// A factor and the values it can have.
pub(super) struct Factor {
    pub(super) name: &'static str,
    pub(super) values: &'static [&'static str],
}

/// Everything the decision depends on, in the order of the table's columns.
pub(super) const FACTORS: [Factor; 8] = [
    Factor {
        name: "credential",
        values: &[
            "none",
            "two-cookies",
            "malformed",
            "unknown-key",
            "forged",
            "expired",
            "revoked",
            "idle",
            "unknown-user",
            "user-salt-rotated",
            "app-salt-rotated",
            "session",
            "almost-idle",
            "unlimited",
            "published",
            "remembered",
            "bound-to-this-app",
            "bound-to-another",
            "two-keys",
            "bad-key",
            "revoked-key",
            "expired-key",
            "key-of-unknown-user",
            "key-to-this-app",
            "key-to-another",
            "key-to-both",
            "person",
            "unknown-person",
        ],
    },
    Factor { name: "X-GK-App", values: &["absent", "malformed", "unregistered", "registered"] },
    Factor { name: "usable", values: &["no", "yes"] },
    Factor { name: "default", values: &["deny", "allow"] },
    Factor { name: "own-grant", values: &["none", "of-another-app", "not-yet", "expired", "no-role", "editor"] },
    Factor {
        name: "group-grants",
        values: &[
            "none",
            "of-another-app",
            "not-yet",
            "expired",
            "no-role",
            "editor",
            "viewer+editor",
            "editor+editor",
            "no-role+viewer",
            "unlisted+no-role",
            "unlisted+viewer",
            "expired+viewer",
        ],
    },
    Factor { name: "super-admin", values: &["no", "yes"] },
    Factor { name: "internal", values: &["no", "yes"] },
];

const NOW: i64 = 1_000_000;
const LIMIT: i64 = 1_000;
const DOCS: AppId = AppId(1);
const WIKI: AppId = AppId(2);
const USER: UserId = UserId(7);
const NOBODY: UserId = UserId(8);
const KEY: [u8; 32] = [5; 32];
const SESSION: SessionId = SessionId([3; 16]);

/// What is decided when each factor has the value named.
pub(super) fn outcome(values: [&str; 8]) -> String {
    let [credential, app, usable, default, own, groups, admin, internal] = values;
    let default = if default == "allow" { DefaultAccess::Allow } else { DefaultAccess::Deny };
    let mut snapshot = Snapshot::trial(default, "internal.example", tag(0, b"app salt"));
    snapshot.trial_app(DOCS, "docs", "viewer,editor");
    snapshot.trial_app(WIKI, "wiki", "");
    snapshot.trial_user(&TrialUser {
        id: USER,
        email: if internal == "yes" { "alice@internal.example" } else { "alice@sub.internal.example" },
        usable: usable == "yes",
        admin: admin == "yes",
        tag: tag(USER.0, b"salt"),
        grants: grant(own, 11).into_iter().collect(),
        groups: (21..).zip(groups.split('+')).map(|(id, kind)| grant(kind, id).into_iter().collect()).collect(),
    });
    if credential != "unlimited" {
        snapshot.settings.idle_limit = IdleLimit::of_seconds(LIMIT);
    }
    match credential {
        "revoked" => snapshot.trial_revoke(SESSION),
        // Of three times the newest counts, so the others say nothing here.
        "idle" | "remembered" => snapshot.trial_seen(SESSION, Timestamp(NOW - LIMIT)),
        "published" => snapshot.trial_seen(SESSION, Timestamp(NOW - LIMIT + 1)),
        _ => {}
    }
    if let Some((owner, apps, expires)) = key(credential) {
        snapshot.trial_key(KEY, owner, apps, Timestamp(expires));
    }
    let claims = claims(credential);
    let question = Question { credential: shown(credential, &claims), app: asked(app) };
    words(&snapshot, &decide(&snapshot, &question, Timestamp(NOW)))
}

fn shown<'c>(credential: &str, claims: &'c Claims) -> Credential<'c> {
    match credential {
        "none" => Credential::Absent,
        "two-cookies" => Credential::TwoCookies,
        "malformed" => Credential::Bad(BadToken::Malformed),
        "unknown-key" => Credential::Bad(BadToken::UnknownKey),
        "forged" => Credential::Bad(BadToken::Forged),
        "two-keys" => Credential::TwoKeys,
        "bad-key" => Credential::BadKey,
        "revoked-key"
        | "expired-key"
        | "key-of-unknown-user"
        | "key-to-this-app"
        | "key-to-another"
        | "key-to-both" => Credential::Key(KEY),
        "person" => Credential::Person(USER),
        "unknown-person" => Credential::Person(NOBODY),
        _ => Credential::Session { claims, seen: seen(credential) },
    }
}

/// Owner, apps and end of the key that is shown, if there is such a key.
fn key(credential: &str) -> Option<(UserId, &'static [AppId], i64)> {
    match credential {
        "expired-key" => Some((USER, &[DOCS], NOW)),
        "key-of-unknown-user" => Some((NOBODY, &[DOCS], NOW + 1)),
        "key-to-this-app" => Some((USER, &[DOCS], NOW + 1)),
        "key-to-another" => Some((USER, &[WIKI], NOW + 1)),
        "key-to-both" => Some((USER, &[WIKI, DOCS], i64::MAX)),
        _ => None,
    }
}

fn seen(credential: &str) -> Option<Timestamp> {
    match credential {
        "idle" | "published" => Some(Timestamp(NOW - LIMIT)),
        "remembered" => Some(Timestamp(NOW - LIMIT + 1)),
        _ => None,
    }
}

fn claims(credential: &str) -> Claims {
    let salted = |id: i64, salt: &[u8], rotated: &str| -> Tag {
        if credential == rotated { tag(id, b"another") } else { tag(id, salt) }
    };
    Claims {
        kind: Kind::Browser,
        app: match credential {
            "bound-to-this-app" => Some(DOCS),
            "bound-to-another" => Some(WIKI),
            _ => None,
        },
        user: if credential == "unknown-user" { NOBODY } else { USER },
        session: SESSION,
        issued: Timestamp(match credential {
            "almost-idle" => NOW - LIMIT + 1,
            "idle" | "unlimited" | "published" | "remembered" => NOW - LIMIT,
            _ => NOW - 10,
        }),
        expires: Timestamp(if credential == "expired" { NOW } else { NOW + 1 }),
        user_tag: salted(USER.0, b"salt", "user-salt-rotated"),
        global_tag: salted(0, b"app salt", "app-salt-rotated"),
    }
}

fn asked(app: &str) -> AskedApp<'static> {
    match app {
        "absent" => AskedApp::Absent,
        "malformed" => AskedApp::Malformed,
        "unregistered" => AskedApp::Named("nowhere"),
        _ => AskedApp::Named("docs"),
    }
}

fn grant(kind: &str, id: i64) -> Option<TrialGrant> {
    let always = TrialGrant { id, app: DOCS, role: Some("editor"), starts: i64::MIN, expires: i64::MAX };
    match kind {
        "none" => None,
        "of-another-app" => Some(TrialGrant { app: WIKI, ..always }),
        "not-yet" => Some(TrialGrant { starts: NOW + 1, ..always }),
        "expired" => Some(TrialGrant { expires: NOW, ..always }),
        "no-role" => Some(TrialGrant { role: None, ..always }),
        "viewer" => Some(TrialGrant { role: Some("viewer"), ..always }),
        "unlisted" => Some(TrialGrant { role: Some("reviewer"), ..always }),
        _ => Some(always),
    }
}

/// `200 own-grant 11 editor`: status, reason, and for somebody who passes the deciding grant and the role.
fn words(snapshot: &Snapshot, decision: &Decision<'_>) -> String {
    let Decision::Allow(pass) = decision else {
        let verdict = match decision.status() {
            200 => "allow",
            401 => "sign-in",
            _ => "forbid",
        };
        assert_eq!(decision.verdict(), verdict);
        return format!("{} {}", decision.status(), decision.reason());
    };
    let grant = match pass.reason {
        AllowReason::OwnGrant(id) | AllowReason::GroupGrant(id) => format!(" {id}"),
        AllowReason::SuperAdmin | AllowReason::Internal | AllowReason::DefaultAllow => String::new(),
    };
    let role = pass.role.map_or("without a role", |role| snapshot.role(role));
    format!("200 {}{grant}, {role}", decision.reason())
}
