//! `/admin/apps/{slug}`: who has leave to enter an app, and giving, changing and taking it back in place.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use gk_service::model::{App, Group, GroupKind, User};
use gk_service::service::console::{self, Console, Waiting};
use gk_service::service::grants::{self, Change as Set, Give, Listed, Receiver, Tell};
use gk_service::service::{Op, Refusal, View, apps, groups};
use gk_shared::model::{GrantId, GroupName, Role, Slug, Username};
use gk_shared::time::Timestamp;
use serde::Deserialize;

use super::grants_view;
use super::page::{Message, Named, NamedChange, Section, change_of, foretold, slug_of, worth_showing};
use crate::ui::console::grants::{BACK, Choice, GIVEN_BACK, Undo, after_taking};
use crate::ui::console::guard::AppsVisitor;
use crate::ui::console::{Problem, offered};
use crate::ui::errors::UiError;
use crate::ui::kit::Paging;
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::typed::{Sent, Typed};
use crate::ui::visitor::SignedIn;
use crate::ui::{AppState, paths, time};

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::ui::console) struct Asked {
    pub(super) which: String,
    page: Option<i64>,
    /// Part of the name of somebody to let in.
    pub(super) user: String,
    done: String,
    /// The number by which what was taken can be given back, and how many that were.
    taking: Option<i64>,
    taken: Option<i64>,
}

/// What the page shows.
pub(super) struct Shown {
    pub(super) waiting: Waiting,
    pub(super) console: Console,
    pub(super) app: App,
    pub(super) choice: Choice,
    pub(super) listed: Listed,
    pub(super) paging: Paging,
    /// To choose from, for whoever may let groups in.
    pub(super) groups: Vec<Group>,
    pub(super) offered: Vec<User>,
    pub(super) undo: Option<Undo>,
    pub(super) now: Timestamp,
}

/// What can be done to an app's grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Give,
    Edit,
    Take,
}

impl Change {
    const ALL: [Self; 3] = [Self::Give, Self::Edit, Self::Take];

    /// The last word of its path.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Give => "give",
            Self::Edit => "edit",
            Self::Take => "take",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.word() == word)
    }

    /// What is said once it is done; taking says more.
    fn done(self) -> Option<&'static str> {
        match self {
            Self::Give => Some("They may enter."),
            Self::Edit => Some("The grant was changed."),
            Self::Take => None,
        }
    }

    /// Gives the number of what was taken, if that was it.
    fn run(self, op: &Op<'_>, slug: &Slug, typed: &Typed) -> Result<Option<i64>, Refusal> {
        let number = || {
            let parse = |text: &str| text.parse().map_err(|_| Refusal::Invalid("no such grant".into()));
            typed.needed("grant", parse).map(GrantId)
        };
        match self {
            Self::Give => grants::give(op, slug, &receiver(typed)?, &given(typed)?).map(|_| None),
            Self::Edit => grants::edit(op, slug, number()?, &edited(typed)?).map(|_| None),
            Self::Take => grants::take_many(op, &[number()?]).map(|taken| Some(taken.number)),
        }
    }
}

/// A group if one is chosen, else the person who is named.
fn receiver(typed: &Typed) -> Result<Receiver, Refusal> {
    match typed.parsed("group", GroupName::parse)? {
        Some(group) => Ok(Receiver::Group(group)),
        None => typed.needed("user", Username::parse).map(Receiver::User),
    }
}

/// A new grant, or what is added to one there is: an empty field leaves things as they are.
pub(in crate::ui::console) fn given(typed: &Typed) -> Result<Give, Refusal> {
    Ok(Give {
        role: typed.parsed("role", Role::parse)?.into(),
        starts_at: time::start_of_day(typed.one("from").unwrap_or_default())?.into(),
        expires_at: typed.end_of_day("until")?.into(),
        note: typed.one("note").map(ToOwned::to_owned),
        tell: Tell::OfNew,
    })
}

/// A grant as its form says it: an empty field empties. A day that was left alone leaves the moment as it is.
fn edited(typed: &Typed) -> Result<Give, Refusal> {
    let give = given(typed)?;
    let kept = |name: &str| typed.raw(name) == typed.raw(&format!("{name}_before"));
    Ok(Give {
        role: if give.role == Set::Keep { Set::Clear } else { give.role },
        starts_at: if kept("from") { Set::Keep } else { or_none(give.starts_at) },
        expires_at: if kept("until") { Set::Keep } else { or_none(give.expires_at) },
        note: Some(give.note.unwrap_or_default()),
        tell: if typed.one("tell").is_some() { Tell::OfChanges } else { Tell::OfNew },
    })
}

fn or_none<T>(change: Set<T>) -> Set<T> {
    match change {
        Set::Keep => Set::Clear,
        Set::Clear | Set::Set(_) => change,
    }
}

/// GET /admin/apps/{slug}
pub(in crate::ui::console) async fn show(
    app: AppState,
    AppsVisitor(there): AppsVisitor,
    named: Named,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, UiError> {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let done = match asked.done.as_str() {
        BACK => Some(GIVEN_BACK),
        word => Change::parse(word).and_then(Change::done),
    };
    let done = done.map_or(Message::Nothing, Message::Done);
    page(app, &there, slug_of(named)?, asked, done).await
}

/// POST /admin/apps/{slug}/grants/{change}
pub(in crate::ui::console) async fn change(
    app: AppState,
    AppsVisitor(there): AppsVisitor,
    named: NamedChange,
    sent: Sent,
) -> Result<Response, UiError> {
    let (slug, change) = change_of(named, Change::parse)?;
    let (typed, here) = (Typed::of(sent)?, paths::of_app(paths::APP, &slug));
    if change == Change::Give && typed.one("group").is_some() && typed.one("sure").is_none() {
        let (wanted, trial) = (slug.clone(), typed.clone());
        let effects = app.what_if(there.caller.clone(), move |op| change.run(op, &wanted, &trial)).await;
        if let Some(effects) = worth_showing(effects)? {
            let to = paths::of_app(paths::CHANGE_GRANT, &slug).replace("{change}", change.word());
            return foretold(app, &there, (slug, Section::Grants), (&effects, &typed), (&to, &here)).await;
        }
    }
    let wanted = slug.clone();
    match app.write(there.caller.clone(), move |op| change.run(op, &wanted, &typed)).await {
        Ok(Some(taking)) => see_other(&after_taking(&here, None, taking, 1)),
        Ok(None) => see_other(&format!("{here}?done={}", change.word())),
        Err(refusal) => {
            let problem = Problem::of(refusal, &here)?;
            page(app, &there, slug, Asked::default(), Message::Problem(problem)).await
        }
    }
}

async fn page(
    State(app): AppState,
    there: &SignedIn,
    slug: Slug,
    asked: Asked,
    message: Message,
) -> Result<Response, UiError> {
    let (sent, console) = (asked.clone(), there.console);
    let read = move |view: &View<'_>| {
        let choice = Choice::parse(&sent.which);
        let part = |part| grants::list(view, Some(&slug), choice.which(view.now), part);
        let total = part((0, 0))?.total;
        let paging = Paging::long(sent.page).within(total);
        let all = console == Console::Everything;
        Ok(Shown {
            waiting: console::waiting(view)?,
            console,
            app: apps::show(view, &slug)?.0,
            choice,
            listed: part((paging.skip(), paging.most()))?,
            paging,
            groups: if all { groups::list(view)?.into_iter().filter(takes_grants).collect() } else { Vec::new() },
            offered: offered(view, &sent.user)?,
            undo: Undo::of(sent.taking, sent.taken),
            now: view.now,
        })
    };
    let shown = app.read(there.caller.clone(), read).await?;
    let body = grants_view::view(&shown, &message, &asked);
    Ok(Page::new(&shown.app.name).status(message.status()).of_console(there).body(&body))
}

/// Whether a group can be named as one that opens an app.
fn takes_grants(group: &Group) -> bool {
    group.kind != GroupKind::Admin
}
