//! The decision by the words of its table, one statement for each row of it. Written from the specification and slow:
//! it shares nothing with `access::decide`, so that both have the same mistake only if the table has it.

use rusqlite::{Connection, OptionalExtension, Params, Result};

use super::question::{Asked, Shown};
use crate::token::Claims;

/// What nginx would be told: `401`, `403 no-grant`, `200 u1@a.example own-grant 7 editor`.
pub(super) fn decision(rows: &Connection, asked: &Asked) -> Result<String> {
    let app = app(rows, asked)?;
    let user = match &asked.shown {
        Shown::Nobody(_) => None,
        Shown::Person(id) => Some(*id),
        Shown::Session(claims, seen) => session(rows, claims, *seen, (app, asked.now))?,
        Shown::Key(hash) => match key(rows, hash, asked.now)? {
            None => None,
            Some((owner, _)) if email(rows, owner)?.is_none() => None,
            Some((_, apps)) if !app.is_some_and(|app| apps.contains(&app)) => return Ok("403 wrong-app".into()), // 2
            Some((owner, _)) => Some(owner),
        },
    };
    let Some(user) = user else { return Ok("401".into()) }; // 1
    let Some(email) = email(rows, user)? else { return Ok("401".into()) }; // 1
    if !is_so(rows, "SELECT usable FROM user WHERE id = ?1", [user])? {
        return Ok("403 not-approved".into()); // 3
    }
    Ok(match enter(rows, user, app, asked)? {
        Ok(pass) => format!("200 {email} {pass}"),
        Err(reason) => format!("403 {reason}"),
    })
}

/// Rows 4 to 12: as what somebody enters, or why not.
fn enter(rows: &Connection, user: i64, app: Option<i64>, asked: &Asked) -> Result<Result<String, &'static str>> {
    let allow = is_so(rows, "SELECT default_app = 'allow' FROM policy", [])?;
    let admin = is_so(rows, ADMIN, [user])?;
    let own = |app| grant(rows, OWN, (user, app, asked.now));
    let of_group = |app| grant(rows, OF_GROUPS, (user, app, asked.now));
    Ok(match (asked.app.as_slice(), app) {
        ([_, _, ..], _) => Err("bad-app"),                      // 4
        ([slug], _) if !is_slug(slug) => Err("bad-app"),        // 4
        ([], _) if allow => Ok("default-allow".into()),         // 5
        ([], _) => Err("no-app"),                               // 5
        (_, None) if !allow => Err("unregistered"),             // 6
        (_, None) if admin => Ok("default-allow admin".into()), // 7
        (_, None) => Ok("default-allow".into()),                // 7
        (_, Some(app)) => {
            let headers = is_so(rows, "SELECT groups_header FROM app WHERE id = ?1", [app])?;
            let pass = match (own(app)?, of_group(app)?) {
                (Some(grant), _) => Ok(format!("own-grant {grant}")),      // 8
                (None, Some(grant)) => Ok(format!("group-grant {grant}")), // 9
                (None, None) if admin => Ok("super-admin admin".into()),   // 10
                (None, None) if is_so(rows, INTERNAL, [user])? => Ok("internal".into()), // 11
                (None, None) => Err("no-grant"),                           // 12
            };
            pass.map(|pass| if headers { pass + ", groups" } else { pass })
        }
    })
}

const ADMIN: &str = "SELECT EXISTS (SELECT 1 FROM user, json_each('[' || group_ids || ']') AS member
    JOIN groups ON groups.id = member.value WHERE user.id = ?1 AND kind = 'admin')";

const INTERNAL: &str = "SELECT EXISTS (SELECT 1 FROM user JOIN accepted_domain
    ON substr(email, instr(email, '@') + 1) = domain WHERE user.id = ?1)";

const OWN: &str = "SELECT id, role FROM access_grant WHERE user_id = ?1 AND app_id = ?2
    AND (starts_at IS NULL OR starts_at <= ?3) AND (expires_at IS NULL OR ?3 < expires_at)";

/// The role latest in the app's list; one that is not listed before none at all; then the oldest grant.
const OF_GROUPS: &str = "SELECT g.id, role FROM access_grant g JOIN app ON app.id = app_id
    JOIN user ON user.id = ?1 JOIN json_each('[' || group_ids || ']') AS member ON member.value = g.group_id
    WHERE app_id = ?2
    AND (starts_at IS NULL OR starts_at <= ?3) AND (expires_at IS NULL OR ?3 < expires_at)
    ORDER BY role IS NULL, instr(',' || roles || ',', ',' || role || ',') DESC, g.id LIMIT 1";

/// `7 editor`, or `7` without a role.
fn grant(rows: &Connection, sql: &str, of: (i64, i64, i64)) -> Result<Option<String>> {
    let named = |row: &rusqlite::Row<'_>| {
        let (id, role) = (row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?);
        Ok(role.map_or(id.to_string(), |role| format!("{id} {role}")))
    };
    rows.prepare_cached(sql)?.query_row(of, named).optional()
}

/// Whose session it is, unless row 1 or 2 ends it.
fn session(rows: &Connection, claims: &Claims, seen: Option<i64>, at: (Option<i64>, i64)) -> Result<Option<i64>> {
    let (app, now) = at;
    let (user, sid) = (claims.user.0, claims.session.0);
    let revoked = is_so(rows, "SELECT EXISTS (SELECT 1 FROM revoked_session WHERE sid = ?1)", [sid])?;
    let idle =
        "SELECT idle_seconds > 0 AND ?2 - max(?3, ?4, coalesce((SELECT seen_at FROM seen_session WHERE sid = ?1), 0))
        >= idle_seconds FROM policy";
    let idle = is_so(rows, idle, (sid, now, claims.issued.0, seen.unwrap_or(0)))?;
    let salted = "SELECT EXISTS (SELECT 1 FROM user, policy WHERE user.id = ?1 AND tag = ?2 AND global_tag = ?3)";
    let salted = is_so(rows, salted, (user, claims.user_tag.0, claims.global_tag.0))?;
    let elsewhere = claims.app.is_some_and(|bound| app != Some(bound.0)); // 2
    Ok((claims.expires.0 > now && !revoked && !idle && salted && !elsewhere).then_some(user))
}

/// Owner and apps of a key that is in use.
fn key(rows: &Connection, hash: &[u8; 32], now: i64) -> Result<Option<(i64, Vec<i64>)>> {
    let sql = "SELECT owner_id, '[' || apps || ']' FROM api_key
        WHERE hash = ?1 AND (expires_at IS NULL OR ?2 < expires_at)";
    let found = rows.prepare_cached(sql)?.query_row((hash, now), |row| Ok((row.get(0)?, row.get::<_, String>(1)?)));
    let Some((owner, apps)) = found.optional()? else { return Ok(None) };
    let mut statement = rows.prepare_cached("SELECT value FROM json_each(?1)")?;
    let apps = statement.query_map([apps], |row| row.get(0))?.collect::<Result<Vec<_>>>()?;
    Ok(Some((owner, apps)))
}

/// The registered app that is asked for.
fn app(rows: &Connection, asked: &Asked) -> Result<Option<i64>> {
    match asked.app.as_slice() {
        [slug] => {
            rows.prepare_cached("SELECT id FROM app WHERE slug = ?1")?.query_row([slug], |row| row.get(0)).optional()
        }
        _ => Ok(None),
    }
}

fn email(rows: &Connection, user: i64) -> Result<Option<String>> {
    rows.prepare_cached("SELECT email FROM user WHERE id = ?1")?.query_row([user], |row| row.get(0)).optional()
}

fn is_slug(text: &str) -> bool {
    (1..64).contains(&text.len()) && text.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-'))
}

fn is_so(rows: &Connection, sql: &str, of: impl Params) -> Result<bool> {
    rows.prepare_cached(sql)?.query_row(of, |row| row.get(0))
}
