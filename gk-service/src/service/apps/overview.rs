//! The list of apps, with how much hangs on each.

use std::collections::HashMap;

use gk_shared::model::AppId;

use super::{BlockState, block_state, list};
use crate::model::App;
use crate::service::op::View;
use crate::service::refusal::Refusal;
use crate::store::{grants, requests};

/// An app of the list.
#[derive(Clone, Debug)]
pub struct Entry {
    pub app: App,
    /// How many grants there are, to people and groups.
    pub grants: i64,
    /// How many people wait for a decision.
    pub waiting: i64,
    pub block: BlockState,
}

/// The apps the caller may see, by slug.
pub fn overview(view: &View<'_>) -> Result<Vec<Entry>, Refusal> {
    let apps = list(view)?;
    let (held, asked) = (grants::counts(view.connection)?, requests::pending_counts(view.connection)?);
    let of = |counts: &HashMap<AppId, i64>, app: &App| counts.get(&app.id).copied().unwrap_or(0);
    Ok(apps
        .into_iter()
        .map(|app| Entry { grants: of(&held, &app), waiting: of(&asked, &app), block: block_state(view, &app), app })
        .collect())
}
