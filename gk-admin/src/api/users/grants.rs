//! Several people into several apps at once.

use axum::extract::State;
use axum::response::Response;
use gk_service::service::grants::{self, Give, Receiver, Whom};
use gk_service::service::{Op, Refusal};
use gk_shared::model::{Role, Slug, Username};
use serde::Deserialize;
use serde_json::json;

use crate::api::AppState;
use crate::api::body::Body;
use crate::api::caller::Asking;
use crate::api::done::told;
use crate::api::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Asked {
    emails: Vec<String>,
    app_slugs: Vec<String>,
    role: Option<String>,
}

/// POST /api/v1/admin/users/grant-bulk: all of it, or nothing. Whoever has a grant of an app keeps it as it is.
pub(in crate::api) async fn give(
    State(app): AppState,
    Asking(caller): Asking,
    Body(asked): Body<Asked>,
) -> Result<Response, Problem> {
    let people = asked.emails.iter().map(|email| Username::parse(email)).collect::<Result<Vec<_>, _>>();
    let apps = asked.app_slugs.iter().map(|slug| Slug::parse(slug)).collect::<Result<Vec<_>, _>>();
    let role = asked.role.as_deref().map(Role::parse).transpose().map_err(Refusal::from)?;
    let (people, apps) = (people.map_err(Refusal::from)?, apps.map_err(Refusal::from)?);
    let give = Give { role: role.into(), ..Give::default() };
    let counts = (people.len(), apps.len());
    let whom = Whom::Named(people.into_iter().map(Receiver::User).collect());
    let done = app.change(caller, move |op: &Op<'_>| grants::give_new(op, &apps, &whom, &give)).await?;
    Ok(told(&done, |plan| {
        let ((users, apps), made) = (counts, plan.count());
        let message = format!("Created {made} access grant(s) for {users} user(s) across {apps} app(s)");
        json!({ "message": message, "created": made })
    }))
}
