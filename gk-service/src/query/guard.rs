//! What keeps a question from writing, from seeing what is secret, and from growing large.

use std::time::Instant;

use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

use super::columns::{Readable, readable};
use super::{MOST_QUESTION, MOST_TIME, MOST_VALUE};

/// Instructions of SQLite's machine from one look at the clock to the next.
const LOOK_EVERY: i32 = 1000;

/// Functions that read nothing but their arguments. What they make is bounded as every value is.
const FUNCTIONS: &str = "-> ->> abs avg char coalesce concat concat_ws count cume_dist date datetime dense_rank first_value \
    format glob group_concat hex ifnull iif instr json json_array json_array_length json_each json_extract json_group_array \
    json_group_object json_object json_tree json_type json_valid julianday lag last_value lead length like lower ltrim max \
    min nth_value ntile nullif percent_rank printf quote rank replace round row_number rtrim sign strftime string_agg \
    substr substring sum time timediff total trim typeof unicode unixepoch upper";

/// Opens the database so that one question can be asked of it.
pub(super) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // What a question sorts stays in memory, which the process has little of.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "query_only", true)?;
    limit(&connection)?;
    let until = Instant::now() + MOST_TIME;
    connection.progress_handler(LOOK_EVERY, Some(move || Instant::now() >= until))?;
    connection.authorizer(Some(|context: AuthContext<'_>| allowed(context.action)))?;
    Ok(connection)
}

fn limit(connection: &Connection) -> rusqlite::Result<()> {
    let limits = [
        (Limit::SQLITE_LIMIT_LENGTH, MOST_VALUE),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, i32::try_from(MOST_QUESTION).unwrap_or(i32::MAX)),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_COLUMN, 100),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 20),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200),
        (Limit::SQLITE_LIMIT_VDBE_OP, 100_000),
        (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 0),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ];
    limits.iter().try_for_each(|(limit, most)| connection.set_limit(*limit, *most).map(drop))
}

fn allowed(action: AuthAction<'_>) -> Authorization {
    match action {
        AuthAction::Select | AuthAction::Recursive => Authorization::Allow,
        AuthAction::Read { table_name, column_name } => match readable(table_name, column_name) {
            Readable::Yes => Authorization::Allow,
            Readable::AsNull => Authorization::Ignore,
            Readable::No => Authorization::Deny,
        },
        AuthAction::Function { function_name } if is_known(function_name) => Authorization::Allow,
        _ => Authorization::Deny,
    }
}

fn is_known(function: &str) -> bool {
    FUNCTIONS.split_whitespace().any(|known| known.eq_ignore_ascii_case(function))
}
