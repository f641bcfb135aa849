//! `/admin/requests`: who asks for access, for whoever decides.

mod views;

use axum::Form;
use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::model::{AccessRequest, Remark, RequestState};
use gk_service::service::console::{self, Waiting};
use gk_service::service::requests::{self, Decision, Filter, Listed, Offer};
use gk_service::service::{Op, Refusal, View};
use gk_shared::model::{Role, Slug};
use gk_shared::time::Timestamp;
use serde::Deserialize;

use super::Problem;
use crate::ui::errors::UiError;
use crate::ui::kit::Paging;
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::visitor::SignedIn;
use crate::ui::{AppState, paths, time};

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::ui) struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    app: String,
    page: Option<i64>,
    /// The request that was just decided.
    done: Option<i64>,
}

/// What the forms beside a request send: the approving one a role and a day, the rejecting one a reason.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::ui) struct DecisionForm {
    role: Option<String>,
    /// A day, or nothing.
    #[serde(default)]
    until: String,
    reason: Option<String>,
}

/// A decision that was refused: about which request, and what was typed.
struct Refused {
    problem: Problem,
    id: i64,
    form: DecisionForm,
}

type Asking = Result<Query<Asked>, QueryRejection>;
type Numbered = Result<Path<i64>, PathRejection>;
type Sent = Result<Form<DecisionForm>, FormRejection>;

/// What the page shows.
struct Shown {
    asked: Asked,
    waiting: Waiting,
    offers: Vec<Offer>,
    listed: Listed,
    done: Option<AccessRequest>,
    refused: Option<Refused>,
    now: Timestamp,
}

impl Asked {
    fn decided(&self) -> bool {
        self.state == "decided"
    }

    fn states(&self) -> Vec<RequestState> {
        let decided = |state: &RequestState| (*state != RequestState::Pending) == self.decided();
        RequestState::ALL.into_iter().filter(decided).collect()
    }

    fn filter(&self) -> Filter {
        let page = Paging::of(self.page);
        Filter { app: Slug::parse(&self.app).ok(), states: self.states(), skip: page.skip(), most: page.most() }
    }

    /// This part of the list, as one of the console's paths is told it.
    fn told_to(&self, path: &str) -> String {
        let parameters = [
            ("state", self.decided().then(|| self.state.clone())),
            ("app", Slug::parse(&self.app).ok().map(|slug| slug.to_string())),
            ("page", self.page.filter(|page| *page > 1).map(|page| page.to_string())),
            ("done", self.done.map(|id| id.to_string())),
        ];
        paths::with(path, parameters)
    }
}

/// GET /admin/requests
pub(in crate::ui) async fn show(State(app): AppState, there: SignedIn, asked: Asking) -> Result<Response, UiError> {
    let Query(asked) = asked.unwrap_or_default();
    page(State(app), &there, asked, None).await
}

async fn page(
    State(app): AppState,
    there: &SignedIn,
    asked: Asked,
    refused: Option<Refused>,
) -> Result<Response, UiError> {
    let status = refused.as_ref().map_or(StatusCode::OK, |refused| refused.problem.status);
    let read = move |view: &View<'_>| {
        let (asked, listed) = part(view, asked)?;
        Ok(Shown {
            waiting: console::waiting(view)?,
            offers: requests::offers(view)?,
            done: asked.done.map(|id| requests::find(view, id)).transpose()?.flatten(),
            now: view.now,
            asked,
            listed,
            refused,
        })
    };
    let shown = app.read(there.caller.clone(), read).await?;
    Ok(Page::new("Requests").status(status).of_console(there).body(&views::view(&shown)))
}

/// The part that is asked for; the last one if the list has become shorter meanwhile.
fn part(view: &View<'_>, asked: Asked) -> Result<(Asked, Listed), Refusal> {
    let listed = requests::list(view, &asked.filter())?;
    let page = Paging::of(asked.page).within(listed.total);
    if page == Paging::of(asked.page) {
        return Ok((asked, listed));
    }
    let asked = Asked { page: Some(page.number()), ..asked };
    let listed = requests::list(view, &asked.filter())?;
    Ok((asked, listed))
}

/// POST /admin/requests/{id}/approve
pub(in crate::ui) async fn approve(
    app: AppState,
    there: SignedIn,
    id: Numbered,
    asked: Asking,
    form: Sent,
) -> Result<Response, UiError> {
    let approve = |op: &Op<'_>, id, form: &DecisionForm| requests::approve(op, id, &decision(form)?).map(drop);
    decide(app, there, (id, asked), form, approve).await
}

/// POST /admin/requests/{id}/reject
pub(in crate::ui) async fn reject(
    app: AppState,
    there: SignedIn,
    id: Numbered,
    asked: Asking,
    form: Sent,
) -> Result<Response, UiError> {
    let reason = |form: &DecisionForm| Remark::parse(form.reason.as_deref().unwrap_or_default());
    let reject = move |op: &Op<'_>, id, form: &DecisionForm| requests::reject(op, id, &reason(form)?).map(drop);
    decide(app, there, (id, asked), form, reject).await
}

/// What was done shows on the same part of the list, and so does what was in the way, with what was typed.
async fn decide(
    State(app): AppState,
    there: SignedIn,
    (id, asked): (Numbered, Asking),
    form: Sent,
    verb: impl FnOnce(&Op<'_>, i64, &DecisionForm) -> Result<(), Refusal> + Send + 'static,
) -> Result<Response, UiError> {
    let Path(id) = id.map_err(|_| UiError::NoPage)?;
    let Form(form) = form.map_err(|_| UiError::BadForm)?;
    let Query(asked) = asked.unwrap_or_default();
    let typed = form.clone();
    match app.write(there.caller.clone(), move |op| verb(op, id, &form)).await {
        Ok(()) => see_other(&Asked { done: Some(id), ..asked }.told_to(paths::REQUESTS)),
        Err(refusal) => {
            let problem = Problem::of(refusal, &asked.told_to(paths::REQUESTS))?;
            page(State(app), &there, asked, Some(Refused { problem, id, form: typed })).await
        }
    }
}

fn decision(form: &DecisionForm) -> Result<Decision, Refusal> {
    let role = form.role.as_deref().map(str::trim).filter(|role| !role.is_empty()).map(Role::parse).transpose()?;
    Ok(Decision { role, expires_at: time::end_of_day(form.until.trim())? })
}
