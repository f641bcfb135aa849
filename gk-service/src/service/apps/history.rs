//! What happened to an app: the part of the audit that is about it.

use gk_shared::model::Slug;

use super::permitted;
use crate::model::AuditEntry;
use crate::service::op::View;
use crate::service::permit::Verb;
use crate::service::refusal::Refusal;
use crate::store::audit;

/// One part of the audit.
#[derive(Clone, Debug)]
pub struct History {
    pub entries: Vec<AuditEntry>,
    /// How many entries there are in all.
    pub total: i64,
}

/// What happened to an app, the newest first: after so many entries, and at most so many. What happened to an earlier
/// app of the same slug is not this one's.
pub fn history(view: &View<'_>, slug: &Slug, skip: i64, most: i64) -> Result<History, Refusal> {
    let app = permitted(view, slug, Verb::SeeApp)?;
    let since = (slug.as_str(), app.created_at);
    let total = audit::count_of_app(view.connection, since)?;
    Ok(History { entries: audit::of_app(view.connection, since, skip.max(0), most.max(0))?, total })
}
