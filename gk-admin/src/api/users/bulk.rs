//! The same done to many people at once.

use axum::extract::State;
use axum::response::Response;
use gk_service::model::User;
use gk_service::service::grants::Give;
use gk_service::service::users::{self, Bulk, Many};
use gk_service::service::{Op, Refusal};
use gk_shared::model::{GroupName, Role, Slug, UserId};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::AppState;
use crate::api::body::Body;
use crate::api::caller::Asking;
use crate::api::done::told;
use crate::api::problem::Problem;
use crate::time;

/// A person's number, as it is written in answers or as a number.
#[derive(Deserialize)]
#[serde(untagged)]
pub(in crate::api) enum Number {
    Written(String),
    Number(i64),
}

impl Number {
    fn read(self) -> Result<UserId, Problem> {
        match self {
            Self::Number(number) => Ok(UserId(number)),
            Self::Written(text) => {
                text.parse().map(UserId).map_err(|_| Problem::wrong_shape(format!("`{text}` is no person's id")))
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Asked {
    ids: Vec<Number>,
    action: Action,
    /// With `join`.
    group: Option<String>,
    /// With `grant`, and the rest too.
    app: Option<String>,
    role: Option<String>,
    expires_at: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    Approve,
    Enable,
    Disable,
    Join,
    Grant,
}

/// POST /api/v1/admin/users/bulk: all of it, or nothing.
pub(in crate::api) async fn many(
    State(app): AppState,
    Asking(caller): Asking,
    Body(asked): Body<Asked>,
) -> Result<Response, Problem> {
    let bulk = wanted(&asked)?;
    let people = asked.ids.into_iter().map(Number::read).collect::<Result<Vec<_>, _>>()?;
    let done = app.change(caller, move |op: &Op<'_>| users::many(op, &people, &bulk)).await?;
    Ok(told(&done, shown))
}

fn wanted(asked: &Asked) -> Result<Bulk, Problem> {
    let (group, app) = (asked.group.as_deref(), asked.app.as_deref());
    let of_grant = asked.role.is_some() || asked.expires_at.is_some();
    match (asked.action, group, app) {
        (Action::Approve, None, None) if !of_grant => Ok(Bulk::Approve),
        (Action::Enable, None, None) if !of_grant => Ok(Bulk::Enable),
        (Action::Disable, None, None) if !of_grant => Ok(Bulk::Disable),
        (Action::Join, Some(group), None) if !of_grant => {
            Ok(Bulk::Join(GroupName::parse(group).map_err(Refusal::from)?))
        }
        (Action::Grant, None, Some(app)) => Ok(Bulk::Grant(Slug::parse(app).map_err(Refusal::from)?, give(asked)?)),
        (Action::Approve | Action::Enable | Action::Disable | Action::Join | Action::Grant, ..) => {
            let message =
                "join takes a group; grant takes an app and, if wanted, role and expires_at; the others nothing";
            Err(Problem::wrong_shape(message))
        }
    }
}

fn give(asked: &Asked) -> Result<Give, Problem> {
    let role = asked.role.as_deref().map(Role::parse).transpose().map_err(Refusal::from)?;
    let expires_at = asked.expires_at.as_deref().map(time::parse).transpose().map_err(Problem::invalid)?;
    Ok(Give { role: role.into(), expires_at: expires_at.into(), ..Give::default() })
}

fn shown(many: &Many) -> Value {
    let ids = |people: &[User]| people.iter().map(|user| user.id.to_string()).collect::<Vec<_>>();
    json!({ "changed": ids(&many.changed), "unchanged": ids(&many.unchanged) })
}
