//! Random questions over such rows.

use super::dice::Dice;
use super::rows::{MOST, SALTS, SLUGS, hash, sid};
use crate::access::{AskedApp, Credential, Question};
use crate::model::{AppId, SessionId, UserId};
use crate::time::Timestamp;
use crate::token::{BadToken, Claims, Kind, tag};

/// Who comes, as whom, and when; and the values of X-GK-App, as sent.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) shown: Shown,
    pub(super) app: Vec<&'static str>,
    pub(super) now: i64,
}

/// What is shown.
#[derive(Debug)]
pub(super) enum Shown {
    Session(Claims, Option<i64>),
    Key([u8; 32]),
    Person(i64),
    /// Nothing that is anybody's.
    Nobody(Credential<'static>),
}

const NOBODY: [Credential<'static>; 7] = [
    Credential::Absent,
    Credential::TwoCookies,
    Credential::TwoKeys,
    Credential::BadKey,
    Credential::Bad(BadToken::Malformed),
    Credential::Bad(BadToken::UnknownKey),
    Credential::Bad(BadToken::Forged),
];

impl Asked {
    /// Makes one up.
    pub(super) fn any(dice: &mut Dice<'_>) -> Self {
        let shown = match dice.below(16) {
            0 => Shown::Nobody(dice.one_of(&NOBODY)),
            1 | 2 => Shown::Person(any_id(dice)),
            3..=5 => Shown::Key(hash(any_id(dice), dice.below(2))),
            _ => any_session(dice),
        };
        let app = match dice.below(12) {
            0 => vec![],
            1 => vec![dice.one_of(&["", "Docs", "do_cs", "docs ", "dÖcs", LONG])],
            2 => vec!["docs", dice.one_of(&["docs", "wiki"])],
            3 => vec![dice.one_of(&["nowhere", LONGEST])],
            _ => vec![dice.one_of(&SLUGS)],
        };
        Self { shown, app, now: dice.moment() }
    }

    /// The question as the product asks it.
    pub(super) fn question(&self) -> Question<'_> {
        let credential = match &self.shown {
            Shown::Session(claims, seen) => Credential::Session { claims, seen: seen.map(Timestamp) },
            Shown::Key(hash) => Credential::Key(*hash),
            Shown::Person(id) => Credential::Person(UserId(*id)),
            Shown::Nobody(credential) => *credential,
        };
        Question { credential, app: self.app.iter().fold(AskedApp::Absent, |asked, value| asked.and(Some(value))) }
    }
}

/// 64 and 63 characters.
const LONG: &str = "0123456789012345678901234567890123456789012345678901234567890123";
const LONGEST: &str = "012345678901234567890123456789012345678901234567890123456789012";

/// Of a row, or once in a while of none.
fn any_id(dice: &mut Dice<'_>) -> i64 {
    1 + i64::try_from(dice.below(5)).expect("less than 5") + if dice.one_in(16) { MOST } else { 0 }
}

fn any_session(dice: &mut Dice<'_>) -> Shown {
    let user = any_id(dice);
    let claims = Claims {
        kind: dice.one_of(&[Kind::Browser, Kind::App, Kind::Api]),
        app: dice.one_in(4).then(|| AppId(any_id(dice))),
        user: UserId(user),
        session: SessionId(sid(any_id(dice))),
        issued: Timestamp(dice.moment()),
        expires: Timestamp(if dice.one_in(4) { dice.moment() } else { i64::MAX }),
        user_tag: tag(user, dice.one_of(&SALTS)),
        global_tag: tag(0, if dice.one_in(8) { SALTS[1] } else { SALTS[0] }),
    };
    let seen = if dice.one_in(3) { Some(dice.moment()) } else { None };
    Shown::Session(claims, seen)
}
