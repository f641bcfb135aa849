//! The first rows of a new database: keys, built-in groups, and who it is.

use std::path::{Path, PathBuf};

use gk_shared::model::GroupName;
use gk_shared::policy::{ChangeKind, Identity};
use gk_shared::time::Timestamp;
use gk_shared::token::{FilterKey, KeyId, Signer};
use rusqlite::Transaction;
use zeroize::Zeroizing;

use super::audit::{self, Event, record_system_event};
use super::op::{Op, View};
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use crate::model::GroupKind;
use crate::secret::{Purpose, RootKey, random};
use crate::store::installation::{self, Installation};
use crate::store::keys::{self, KeyPurpose};
use crate::store::{change_log, groups};

const ROOT_CHECK: &[u8] = b"this is our root key";

/// Fills an empty database.
pub(crate) fn fill(
    transaction: &Transaction<'_>,
    root: &RootKey,
    policy: &Path,
    now: Timestamp,
) -> Result<(), Refusal> {
    let row = Installation {
        identity: Identity { database: random(), restore: random() },
        app_salt: random(),
        root_check: check_value(root),
        policy_path: policy.to_owned(),
        policy_inode: String::new(),
        policy_placed_ms: 0,
    };
    installation::insert(transaction, &row, now)?;
    for purpose in KeyPurpose::ALL {
        let bytes = Zeroizing::new(random::<32>());
        let public = (purpose == KeyPurpose::Session).then(|| public_half(&bytes)).transpose()?;
        keys::insert(transaction, purpose, &root.seal(Purpose::Key, bytes.as_slice()), public, now)?;
    }
    audit::begin(transaction, root)?;
    for (kind, name, description) in [
        (GroupKind::Admin, "admin", "Administrators: enter every registered app and see the console"),
        (GroupKind::Standard, "standard", "Everybody who is approved"),
    ] {
        let id = groups::insert(transaction, kind, &GroupName::parse(name)?, description, now)?;
        change_log::note(transaction, ChangeKind::Group, id.0)?;
    }
    change_log::note(transaction, ChangeKind::Settings, 0)?;
    record_system_event(transaction, root, now, ("init-db", "database_created", ""))
}

/// What tells this root key from others.
pub(super) fn check_value(root: &RootKey) -> Vec<u8> {
    root.seal(Purpose::RootCheck, ROOT_CHECK)
}

pub(super) fn public_half(seed: &Zeroizing<[u8; 32]>) -> Result<[u8; 32], Refusal> {
    let filter = FilterKey::new(&[0; 32]).map_err(|error| Refusal::Key(error.to_string()))?;
    Ok(Signer::new(KeyId(0), seed, filter).public())
}

/// Sees to what a database needs that was just brought up to date and only the root key can give.
pub(crate) fn complete(transaction: &Transaction<'_>, root: &RootKey) -> Result<(), Refusal> {
    audit::adopt_head(transaction, root)
}

/// Whether this root key is the one the database was sealed with.
pub(crate) fn is_ours(root: &RootKey, found: &Installation) -> bool {
    root.open(Purpose::RootCheck, &found.root_check).is_ok_and(|plain| plain.as_slice() == ROOT_CHECK)
}

/// Where the policy file is.
pub(crate) fn policy_path(view: &View<'_>) -> Result<PathBuf, Refusal> {
    let found = installation::read(view.connection)?.ok_or_else(|| Refusal::missing("installation", "here"))?;
    Ok(found.policy_path)
}

/// Says where the policy file is from now on.
pub(crate) fn move_policy(op: &Op<'_>, to: &str) -> Result<(), Refusal> {
    permit(op.standing, Verb::ChangeSettings)?;
    installation::set_policy_path(op.transaction, to)?;
    installation::set_policy_place(op.transaction, installation::MOVED, 0)?;
    // A change, so that whoever has published everything finds that it has not.
    op.changed(ChangeKind::Settings, 0)?;
    op.audit(&Event { action: "policy_moved", target: to, ..Event::default() })
}
