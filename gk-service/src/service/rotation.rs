//! Exchanging keys: the one that signs sessions, and the root key.

use std::path::PathBuf;

use gk_shared::policy::ChangeKind;
use gk_shared::time::Timestamp;
use gk_shared::token::KeyId;
use serde_json::json;
use zeroize::Zeroizing;

use super::audit::Event;
use super::install;
use super::op::{Op, View};
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use crate::secret::{Purpose, RootKey, random};
use crate::store::keys::{self, KeyPurpose, SessionKey};
use crate::store::{installation, sealed, sessions};

/// What there is to exchange, and whom it would touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The keys that session tokens may be signed with, the one in use first.
    pub signing: Vec<SigningKey>,
    /// Sessions that are open: a new app salt ends all of them.
    pub sessions: i64,
    /// How many people have them.
    pub people: i64,
    /// Values that are sealed with the root key.
    pub sealed: i64,
    /// Of the root key.
    pub fingerprint: String,
}

/// A key that session tokens are believed by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    pub id: KeyId,
    pub created_at: Timestamp,
    /// Until when tokens of an earlier one are believed; of the one in use there is no end.
    pub until: Option<Timestamp>,
}

/// A root key that took another's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchanged {
    pub sealed: i64,
    pub old: String,
    pub new: String,
    /// Where the old key is kept: backups need it that were taken before.
    pub kept: Option<PathBuf>,
}

/// What there is.
pub fn keys(view: &View<'_>) -> Result<Keys, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let signing = keys::session_keys(view.connection)?.into_iter().map(SigningKey::from).collect();
    let (sessions, people) = sessions::count_open(view.connection, view.now)?;
    let fingerprint = view.root()?.fingerprint();
    Ok(Keys { signing, sessions, people, sealed: sealed::count(view.connection)?, fingerprint })
}

/// Signs session tokens with a new key from now on. Nobody is signed out: tokens of the old one are believed until the
/// last of them has run out, and nothing can be signed with it any more.
pub fn rotate_signing_key(op: &Op<'_>) -> Result<SigningKey, Refusal> {
    permit(op.standing, Verb::RotateKeys)?;
    let seed = Zeroizing::new(random::<32>());
    let old = keys::active(op.connection, KeyPurpose::Session)?.id;
    keys::only_verify(op.transaction, old)?;
    let sealed = op.root.seal(Purpose::Key, seed.as_slice());
    let id = keys::insert(op.transaction, KeyPurpose::Session, &sealed, Some(install::public_half(&seed)?), op.now)?;
    op.changed(ChangeKind::Settings, 0)?;
    let (before, after) = (json!({ "key": old.0 }), json!({ "key": id }));
    op.audit(&Event { action: "secret_key_rotated", before, after, ..Event::default() })?;
    let newest = keys::session_keys(op.connection)?.into_iter().next().map(SigningKey::from);
    newest.ok_or_else(|| Refusal::missing("key", id))
}

/// Believes no token any more of a key whose last has run out.
pub(super) fn retire(op: &Op<'_>) -> Result<(), Refusal> {
    for key in keys::outlived(op.connection, op.now)? {
        keys::retire(op.transaction, key)?;
        op.changed(ChangeKind::Settings, 0)?;
        op.audit(&Event { action: "secret_key_retired", target: &key.0.to_string(), ..Event::default() })?;
    }
    Ok(())
}

/// Seals anew whatever is sealed.
pub(crate) fn exchange(op: &Op<'_>, new: &RootKey) -> Result<Exchanged, Refusal> {
    permit(op.standing, Verb::RotateKeys)?;
    let (before, after) = (op.root.fingerprint(), new.fingerprint());
    // While the key of the audit still opens with the old one.
    let (was, is) = (json!({ "fingerprint": before }), json!({ "fingerprint": after }));
    op.audit(&Event { action: "root_key_rotated", before: was, after: is, ..Event::default() })?;
    let mut count = 0;
    for place in &sealed::PLACES {
        for (row, value) in sealed::all(op.connection, place)? {
            let plain = op.root.open(place.purpose, &value)?;
            sealed::replace(op.transaction, place, &row, &new.seal(place.purpose, &plain))?;
            count += 1;
        }
    }
    installation::set_root_check(op.transaction, &install::check_value(new))?;
    Ok(Exchanged { sealed: count, old: before, new: after, kept: None })
}

impl From<SessionKey> for SigningKey {
    fn from(key: SessionKey) -> Self {
        Self { id: key.id, created_at: key.created_at, until: key.until }
    }
}

#[cfg(test)]
mod tests;
