//! What people see on the way to an app that is not behind nginx.

use axum::http::StatusCode;
use axum::response::Response;
use gk_service::model::AppPlace;
use maud::{Markup, html};

use crate::ui::kit::{self, Called};
use crate::ui::page::Page;
use crate::ui::paths;

/// Whether a code was typed already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) enum Tried {
    NotYet,
    InVain,
}

/// Where a link leads that an app's server asked for.
pub(in crate::ui) fn code_page(place: &AppPlace, tried: Tried) -> Response {
    let status = if tried == Tried::InVain { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Page::new("Sign in").status(status).may_lead_to(place.callback.as_str()).body(&code_view(place, tried))
}

const WRONG: &str = "That code does not work. Look at it again; after five wrong codes only a new mail helps.";

fn heading(place: &AppPlace) -> Markup {
    html! {
        h1 { "Sign in to " (place.name) }
        p.subtle { "at " span.place { (place.callback) } }
    }
}

pub(super) fn login_view(place: &AppPlace) -> Markup {
    html! {
        (heading(place))
        form method="post" action=(paths::LOGIN) {
            (hidden(place))
            (kit::email_field("identifier", Called::ByEmailOrName, None))
            button type="submit" { "Send me a sign-in link" }
        }
        p.subtle { "New here? " a href=(paths::then(paths::REGISTER, &paths::login(place))) { "Register" } }
    }
}

pub(super) fn go_on_view(place: &AppPlace, email: &str) -> Markup {
    html! {
        (heading(place))
        form method="post" action=(paths::LOGIN_GO) {
            (hidden(place))
            p { "You are signed in as " strong { (email) } "." }
            button #go-on type="submit" { "Go on to " (place.name) }
        }
        (kit::use_another_account(&paths::login(place)))
    }
}

fn hidden(place: &AppPlace) -> Markup {
    html! {
        input type="hidden" name="callback_url" value=(place.callback);
        input type="hidden" name="next" value=(place.next);
    }
}

fn code_view(place: &AppPlace, tried: Tried) -> Markup {
    html! {
        (heading(place))
        form method="post" {
            (kit::code_field((tried == Tried::InVain).then_some(WRONG)))
            button type="submit" { "Sign in" }
        }
        p.subtle { "If you did not ask for this, close the page: nothing has happened." }
    }
}

pub(super) fn no_entry_view(place: &AppPlace) -> Markup {
    html! {
        h1 { "You may not enter " (place.name) }
        p { "Your account has no access to it, or no longer has." }
        p.actions { a.button href=(paths::no_entry(place)) { "Ask for access" } }
    }
}
