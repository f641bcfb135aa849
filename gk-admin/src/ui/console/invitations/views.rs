//! What the page of invitations looks like.

use gk_service::model::{App as Service, Invitation, InvitationState};
use maud::{Markup, html};

use super::{Message, Shown, Typed};
use crate::ui::kit::{self, Tone};
use crate::ui::{console, paths, time};

pub(super) fn view(shown: &Shown, message: &Message, typed: &Typed) -> Markup {
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
    console::nav(&shown.waiting, paths::INVITATIONS)
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
