//! Lists of grants: all, those nobody uses, and those that end soon; of one app, or of all.

use gk_shared::model::Slug;
use gk_shared::time::Timestamp;

use crate::model::{Grant, WhichGrants};
use crate::service::apps;
use crate::service::op::View;
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::store::grants;

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// How many there are in all.
    pub total: i64,
    /// Each with its app.
    pub grants: Vec<(Grant, Slug)>,
}

/// Some grants, of this app or of all: at most so many, after so many of them.
pub fn list(
    view: &View<'_>,
    app: Option<&Slug>,
    which: WhichGrants,
    (skip, most): (i64, i64),
) -> Result<Listed, Refusal> {
    let app = match app {
        Some(slug) => Some(apps::permitted(view, slug, Verb::SeeApp)?.id),
        None => permit(view.standing, Verb::Inspect).map(|()| None)?,
    };
    Ok(Listed {
        total: grants::count(view.connection, app, which)?,
        grants: grants::list(view.connection, app, which, (skip, most))?,
    })
}

/// Grants nobody has entered by since, as far as they were given and had begun before; the longest unused first.
pub fn unused(view: &View<'_>, app: Option<&Slug>, since: Timestamp) -> Result<Vec<(Grant, Slug)>, Refusal> {
    list(view, app, WhichGrants::Unused { since }, (0, i64::MAX)).map(|listed| listed.grants)
}

/// Grants that end within so many seconds; the first to end first.
pub fn expiring(view: &View<'_>, app: Option<&Slug>, within: i64) -> Result<Vec<(Grant, Slug)>, Refusal> {
    let which = WhichGrants::Expiring { after: view.now, until: view.now.plus(within) };
    list(view, app, which, (0, i64::MAX)).map(|listed| listed.grants)
}
