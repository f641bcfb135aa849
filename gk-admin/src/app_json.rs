//! An app as JSON, the same at the command line and at the API.

use gk_service::model::{App, CallbackUrl, Origin};
use gk_shared::model::Role;
use serde_json::{Value, json};

use crate::time;

/// Everything there is to see of an app; `app_url` is the first of its origins.
pub(crate) fn app_json(app: &App) -> Value {
    json!({
        "slug": app.slug.as_str(), "name": app.name, "description": app.description,
        "app_url": app.origins.first().map(Origin::as_str),
        "origins": app.origins.iter().map(Origin::as_str).collect::<Vec<_>>(),
        "roles": app.roles.iter().map(Role::as_str).collect::<Vec<_>>(),
        "role_list": app.role_list.word(),
        "admin_roles": app.admin_roles.iter().map(Role::as_str).collect::<Vec<_>>(),
        "callbacks": app.callbacks.iter().map(CallbackUrl::as_str).collect::<Vec<_>>(), "listed": app.listed,
        "open_paths": app.open_paths.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "noindex": app.noindex, "groups_header": app.groups_header, "stale_ok": app.stale_ok, "contact": app.contact, "created_at": time::show(app.created_at),
        "seen_block": app.seen_block.map(|seen| {
            json!({ "mark": seen.mark.map(|mark| mark.to_string()), "at": time::show(seen.at) })
        }),
    })
}
