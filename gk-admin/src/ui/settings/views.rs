//! What `/settings` looks like.

use gk_service::model::{EmailChange, Language, User, in_words};
use gk_service::service::account::OwnSession;
use gk_service::service::console::Console;
use gk_service::service::email_change::MINUTES;
use maud::{Markup, html};

use super::{Message, Section, Shown, keys};
use crate::ui::keys::shown_once;
use crate::ui::kit::{self, Tone};
use crate::ui::paths;
use crate::ui::time;
use crate::ui::visitor::SignedIn;

const HOW_IT_CHANGES: &str = "We send a link to the new address; open it in a browser where you are signed in. The old address is told once it is done. If yours is within the accepted domains and the new one is not, an administrator has to approve you again.";

/// The whole page.
pub(super) fn settings(there: &SignedIn, shown: &Shown, message: &Message) -> Markup {
    html! {
        div.settings {
            h1 { "Settings" }
            @if let Message::Done(done) = message { (kit::notice(Tone::Good, &html! { (done) })) }
            @if let Message::MadeKey(new) = message { (shown_once(&new.entry.key, &new.secret)) }
            (profile(&there.user, message))
            (mails(there, shown, message))
            (sessions(there, shown))
            (keys::section(shown, message))
            (email(&there.user, shown, message))
            (delete(&there.user, message))
        }
    }
}

/// What was wrong with a section's form.
pub(super) fn problem(message: &Message, here: Section, id: &str) -> Markup {
    html! {
        @if let Message::Problem(section, problem) = message {
            @if *section == here { p.problem id=(id) role="alert" { (kit::sentence(problem)) } }
        }
    }
}

/// Where the reader is taken, and what is read out with the field, when its form was not accepted.
pub(super) fn described_by(message: &Message, here: Section, id: &'static str) -> Option<&'static str> {
    matches!(message, Message::Problem(section, _) if *section == here).then_some(id)
}

fn profile(user: &User, message: &Message) -> Markup {
    let wrong = described_by(message, Section::Profile, "name-problem");
    let hint = format!("Apps show it beside your e-mail. Your user name is {}.", user.username);
    html! {
        section aria-labelledby="profile" {
            h2 #profile { "Profile" }
            (problem(message, Section::Profile, "name-problem"))
            form method="post" action=(paths::SETTINGS_NAME) {
                (kit::field("fullname", "Display name", Some(&hint), &html! {
                    input #fullname type="text" name="fullname" value=(user.fullname) maxlength="200" autocomplete="name"
                        autofocus[wrong.is_some()] aria-describedby={ "fullname-hint " (wrong.unwrap_or_default()) };
                }))
                button type="submit" { "Save" }
            }
        }
    }
}

fn mails(there: &SignedIn, shown: &Shown, message: &Message) -> Markup {
    let user = &there.user;
    let mut languages = vec![("", "As my browser asks")];
    languages.extend(Language::ALL.map(|language| (language.tag(), language.name())));
    let chosen = user.language.map(Language::tag).unwrap_or_default();
    html! {
        section aria-labelledby="mails" {
            h2 #mails { "Mails" }
            (problem(message, Section::Mails, "mails-problem"))
            form method="post" action=(paths::SETTINGS_MAILS) {
                (kit::field("language", "Language", None, &kit::select("language", "language", &languages, chosen)))
                label.choice {
                    input type="checkbox" name="new_device_mail" value="yes" checked[user.new_device_mail];
                    "Tell me when a new browser signs in to my account"
                }
                @if !shown.tells_of_devices { p.hint { "An administrator has switched these mails off for everybody." } }
                @if there.console != Console::Closed {
                    label.choice {
                        input type="checkbox" name="notify" value="yes" checked[user.notify];
                        "Tell me when somebody waits for approval or asks for access"
                    }
                }
                button type="submit" { "Save" }
            }
        }
    }
}

fn sessions(there: &SignedIn, shown: &Shown) -> Markup {
    html! {
        section aria-labelledby="sessions" {
            h2 #sessions { "Sessions" }
            p.subtle { "Where you are signed in. End what you do not know: it is out at its next request." }
            ul.sessions { @for own in &shown.sessions { li { (one_session(there, own, shown)) } } }
            @if shown.sessions.iter().any(|own| own.session.id != there.session.id) {
                form method="post" action=(paths::SETTINGS_OTHERS) {
                    button.quiet type="submit" { "End all other sessions" }
                }
            }
        }
    }
}

fn one_session(there: &SignedIn, own: &OwnSession, shown: &Shown) -> Markup {
    let session = &own.session;
    let this = session.id == there.session.id;
    let device = device(own);
    html! {
        div {
            strong { (device) }
            @if this { (kit::badge(Tone::Good, "this browser")) }
            p.subtle {
                @if !session.ip.is_empty() { (session.ip) " · " }
                "signed in " (time::ago(session.created_at, shown.now)) " · last seen "
                (time::ago(session.last_seen_at, shown.now))
            }
        }
        form method="post" action=(paths::SETTINGS_SESSION) {
            input type="hidden" name="session" value=(session.id);
            @let label = if this { "Sign out".to_owned() } else { format!("End the session of {device}") };
            button.quiet type="submit" aria-label=(label) { @if this { "Sign out" } @else { "End" } }
        }
    }
}

/// A session by what it began in.
fn device(own: &OwnSession) -> String {
    match (&own.app, own.session.method.as_str()) {
        (Some(app), _) => format!("In {app}"),
        (None, "command") => "Made at the command line".to_owned(),
        (None, _) => in_words(&own.session.user_agent),
    }
}

fn email(user: &User, shown: &Shown, message: &Message) -> Markup {
    let wrong = described_by(message, Section::Email, "email-problem");
    html! {
        section aria-labelledby="email-heading" {
            h2 #email-heading { "E-mail" }
            p { "You sign in with " strong { (user.email) } ", and apps know you by it." }
            (problem(message, Section::Email, "email-problem"))
            @if let Some(change) = &shown.change {
                (kit::notice(Tone::Waits, &html! { "Waiting for " strong { (change.email) } " to confirm, until " (time::at(change.expires_at)) "." }))
                form method="post" action=(paths::SETTINGS_EMAIL_CANCEL) {
                    button.quiet type="submit" { "Withdraw the change" }
                }
            }
            @if user.is_usable() {
                form method="post" action=(paths::SETTINGS_EMAIL) {
                    (kit::field("email", "New e-mail", Some(HOW_IT_CHANGES), &html! {
                        input #email type="email" name="email" autocomplete="email" spellcheck="false" maxlength="254" required
                            autofocus[wrong.is_some()] aria-describedby={ "email-hint " (wrong.unwrap_or_default()) };
                    }))
                    button type="submit" { "Change e-mail" }
                }
            } @else {
                p.subtle { "It can be changed once your account is approved." }
            }
        }
    }
}

fn delete(user: &User, message: &Message) -> Markup {
    let wrong = described_by(message, Section::Delete, "delete-problem");
    html! {
        section aria-labelledby="delete" {
            h2 #delete { "Delete account" }
            (problem(message, Section::Delete, "delete-problem"))
            @if user.seeded {
                p.subtle { "This account was made at installation. Only the command line can delete it." }
            } @else {
                p { "Your sessions end, and your access, your requests and your settings are gone for good. What you did stays in the audit." }
                form method="post" action=(paths::SETTINGS_DELETE) {
                    label for="confirmation" { "Type " code { (user.email) } " to confirm" }
                    input #confirmation type="text" name="confirmation" autocomplete="off" autocapitalize="none" spellcheck="false" required
                        autofocus[wrong.is_some()] aria-describedby=[wrong];
                    button.danger type="submit" { "Delete my account" }
                }
            }
        }
    }
}

/// After the account is gone.
pub(super) fn deleted() -> Markup {
    html! {
        h1 { "Your account was deleted" }
        p { "You are signed out everywhere." }
        p.actions { a.button href=(paths::SIGNIN) { "Sign in" } }
    }
}

/// What such a link shows to whom it is not for, or no longer.
pub(super) fn no_change(user: &User) -> Markup {
    html! {
        h1 { "There is nothing to confirm" }
        p { "You are signed in as " strong { (user.email) } ". This link no longer works, or it is for another account." }
        p.subtle { "It works once, within " (MINUTES) " minutes, and only for the account it is for. As another account, open it from the mail again." }
        div.actions { a.button href=(paths::SETTINGS) { "Settings" } (kit::use_another_account(paths::SETTINGS)) }
    }
}

/// What becomes of somebody whose address has changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    GoesOn,
    /// For an administrator to approve them again.
    Waits,
}

/// What the link from the new address shows.
pub(super) fn confirm_email(user: &User, change: &EmailChange, after: After) -> Markup {
    html! {
        h1 { "Change your e-mail" }
        p { "From " strong { (user.email) } " to " strong { (change.email) } "." }
        p.subtle { "You sign in with the new address from then on, and apps know you by it. All your other sessions end." }
        @if after == After::Waits {
            p { "The new address is outside the accepted domains: an administrator has to approve you again before any app opens." }
        }
        form method="post" { button #confirm-email type="submit" { "Change it" } }
        p.actions { a href=(paths::SETTINGS) { "Not now" } }
    }
}
