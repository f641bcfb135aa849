//! Everything about one person, on one page.

use gk_shared::model::UserId;

use super::by_id;
use crate::model::{App, AuditEntry, Grant, Group, Property, Session, User};
use crate::service::op::View;
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::service::sessions;
use crate::store::{apps, audit, grants, groups, properties};

/// So much of the audit is shown with a person.
const MOST_OF_AUDIT: i64 = 50;

/// A person with all that hangs on them.
#[derive(Clone, Debug)]
pub struct Overview {
    pub user: User,
    pub groups: Vec<Group>,
    /// Their own grants and those of their groups, each with its app.
    pub grants: Vec<(Grant, App)>,
    /// Those that are open.
    pub sessions: Vec<Session>,
    pub properties: Vec<Property>,
    /// What was done to them and what they did, the newest first.
    pub audit: Vec<AuditEntry>,
}

/// Everything about the person with this number.
pub fn overview(view: &View<'_>, id: UserId) -> Result<Overview, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let user = by_id(view, id)?;
    let mut held = Vec::new();
    for grant in grants::of_person(view.connection, id)? {
        if let Some(app) = apps::by_id(view.connection, grant.app.0)? {
            held.push((grant, app));
        }
    }
    let about = (id, user.username.as_str(), user.email.as_str());
    Ok(Overview {
        groups: groups::whole_of_user(view.connection, id)?,
        grants: held,
        sessions: sessions::open_of(view, id)?,
        properties: properties::of_user(view.connection, id)?,
        audit: audit::about(view.connection, about, MOST_OF_AUDIT)?,
        user,
    })
}
