//! The pages: handlers above, views below, one file a noun. Every page works without JavaScript.

mod assets;
mod cookies;
mod errors;
mod health;
mod home;
mod page;
mod paths;
mod request_access;
mod signin;
mod signout;
mod visitor;
mod waiting;

pub(crate) use visitor::Peer;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;

use crate::app::App;

/// All routes of the auth host.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route(paths::HOME, get(home::show))
        .route(paths::SIGNIN, get(signin::form).post(signin::ask))
        .route(paths::REGISTER, get(signin::register_form).post(signin::register))
        .route(paths::SENT, get(waiting::show).post(waiting::enter))
        .route(paths::LINK, get(signin::link).post(signin::finish))
        .route(paths::SIGNOUT, get(signout::end).post(signout::end))
        .route(paths::REQUEST_ACCESS, get(request_access::show))
        .route(paths::STYLE, get(assets::style))
        .route(paths::WAIT_SCRIPT, get(assets::wait_script))
        .route(paths::ICON, get(assets::icon))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/health", get(health::healthy))
        .fallback(errors::no_page)
        .method_not_allowed_fallback(errors::no_method)
        .layer(DefaultBodyLimit::max(64 * 1024))
        .layer(from_fn_with_state(app.clone(), visitor::same_origin))
        .layer(from_fn(errors::in_time))
        .layer(from_fn(page::headers))
        .with_state(app)
}

/// The state as handlers take it.
type AppState = State<App>;
