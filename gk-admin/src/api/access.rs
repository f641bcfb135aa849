//! Why somebody may or may not enter, who may, and where.

use axum::Json;
use axum::extract::State;
use gk_service::service::explain::{self, PlaceFilter, Shown, WhoFilter};
use gk_shared::access::AllowReason;
use gk_shared::model::{Slug, UserId};
use gk_shared::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::AppState;
use super::asked::{Named, Wanted, flag, number, part, username};
use super::caller::Asking;
use super::problem::Problem;
use crate::access_json::{destination_json, entrant_json, explanation_json};
use crate::time;

/// So many at once, unless it is said, and at most.
const ROWS: (i64, i64) = (100, 1000);

#[derive(Deserialize)]
pub(super) struct Question {
    user: Option<String>,
    app: Option<String>,
    at: Option<String>,
}

/// GET /api/v1/admin/explain?user=&app=&at=
pub(super) async fn explain(
    State(app): AppState,
    Asking(caller): Asking,
    Wanted(asked): Wanted<Question>,
) -> Result<Json<Value>, Problem> {
    let user = asked.user.as_deref().ok_or_else(|| Problem::wrong_shape("say whom: user="))?;
    let user = username(user)?;
    let slug = asked.app.as_deref().filter(|slug| !slug.is_empty()).map(slug_of).transpose()?;
    let at = moment(asked.at.as_deref())?;
    let said = app.read_in_force(caller, move |view, snapshot| {
        explain::explain(view, snapshot, &user, slug.as_ref(), at.unwrap_or(view.now))
    });
    Ok(Json(explanation_json(&said.await?)))
}

/// A time of the parameters.
fn moment(text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    text.filter(|text| !text.is_empty()).map(time::parse).transpose().map_err(Problem::wrong_shape)
}

fn slug_of(text: &str) -> Result<Slug, Problem> {
    Slug::parse(text).map_err(|bad| Problem::wrong_shape(bad.to_string()))
}

/// Which of a list; its table also says of which app or of whom it is.
#[derive(Deserialize)]
pub(super) struct Narrowed {
    app: Option<String>,
    user: Option<String>,
    search: Option<String>,
    role: Option<String>,
    reason: Option<String>,
    all: Option<String>,
    limit: Option<String>,
    offset: Option<String>,
}

impl Narrowed {
    pub(super) fn app(&self) -> Result<Slug, Problem> {
        slug_of(self.app.as_deref().ok_or_else(|| Problem::wrong_shape("say of which app: app="))?)
    }

    pub(super) fn user(&self) -> Result<UserId, Problem> {
        number(self.user.as_deref().ok_or_else(|| Problem::wrong_shape("say whose: user= with a number"))?)
    }

    pub(super) fn who(&self) -> Result<WhoFilter, Problem> {
        let reason = self.reason.as_deref().map(|word| AllowReason::parse(word).ok_or(word)).transpose();
        let reason = reason.map_err(|word| Problem::wrong_shape(format!("nobody enters for the reason {word}")))?;
        Ok(WhoFilter { text: self.search.clone(), role: self.role.clone(), reason })
    }

    pub(super) fn places(&self) -> Result<PlaceFilter, Problem> {
        let all = flag("all", self.all.as_deref())?.unwrap_or(false);
        let shown = if all { Shown::All } else { Shown::Entered };
        Ok(PlaceFilter { shown, text: self.search.clone(), role: self.role.clone(), reason: self.reason.clone() })
    }
}

/// GET /api/v1/admin/apps/{slug}/who
pub(super) async fn who(
    State(app): AppState,
    Asking(caller): Asking,
    Named(slug): Named<String>,
    Wanted(narrowed): Wanted<Narrowed>,
) -> Result<Json<Value>, Problem> {
    let slug = Slug::parse(&slug).map_err(|_| Problem::not_found("App not found"))?;
    let filter = narrowed.who()?;
    let (limit, offset) = part(narrowed.limit.as_deref(), narrowed.offset.as_deref(), ROWS)?;
    let found = app.read_in_force(caller, move |view, snapshot| {
        explain::who_enters(view, snapshot, &slug, &filter, (offset, limit))
    });
    let found = found.await?;
    let rows = found.rows.iter().map(entrant_json).collect::<Vec<_>>();
    Ok(Json(json!({ "entrants": rows, "total": found.total })))
}

/// GET /api/v1/admin/users/{id}/where
pub(super) async fn places(
    State(app): AppState,
    Asking(caller): Asking,
    Named(id): Named<String>,
    Wanted(narrowed): Wanted<Narrowed>,
) -> Result<Json<Value>, Problem> {
    let (id, filter) = (number(&id)?, narrowed.places()?);
    let found = app.read_in_force(caller, move |view, snapshot| explain::where_to(view, snapshot, id, &filter));
    let (user, places) = found.await?;
    let rows = places.iter().map(destination_json).collect::<Vec<_>>();
    Ok(Json(json!({ "user": user.email.as_str(), "destinations": rows })))
}
