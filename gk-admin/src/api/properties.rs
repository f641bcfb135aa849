//! Properties: what apps keep about people. Paths and shapes that client libraries of apps know.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use gk_service::model::{Property, User};
use gk_service::service::{Op, Refusal, View, properties};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::AppState;
use super::asked::{Named, property, username};
use super::body::Body;
use super::caller::Asking;
use super::done::told;
use super::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Several {
    properties: BTreeMap<String, Option<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct One {
    #[serde(deserialize_with = "null_or_text")]
    value: Option<String>,
}

/// Null is a value; a member that is missing is none.
fn null_or_text<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(reader)
}

/// GET /api/v1/users/{username}/properties/{app}
pub(super) async fn list(
    State(app): AppState,
    Asking(caller): Asking,
    Named((user, kept_by)): Named<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let (user, kept_by) = (username(&user)?, property(&kept_by)?);
    let (user, all) = app.read(caller, move |view: &View<'_>| properties::of_user(view, &user)).await?;
    let its = all.into_iter().filter(|property| property.app == kept_by).collect::<Vec<_>>();
    Ok(Json(several(&user, kept_by.as_str(), &its)))
}

/// PUT /api/v1/users/{username}/properties/{app}: those that are not named stay.
pub(super) async fn set_several(
    State(app): AppState,
    Asking(caller): Asking,
    Named((user, kept_by)): Named<(String, String)>,
    Body(wanted): Body<Several>,
) -> Result<Response, Problem> {
    let (user, kept_by) = (username(&user)?, property(&kept_by)?);
    let wanted = wanted.properties.into_iter().map(|(key, value)| {
        Ok::<_, Problem>(Property::new(kept_by.clone(), property(&key)?, value).map_err(Refusal::from)?)
    });
    let (wanted, name) = (wanted.collect::<Result<Vec<_>, _>>()?, kept_by.to_string());
    let done = app.change(caller, move |op: &Op<'_>| {
        let user = properties::set(op, &user, &wanted)?;
        properties::kept(op, &user, &kept_by).map(|its| (user, its))
    });
    Ok(told(&done.await?, |(user, its)| several(user, &name, its)))
}

/// DELETE /api/v1/users/{username}/properties/{app}
pub(super) async fn unset_several(
    State(app): AppState,
    Asking(caller): Asking,
    Named((user, kept_by)): Named<(String, String)>,
) -> Result<Response, Problem> {
    let (user, kept_by) = (username(&user)?, property(&kept_by)?);
    let done = app.change(caller, move |op: &Op<'_>| properties::unset(op, &user, &kept_by, None)).await?;
    Ok(told(&done, |(_, count)| json!({ "status": "deleted", "count": count })))
}

/// GET /api/v1/users/{username}/properties/{app}/{key}
pub(super) async fn one(
    State(app): AppState,
    Asking(caller): Asking,
    Named((user, kept_by, key)): Named<(String, String, String)>,
) -> Result<Json<Value>, Problem> {
    let (user, kept_by, key) = (username(&user)?, property(&kept_by)?, property(&key)?);
    let (user, all) = app.read(caller, move |view: &View<'_>| properties::of_user(view, &user)).await?;
    let found = all.into_iter().find(|property| property.app == kept_by && property.key == key);
    found.map(|property| Json(single(&user, &property))).ok_or_else(no_property)
}

/// PUT /api/v1/users/{username}/properties/{app}/{key}
pub(super) async fn set(
    State(app): AppState,
    Asking(caller): Asking,
    Named((user, kept_by, key)): Named<(String, String, String)>,
    Body(wanted): Body<One>,
) -> Result<Response, Problem> {
    let (user, kept_by, key) = (username(&user)?, property(&kept_by)?, property(&key)?);
    let wanted = Property::new(kept_by, key, wanted.value).map_err(Refusal::from)?;
    let set = wanted.clone();
    let done = app.change(caller, move |op: &Op<'_>| properties::set(op, &user, std::slice::from_ref(&set))).await?;
    Ok(told(&done, |user| single(user, &wanted)))
}

/// DELETE /api/v1/users/{username}/properties/{app}/{key}
pub(super) async fn unset(
    State(app): AppState,
    Asking(caller): Asking,
    Named((user, kept_by, key)): Named<(String, String, String)>,
) -> Result<Response, Problem> {
    let (user, kept_by, key) = (username(&user)?, property(&kept_by)?, property(&key)?);
    let gone = json!({ "status": "deleted", "app": kept_by.as_str(), "key": key.as_str() });
    let done = app.change(caller, move |op: &Op<'_>| properties::unset(op, &user, &kept_by, Some(&key))).await?;
    if done.value.1 == 0 { Err(no_property()) } else { Ok(told(&done, |_| gone)) }
}

fn no_property() -> Problem {
    Problem::not_found("Property not found")
}

fn several(user: &User, app: &str, its: &[Property]) -> Value {
    let values = its.iter().map(|property| (property.key.as_str(), property.value.as_deref()));
    json!({ "username": user.username.as_str(), "app": app, "properties": values.collect::<BTreeMap<_, _>>() })
}

fn single(user: &User, property: &Property) -> Value {
    json!({
        "username": user.username.as_str(), "app": property.app.as_str(), "key": property.key.as_str(),
        "value": property.value,
    })
}
