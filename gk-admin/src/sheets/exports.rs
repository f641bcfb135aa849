//! The tables of people, groups, properties and keys. None holds a secret.

use std::sync::Arc;

use gk_service::Database;
use gk_service::model::{Group, PropertyType, User, UserFilter};
use gk_service::service::export::Exported;
use gk_service::service::keys::{KeyEntry, NamedReach};
use gk_service::service::{Caller, Refusal, View, groups, keys, properties, users};
use gk_shared::model::{Slug, UserId};
use gk_shared::time::Timestamp;

use super::access::{self, Entrants};
use super::audit;
use super::{Row, Sheet};
use crate::time;

/// So many people are read at once.
pub(super) const BATCH: usize = 500;

/// The table of this, read a part at a time as it is sent.
pub(crate) fn exported(database: Arc<Database>, caller: Caller, exported: Exported) -> Sheet {
    let title = exported.word();
    match exported {
        Exported::Users(filter) => {
            let headings = ["Username", "Email", "Full Name", "Groups", "Status", "Enabled", "Created", "Updated"];
            Sheet::new(title, &headings, People { database, caller, filter, left: None })
        }
        Exported::Groups => {
            let headings = ["Name", "Description", "Source", "Members", "Created", "Updated"];
            let read = move || database.read(&caller, |view| Ok(groups::list(view)?.iter().map(group).collect()));
            Sheet::new(title, &headings, std::iter::once_with(read))
        }
        Exported::Properties => {
            let read =
                move || database.read(&caller, |view| Ok(properties::types(view)?.iter().map(property).collect()));
            Sheet::new(title, &["App", "Key", "Users"], std::iter::once_with(read))
        }
        Exported::Keys => {
            let headings =
                ["Key", "Description", "For", "Scopes", "Apps", "Enabled", "Created", "Expires", "Last Used"];
            let read = move || {
                database.read(&caller, |view| Ok(keys::list(view, 0, i64::MAX)?.keys.iter().map(key).collect()))
            };
            Sheet::new(title, &headings, std::iter::once_with(read))
        }
        Exported::Entrants(slug, filter) => access::entrants(title, Entrants::of(database, caller, slug, filter)),
        Exported::Destinations(user, filter) => access::destinations(title, database, caller, (user, filter)),
        Exported::Audit(filter) => audit::rows(title, database, caller, filter),
    }
}

/// People by user name, in batches. Who they are is settled at the first: nobody is passed over, and nobody comes twice,
/// because others come and go meanwhile.
struct People {
    database: Arc<Database>,
    caller: Caller,
    filter: UserFilter,
    left: Option<std::vec::IntoIter<UserId>>,
}

impl Iterator for People {
    type Item = Result<Vec<Row>, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        let Self { database, caller, filter, left } = self;
        let read = database.read(caller, |view: &View<'_>| {
            if left.is_none() {
                *left = Some(users::numbers(view, filter)?.into_iter());
            }
            let batch = left.iter_mut().flatten().take(BATCH);
            // Whoever was deleted since is left out.
            batch.filter_map(|id| users::find_by_id(view, id).ok()).map(|user| person(view, &user)).collect()
        });
        match read {
            Ok(rows) if Vec::is_empty(&rows) && left.as_ref().is_none_or(|left| left.len() == 0) => None,
            rows => Some(rows),
        }
    }
}

fn person(view: &View<'_>, user: &User) -> Result<Row, Refusal> {
    Ok(vec![
        user.username.to_string(),
        user.email.to_string(),
        user.fullname.clone(),
        groups::names_of(view, user)?.join(", "),
        user.status.word().to_owned(),
        if user.enabled { "Yes" } else { "No" }.to_owned(),
        time::show(user.created_at),
        time::show(user.updated_at),
    ])
}

fn group(group: &Group) -> Row {
    vec![
        group.name.clone(),
        group.description.clone(),
        group.kind.word().to_owned(),
        group.members.to_string(),
        time::show(group.created_at),
        time::show(group.updated_at),
    ]
}

fn key(KeyEntry { key, reach, .. }: &KeyEntry) -> Row {
    let (whom, scopes, apps) = match reach {
        NamedReach::Program { scopes, app } => ("a program", scopes.words(), app.iter().map(Slug::as_str).collect()),
        NamedReach::Person { owner, apps } => {
            (owner.as_str(), String::new(), apps.iter().map(Slug::as_str).collect::<Vec<_>>())
        }
    };
    let shown = |at: Option<Timestamp>| at.map(time::show).unwrap_or_default();
    vec![
        format!("{}…", key.prefix),
        key.name.clone(),
        whom.to_owned(),
        scopes,
        apps.join(", "),
        if key.enabled { "Yes" } else { "No" }.to_owned(),
        time::show(key.created_at),
        shown(key.expires_at),
        shown(key.last_used_at),
    ]
}

fn property(kind: &PropertyType) -> Row {
    vec![kind.app.to_string(), kind.key.to_string(), kind.people.to_string()]
}
