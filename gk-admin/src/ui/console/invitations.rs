//! `/admin/invitations`: links that let people in. A new link is shown in the answer to the form, and never again.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::Secret;
use gk_service::model::{App as Service, Group, GroupKind, Invitation, InvitationState};
use gk_service::service::console::{self, Waiting};
use gk_service::service::invitations::{self, Create};
use gk_service::service::{Op, Refusal, View, apps, groups};
use gk_shared::model::{Email, GroupName, Role, Slug};
use gk_shared::time::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::Problem;
use crate::ui::errors::UiError;
use crate::ui::kit::{self, Tone};
use crate::ui::page::Page;
use crate::ui::signin::see_other;
use crate::ui::typed::Typed;
use crate::ui::visitor::SignedIn;
use crate::ui::{AppState, paths, time};

/// What the address says.
#[derive(Deserialize)]
pub(in crate::ui) struct Asked {
    /// The invitation that was just withdrawn.
    withdrawn: Option<i64>,
}

/// What the page shows.
struct Shown {
    waiting: Waiting,
    invitations: Vec<Invitation>,
    groups: Vec<Group>,
    apps: Vec<Service>,
    now: Timestamp,
}

/// What is said above the list.
enum Message {
    Nothing,
    Withdrawn(i64),
    Made(Box<Invitation>, Secret),
    Problem(Problem),
}

/// GET /admin/invitations
pub(in crate::ui) async fn show(
    app: AppState,
    there: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, UiError> {
    let message = asked.withdrawn.map_or(Message::Nothing, Message::Withdrawn);
    page(app, &there, (message, Typed::default())).await
}

/// POST /admin/invitations
pub(in crate::ui) async fn make(
    app: AppState,
    there: SignedIn,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, UiError> {
    let Form(fields) = form.map_err(|_| UiError::BadForm)?;
    let (typed, sent) = (Typed(fields.clone()), Typed(fields));
    let verb = move |op: &Op<'_>| invitations::create(op, &wanted(&sent, op.now)?);
    let said = match app.write(there.caller.clone(), verb).await {
        Ok((invitation, link)) => (Message::Made(Box::new(invitation), link), Typed::default()),
        Err(refusal) => (Message::Problem(Problem::of(refusal, paths::INVITATIONS)?), typed),
    };
    page(app, &there, said).await
}

/// POST /admin/invitations/{id}/withdraw
pub(in crate::ui) async fn withdraw(app: AppState, there: SignedIn, Path(id): Path<i64>) -> Result<Response, UiError> {
    match app.write(there.caller.clone(), move |op| invitations::withdraw(op, id)).await {
        Ok(_) => see_other(&format!("{}?withdrawn={id}", paths::INVITATIONS)),
        Err(refusal) => {
            let problem = Message::Problem(Problem::of(refusal, paths::INVITATIONS)?);
            page(app, &there, (problem, Typed::default())).await
        }
    }
}

async fn page(State(app): AppState, there: &SignedIn, (message, typed): (Message, Typed)) -> Result<Response, UiError> {
    let read = |view: &View<'_>| {
        let local = |group: &Group| group.kind == GroupKind::Local;
        Ok(Shown {
            waiting: console::waiting(view)?,
            invitations: invitations::list(view)?,
            groups: groups::list(view)?.into_iter().filter(local).collect(),
            apps: apps::list(view)?,
            now: view.now,
        })
    };
    let shown = app.read(there.caller.clone(), read).await?;
    let status = match &message {
        Message::Nothing | Message::Withdrawn(_) | Message::Made(..) => StatusCode::OK,
        Message::Problem(problem) => problem.status,
    };
    Ok(Page::new("Invitations").status(status).signed_in(there).wide().body(&view(&shown, &message, &typed)))
}

/// Reads the form. An app is `slug`, or `slug=role`.
fn wanted(typed: &Typed, now: Timestamp) -> Result<Create, Refusal> {
    let number = |name| typed.one(name).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
    let app = |text: &str| {
        let (slug, role) = text.split_once('=').map_or((text, None), |(slug, role)| (slug, Some(role)));
        Ok::<_, Refusal>((Slug::parse(slug)?, role.map(Role::parse).transpose()?))
    };
    Ok(Create {
        email: typed.one("email").map(Email::parse).transpose()?,
        groups: typed.all("group").map(GroupName::parse).collect::<Result<_, _>>()?,
        apps: typed.all("app").map(app).collect::<Result<_, _>>()?,
        uses: number("uses"),
        expires_at: now.plus(number("days").saturating_mul(86_400)),
        note: typed.one("note").unwrap_or_default().to_owned(),
    })
}

fn view(shown: &Shown, message: &Message, typed: &Typed) -> Markup {
    html! {
        (console_nav(shown))
        h1 { "Invitations" }
        (said(message))
        @if shown.invitations.is_empty() {
            (kit::empty("Nobody is invited. An invitation is a link by which people get in, approved and with what you choose."))
        } @else {
            (list(shown))
        }
        h2 { "Invite somebody" }
        (form(shown, typed))
    }
}

fn console_nav(shown: &Shown) -> Markup {
    super::nav(&shown.waiting, paths::INVITATIONS)
}

fn said(message: &Message) -> Markup {
    match message {
        Message::Nothing => html! {},
        Message::Withdrawn(id) => {
            kit::notice(Tone::Plain, &html! { "Invitation " (id) " was withdrawn. Whoever got in by it stays." })
        }
        Message::Problem(problem) => problem.notice(),
        Message::Made(invitation, link) => html! {
            (kit::notice(Tone::Good, &html! {
                @match &invitation.email {
                    Some(email) => { "The invitation for " strong { (email) } " was made, and mailed there." },
                    None => "The invitation was made.",
                }
                " This is its link; it is shown this once:"
            }))
            p #invitation-link .secret { (link.reveal()) }
        },
    }
}

fn list(shown: &Shown) -> Markup {
    let row = |invitation: &Invitation| {
        let state = invitation.state(shown.now);
        vec![
            whom(invitation),
            gives(invitation),
            html! { (invitation.used) "\u{a0}of\u{a0}" (invitation.uses) },
            html! { (badge(state)) " " (time::at(invitation.expires_at)) },
            html! { (invitation.created_by) " " span.subtle { (time::ago(invitation.created_at, shown.now)) } },
            if state == InvitationState::Open {
                withdrawal(invitation.id)
            } else {
                html! {}
            },
        ]
    };
    let rows = shown.invitations.iter().map(row).collect::<Vec<_>>();
    kit::table("Invitations", &["For", "Gives", "Used", "Until", "By", ""], &rows)
}

fn whom(invitation: &Invitation) -> Markup {
    html! {
        @match &invitation.email {
            Some(email) => strong { (email) },
            None => "Whoever has the link",
        }
        " " span.subtle { "No. " (invitation.id) }
        @if !invitation.note.is_empty() { (kit::quote(&invitation.note)) }
    }
}

fn gives(invitation: &Invitation) -> Markup {
    html! {
        @if invitation.apps.is_empty() && invitation.groups.is_empty() { span.subtle { "an approved account" } }
        @for app in &invitation.apps {
            span.whole { (app.name) @if let Some(role) = &app.role { " " (kit::badge(Tone::Plain, role.as_str())) } } " "
        }
        @for group in &invitation.groups { span.whole { span.subtle { "group " } (group) } " " }
    }
}

fn badge(state: InvitationState) -> Markup {
    let tone = match state {
        InvitationState::Open => Tone::Good,
        InvitationState::UsedUp | InvitationState::Expired | InvitationState::Withdrawn => Tone::Plain,
    };
    kit::badge(tone, state.word())
}

fn withdrawal(id: i64) -> Markup {
    kit::confirm(
        "Withdraw…",
        &html! {
            form method="post" action=(paths::of(paths::WITHDRAW_INVITATION, id)) {
                p.hint { "Its link stops working at once. Whoever got in by it stays." }
                button.danger type="submit" { "Withdraw" }
            }
        },
    )
}

fn form(shown: &Shown, typed: &Typed) -> Markup {
    html! {
        form.invite method="post" action=(paths::INVITATIONS) {
            (kit::field("email", "E-mail", Some("Whom alone it is for; the link is mailed there. Empty: whoever has the link."), &html! {
                input #email type="email" name="email" value=[typed.one("email")] maxlength="254" autocomplete="off" spellcheck="false" aria-describedby="email-hint";
            }))
            div.inline {
                (kit::field("uses", "How many may get in", None, &html! { input #uses type="number" name="uses" value=(typed.one("uses").unwrap_or("1")) min="1" max="1000" required; }))
                (kit::field("days", "For how many days", None, &html! { input #days type="number" name="days" value=(typed.one("days").unwrap_or("14")) min="1" max="90" required; }))
            }
            @if !shown.groups.is_empty() {
                fieldset {
                    legend { "Groups" }
                    @for group in &shown.groups {
                        label.choice { input type="checkbox" name="group" value=(group.name) checked[typed.all("group").any(|name| name == group.name)]; (group.name) }
                    }
                }
            }
            @if !shown.apps.is_empty() {
                fieldset { legend { "Apps" } div.pairs { @for app in &shown.apps { (app_choice(app, typed)) } } }
            }
            (kit::field("note", "Note", Some("Shown to whoever is invited. May stay empty."), &html! {
                textarea #note name="note" rows="2" maxlength="500" aria-describedby="note-hint" { (typed.one("note").unwrap_or_default()) }
            }))
            button type="submit" { "Make the invitation" }
        }
    }
}

/// Not this app, the app without a role, or one of its roles.
fn app_choice(app: &Service, typed: &Typed) -> Markup {
    let id = format!("app-{}", app.slug);
    let roles = app.roles.iter().map(|role| (format!("{}={role}", app.slug), format!("as {role}"))).collect::<Vec<_>>();
    let mut options = vec![("", "no"), (app.slug.as_str(), "yes, without a role")];
    options.extend(roles.iter().map(|(value, label)| (value.as_str(), label.as_str())));
    let is_option = |value: &&str| options.iter().any(|(option, _)| option == value);
    let chosen = typed.all("app").find(is_option).unwrap_or_default();
    kit::field(&id, &app.name, None, &kit::select(&id, "app", &options, chosen))
}
