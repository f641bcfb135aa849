//! `/admin/audit`: what happened, by filters that stand in the address; one row whole; and whether the record is whole.

mod list_view;
mod one_view;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use gk_service::model::{App as Service, AuditEntry, AuditPart};
use gk_service::service::audit::{self, Forwarding, Verified};
use gk_service::service::console::{self, Waiting};
use gk_service::service::export::Exported;
use gk_service::service::{Refusal, View, apps};
use gk_service::settings::Setting;
use gk_shared::time::Timestamp;
use serde::Deserialize;

use super::export;
use crate::audit_asked::AuditAsked;
use crate::ui::console::guard::Administrator;
use crate::ui::errors::UiError;
use crate::ui::page::Page;
use crate::ui::typed::{Sent, Typed};
use crate::ui::{AppState, paths};

/// So many rows stand on a page.
const PER_PAGE: usize = 50;

/// What the address says besides the filter.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::ui) struct Part {
    before: Option<i64>,
    live: Option<Live>,
}

/// The list asks for itself again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Live {
    On,
}

/// What the list shows.
struct Shown {
    asked: AuditAsked,
    part: Part,
    waiting: Waiting,
    /// Or why the filter means nothing.
    found: Result<AuditPart, String>,
    actions: Vec<String>,
    apps: Vec<Service>,
    health: Health,
    now: Timestamp,
}

/// How the record itself fares.
struct Health {
    kept: i64,
    keep_days: i64,
    forwarding: Forwarding,
}

impl Health {
    fn of(view: &View<'_>) -> Result<Self, Refusal> {
        Ok(Self {
            kept: audit::kept(view)?.1,
            keep_days: view.settings.number(Setting::AuditKeepDays),
            forwarding: audit::forwarding(view)?,
        })
    }
}

impl Shown {
    /// This list, from somewhere else on.
    fn at(&self, before: Option<i64>, live: Option<Live>) -> String {
        let narrowing = self.asked.narrowing();
        let narrowing = narrowing.map(|(name, text)| (name, Some(text.to_owned()).filter(|text| !text.is_empty())));
        let rest = [("before", before.map(|id| id.to_string())), ("live", live.map(|Live::On| "on".to_owned()))];
        paths::with(paths::AUDIT, narrowing.into_iter().chain(rest))
    }
}

/// GET /admin/audit
pub(super) async fn list(
    State(app): AppState,
    Administrator(there): Administrator,
    asked: Result<Query<AuditAsked>, QueryRejection>,
    part: Result<Query<Part>, QueryRejection>,
) -> Result<Response, UiError> {
    let (Query(asked), Query(part)) = (asked.unwrap_or_default(), part.unwrap_or_default());
    let read = move |view: &View<'_>| -> Result<Shown, Refusal> {
        let found = match asked.filter(view.now) {
            Ok(filter) => Ok(audit::list(view, &filter, part.before, PER_PAGE)?),
            Err(why) => Err(why),
        };
        let (actions, apps) = (audit::actions(view)?, apps::list(view)?);
        let (waiting, health) = (console::waiting(view)?, Health::of(view)?);
        Ok(Shown { asked, part, waiting, found, actions, apps, health, now: view.now })
    };
    let shown = app.read(there.caller.clone(), read).await?;
    Ok(Page::new("Audit").of_console(&there).body(&list_view::list(&shown)))
}

/// GET /admin/audit/{id}
pub(super) async fn show(
    State(app): AppState,
    Administrator(there): Administrator,
    id: Result<Path<i64>, PathRejection>,
) -> Result<Response, UiError> {
    let Path(id) =
        id.map_err(|_| UiError::Refused(Refusal::NotFound { what: "row of the audit", name: String::new() }))?;
    let read = move |view: &View<'_>| -> Result<(Waiting, AuditEntry), Refusal> {
        Ok((console::waiting(view)?, audit::find(view, id)?))
    };
    let (waiting, entry) = app.read(there.caller.clone(), read).await?;
    Ok(Page::new(&format!("Audit {id}")).of_console(&there).body(&one_view::one(&waiting, &entry)))
}

/// POST /admin/audit/export
pub(super) async fn take(app: AppState, Administrator(there): Administrator, sent: Sent) -> Result<Response, UiError> {
    let typed = Typed::of(sent)?;
    let said = |name: &str| typed.one(name).unwrap_or_default().to_owned();
    let asked = AuditAsked {
        person: said("person"),
        actor: said("actor"),
        action: said("action"),
        app: said("app"),
        ip: said("ip"),
        text: said("text"),
        since: said("since"),
        until: said("until"),
    };
    let filter = asked.filter(app.database.now()).map_err(|_| UiError::BadForm)?;
    export::hand_over(app, &there, &typed, Exported::Audit(filter)).await
}

/// POST /admin/audit/verify: changes nothing, and takes longer than a look.
pub(super) async fn verify(State(app): AppState, Administrator(there): Administrator) -> Result<Response, UiError> {
    let read = |view: &View<'_>| -> Result<(Waiting, Verified), Refusal> {
        Ok((console::waiting(view)?, audit::verify_here(view, &mut |_| ())?))
    };
    let (waiting, found) = app.read(there.caller.clone(), read).await?;
    Ok(Page::new("Audit").of_console(&there).body(&one_view::verified(&waiting, &found)))
}
