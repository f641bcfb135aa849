//! The JSON API under `/api/v1`: handlers for programs with a key and for signed-in browsers, one file a noun.
//!
//! Every handler is: who asks (`caller`) → body (`body`) → one service call → JSON. What goes wrong is a [`Problem`],
//! and the router a path stands in says in which shape it is told.

mod access;
mod account;
mod apps;
mod asked;
mod audit;
mod body;
mod caller;
mod central;
mod directories;
mod done;
mod export;
mod groups;
mod import;
mod keys;
mod kinds;
pub(crate) mod openapi;
mod paths;
mod problem;
mod properties;
mod requests;
mod routes;
mod sessions;
mod settings;
mod shown;
mod signin;
mod system;
mod users;
mod version;

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use tokio::time::timeout;

use self::problem::{Problem, Shape, shaped};
use crate::app::App;
use crate::ui::is_from_elsewhere;

/// A body may be so long.
const MOST_BYTES: usize = 64 * 1024;
/// No request takes longer than this.
const MOST_PER_REQUEST: Duration = Duration::from_secs(30);

/// Puts everything below `/api` beside the pages.
pub(crate) fn mount(pages: Router<App>, app: &App) -> Router<App> {
    let api = Router::new()
        .merge(routes::in_the_shape_of_apps().layer(map_response(|response| async { shaped(response, Shape::Error) })))
        .merge(routes::of_consoles().layer(map_response(|response| async { shaped(response, Shape::Detail) })))
        .merge(routes::of_its_own())
        .route(paths::DOCUMENT, get(openapi::show))
        .fallback(|| async { Problem::no_path() })
        .method_not_allowed_fallback(|| async { Problem::no_method() })
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(from_fn_with_state(app.clone(), own_pages_only))
        .layer(from_fn(in_time))
        .layer(map_response(|response| async { shaped(response, Shape::Ours) }));
    // The path itself with a slash is no part of what is below it.
    let bare = any(|| async { shaped(Problem::no_path().into_response(), Shape::Ours) });
    pages.route("/api/", bare).nest("/api", api)
}

/// A cookie is sent along by browsers whoever asks, so what another site sends is refused.
async fn own_pages_only(State(app): State<App>, request: Request, next: Next) -> Response {
    if is_from_elsewhere(&app, request.method(), request.headers()).await {
        Problem::another_site().into_response()
    } else {
        next.run(request).await
    }
}

async fn in_time(request: Request, next: Next) -> Response {
    timeout(MOST_PER_REQUEST, next.run(request)).await.unwrap_or_else(|_| Problem::too_slow().into_response())
}

/// The state as handlers take it.
type AppState = State<App>;
