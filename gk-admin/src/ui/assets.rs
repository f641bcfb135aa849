//! The files pages need, inside the binary.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

const FOR_EVER: &str = "public, max-age=31536000, immutable";
const FOR_A_DAY: &str = "public, max-age=86400";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// GET /assets/style.….css
pub(super) async fn style() -> Response {
    file("text/css; charset=utf-8", FOR_EVER, include_str!("assets/style.css"))
}

/// GET /assets/wait.….js
pub(super) async fn wait_script() -> Response {
    file(SCRIPT, FOR_A_DAY, include_str!("assets/wait.js"))
}

/// GET /assets/console.….js
pub(super) async fn console_script() -> Response {
    file(SCRIPT, FOR_EVER, include_str!("assets/console.js"))
}

/// GET /assets/htmx.….js, as its authors publish it; its licence is beside it.
pub(super) async fn htmx() -> Response {
    file(SCRIPT, FOR_EVER, include_str!("assets/htmx.min.js"))
}

/// GET /assets/icon.svg
pub(super) async fn icon() -> Response {
    file("image/svg+xml", FOR_A_DAY, include_str!("assets/icon.svg"))
}

fn file(kind: &'static str, kept: &'static str, content: &'static str) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, kept)], content).into_response()
}
