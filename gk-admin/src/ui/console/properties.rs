//! `/admin/properties`: what apps keep about people, by kind.

mod views;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::model::{Part, Property, PropertyName, PropertyType, User};
use gk_service::service::console::{self, Waiting};
use gk_service::service::{Op, Refusal, View, properties};
use gk_shared::model::Username;
use serde::Deserialize;

use super::Problem;
use crate::ui::console::guard::Administrator;
use crate::ui::errors::UiError;
use crate::ui::kit::Paging;
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::typed::{Sent, Typed};
use crate::ui::visitor::{SignedIn, Visitor};
use crate::ui::{AppState, paths};

/// Which kind of property, and which part of those who have it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    app: String,
    key: String,
    page: Option<i64>,
    done: String,
}

/// What can be done to a kind of property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Rename,
    Unset,
    Delete,
}

impl Change {
    const ALL: [Self; 3] = [Self::Rename, Self::Unset, Self::Delete];

    /// The last word of its path.
    fn word(self) -> &'static str {
        match self {
            Self::Rename => "rename",
            Self::Unset => "unset",
            Self::Delete => "delete",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.word() == word)
    }

    /// What is said once it is done.
    fn done(self) -> &'static str {
        match self {
            Self::Rename => "The property was renamed.",
            Self::Unset => "The property was deleted of this person.",
            Self::Delete => "The property was deleted of everybody.",
        }
    }

    fn run(self, op: &Op<'_>, kind: &Kind, typed: &Typed) -> Result<(), Refusal> {
        match self {
            Self::Rename => {
                properties::rename_type(op, kind.both(), Kind::of(typed, "new_app", "new_key")?.both()).map(drop)
            }
            Self::Unset => {
                properties::unset(op, &typed.needed("user", Username::parse)?, &kind.app, Some(&kind.key)).map(drop)
            }
            Self::Delete => properties::delete_type(op, &kind.app, &kind.key).map(drop),
        }
    }
}

/// A kind of property.
#[derive(Clone, Debug)]
struct Kind {
    app: PropertyName,
    key: PropertyName,
}

impl Kind {
    fn of(typed: &Typed, app: &str, key: &str) -> Result<Self, Refusal> {
        Ok(Self { app: typed.needed(app, PropertyName::parse)?, key: typed.needed(key, PropertyName::parse)? })
    }

    fn both(&self) -> (&PropertyName, &PropertyName) {
        (&self.app, &self.key)
    }

    /// Its page.
    fn path(&self) -> String {
        let asked = [("app", Some(self.app.to_string())), ("key", Some(self.key.to_string()))];
        paths::with(paths::PROPERTY, asked)
    }
}

/// What a kind's page shows.
struct Shown {
    waiting: Waiting,
    kind: Kind,
    holders: Part<(User, Option<String>)>,
    paging: Paging,
}

/// GET /admin/properties
pub(super) async fn list(
    app: AppState,
    Administrator(there): Administrator,
    visitor: Visitor,
) -> Result<Response, UiError> {
    let done = visitor.parameter("done").and_then(Change::parse).map(Change::done);
    list_page(app, &there, done, (&Typed::default(), None)).await
}

/// POST /admin/properties
pub(super) async fn add(app: AppState, Administrator(there): Administrator, sent: Sent) -> Result<Response, UiError> {
    let typed = Typed::of(sent)?;
    let wanted = typed.clone();
    let verb = move |op: &Op<'_>| {
        let kind = Kind::of(&wanted, "app", "key")?;
        let value = wanted.raw("value").filter(|value| !value.is_empty()).map(str::to_owned);
        let property = Property::new(kind.app.clone(), kind.key.clone(), value)?;
        properties::set(op, &wanted.needed("user", Username::parse)?, &[property])?;
        Ok(kind)
    };
    match app.0.write(there.caller.clone(), verb).await {
        Ok(kind) => see_other(&kind.path()),
        Err(refusal) => {
            let problem = Problem::of(refusal, paths::PROPERTIES)?;
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
    let read = |view: &View<'_>| Ok((console::waiting(view)?, properties::types(view)?));
    let (waiting, kinds): (Waiting, Vec<PropertyType>) = app.read(there.caller.clone(), read).await?;
    let status = problem.map_or(StatusCode::OK, |problem| problem.status);
    let body = views::list(&waiting, &kinds, done, (typed, problem));
    Ok(Page::new("Properties").status(status).of_console(there).body(&body))
}

/// GET /admin/properties/of
pub(super) async fn show(
    app: AppState,
    Administrator(there): Administrator,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, UiError> {
    let Query(asked) = asked.map_err(|_| UiError::NoPage)?;
    let (owner, key) = (PropertyName::parse(&asked.app), PropertyName::parse(&asked.key));
    let (Ok(owner), Ok(key)) = (owner, key) else { return Err(UiError::NoPage) };
    let done = Change::parse(&asked.done).map(Change::done);
    page(app, &there, (Kind { app: owner, key }, asked.page), (done, None)).await
}

/// POST /admin/properties/of/{change}
pub(super) async fn change(
    app: AppState,
    Administrator(there): Administrator,
    axum::extract::Path(word): axum::extract::Path<String>,
    sent: Sent,
) -> Result<Response, UiError> {
    let change = Change::parse(&word).ok_or(UiError::NoPage)?;
    let typed = Typed::of(sent)?;
    let kind = Kind::of(&typed, "app", "key")?;
    let named = kind.clone();
    match app.0.write(there.caller.clone(), move |op| change.run(op, &named, &typed)).await {
        Ok(()) if change == Change::Unset => see_other(&format!("{}&done={word}", kind.path())),
        Ok(()) => see_other(&format!("{}?done={word}", paths::PROPERTIES)),
        Err(refusal) => {
            let problem = Problem::of(refusal, &kind.path())?;
            page(app, &there, (kind, None), (None, Some(&problem))).await
        }
    }
}

async fn page(
    State(app): AppState,
    there: &SignedIn,
    (kind, part): (Kind, Option<i64>),
    (done, problem): (Option<&str>, Option<&Problem>),
) -> Result<Response, UiError> {
    let read = move |view: &View<'_>| {
        let total = properties::holders(view, kind.both(), (0, 0))?.total;
        let paging = Paging::long(part).within(total);
        let holders = properties::holders(view, kind.both(), (paging.skip(), paging.most()))?;
        Ok(Shown { waiting: console::waiting(view)?, holders, paging, kind })
    };
    let shown = app.read(there.caller.clone(), read).await?;
    let status = problem.map_or(StatusCode::OK, |problem| problem.status);
    Ok(Page::new("Properties").status(status).of_console(there).body(&views::one(&shown, done, problem)))
}
