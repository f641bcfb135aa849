//! policy.sqlite3 → [`Snapshot`]: the whole file at first, and after that only the rows a change names.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::thread;

use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use thiserror::Error;

use super::load_grants::{Coming, grants};
use super::load_keys::{load_keys, reload_key};
use super::load_people::{load_users, reload_user};
use super::schema::{ChangeKind, FORMAT, Identity};
use super::snapshot::{DefaultAccess, PolicySettings, SessionMark, Snapshot, Standing};
use super::text::Texts;
use crate::access::GroupsHeader;
use crate::model::{ApiKeyId, AppId, GroupId, IdleLimit, SessionId, UserId};
use crate::time::Timestamp;
use crate::token::{BadKey, FilterKey, KeyId, PublicKeys, Tag};

/// A change of more rows than this is loaded whole, off the request path.
pub const MOST_ROWS_IN_A_DELTA: usize = 10_000;

/// Why the policy file could not be read.
#[derive(Debug, Error)]
pub enum LoadError {
    #[error("the policy file cannot be read")]
    Sqlite(#[from] rusqlite::Error),
    #[error("there is no policy file at {0}: `gk ops publish` makes one")]
    Missing(PathBuf),
    #[error("the policy file has no content yet")]
    Empty,
    #[error("the policy file has format {0}, and this build knows format {FORMAT}")]
    UnknownFormat(i64),
    #[error("the policy file holds a bad key")]
    Key(#[from] BadKey),
    #[error("the policy file names a kind of change that this build does not know: {0}")]
    UnknownChange(String),
    #[error("the mark beside the policy file cannot be read")]
    Mark(#[from] io::Error),
    #[error("the policy file is older than what was read before, or was published before")]
    Older,
    #[error("the changes do not follow what is in force: run gk ops publish first")]
    NotNext,
    #[error("reading the policy file ended in a panic")]
    Panicked,
    #[error("the policy file gives user {0} an e-mail address that is none")]
    BadEmail(UserId),
    #[error("the policy file holds more than this build can keep in memory: an id or a count above 4,294,967,295")]
    TooLarge,
}

/// What applying changes came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Applied {
    /// The snapshot is at the file's revision.
    UpToDate,
    /// Another history, too many rows, or the change rows are gone: load the whole file.
    TooMuch,
    /// The file cannot be followed as it is now; the snapshot keeps what it has.
    Kept,
}

/// Reads the whole file, in one read transaction, unless it is older than one of `floors` in the same history.
pub(super) fn whole(connection: &mut Connection, floors: &[Option<(Identity, i64)>]) -> Result<Snapshot, LoadError> {
    let transaction = connection.transaction()?;
    let Head { identity, revision, beat } = head(&transaction)?;
    if floors.iter().flatten().any(|(known, newest)| *known == identity && revision < *newest) {
        return Err(LoadError::Older);
    }
    let mut domains = Texts::default();
    let settings = settings(&transaction, &mut domains)?;
    let mut snapshot = Snapshot::empty(identity, revision, settings, domains);
    load_apps(&transaction, &mut snapshot)?;
    load_groups(&transaction, &mut snapshot)?;
    load_keys(&transaction, &mut snapshot)?;
    snapshot.beat = beat;
    thread::scope(|scope| {
        let grants = Coming::begin(scope, &transaction, &snapshot)?;
        load_users(&transaction, &mut snapshot)?;
        load_sessions(&transaction, &mut snapshot)?;
        grants.add(&transaction, &mut snapshot)
    })?;
    Ok(snapshot)
}

/// Brings a snapshot up to the file's revision, in one read transaction, unless that takes more than `most` rows.
pub(super) fn changes(connection: &mut Connection, snapshot: &mut Snapshot, most: usize) -> Result<Applied, LoadError> {
    let transaction = connection.transaction()?;
    let Head { identity, revision, beat } = match head(&transaction) {
        Err(LoadError::UnknownFormat(format)) if snapshot.standing != Standing::Torn => {
            snapshot.standing = Standing::OtherFormat(format);
            return Ok(Applied::Kept);
        }
        read => read?,
    };
    if identity != snapshot.identity {
        return Ok(Applied::TooMuch);
    }
    match snapshot.standing {
        Standing::Torn if revision < snapshot.revision => return Err(LoadError::Older),
        Standing::Sound | Standing::Ahead | Standing::OtherFormat(_) if revision < snapshot.revision => {
            snapshot.standing = Standing::Ahead;
            return Ok(Applied::Kept);
        }
        Standing::Ahead | Standing::OtherFormat(_) | Standing::Torn => return Ok(Applied::TooMuch),
        Standing::Sound => {}
    }
    let Some(changed) = changed_since(&transaction, (snapshot.revision, revision), most)? else {
        return Ok(Applied::TooMuch);
    };
    snapshot.standing = Standing::Torn;
    changed.into_iter().try_for_each(|(kind, id)| reload(&transaction, snapshot, kind, id))?;
    snapshot.beat = beat;
    snapshot.standing = Standing::Sound;
    snapshot.revision = revision;
    Ok(Applied::UpToDate)
}

fn reload(transaction: &Transaction<'_>, snapshot: &mut Snapshot, kind: ChangeKind, id: i64) -> Result<(), LoadError> {
    match kind {
        ChangeKind::User => reload_user(transaction, snapshot, UserId(id)),
        ChangeKind::Group => reload_group(transaction, snapshot, GroupId(id)),
        ChangeKind::App => reload_app(transaction, snapshot, AppId(id)),
        ChangeKind::Session => reload_session(transaction, snapshot, id),
        ChangeKind::Key => Ok(reload_key(transaction, snapshot, ApiKeyId(id))?),
        ChangeKind::Settings => {
            let generation = snapshot.settings.generation.wrapping_add(1);
            snapshot.settings = PolicySettings { generation, ..settings(transaction, &mut snapshot.domains)? };
            Ok(())
        }
    }
}

/// What a file says of itself.
pub(super) struct Head {
    pub(super) identity: Identity,
    pub(super) revision: i64,
    /// When gk-admin last said that nothing newer is published, if it does.
    beat: Option<Timestamp>,
}

pub(super) fn head(transaction: &Transaction<'_>) -> Result<Head, LoadError> {
    // All columns: another format may lack some, and what is to be said then is which format it is.
    let mut statement = transaction.prepare_cached("SELECT * FROM policy WHERE id = 1")?;
    let row = statement.query_row([], |row| {
        let format = row.get("format")?;
        if format != FORMAT {
            return Ok(Err(LoadError::UnknownFormat(format)));
        }
        let identity = Identity { database: row.get("database_id")?, restore: row.get("restore_id")? };
        let beat = row.get::<_, Option<i64>>("beat")?.map(Timestamp);
        Ok(Ok(Head { identity, revision: row.get("revision")?, beat }))
    });
    row.optional()?.unwrap_or(Err(LoadError::Empty))
}

/// The rows changed after `from`, each once; `None` when they cannot be told or are more than `most`.
fn changed_since(
    transaction: &Transaction<'_>,
    (from, to): (i64, i64),
    most: usize,
) -> Result<Option<BTreeSet<(ChangeKind, i64)>>, LoadError> {
    if usize::try_from(to - from).map_or(true, |count| count > most) {
        return Ok(None);
    }
    let mut statement = transaction.prepare_cached("SELECT kind, id FROM change WHERE revision > ?1")?;
    let mut rows = statement.query([from])?;
    let (mut changed, mut seen) = (BTreeSet::new(), 0);
    while let Some(row) = rows.next()? {
        let word = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        let kind = ChangeKind::parse(word).ok_or_else(|| LoadError::UnknownChange(word.to_owned()))?;
        changed.insert((kind, row.get(1)?));
        seen += 1;
    }
    // Revisions are handed out without a gap, so a missing row means that it was trimmed.
    Ok((seen == to - from).then_some(changed))
}

fn settings(transaction: &Transaction<'_>, domains: &mut Texts) -> Result<PolicySettings, LoadError> {
    let sql = "SELECT default_app, idle_seconds, global_tag, filter_key FROM policy WHERE id = 1";
    let (default_app, idle_seconds, global_tag, filter) = transaction.prepare_cached(sql)?.query_row([], |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?, Tag(row.get(2)?), row.get::<_, [u8; 32]>(3)?))
    })?;
    let mut statement = transaction.prepare_cached("SELECT id, public FROM verify_key")?;
    let verify = statement
        .query_map([], |row| Ok((KeyId(row.get(0)?), row.get::<_, [u8; 32]>(1)?)))?
        .collect::<Result<Vec<_>, _>>()?;
    let mut statement = transaction.prepare_cached("SELECT domain FROM accepted_domain")?;
    let accepted = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    Ok(PolicySettings {
        default_app: if default_app == "allow" { DefaultAccess::Allow } else { DefaultAccess::Deny },
        idle_limit: IdleLimit::of_seconds(idle_seconds),
        global_tag,
        keys: PublicKeys::new(FilterKey::new(&filter)?, verify.iter().map(|(id, key)| (*id, key.as_slice())))?,
        accepted: accepted.iter().map(|domain| domains.index(domain)).collect(),
        generation: 0,
    })
}

fn load_apps(transaction: &Transaction<'_>, snapshot: &mut Snapshot) -> Result<(), LoadError> {
    let mut statement = transaction.prepare_cached("SELECT id, slug, roles, groups_header, stale_ok FROM app")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        set_app(snapshot, row)?;
    }
    Ok(())
}

fn set_app(snapshot: &mut Snapshot, row: &Row<'_>) -> Result<(), rusqlite::Error> {
    let groups = if row.get(3)? { GroupsHeader::Wanted } else { GroupsHeader::Unwanted };
    let (slug, roles) = (row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str()?);
    snapshot.set_app(slug, roles, (AppId(row.get(0)?), groups, row.get(4)?));
    Ok(())
}

fn load_groups(transaction: &Transaction<'_>, snapshot: &mut Snapshot) -> Result<(), LoadError> {
    let mut statement = transaction.prepare_cached("SELECT id FROM groups")?;
    let ids = statement.query_map([], |row| row.get(0).map(GroupId))?.collect::<Result<Vec<_>, _>>()?;
    ids.into_iter().try_for_each(|id| reload_group(transaction, snapshot, id))
}

/// A number as it is kept in memory. Ids are handed out from 1 upwards, and 2³² of anything fit no machine.
pub(super) fn small(number: i64) -> Result<u32, LoadError> {
    u32::try_from(number).map_err(|_| LoadError::TooLarge)
}

/// Ids as they are written, separated by commas. What is no number opens nothing.
pub(super) fn ids(written: &str) -> impl Iterator<Item = i64> {
    written.split(',').filter_map(|id| id.parse().ok())
}

/// What a query counts, to make room for it.
pub(super) fn count(transaction: &Transaction<'_>, sql: &str) -> rusqlite::Result<usize> {
    let count: i64 = transaction.query_row(sql, [], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

fn load_sessions(transaction: &Transaction<'_>, snapshot: &mut Snapshot) -> Result<(), LoadError> {
    // Of a session that were in both, the revocation would be the last word.
    let known = "SELECT (SELECT count(*) FROM seen_session) + (SELECT count(*) FROM revoked_session)";
    snapshot.sessions().reserve(count(transaction, known)?);
    let sql = "SELECT id, sid, seen_at FROM seen_session UNION ALL SELECT id, sid, NULL FROM revoked_session";
    let mut statement = transaction.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        set_session(snapshot, row)?;
    }
    Ok(())
}

fn set_session(snapshot: &mut Snapshot, row: &Row<'_>) -> Result<(), LoadError> {
    let mark = row.get::<_, Option<i64>>(2)?.map_or(SessionMark::Revoked, |at| SessionMark::Seen(Timestamp(at)));
    snapshot.sessions().set(row.get(0)?, SessionId(row.get(1)?), mark)
}

fn reload_group(transaction: &Transaction<'_>, snapshot: &mut Snapshot, id: GroupId) -> Result<(), LoadError> {
    let mut statement = transaction.prepare_cached("SELECT name, kind = 'admin' FROM groups WHERE id = ?1")?;
    let found = statement.query_row([id.0], |row| Ok((row.get::<_, String>(0)?, row.get(1)?))).optional()?;
    let Some((name, admin)) = found else {
        snapshot.remove_group(id);
        return Ok(());
    };
    let sql = "SELECT group_id, id, app_id, role, starts_at, expires_at FROM access_grant WHERE group_id = ?1";
    let grants = grants(transaction, sql, id.0, &mut snapshot.roles)?;
    snapshot.set_group(id, &name, (grants, admin));
    Ok(())
}

fn reload_app(transaction: &Transaction<'_>, snapshot: &mut Snapshot, id: AppId) -> Result<(), LoadError> {
    let sql = "SELECT id, slug, roles, groups_header, stale_ok FROM app WHERE id = ?1";
    let mut statement = transaction.prepare_cached(sql)?;
    let mut rows = statement.query([id.0])?;
    match rows.next()? {
        Some(row) => set_app(snapshot, row)?,
        None => snapshot.remove_app(id),
    }
    Ok(())
}

fn reload_session(transaction: &Transaction<'_>, snapshot: &mut Snapshot, id: i64) -> Result<(), LoadError> {
    let sql = "SELECT id, sid, NULL FROM revoked_session WHERE id = ?1
               UNION ALL SELECT id, sid, seen_at FROM seen_session WHERE id = ?1";
    let mut statement = transaction.prepare_cached(sql)?;
    let mut rows = statement.query([id])?;
    match rows.next()? {
        Some(row) => set_session(snapshot, row)?,
        None => snapshot.sessions().remove(id),
    }
    Ok(())
}
