//! Every row in its order, for whoever checks the chain: nothing is held but the row at hand.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::chain::{Chainable, Chained};

/// A row as it is found, which may be anything.
pub(crate) struct Walked<'r> {
    pub(crate) chainable: Chainable<'r>,
    /// The chain value it says it has.
    pub(crate) chain: Chained,
}

/// Hands every row on, the oldest first.
pub(crate) fn walk(connection: &Connection, mut each: impl FnMut(&Walked<'_>)) -> rusqlite::Result<()> {
    let sql = "SELECT id, at, actor_id, target_user, key_id, form, chain,
                   actor_kind, actor, action, target, app, ip, user_agent, before, after FROM audit ORDER BY id";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(&walked(row)?);
    }
    Ok(())
}

fn walked<'r>(row: &'r Row<'_>) -> rusqlite::Result<Walked<'r>> {
    let mut texts = [[].as_slice(); 9];
    for (place, text) in texts.iter_mut().enumerate() {
        *text = bytes(row.get_ref(7 + place)?);
    }
    Ok(Walked {
        chainable: Chainable {
            id: row.get(0)?,
            at: row.get(1)?,
            actor_id: row.get(2)?,
            target_user: row.get(3)?,
            key: row.get(4)?,
            form: row.get(5)?,
            texts,
        },
        // What is no chain value is none that any row has.
        chain: bytes(row.get_ref(6)?).try_into().unwrap_or_default(),
    })
}

/// The table is strict: what is no text here cannot be there.
fn bytes(value: ValueRef<'_>) -> &[u8] {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => &[],
    }
}
