//! What publishing has to do: nothing, some changes, or everything.

use gk_shared::policy::{FORMAT, Identity};
use gk_shared::time::{Timestamp, wall};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::PublishError;
use crate::fail_point::fail_point;
use crate::secret::{RootKey, random};
use crate::service::record_system_event;
use crate::store::change_log::{self, Head};
use crate::store::{api_keys, app_codes, challenges, installation, sessions};

/// The work at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    UpToDate,
    /// Copy what changed after this revision.
    Changes(i64),
    /// The file is new: copy everything.
    Whole,
    /// The file belongs to another database, or is ahead of this one: everything, under a new restore id, and with
    /// every session ended, because what was revoked in between is not known.
    AnotherHistory,
}

/// Compares the policy file with the main file.
pub(super) fn compare(policy: &Transaction<'_>, main: &Connection) -> Result<Plan, PublishError> {
    let found = installation::read(main)?.ok_or(PublishError::NoInstallation)?;
    let ours = change_log::head(main)?.ok_or(PublishError::NoInstallation)?;
    let Some((identity, theirs)) = head(policy)? else { return Ok(Plan::Whole) };
    if identity != found.identity || theirs.revision > ours.revision {
        return Ok(Plan::AnotherHistory);
    }
    // Two copies of one database that went on apart share revisions, but not the nonces drawn with them.
    if change_log::nonce(main, theirs.revision)? != Some(theirs.nonce) {
        return Ok(Plan::AnotherHistory);
    }
    Ok(if theirs == ours { Plan::UpToDate } else { Plan::Changes(theirs.revision) })
}

fn head(policy: &Transaction<'_>) -> rusqlite::Result<Option<(Identity, Head)>> {
    let sql = "SELECT database_id, restore_id, revision, nonce FROM policy WHERE id = 1 AND format = ?1";
    let row = policy.prepare_cached(sql)?.query_row([FORMAT], |row| {
        let identity = Identity { database: row.get(0)?, restore: row.get(1)? };
        Ok((identity, Head { revision: row.get(2)?, nonce: row.get(3)? }))
    });
    row.optional()
}

/// Draws a new restore id for a file that is made anew. Readers of an earlier one then take it whatever its revision:
/// this database may have been brought back from a copy since, and nothing is left that could tell.
pub(super) fn new_restore_id(main: &mut Connection) -> Result<(), PublishError> {
    let transaction = main.transaction_with_behavior(TransactionBehavior::Immediate)?;
    installation::set_restore_id(&transaction, random())?;
    Ok(transaction.commit()?)
}

/// Begins another history, and says so in the audit.
pub(super) fn restart_history(main: &mut Connection, root: &RootKey) -> Result<(), PublishError> {
    let transaction = main.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let event = ("publish", "policy_rebuilt", "every session was ended, and every key put out of use");
    new_history(&transaction, root, wall(), event)?;
    fail_point("inside-new-history");
    transaction.commit()?;
    fail_point("after-new-history");
    tracing::warn!(
        "the policy file belonged to another history: it is rebuilt, every session is ended, and every key is out of use until it is enabled again"
    );
    Ok(())
}

/// Draws a new restore id and app salt, and says in the audit who did what, to what. What was begun ends as well: it may
/// have been used in the history that is lost.
pub(crate) fn new_history(
    transaction: &Transaction<'_>,
    root: &RootKey,
    now: Timestamp,
    event: (&str, &str, &str),
) -> Result<(), PublishError> {
    installation::restart(transaction, random(), random())?;
    sessions::expire_all(transaction, now)?;
    challenges::end_all(transaction, now)?;
    app_codes::end_all(transaction, now)?;
    api_keys::disable_all(transaction)?;
    change_log::note(transaction, gk_shared::policy::ChangeKind::Settings, 0)?;
    record_system_event(transaction, root, now, event).map_err(Box::new)?;
    Ok(())
}
