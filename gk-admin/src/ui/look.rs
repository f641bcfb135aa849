//! How the installation looks: its name, colours and logo, which every page is given last of all.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gk_service::service::settings::{self, Look};
use gk_service::service::{Caller, Refusal};
use gk_service::settings::Setting;

use super::errors::UiError;
use super::page::Bare;
use super::visitor::Visitor;
use super::{AppState, paths};
use crate::app::App;

/// As long as its address says which one it is.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Puts the page together that an answer brings along. The settings are read for each, so that a change is seen at once.
pub(super) async fn dressed(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let Some(page) = response.extensions_mut().remove::<Bare>() else { return response };
    let look = now(&app).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a page is shown without the installation's look");
        built_in()
    });
    *response.body_mut() = Body::from(page.html(&look));
    response.headers_mut().remove(CONTENT_LENGTH);
    response
}

async fn now(app: &App) -> Result<Look, Refusal> {
    app.read(Caller::system("pages"), settings::look).await
}

fn built_in() -> Look {
    let name = Setting::ServerName.definition().default.to_owned();
    Look { name, accent: String::new(), accent_dark: String::new(), logo: None }
}

/// Where the logo is, if there is one.
pub(super) fn logo(look: &Look) -> Option<String> {
    look.logo.as_ref().map(|digest| format!("{}?v={digest}", paths::LOGO))
}

/// Where the sheet with the colours is, if there are some.
pub(super) fn sheet(look: &Look) -> Option<String> {
    let version = version(look);
    (version != "-").then(|| format!("{}?v={version}", paths::COLOURS))
}

fn version(look: &Look) -> String {
    format!("{}-{}", look.accent, look.accent_dark).replace('#', "")
}

/// GET /assets/colours.css
pub(super) async fn colours(State(app): AppState, visitor: Visitor) -> Result<Response, UiError> {
    let look = now(&app).await?;
    let rule = |name: &str, colour: &str| {
        if colour.is_empty() { String::new() } else { format!("  --accent-{name}: {colour};\n") }
    };
    let sheet = format!(":root {{\n{}{}}}\n", rule("light", &look.accent), rule("dark", &look.accent_dark));
    Ok(kept(&visitor, &version(&look), "text/css; charset=utf-8", sheet.into_bytes()))
}

/// GET /assets/logo
pub(super) async fn picture(State(app): AppState, visitor: Visitor) -> Result<Response, UiError> {
    match app.read(Caller::system("pages"), settings::logo).await? {
        Some(logo) => Ok(kept(&visitor, &logo.digest, logo.kind.media_type(), logo.bytes)),
        None => Ok((StatusCode::NOT_FOUND, "there is no logo\n").into_response()),
    }
}

/// A file that browsers may keep if they asked for just this version of it.
fn kept(visitor: &Visitor, version: &str, kind: &'static str, content: Vec<u8>) -> Response {
    let kept = if visitor.parameter("v") == Some(version) { FOR_EVER } else { "no-store" };
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, kept)], content).into_response()
}

#[cfg(test)]
mod tests {
    use gk_service::settings::Scheme;

    /// What colours are checked against is what the pages have.
    #[test]
    fn the_sheet_has_the_grounds_that_colours_are_checked_on() {
        let sheet = include_str!("assets/style.css");
        let (light, dark) = (Scheme::Light.ground(), Scheme::Dark.ground());
        assert!(sheet.contains(&format!("--ground: light-dark({light}, ")), "{light}");
        assert!(sheet.contains("--card: light-dark(#ffffff, ") && sheet.contains(&format!(", {dark});")), "{dark}");
    }
}
