//! Properties: what apps keep about people.

use gk_shared::model::Username;
use serde_json::json;

use super::audit::Event;
use super::op::{Op, View};
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use super::users;
use crate::model::{Part, Property, PropertyName, PropertyType, User};
use crate::store::properties;

/// A person may have so many.
const MOST_OF_A_PERSON: usize = 1000;

/// Every property of a person, by app and key.
pub fn of_user(view: &View<'_>, user: &Username) -> Result<(User, Vec<Property>), Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let user = users::named(view, user)?;
    let all = properties::of_user(view.connection, user.id)?;
    Ok((user, all))
}

/// Sets properties of a person; others stay.
pub fn set(op: &Op<'_>, user: &Username, wanted: &[Property]) -> Result<User, Refusal> {
    permit(op.standing, Verb::ChangeUsers)?;
    let user = users::named(op, user)?;
    for property in wanted {
        let before = properties::find(op.connection, user.id, &property.app, &property.key)?;
        if before.as_ref() == Some(property) {
            continue;
        }
        properties::put(op.transaction, user.id, property)?;
        let (before, after) = (before.map(|before| described(&before)).into(), described(property));
        audit(op, "user_property_set", &user, (before, after))?;
    }
    if properties::of_user(op.connection, user.id)?.len() > MOST_OF_A_PERSON {
        return Err(Refusal::Conflict(format!("{} would have over {MOST_OF_A_PERSON} properties", user.username)));
    }
    Ok(user)
}

/// What an app keeps about a person, for whoever has just set some of it.
pub fn kept(op: &Op<'_>, user: &User, app: &PropertyName) -> Result<Vec<Property>, Refusal> {
    permit(op.standing, Verb::ChangeUsers)?;
    let all = properties::of_user(op.connection, user.id)?;
    Ok(all.into_iter().filter(|property| property.app == *app).collect())
}

/// Deletes one property of a person, or all that an app keeps; gives how many there were.
pub fn unset(
    op: &Op<'_>,
    user: &Username,
    app: &PropertyName,
    key: Option<&PropertyName>,
) -> Result<(User, usize), Refusal> {
    permit(op.standing, Verb::ChangeUsers)?;
    let user = users::named(op, user)?;
    let deleted = properties::delete(op.transaction, user.id, app, key)?;
    if deleted > 0 {
        let before = json!({ "app": app.as_str(), "key": key.map(PropertyName::as_str), "count": deleted });
        audit(op, "user_property_deleted", &user, (before, serde_json::Value::Null))?;
    }
    Ok((user, deleted))
}

/// Every kind of property, with how many people have it.
pub fn types(view: &View<'_>) -> Result<Vec<PropertyType>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    Ok(properties::types(view.connection)?)
}

/// Some of the people who have a kind of property, each with the value.
pub fn holders(
    view: &View<'_>,
    (app, key): (&PropertyName, &PropertyName),
    part: (i64, i64),
) -> Result<Part<(User, Option<String>)>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let total = properties::count(view.connection, app, key)?;
    let found = properties::holders(view.connection, (app, key), part)?;
    let rows = found.into_iter().map(|(id, value)| users::by_id(view, id).map(|user| (user, value)));
    Ok(Part { rows: rows.collect::<Result<_, _>>()?, total })
}

/// Gives a kind of property another name. Refused when there is one of that name: two would become one.
pub fn rename_type(
    op: &Op<'_>,
    (app, key): (&PropertyName, &PropertyName),
    (new_app, new_key): (&PropertyName, &PropertyName),
) -> Result<usize, Refusal> {
    permit(op.standing, Verb::ChangeUsers)?;
    if (app, key) == (new_app, new_key) {
        return Ok(0);
    }
    if properties::count(op.connection, new_app, new_key)? > 0 {
        return Err(Refusal::Conflict(format!("there is already a property {new_app}/{new_key}")));
    }
    let renamed = properties::rename_type(op.transaction, (app, key), (new_app, new_key))?;
    if renamed == 0 {
        return Err(Refusal::missing("property", format!("{app}/{key}")));
    }
    let after = json!({ "app": new_app.as_str(), "key": new_key.as_str(), "count": renamed });
    let target = format!("{app}/{key}");
    op.audit(&Event { action: "user_property_type_renamed", target: &target, after, ..Event::default() })?;
    Ok(renamed)
}

/// Deletes a kind of property of everybody; gives how many had it.
pub fn delete_type(op: &Op<'_>, app: &PropertyName, key: &PropertyName) -> Result<usize, Refusal> {
    permit(op.standing, Verb::ChangeUsers)?;
    let deleted = properties::delete_type(op.transaction, app, key)?;
    if deleted == 0 {
        return Err(Refusal::missing("property", format!("{app}/{key}")));
    }
    let (target, before) = (format!("{app}/{key}"), json!({ "count": deleted }));
    op.audit(&Event { action: "user_property_type_deleted", target: &target, before, ..Event::default() })?;
    Ok(deleted)
}

fn audit(
    op: &Op<'_>,
    action: &str,
    user: &User,
    (before, after): (serde_json::Value, serde_json::Value),
) -> Result<(), Refusal> {
    op.audit(&Event { action, target: user.username.as_str(), before, after, app: "" })
}

fn described(property: &Property) -> serde_json::Value {
    json!({ "app": property.app.as_str(), "key": property.key.as_str(), "value": property.value })
}
