//! `/admin/groups`: groups, who is in them, and what they open.

mod views;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::model::{App as Service, Grant, Group, Part, User, UserFilter, UserOrder};
use gk_service::service::console::{self, Waiting};
use gk_service::service::users::{self, MOST_BROWSED};
use gk_service::service::{Op, Refusal, View, groups};
use gk_shared::model::{GroupId, GroupName, Username};
use gk_shared::time::Timestamp;
use serde::Deserialize;

use super::{Problem, offered};
use crate::ui::console::guard::Administrator;
use crate::ui::errors::UiError;
use crate::ui::kit::Paging;
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::typed::{Sent, Typed};
use crate::ui::visitor::{SignedIn, Visitor};
use crate::ui::{AppState, paths};

/// What the address of a group's page says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    page: Option<i64>,
    /// Part of the name of somebody to put in.
    user: String,
    done: String,
}

/// What can be done to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Describe,
    Join,
    Leave,
    Delete,
}

impl Change {
    const ALL: [Self; 4] = [Self::Describe, Self::Join, Self::Leave, Self::Delete];

    /// The last word of its path.
    fn word(self) -> &'static str {
        match self {
            Self::Describe => "describe",
            Self::Join => "join",
            Self::Leave => "leave",
            Self::Delete => "delete",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.word() == word)
    }

    /// What is said once it is done.
    fn done(self) -> &'static str {
        match self {
            Self::Describe => "The description was saved.",
            Self::Join => "They are in the group now.",
            Self::Leave => "They are out of the group.",
            Self::Delete => "The group was deleted, with what it opened.",
        }
    }

    fn run(self, op: &Op<'_>, name: &GroupName, typed: &Typed) -> Result<(), Refusal> {
        let user = || typed.needed("user", Username::parse);
        match self {
            Self::Describe => groups::describe(op, name, typed.one("description").unwrap_or_default()).map(drop),
            Self::Join => groups::join(op, name, &user()?).map(drop),
            Self::Leave => groups::leave(op, name, &user()?).map(drop),
            Self::Delete => groups::remove(op, name).map(drop),
        }
    }
}

/// What the list shows.
struct Listed {
    waiting: Waiting,
    groups: Vec<Group>,
    now: Timestamp,
}

/// What a group's page shows.
struct Shown {
    waiting: Waiting,
    group: Group,
    members: Part<User>,
    paging: Paging,
    opens: Vec<(Grant, Service)>,
    offered: Vec<User>,
}

/// GET /admin/groups
pub(super) async fn list(
    app: AppState,
    Administrator(there): Administrator,
    visitor: Visitor,
) -> Result<Response, UiError> {
    let done = visitor.parameter("done").and_then(Change::parse).map(Change::done);
    list_page(app, &there, done, (&Typed::default(), None)).await
}

/// POST /admin/groups
pub(super) async fn add(app: AppState, Administrator(there): Administrator, sent: Sent) -> Result<Response, UiError> {
    let typed = Typed::of(sent)?;
    let wanted = typed.clone();
    let verb = move |op: &Op<'_>| {
        groups::add(op, &wanted.needed("name", GroupName::parse)?, wanted.one("description").unwrap_or_default())
    };
    match app.0.write(there.caller.clone(), verb).await {
        Ok(group) => see_other(&paths::of(paths::GROUP, group.id.0)),
        Err(refusal) => {
            let problem = Problem::of(refusal, paths::GROUPS)?;
            list_page(app, &there, None, (&typed, Some(&problem))).await
        }
    }
}

async fn list_page(
    State(app): AppState,
    there: &SignedIn,
    done: Option<&str>,
    (typed, problem): (&Typed, Option<&Problem>),
) -> Result<Response, UiError> {
    let read =
        |view: &View<'_>| Ok(Listed { waiting: console::waiting(view)?, groups: groups::list(view)?, now: view.now });
    let listed = app.read(there.caller.clone(), read).await?;
    let status = problem.map_or(StatusCode::OK, |problem| problem.status);
    let body = views::list(&listed, done, typed, problem);
    Ok(Page::new("Groups").status(status).of_console(there).body(&body))
}

/// GET /admin/groups/{id}
pub(super) async fn show(
    app: AppState,
    Administrator(there): Administrator,
    id: Result<Path<i64>, PathRejection>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, UiError> {
    let Path(id) = id.map_err(|_| UiError::NoPage)?;
    page(app, &there, GroupId(id), asked.map(|Query(asked)| asked).unwrap_or_default(), None).await
}

/// POST /admin/groups/{id}/{change}
pub(super) async fn change(
    app: AppState,
    Administrator(there): Administrator,
    named: Result<Path<(i64, String)>, PathRejection>,
    sent: Sent,
) -> Result<Response, UiError> {
    let Path((id, word)) = named.map_err(|_| UiError::NoPage)?;
    let change = Change::parse(&word).ok_or(UiError::NoPage)?;
    let (typed, here) = (Typed::of(sent)?, paths::of(paths::GROUP, id));
    let verb = move |op: &Op<'_>| change.run(op, &named_by(&groups::by_id(op, GroupId(id))?)?, &typed);
    match app.0.write(there.caller.clone(), verb).await {
        Ok(()) if change == Change::Delete => see_other(&format!("{}?done={word}", paths::GROUPS)),
        Ok(()) => see_other(&format!("{here}?done={word}")),
        Err(refusal) => {
            let problem = Problem::of(refusal, &here)?;
            page(app, &there, GroupId(id), Asked::default(), Some(&problem)).await
        }
    }
}

/// The name a verb takes; a directory's group has none that counts here.
fn named_by(group: &Group) -> Result<GroupName, Refusal> {
    match group.kind {
        gk_service::model::GroupKind::Directory => {
            Err(Refusal::Conflict("this group is kept by its directory: change it there".into()))
        }
        _ => Ok(GroupName::parse(&group.name)?),
    }
}

async fn page(
    State(app): AppState,
    there: &SignedIn,
    id: GroupId,
    asked: Asked,
    problem: Option<&Problem>,
) -> Result<Response, UiError> {
    let sent = asked.clone();
    let read = move |view: &View<'_>| {
        let group = groups::by_id(view, id)?;
        let name = named_by(&group);
        let paging = Paging::long(sent.page).within(group.members.min(MOST_BROWSED));
        let order = UserOrder { skip: paging.skip(), most: paging.most(), ..UserOrder::default() };
        let members = match &name {
            Ok(name) => {
                users::browse(view, &UserFilter { group: Some(name.clone()), ..UserFilter::default() }, &order)?
            }
            Err(_) => Part { rows: Vec::new(), total: group.members },
        };
        let opens = name.map_or(Ok(Vec::new()), |name| groups::opens(view, &name))?;
        let (waiting, offered) = (console::waiting(view)?, offered(view, &sent.user)?);
        Ok(Shown { waiting, group, members, paging, opens, offered })
    };
    let shown = app.read(there.caller.clone(), read).await?;
    let status = problem.map_or(StatusCode::OK, |problem| problem.status);
    let done = Change::parse(&asked.done).map(Change::done);
    let body = views::one(&shown, done, problem, &asked.user);
    Ok(Page::new(&shown.group.name).status(status).of_console(there).body(&body))
}
