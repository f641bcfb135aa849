//! One's own account and apps.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use gk_service::model::{App, Origin};
use gk_service::service::console::Console;
use gk_service::service::users::Fullname;
use gk_service::service::{account, explain};
use gk_shared::model::Slug;
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::Body;
use super::caller::Person;
use super::done::told;
use super::problem::Problem;
use super::{AppState, shown};
use crate::time;
use crate::ui::{CookieRules, cookies};

/// GET /api/v1/auth/me
pub(super) async fn me(State(app): AppState, Person(there): Person) -> Result<Json<Value>, Problem> {
    let rights = app.read(there.caller, account::rights).await?;
    let mut own = shown::own(&there.user);
    if let Some(own) = own.as_object_mut() {
        own.insert("is_internal".into(), json!(rights.internal));
        own.insert("app_admin_apps".into(), json!(rights.administers.iter().map(Slug::as_str).collect::<Vec<_>>()));
    }
    Ok(Json(own))
}

/// What to change about oneself; what is not there, or null, stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Changes {
    name: Option<String>,
    notify_private_app_requests: Option<bool>,
}

/// PATCH /api/v1/auth/me. Only those who decide hear of requests: of anybody else the wish is passed over.
pub(super) async fn update(
    State(app): AppState,
    Person(there): Person,
    Body(changes): Body<Changes>,
) -> Result<Response, Problem> {
    let update = account::Update {
        fullname: changes.name.as_deref().map(Fullname::parse).transpose()?,
        notify: changes.notify_private_app_requests.filter(|_| there.console != Console::Closed),
        ..account::Update::default()
    };
    let done = app.change(there.caller, move |op| account::update(op, &update)).await?;
    Ok(told(&done, shown::own))
}

/// DELETE /api/v1/auth/me: as on the settings' page it takes a recent sign-in.
pub(super) async fn remove(State(app): AppState, Person(there): Person) -> Result<Response, Problem> {
    if there.user.seeded {
        return Err(Problem::invalid("Cannot delete seeded admin account."));
    }
    let removing = app.change(there.caller, |op| {
        account::remove(op, "DELETE")?;
        Ok(CookieRules::of(op))
    });
    let done = removing.await?;
    let mut response = told(&done, |_| json!({ "message": "Account deleted successfully" }));
    cookies::end_session(response.headers_mut(), &done.value);
    Ok(response)
}

/// GET /api/v1/auth/me/apps: those one may enter, by name.
pub(super) async fn own_apps(State(app): AppState, Person(there): Person) -> Result<Json<Value>, Problem> {
    let apps =
        app.read_in_force(there.caller, move |view, snapshot| explain::own_apps(view, snapshot, &there.user)).await?;
    let one = |own: &explain::OwnApp| {
        json!({
            "app_slug": own.app.slug.as_str(), "app_name": own.app.name, "app_description": own.app.description,
            "app_url": url(&own.app), "role": own.role, "granted_at": own.granted_at.map(time::show),
        })
    };
    Ok(Json(apps.iter().map(one).collect()))
}

/// GET /api/v1/auth/apps/public: nothing is open to everybody here.
pub(super) async fn public_apps() -> Json<Value> {
    Json(json!([]))
}

/// GET /api/v1/auth/apps/private: the listed apps one may not enter.
pub(super) async fn other_apps(State(app): AppState, Person(there): Person) -> Result<Json<Value>, Problem> {
    let apps =
        app.read_in_force(there.caller, move |view, snapshot| explain::other_apps(view, snapshot, &there.user)).await?;
    let one = |app: &App| json!({ "slug": app.slug.as_str(), "name": app.name, "description": app.description, "app_url": url(app) });
    Ok(Json(apps.iter().map(one).collect()))
}

fn url(app: &App) -> Option<&str> {
    app.origins.first().map(Origin::as_str)
}
