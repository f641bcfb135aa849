//! Grants of an app, by number: list, give, change, take; and many taken at once, and given back.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use gk_service::model::WhichGrants;
use gk_service::service::grants::{self, Change, Give, Given, Outcome, Receiver, Tell};
use gk_service::service::{Op, Refusal, View};
use gk_shared::model::{GrantId, GroupName, Role, Username};
use gk_shared::time::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::api::AppState;
use crate::api::asked::{Named, Wanted, app as app_named, part};
use crate::api::body::Body;
use crate::api::caller::Asking;
use crate::api::done::{made, told};
use crate::api::problem::Problem;
use crate::grant_json::{grant_json, grant_of_app_json};
use crate::time;

/// A grant to give, to a person or a group; or what to change of one. What is not there stays, and null takes it away.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Asked {
    email: Option<String>,
    group: Option<String>,
    #[serde(default, deserialize_with = "sent")]
    role: Change<String>,
    #[serde(default, deserialize_with = "sent")]
    starts_at: Change<String>,
    #[serde(default, deserialize_with = "sent")]
    expires_at: Change<String>,
    note: Option<String>,
    /// Also tell the person by mail of another role, start or end.
    #[serde(default)]
    notify: bool,
}

#[derive(Deserialize)]
pub(in crate::api) struct Which {
    unused: Option<String>,
    expiring: Option<String>,
    limit: Option<String>,
    offset: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Take {
    ids: Vec<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct GiveBack {
    taking: i64,
}

fn sent<'de, D: Deserializer<'de>>(reader: D) -> Result<Change<String>, D::Error> {
    Ok(Option::deserialize(reader)?.map_or(Change::Clear, Change::Set))
}

impl Asked {
    fn give(self) -> Result<(Option<Receiver>, Give), Problem> {
        let receiver = match (self.email, self.group) {
            (None, None) => None,
            (Some(email), None) => Some(Receiver::User(Username::parse(&email).map_err(Refusal::from)?)),
            (None, Some(group)) => Some(Receiver::Group(GroupName::parse(&group).map_err(Refusal::from)?)),
            (Some(_), Some(_)) => return Err(Problem::wrong_shape("a grant is for one email or one group")),
        };
        let give = Give {
            role: read(self.role, |text| Ok(Role::parse(text).map_err(Refusal::from)?))?,
            starts_at: read(self.starts_at, at)?,
            expires_at: read(self.expires_at, at)?,
            note: self.note,
            tell: if self.notify { Tell::OfChanges } else { Tell::OfNew },
        };
        Ok((receiver, give))
    }
}

fn read<T>(change: Change<String>, parse: impl Fn(&str) -> Result<T, Problem>) -> Result<Change<T>, Problem> {
    match change {
        Change::Keep => Ok(Change::Keep),
        Change::Clear => Ok(Change::Clear),
        Change::Set(text) => parse(&text).map(Change::Set),
    }
}

fn at(text: &str) -> Result<Timestamp, Problem> {
    time::parse(text).map_err(Problem::wrong_shape)
}

/// GET /api/v1/admin/apps/{slug}/grants?unused=90d or ?expiring=30d
pub(in crate::api) async fn list(
    State(app): AppState,
    Asking(caller): Asking,
    Named(slug): Named<String>,
    Wanted(which): Wanted<Which>,
) -> Result<Json<Value>, Problem> {
    let slug = app_named(&slug)?;
    let (most, skip) = part(which.limit.as_deref(), which.offset.as_deref(), (1000, 1000))?;
    let days = |text: Option<String>| text.as_deref().map(time::days).transpose().map_err(Problem::wrong_shape);
    let (unused, expiring) = (days(which.unused)?, days(which.expiring)?);
    let listed = app.read(caller, move |view: &View<'_>| {
        let which = match (unused, expiring) {
            (None, None) => WhichGrants::All,
            (Some(span), None) => WhichGrants::Unused { since: view.now.plus(-span) },
            (None, Some(span)) => WhichGrants::Expiring { after: view.now, until: view.now.plus(span) },
            (Some(_), Some(_)) => return Err(Refusal::Invalid("ask for unused or for expiring".into())),
        };
        grants::list(view, Some(&slug), which, (skip, most))
    });
    let listed = listed.await?;
    let shown = listed.grants.iter().map(grant_of_app_json).collect::<Vec<_>>();
    Ok(Json(json!({ "grants": shown, "total": listed.total })))
}

/// POST /api/v1/admin/apps/{slug}/grants: whoever has one has it changed.
pub(in crate::api) async fn give(
    State(app): AppState,
    Asking(caller): Asking,
    Named(slug): Named<String>,
    Body(asked): Body<Asked>,
) -> Result<Response, Problem> {
    let (slug, (to, give)) = (app_named(&slug)?, asked.give()?);
    let to = to.ok_or_else(|| Problem::wrong_shape("email or group is needed"))?;
    let done = app.change(caller, move |op: &Op<'_>| grants::give(op, &slug, &to, &give)).await;
    let done = done.map_err(Problem::of_state)?;
    Ok(match done.value.outcome {
        Outcome::Granted => made(&done, shown),
        Outcome::Updated | Outcome::Unchanged => told(&done, shown),
    })
}

/// PATCH /api/v1/admin/apps/{slug}/grants/{id}
pub(in crate::api) async fn edit(
    State(app): AppState,
    Asking(caller): Asking,
    Named((slug, id)): Named<(String, String)>,
    Body(asked): Body<Asked>,
) -> Result<Response, Problem> {
    let (slug, id, (to, give)) = (app_named(&slug)?, number(&id)?, asked.give()?);
    if to.is_some() {
        return Err(Problem::wrong_shape("whose grant it is stays as it is"));
    }
    let done = app.change(caller, move |op: &Op<'_>| grants::edit(op, &slug, id, &give)).await;
    Ok(told(&done.map_err(Problem::of_state)?, shown))
}

/// DELETE /api/v1/admin/apps/{slug}/grants/{id}
pub(in crate::api) async fn take(
    State(app): AppState,
    Asking(caller): Asking,
    Named((slug, id)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let (slug, id) = (app_named(&slug)?, number(&id)?);
    Ok(told(&app.change(caller, move |op: &Op<'_>| grants::take_numbered(op, &slug, id)).await?, grant_json))
}

/// POST /api/v1/admin/grants/take: all of them, or none.
pub(in crate::api) async fn take_many(
    State(app): AppState,
    Asking(caller): Asking,
    Body(Take { ids }): Body<Take>,
) -> Result<Response, Problem> {
    let ids = ids.into_iter().map(GrantId).collect::<Vec<_>>();
    let done = app.change(caller, move |op: &Op<'_>| grants::take_many(op, &ids)).await;
    Ok(told(
        &done.map_err(Problem::of_state)?,
        |taken| json!({ "taking": taken.number, "revoked": taken.grants.iter().map(grant_json).collect::<Vec<_>>() }),
    ))
}

/// POST /api/v1/admin/grants/give-back
pub(in crate::api) async fn give_back(
    State(app): AppState,
    Asking(caller): Asking,
    Body(GiveBack { taking }): Body<GiveBack>,
) -> Result<Response, Problem> {
    let done = app.change(caller, move |op: &Op<'_>| grants::give_back(op, taking)).await;
    Ok(told(
        &done.map_err(Problem::of_state)?,
        |given| json!({ "given_back": given.iter().map(grant_json).collect::<Vec<_>>() }),
    ))
}

fn shown(given: &Given) -> Value {
    grant_json(&given.grant)
}

fn number(text: &str) -> Result<GrantId, Problem> {
    text.parse().map(GrantId).map_err(|_| Problem::not_found("Grant not found."))
}
