//! People by user name or e-mail: paths and shapes that client libraries of apps know.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use gk_service::model::Detail;
use gk_service::service::users::{self, AccountOrigin, Add, Approval, Fullname, Rank, Seeded, Update};
use gk_service::service::{Op, Refusal, View, groups};
use gk_shared::model::{Email, Username};
use serde::Deserialize;
use serde_json::{Value, json};

use super::which::Which;
use crate::api::asked::{Named, Wanted, username};
use crate::api::body::Body;
use crate::api::caller::Asking;
use crate::api::done::{made, told};
use crate::api::problem::Problem;
use crate::api::{AppState, shown, version};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct New {
    username: String,
    email: String,
    #[serde(default)]
    fullname: String,
    enabled: Option<bool>,
}

/// What to change; what is not there, or null, stays. An empty text takes a name or detail away.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Changes {
    username: Option<String>,
    email: Option<String>,
    fullname: Option<String>,
    enabled: Option<bool>,
    given_name: Option<String>,
    mail_nickname: Option<String>,
    title: Option<String>,
    department: Option<String>,
    manager: Option<String>,
    telephone_number: Option<String>,
    mobile_number: Option<String>,
}

impl Changes {
    fn update(self, version: Option<i64>) -> Result<Update, Refusal> {
        let details = [
            (Detail::GivenName, self.given_name),
            (Detail::MailNickname, self.mail_nickname),
            (Detail::Title, self.title),
            (Detail::Department, self.department),
            (Detail::Manager, self.manager),
            (Detail::TelephoneNumber, self.telephone_number),
            (Detail::MobileNumber, self.mobile_number),
        ];
        Ok(Update {
            version,
            username: self.username.as_deref().map(Username::parse).transpose()?,
            email: self.email.as_deref().map(Email::parse).transpose()?,
            fullname: self.fullname.as_deref().map(Fullname::parse).transpose()?,
            details: details.into_iter().filter_map(|(detail, text)| Some((detail, text?))).collect(),
            enabled: self.enabled,
            ..Update::default()
        })
    }
}

/// GET /api/v1/users
pub(in crate::api) async fn list(
    State(app): AppState,
    Asking(caller): Asking,
    Wanted(which): Wanted<Which>,
) -> Result<Json<Value>, Problem> {
    let (filter, order) = (which.filter()?, which.offset_part()?);
    let (limit, offset) = (order.most, order.skip);
    let part = app.read(caller, move |view: &View<'_>| users::search(view, &filter, &order)).await?;
    let people = part.rows.iter().map(shown::account).collect::<Vec<_>>();
    Ok(Json(json!({ "users": people, "total": part.total, "limit": limit, "offset": offset })))
}

/// POST /api/v1/users: whom a program adds may enter at once.
pub(in crate::api) async fn add(
    State(app): AppState,
    Asking(caller): Asking,
    Body(new): Body<New>,
) -> Result<Response, Problem> {
    let add = Add {
        username: Some(Username::parse(&new.username).map_err(Refusal::from)?),
        email: Email::parse(&new.email).map_err(Refusal::from)?,
        fullname: Fullname::parse(&new.fullname)?,
        approval: Approval::Given,
        rank: Rank::Person,
        origin: AccountOrigin::Added,
    };
    let disabled = new.enabled == Some(false);
    let done = app.change(caller, move |op: &Op<'_>| {
        let user = users::add(op, add)?;
        let off = Update { enabled: Some(false), ..Update::default() };
        if disabled { users::update(op, &user.username, &off) } else { Ok(user) }
    });
    let done = done.await?;
    Ok(version::tagged(made(&done, shown::account), done.value.version))
}

/// GET /api/v1/users/{username}
pub(in crate::api) async fn one(
    State(app): AppState,
    Asking(caller): Asking,
    Named(name): Named<String>,
) -> Result<Response, Problem> {
    let name = username(&name)?;
    let user = app.read(caller, move |view: &View<'_>| users::find(view, &name)).await?;
    Ok(version::tagged(Json(shown::account(&user)).into_response(), user.version))
}

/// PATCH /api/v1/users/{username}
pub(in crate::api) async fn change(
    State(app): AppState,
    Asking(caller): Asking,
    Named(name): Named<String>,
    headers: HeaderMap,
    Body(changes): Body<Changes>,
) -> Result<Response, Problem> {
    let (name, update) = (username(&name)?, changes.update(version::wanted(&headers)?)?);
    let done = app.change(caller, move |op: &Op<'_>| users::update(op, &name, &update)).await?;
    Ok(version::tagged(told(&done, shown::account), done.value.version))
}

/// DELETE /api/v1/users/{username}
pub(in crate::api) async fn remove(
    State(app): AppState,
    Asking(caller): Asking,
    Named(name): Named<String>,
) -> Result<Response, Problem> {
    let name = username(&name)?;
    let done = app.change(caller, move |op: &Op<'_>| users::remove(op, &name, Seeded::Refuse)).await?;
    Ok(told(&done, |user| json!({ "status": "deleted", "username": user.username.as_str() })))
}

/// GET /api/v1/users/{username}/groups
pub(in crate::api) async fn groups_of(
    State(app): AppState,
    Asking(caller): Asking,
    Named(name): Named<String>,
) -> Result<Json<Value>, Problem> {
    let name = username(&name)?;
    let found = app.read(caller, move |view: &View<'_>| {
        let user = users::find(view, &name)?;
        groups::names_of(view, &user).map(|groups| (user, groups))
    });
    let (user, groups) = found.await?;
    Ok(Json(json!({ "username": user.username.as_str(), "groups": groups })))
}
