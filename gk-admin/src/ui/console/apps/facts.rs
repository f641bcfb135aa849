//! The form of an app's facts, as they are typed for a new app and for one that exists.

use gk_service::model::{App, CallbackUrl, OpenPath, Origin, RoleList};
use gk_service::service::Refusal;
use gk_service::service::apps::{Roles, Update};
use gk_shared::model::Role;
use maud::{Markup, html};

use crate::ui::kit;
use crate::ui::typed::Typed;

/// What stands in the fields: what was typed and not accepted, or what is known.
pub(super) struct Facts<'f> {
    typed: Option<&'f Typed>,
    app: Option<&'f App>,
}

impl<'f> Facts<'f> {
    pub(super) fn new(typed: Option<&'f Typed>, app: Option<&'f App>) -> Self {
        Self { typed, app }
    }

    fn text(&self, name: &str, known: impl Fn(&App) -> String) -> String {
        let typed = self.typed.and_then(|typed| typed.raw(name)).map(str::to_owned);
        typed.or_else(|| self.app.map(known)).unwrap_or_default()
    }

    fn is_ticked(&self, name: &str, known: impl Fn(&App) -> bool) -> bool {
        self.typed.map_or_else(|| self.app.is_some_and(known), |typed| typed.one(name).is_some())
    }

    /// What people see of it.
    pub(super) fn shown(&self) -> Markup {
        html! {
            (line("name", "Name", None, &self.text("name", |app| app.name.clone()), true))
            (line("description", "What it is", None, &self.text("description", |app| app.description.clone()), false))
            (line("contact", "Whom people may ask about it", None, &self.text("contact", |app| app.contact.clone()), false))
        }
    }

    /// Where it is reached.
    pub(super) fn places(&self, hint: &str) -> Markup {
        lines(
            "origins",
            "Where it is reached, one address a line",
            hint,
            &self.text("origins", |app| each(&app.origins, "\n")),
        )
    }

    /// Its roles; `all`: also which of them administer it.
    pub(super) fn roles(&self, all: bool) -> Markup {
        let known = |app: &App| each(&app.roles, ", ");
        let hint = match self.app {
            Some(_) => "Such as viewer, editor. The app is told the role in X-Auth-Role.",
            None => "Such as viewer, editor. The app is told the role in X-Auth-Role. Empty: any role may be granted.",
        };
        html! {
            (line("roles", "Roles, weakest first", Some(hint), &self.text("roles", known), false))
            @if all && self.app.is_some() { (choice("any_role", "Any other role may be granted, too: it is put at the strong end", self.is_ticked("any_role", |app| app.role_list == RoleList::Open))) }
            @if all { (line("admin_roles", "Roles that administer it here", Some("Whoever is granted one sees this app's grants, requests, keys and audit, and changes them."), &self.text("admin_roles", |app| each(&app.admin_roles, ", ")), false)) }
        }
    }

    /// What is told and shown to whom; `all`: also what an app's own administrators leave alone.
    pub(super) fn choices(&self, all: bool) -> Markup {
        html! {
            (choice("listed", "Show it to people who may not enter, so that they can ask", self.is_ticked("listed", |app| app.listed)))
            (choice("noindex", "Ask search engines to stay away", self.is_ticked("noindex", |app| app.noindex)))
            @if all { (choice("groups_header", "Tell it the groups of whoever enters, in X-Auth-Groups", self.is_ticked("groups_header", |app| app.groups_header))) }
            @if all { (choice("stale_ok", "Keep it open when gk-validate has not heard of changes for longer than its --max-stale", self.is_ticked("stale_ok", |app| app.stale_ok))) }
        }
    }

    /// What needs no sign-in.
    pub(super) fn open_paths(&self) -> Markup {
        let known = self.text("open_paths", |app| each(&app.open_paths, "\n"));
        html! {
            details.more open[!known.is_empty()] {
                summary { "Paths that are open without sign-in" }
                (lines("open_paths", "One a line", "Such as /health, /assets/* with all below it, or /hooks/*=10.0.0.0/8 for one network. Nobody is named to the app there.", &known))
            }
        }
    }

    /// For an app that is not behind nginx.
    pub(super) fn callbacks(&self) -> Markup {
        let known = self.text("callbacks", |app| each(&app.callbacks, "\n"));
        html! {
            details.more open[!known.is_empty()] {
                summary { "For an app that is not behind nginx" }
                (lines("callbacks", "Where it takes people back, one URL a line", "The app exchanges a code for a token there: see the README.", &known))
            }
        }
    }
}

fn each<T: ToString>(all: &[T], between: &str) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

/// A labelled line of text.
pub(super) fn line(name: &str, label: &str, hint: Option<&str>, value: &str, needed: bool) -> Markup {
    let described = hint.map(|_| format!("{name}-hint"));
    kit::field(
        name,
        label,
        hint,
        &html! {
            input id=(name) type="text" name=(name) value=(value) maxlength="1000" required[needed] autocomplete="off" spellcheck="false" aria-describedby=[described];
        },
    )
}

fn lines(name: &str, label: &str, hint: &str, value: &str) -> Markup {
    kit::field(
        name,
        label,
        Some(hint),
        &html! {
            textarea id=(name) name=(name) rows="2" spellcheck="false" aria-describedby={ (name) "-hint" } { (value) }
        },
    )
}

fn choice(name: &str, label: &str, ticked: bool) -> Markup {
    html! { label.choice { input type="checkbox" name=(name) value="yes" checked[ticked]; (label) } }
}

/// Reads the form: everything that is in it, so that an empty field empties.
pub(super) fn read(typed: &Typed) -> Result<Update, Refusal> {
    let text = |name: &str| Some(typed.one(name).unwrap_or_default().to_owned());
    let ticked = |name: &str| Some(typed.one(name).is_some());
    let roles = words(typed, "roles").map(Role::parse).collect::<Result<_, _>>()?;
    let roles = if typed.one("any_role").is_some() { Roles::Any(Some(roles)) } else { Roles::These(roles) };
    Ok(Update {
        name: text("name"),
        description: text("description"),
        contact: text("contact"),
        origins: Some(words(typed, "origins").map(Origin::parse).collect::<Result<_, _>>()?),
        roles: Some(roles),
        admin_roles: Some(words(typed, "admin_roles").map(Role::parse).collect::<Result<_, _>>()?),
        callbacks: Some(words(typed, "callbacks").map(CallbackUrl::parse).collect::<Result<_, _>>()?),
        open_paths: Some(open_paths(typed)?),
        noindex: ticked("noindex"),
        listed: ticked("listed"),
        groups_header: ticked("groups_header"),
        stale_ok: ticked("stale_ok"),
        ..Update::default()
    })
}

/// What stands in a field that takes several, parted by commas or line breaks.
fn words<'t>(typed: &'t Typed, name: &str) -> impl Iterator<Item = &'t str> {
    let all = typed.raw(name).unwrap_or_default().split([',', '\n', '\r']);
    all.map(str::trim).filter(|word| !word.is_empty())
}

/// One to a line, as its networks are parted by commas.
fn open_paths(typed: &Typed) -> Result<Vec<OpenPath>, Refusal> {
    let lines = typed.raw("open_paths").unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| OpenPath::parse(line).map_err(|bad| Refusal::Invalid(bad.to_string()))).collect()
}
