//! The pages: handlers above, views below, one file a noun. Every page works without JavaScript.

mod again;
mod api_page;
mod assets;
mod central;
mod console;
pub(crate) mod cookies;
mod errors;
mod health;
mod home;
mod invitation;
mod keys;
mod kit;
mod look;
mod page;
mod paths;
mod request_access;
mod settings;
mod signin;
mod signout;
mod time;
mod typed;
mod visitor;
mod waiting;

pub(crate) use cookies::CookieRules;
pub(crate) use signin::{Asking, take};
pub(crate) use signout::end_sessions_of;
pub(crate) use visitor::{Peer, SignedIn, Visitor, is_from_elsewhere};

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};

use crate::api;
use crate::app::App;
use crate::metrics;

/// All routes of the auth host.
pub(crate) fn router(app: App) -> Router {
    let pages = Router::new()
        .route(paths::HOME, get(home::show))
        .route(paths::SIGNIN, get(signin::form).post(signin::ask))
        .route(paths::REGISTER, get(signin::register_form).post(signin::register))
        .route(paths::SENT, get(waiting::show).post(waiting::enter))
        .route(paths::LINK, get(signin::link).post(signin::finish))
        .route(paths::AGAIN, get(again::form))
        .route(paths::INVITATION, get(invitation::show).post(invitation::accept))
        .merge(own_account())
        .route(paths::SIGNOUT, get(signout::end).post(signout::end))
        .route(paths::REQUEST_ACCESS, get(request_access::show).post(request_access::ask))
        .route(paths::WITHDRAW_REQUEST, post(request_access::withdraw))
        .merge(console::routes())
        .route(paths::LOGIN, get(central::form).post(central::ask))
        .route(paths::LOGIN_GO, post(central::go))
        .route(paths::VERIFY, get(central::verify))
        .route(paths::LOGOUT, post(signout::end))
        .route(paths::API, get(api_page::show))
        .route(paths::STYLE, get(assets::style))
        .route(paths::WAIT_SCRIPT, get(assets::wait_script))
        .route(paths::CONSOLE_SCRIPT, get(assets::console_script))
        .route(paths::HTMX, get(assets::htmx))
        .route(paths::ICON, get(assets::icon))
        .route(paths::COLOURS, get(look::colours))
        .route(paths::LOGO, get(look::picture))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/health", get(health::healthy))
        .fallback(errors::no_page)
        .method_not_allowed_fallback(errors::no_method)
        .layer(DefaultBodyLimit::max(64 * 1024))
        .layer(from_fn_with_state(app.clone(), visitor::same_origin))
        .layer(from_fn(errors::in_time))
        .layer(from_fn_with_state(app.clone(), errors::with_person))
        .layer(from_fn_with_state(app.clone(), look::dressed));
    api::mount(pages, &app)
        .layer(from_fn(page::headers))
        .layer(from_fn_with_state(app.clone(), metrics::counted))
        .with_state(app)
}

fn own_account() -> Router<App> {
    Router::new()
        .route(paths::SETTINGS, get(settings::show))
        .route(paths::SETTINGS_NAME, post(settings::rename))
        .route(paths::SETTINGS_MAILS, post(settings::mails))
        .route(paths::SETTINGS_SESSION, post(settings::end_session))
        .route(paths::SETTINGS_OTHERS, post(settings::end_others))
        .route(paths::SETTINGS_EMAIL, post(settings::ask_email))
        .route(paths::SETTINGS_EMAIL_CANCEL, post(settings::cancel_email))
        .route(paths::SETTINGS_EMAIL_LINK, get(settings::show_email).post(settings::confirm_email))
        .route(paths::SETTINGS_KEYS, post(settings::make_key))
        .route(paths::SETTINGS_KEY_DELETE, post(settings::delete_key))
        .route(paths::SETTINGS_DELETE, post(settings::delete))
}

/// The state as handlers take it.
type AppState = State<App>;
