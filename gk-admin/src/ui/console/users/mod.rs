//! `/admin/users`: everybody there is, by search, filter and order; adding one; and the same done to many.

mod change;
mod form;
mod list_view;
mod one;
mod one_view;
pub(super) mod places;

pub(super) use form::{add, new};
pub(super) use one::{change, show};

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::model::{App as Service, Direction, Group, Part, Status, User, UserFilter, UserOrder, UserSort};
use gk_service::service::console::{self, Waiting};
use gk_service::service::grants::Give;
use gk_service::service::users::{self, Bulk, MOST_BROWSED};
use gk_service::service::{Op, Refusal, View, apps, groups};
use gk_shared::model::{GroupName, Role, Slug, UserId};
use gk_shared::time::Timestamp;
use serde::Deserialize;

use super::Problem;
use crate::ui::console::guard::Administrator;
use crate::ui::errors::UiError;
use crate::ui::kit::Paging;
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::typed::{Sent, Typed};
use crate::ui::{AppState, paths};

/// What the address says. What makes no sense there is left out, so that no address is a dead end.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    search: String,
    status: String,
    /// `enabled` or `disabled`.
    account: String,
    /// `admins`.
    rank: String,
    /// `internal`, `external` or `directory`.
    kind: String,
    group: String,
    sort: String,
    order: String,
    page: Option<i64>,
    /// What was just done.
    done: String,
    count: Option<i64>,
}

impl Asked {
    /// The same from a form.
    pub(super) fn typed(typed: &Typed) -> Self {
        let said = |name: &str| typed.one(name).unwrap_or_default().to_owned();
        Self {
            search: said("search"),
            status: said("status"),
            account: said("account"),
            rank: said("rank"),
            kind: said("kind"),
            group: said("group"),
            ..Self::default()
        }
    }

    /// What narrows the list, by the names of its fields.
    fn narrowing(&self) -> [(&'static str, &str); 6] {
        [
            ("search", &self.search),
            ("status", &self.status),
            ("account", &self.account),
            ("rank", &self.rank),
            ("kind", &self.kind),
            ("group", &self.group),
        ]
    }

    pub(super) fn filter(&self) -> UserFilter {
        UserFilter {
            text: Some(self.search.clone()).filter(|text| !text.trim().is_empty()),
            status: Status::parse(&self.status),
            enabled: word(&self.account, "enabled", "disabled"),
            admin: (self.rank == "admins").then_some(true),
            internal: word(&self.kind, "internal", "external"),
            directory: (self.kind == "directory").then_some(true),
            group: GroupName::parse(&self.group).ok(),
        }
    }

    fn order(&self) -> UserOrder {
        let paging = Paging::long(self.page);
        UserOrder {
            sort: UserSort::parse(&self.sort).unwrap_or_default(),
            direction: Direction::parse(&self.order).unwrap_or_default(),
            skip: paging.skip(),
            most: paging.most(),
        }
    }

    /// This list, another part of it, sorted otherwise.
    fn at(&self, page: i64, sort: UserSort, direction: Direction) -> String {
        let narrowing =
            self.narrowing().map(|(name, text)| (name, Some(text.to_owned()).filter(|text| !text.is_empty())));
        let sorted = (sort, direction) != (UserSort::default(), Direction::default());
        let rest = [
            ("sort", sorted.then(|| sort.word().to_owned())),
            ("order", sorted.then(|| direction.word().to_owned())),
            ("page", (page > 1).then(|| page.to_string())),
        ];
        paths::with(paths::USERS, narrowing.into_iter().chain(rest))
    }
}

fn word(said: &str, yes: &str, no: &str) -> Option<bool> {
    if said == yes { Some(true) } else { (said == no).then_some(false) }
}

/// What the list shows.
struct Shown {
    asked: Asked,
    order: UserOrder,
    paging: Paging,
    waiting: Waiting,
    part: Part<User>,
    groups: Vec<Group>,
    apps: Vec<Service>,
    now: Timestamp,
}

/// GET /admin/users
pub(super) async fn list(
    State(app): AppState,
    Administrator(there): Administrator,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, UiError> {
    let Query(asked) = asked.unwrap_or_default();
    let read = move |view: &View<'_>| {
        let (filter, order) = (asked.filter(), asked.order());
        let part = users::browse(view, &filter, &order)?;
        let paging = Paging::long(asked.page).within(part.total.min(MOST_BROWSED));
        let (groups, apps) = (groups::list(view)?, apps::list(view)?);
        Ok(Shown { order, paging, waiting: console::waiting(view)?, part, groups, apps, now: view.now, asked })
    };
    let shown = app.read(there.caller.clone(), read).await?;
    Ok(Page::new("Users").of_console(&there).body(&list_view::list(&shown)))
}

/// What is to be done to many, as the form says it.
struct Wanted {
    people: Vec<UserId>,
    bulk: Bulk,
}

impl Wanted {
    fn of(typed: &Typed) -> Result<Self, Refusal> {
        let bulk = match typed.one("what").unwrap_or_default() {
            "approve" => Bulk::Approve,
            "enable" => Bulk::Enable,
            "disable" => Bulk::Disable,
            "join" => Bulk::Join(typed.needed("group", GroupName::parse)?),
            "grant" => {
                let role = typed.parsed("role", Role::parse)?.into();
                let give = Give { role, expires_at: typed.end_of_day("until")?.into(), ..Give::default() };
                Bulk::Grant(typed.needed("app", Slug::parse)?, give)
            }
            _ => return Err(Refusal::Invalid("choose what to do".into())),
        };
        let people = typed.all("user").filter_map(|id| id.parse().ok()).map(UserId).collect();
        Ok(Self { people, bulk })
    }
}

/// POST /admin/users/many: asks back first, naming everybody; then does it.
pub(super) async fn many(
    State(app): AppState,
    Administrator(there): Administrator,
    sent: Sent,
) -> Result<Response, UiError> {
    let typed = Typed::of(sent)?;
    let outcome = if typed.one("sure").is_some() {
        let sent = typed.clone();
        let verb = move |op: &Op<'_>| {
            let wanted = Wanted::of(&sent)?;
            users::many(op, &wanted.people, &wanted.bulk)
        };
        app.write(there.caller.clone(), verb).await.map(Some)
    } else {
        Ok(None)
    };
    let problem = match outcome {
        Ok(Some(many)) => {
            let done = typed.one("what").unwrap_or_default();
            return see_other(&format!("{}?done={done}&count={}", paths::USERS, many.changed.len()));
        }
        Ok(None) => None,
        Err(refusal) => Some(Problem::of(refusal, paths::USERS)?),
    };
    let sent = typed.clone();
    let read = move |view: &View<'_>| {
        let wanted = Wanted::of(&sent)?;
        let people = wanted.people.iter().map(|id| users::find_by_id(view, *id)).collect::<Result<Vec<_>, _>>()?;
        if people.is_empty() {
            return Err(Refusal::Invalid("tick the people it is for".into()));
        }
        Ok((console::waiting(view)?, people))
    };
    let (waiting, people) = app.read(there.caller.clone(), read).await.map_err(nothing_chosen)?;
    let status = problem.as_ref().map_or(StatusCode::OK, |problem| problem.status);
    let body = list_view::sure(&waiting, &people, &typed, problem.as_ref());
    Ok(Page::new("Users").status(status).of_console(&there).body(&body))
}

fn nothing_chosen(refusal: Refusal) -> UiError {
    match refusal {
        Refusal::Invalid(sentence) => UiError::Refused(Refusal::Conflict(sentence)),
        other => UiError::refused_at(paths::USERS, other),
    }
}
