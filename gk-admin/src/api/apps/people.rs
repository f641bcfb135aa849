//! People of an app by e-mail: paths and shapes that consoles know.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use gk_service::model::{Grant, Holder};
use gk_service::service::grants::{self, Change, Give, Outcome, Receiver};
use gk_service::service::{Op, Refusal, View, apps};
use gk_shared::model::{Role, Username};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::AppState;
use crate::api::asked::{Named, Wanted, app as app_named};
use crate::api::body::Body;
use crate::api::caller::Asking;
use crate::api::done::told;
use crate::api::problem::Problem;
use crate::time;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Asked {
    email: String,
    role: Option<String>,
}

#[derive(Deserialize)]
pub(in crate::api) struct From {
    email: Option<String>,
}

/// GET /api/v1/admin/apps/{slug}/users
pub(in crate::api) async fn list(
    State(app): AppState,
    Asking(caller): Asking,
    Named(slug): Named<String>,
) -> Result<Json<Value>, Problem> {
    let slug = app_named(&slug)?;
    let (_, given) = app.read(caller, move |view: &View<'_>| apps::show(view, &slug)).await?;
    Ok(Json(shown(&given)))
}

/// POST /api/v1/admin/apps/{slug}/grant: one that is the same already is refused. No role, or null, is none.
pub(in crate::api) async fn grant(
    State(app): AppState,
    Asking(caller): Asking,
    Named(slug): Named<String>,
    Body(asked): Body<Asked>,
) -> Result<Response, Problem> {
    let (slug, to) = (app_named(&slug)?, receiver(&asked.email)?);
    let role = asked.role.as_deref().map(Role::parse).transpose().map_err(Refusal::from)?;
    let give = Give { role: role.map_or(Change::Clear, Change::Set), ..Give::default() };
    let done = app.change(caller, move |op: &Op<'_>| grants::give(op, &slug, &to, &give)).await;
    let done = done.map_err(Problem::of_state)?;
    let message = match done.value.outcome {
        Outcome::Granted => "Access granted",
        Outcome::Updated => "Role updated",
        Outcome::Unchanged => return Err(Problem::invalid("They have this access already.")),
    };
    Ok(told(&done, |_| json!({ "message": message })))
}

/// DELETE /api/v1/admin/apps/{slug}/revoke?email=
pub(in crate::api) async fn revoke(
    State(app): AppState,
    Asking(caller): Asking,
    Named(slug): Named<String>,
    Wanted(wanted): Wanted<From>,
) -> Result<Response, Problem> {
    let email = wanted.email.ok_or_else(|| Problem::wrong_shape("email is needed"))?;
    let (slug, from) = (app_named(&slug)?, receiver(&email)?);
    let done = app.change(caller, move |op: &Op<'_>| grants::take(op, &slug, &from)).await;
    let done = done.map_err(|refusal| match refusal {
        Refusal::Conflict(sentence) => Problem::not_found(sentence),
        other => other.into(),
    })?;
    Ok(told(&done, |_| json!({ "message": "Access revoked" })))
}

fn receiver(email: &str) -> Result<Receiver, Problem> {
    Ok(Receiver::User(Username::parse(email).map_err(Refusal::from)?))
}

/// The people among those who have a grant.
pub(super) fn shown(given: &[Grant]) -> Value {
    let people = given.iter().filter(|grant| matches!(grant.holder, Holder::User(_)));
    let one = |grant: &Grant| {
        json!({
            "email": grant.holder_name, "role": grant.role.as_ref().map(Role::as_str),
            "granted_at": time::show(grant.granted_at), "granted_by": grant.granted_by,
        })
    };
    people.map(one).collect()
}
