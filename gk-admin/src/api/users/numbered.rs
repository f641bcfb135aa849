//! People by number: paths and shapes that consoles know.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use gk_service::model::{Direction, Status, User, UserFilter, UserOrder, UserSort};
use gk_service::service::users::{self, AccountOrigin, Add, Approval, Fullname, Rank, Seeded, Update};
use gk_service::service::{Op, Refusal, View, Who};
use gk_shared::model::{Email, UserId, Username};
use serde::Deserialize;
use serde_json::{Value, json};

use super::which::Which;
use crate::api::asked::{Named, Wanted, number};
use crate::api::body::Body;
use crate::api::caller::Asking;
use crate::api::done::{made, told};
use crate::api::problem::Problem;
use crate::api::{AppState, shown, version};

/// No list of those who wait is longer.
const MOST_WAITING: i64 = 1000;
const NOT_ONESELF: &str = "Cannot modify your own account through this endpoint";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct New {
    email: String,
    username: Option<String>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    is_admin: bool,
    auto_approve: Option<bool>,
}

/// What to change; what is not there, or null, stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Changes {
    status: Option<String>,
    is_admin: Option<bool>,
    enabled: Option<bool>,
    username: Option<String>,
    email: Option<String>,
    name: Option<String>,
}

/// The changes, read.
struct Wish {
    version: Option<i64>,
    status: Option<Status>,
    /// If there is something besides the status.
    update: Option<Update>,
}

impl Changes {
    fn read(self, version: Option<i64>) -> Result<Wish, Problem> {
        let names = [&self.username, &self.email, &self.name].into_iter().any(Option::is_some);
        let touched = names || self.is_admin.is_some() || self.enabled.is_some();
        let unknown = || Problem::wrong_shape("status is one of pending, approved, rejected");
        let update = Update {
            username: self.username.as_deref().map(Username::parse).transpose().map_err(Refusal::from)?,
            email: self.email.as_deref().map(Email::parse).transpose().map_err(Refusal::from)?,
            fullname: self.name.as_deref().map(Fullname::parse).transpose()?,
            rank: self.is_admin.map(rank),
            enabled: self.enabled,
            ..Update::default()
        };
        let status = self.status.as_deref().map(|word| Status::parse(word).ok_or_else(unknown)).transpose()?;
        Ok(Wish { version, status, update: touched.then_some(update) })
    }
}

fn rank(is_admin: bool) -> Rank {
    if is_admin { Rank::SuperAdmin } else { Rank::Person }
}

/// GET /api/v1/admin/users
pub(in crate::api) async fn list(
    State(app): AppState,
    Asking(caller): Asking,
    Wanted(which): Wanted<Which>,
) -> Result<Json<Value>, Problem> {
    let (filter, (order, page)) = (which.filter()?, which.by_page()?);
    let size = order.most;
    let part = app.read(caller, move |view: &View<'_>| users::search(view, &filter, &order)).await?;
    let people = part.rows.iter().map(shown::person).collect::<Vec<_>>();
    Ok(Json(json!({ "users": people, "total": part.total, "page": page, "page_size": size })))
}

/// GET /api/v1/admin/users/pending: the longest first.
pub(in crate::api) async fn waiting(State(app): AppState, Asking(caller): Asking) -> Result<Json<Value>, Problem> {
    let filter = UserFilter { status: Some(Status::Pending), ..UserFilter::default() };
    let order = UserOrder { sort: UserSort::Created, direction: Direction::Ascending, skip: 0, most: MOST_WAITING };
    let part = app.read(caller, move |view: &View<'_>| users::search(view, &filter, &order)).await?;
    let people = part.rows.iter().map(shown::person).collect::<Vec<_>>();
    Ok(Json(json!({ "users": people, "total": part.total })))
}

/// POST /api/v1/admin/users
pub(in crate::api) async fn add(
    State(app): AppState,
    Asking(caller): Asking,
    Body(new): Body<New>,
) -> Result<Response, Problem> {
    let add = Add {
        username: new.username.as_deref().map(Username::parse).transpose().map_err(Refusal::from)?,
        email: Email::parse(&new.email).map_err(Refusal::from)?,
        fullname: Fullname::parse(&new.name)?,
        approval: if new.auto_approve == Some(false) { Approval::ByDomain } else { Approval::Given },
        rank: rank(new.is_admin),
        origin: AccountOrigin::Added,
    };
    let done = app.change(caller, move |op: &Op<'_>| users::add(op, add)).await.map_err(Problem::of_state)?;
    Ok(version::tagged(made(&done, shown::person), done.value.version))
}

/// GET /api/v1/admin/users/{id}
pub(in crate::api) async fn one(
    State(app): AppState,
    Asking(caller): Asking,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    let id = number(&id)?;
    let user = app.read(caller, move |view: &View<'_>| users::find_by_id(view, id)).await?;
    Ok(version::tagged(Json(shown::person(&user)).into_response(), user.version))
}

/// PATCH /api/v1/admin/users/{id}
pub(in crate::api) async fn change(
    State(app): AppState,
    Asking(caller): Asking,
    Named(id): Named<String>,
    headers: HeaderMap,
    Body(changes): Body<Changes>,
) -> Result<Response, Problem> {
    let (id, wish) = (number(&id)?, changes.read(version::wanted(&headers)?)?);
    let done = app.change(caller, move |op: &Op<'_>| {
        refuse_oneself(op, id, NOT_ONESELF)?;
        carry_out(op, id, wish)
    });
    let done = done.await.map_err(Problem::of_state)?;
    Ok(version::tagged(told(&done, shown::person), done.value.version))
}

/// POST /api/v1/admin/users/{id}/approve
pub(in crate::api) async fn approve(
    State(app): AppState,
    Asking(caller): Asking,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    let id = number(&id)?;
    let done = app.change(caller, move |op: &Op<'_>| users::approve(op, &users::to_change(op, id)?.username));
    Ok(told(&done.await.map_err(Problem::of_state)?, shown::person))
}

/// POST /api/v1/admin/users/{id}/reject
pub(in crate::api) async fn reject(
    State(app): AppState,
    Asking(caller): Asking,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    let id = number(&id)?;
    let done = app.change(caller, move |op: &Op<'_>| users::reject(op, &users::to_change(op, id)?.username));
    Ok(told(&done.await.map_err(Problem::of_state)?, shown::person))
}

/// DELETE /api/v1/admin/users/{id}
pub(in crate::api) async fn remove(
    State(app): AppState,
    Asking(caller): Asking,
    Named(id): Named<String>,
) -> Result<Response, Problem> {
    let id = number(&id)?;
    let done = app.change(caller, move |op: &Op<'_>| {
        refuse_oneself(op, id, "Cannot delete your own account")?;
        users::remove(op, &users::to_change(op, id)?.username, Seeded::Refuse)
    });
    let done = done.await.map_err(Problem::of_state)?;
    Ok(told(&done, |_| json!({ "message": "User deleted successfully" })))
}

/// All of the wish, or nothing of it.
fn carry_out(op: &Op<'_>, id: UserId, wish: Wish) -> Result<User, Refusal> {
    let user = users::to_change(op, id)?;
    if wish.version.is_some_and(|seen| seen != user.version) {
        return Err(Refusal::Outdated);
    }
    let changed = match wish.update {
        Some(update) => users::update(op, &user.username, &update)?,
        None => user,
    };
    match wish.status.filter(|status| *status != changed.status) {
        None => Ok(changed),
        Some(Status::Approved) => users::approve(op, &changed.username),
        Some(Status::Rejected) => users::reject(op, &changed.username),
        Some(Status::Pending) => Err(Refusal::Invalid("nobody who was decided on waits again".into())),
    }
}

/// The same sentence for everybody who may change people, and for nobody else.
fn refuse_oneself(op: &Op<'_>, id: UserId, sentence: &str) -> Result<(), Refusal> {
    match op.caller.who {
        Who::Person(own, _) if own == id => {
            users::to_change(op, id)?;
            Err(Refusal::Invalid(sentence.into()))
        }
        Who::Person(..) | Who::Operator(_) | Who::Key(_) | Who::System(_) | Who::Stranger => Ok(()),
    }
}
