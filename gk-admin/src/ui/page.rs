//! The one place that writes `<html>`, and the headers every answer of the auth host has.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gk_service::service::console::Console;
use gk_service::service::settings::Look;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::visitor::SignedIn;
use super::{look, paths};

/// How much of the window a page takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    Narrow,
    Wide,
}

/// htmx brings no styles and evaluates no text, so that the policy needs no exception for it.
const HTMX_CONFIG: &str = r#"{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true,"refreshOnHistoryMiss":true,"scrollIntoViewOnBoost":false}"#;

/// A page that is finished but for what the installation looks like.
#[derive(Clone)]
pub(super) struct Bare {
    title: String,
    person: Option<String>,
    console: Console,
    width: Width,
    scripts: &'static [&'static str],
    body: String,
}

impl Bare {
    /// The whole page.
    pub(super) fn html(self, look: &Look) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · " (look.name) }
                    @match look::logo(look) {
                        Some(logo) => link rel="icon" href=(logo);,
                        None => link rel="icon" href=(paths::ICON) type="image/svg+xml";,
                    }
                    link rel="stylesheet" href=(paths::STYLE);
                    @if let Some(sheet) = look::sheet(look) { link rel="stylesheet" href=(sheet); }
                    @if self.scripts.contains(&paths::HTMX) { meta name="htmx-config" content=(HTMX_CONFIG); }
                    @for script in self.scripts { script src=(script) defer {} }
                }
                body {
                    header { (bar(look, self.person.as_deref(), self.console)) }
                    main.wide[self.width == Width::Wide] { (PreEscaped(self.body)) }
                }
            }
        };
        page.into_string()
    }
}

/// A page being put together.
pub(super) struct Page<'a> {
    title: &'a str,
    status: StatusCode,
    /// Whoever is signed in, for the bar at the top.
    person: Option<&'a str>,
    console: Console,
    width: Width,
    /// Where forms on this page may end up: browsers hold the policy against the redirect after a form, too.
    form_targets: Vec<String>,
    /// What the page loads.
    scripts: &'static [&'static str],
}

impl<'a> Page<'a> {
    pub(super) fn new(title: &'a str) -> Self {
        Self {
            title,
            status: StatusCode::OK,
            person: None,
            console: Console::Closed,
            width: Width::Narrow,
            form_targets: Vec::new(),
            scripts: &[],
        }
    }

    pub(super) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub(super) fn person(self, person: &'a str) -> Self {
        Self { person: Some(person), ..self }
    }

    /// Shows who is signed in, and the way into the console if it is open to them; and times in their zone.
    pub(super) fn signed_in(self, there: &'a SignedIn) -> Self {
        let page = self.person(there.user.display_name());
        let scripts = if page.scripts.is_empty() { &[paths::CONSOLE_SCRIPT] } else { page.scripts };
        Self { console: there.console, scripts, ..page }
    }

    /// For tables and cards rather than one column of text.
    pub(super) fn wide(self) -> Self {
        Self { width: Width::Wide, ..self }
    }

    /// Allows a form on this page to lead to the origin of this URL. A path stays on our own host and needs nothing.
    pub(super) fn may_lead_to(mut self, place: &str) -> Self {
        if let Ok(url) = url::Url::parse(place) {
            self.form_targets.push(url.origin().ascii_serialization());
        }
        self
    }

    /// Allows a form on this page to lead to any host: where to is checked on the way.
    pub(super) fn may_lead_anywhere(mut self) -> Self {
        self.form_targets.extend(["https:".to_owned(), "http:".to_owned()]);
        self
    }

    /// Loads the script that goes on when another window has signed in.
    pub(super) fn goes_on_by_itself(self) -> Self {
        Self { scripts: &[paths::WAIT_SCRIPT], ..self }
    }

    /// A page of the console: wide, and with what swaps parts of it where scripts run.
    pub(super) fn of_console(self, there: &'a SignedIn) -> Self {
        Self { scripts: &[paths::HTMX, paths::CONSOLE_SCRIPT], ..self.signed_in(there).wide() }
    }

    /// The answer, which lacks only what the installation looks like: [`look::dressed`] adds it.
    pub(super) fn body(self, body: &Markup) -> Response {
        let mut response = (self.status, [(CONTENT_TYPE, "text/html; charset=utf-8")]).into_response();
        if let Ok(policy) = HeaderValue::from_str(&self.policy()) {
            response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        }
        response.extensions_mut().insert(Bare {
            title: self.title.to_owned(),
            person: self.person.map(ToOwned::to_owned),
            console: self.console,
            width: self.width,
            scripts: self.scripts,
            body: body.clone().into_string(),
        });
        response
    }

    fn policy(&self) -> String {
        let targets = self.form_targets.join(" ");
        let script = if self.scripts.is_empty() { "" } else { " script-src 'self'; connect-src 'self';" };
        format!(
            "default-src 'none';{script} style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' {targets}"
        )
    }
}

fn bar(look: &Look, person: Option<&str>, console: Console) -> Markup {
    html! {
        a.brand href=(paths::HOME) {
            @match look::logo(look) {
                Some(logo) => img.logo src=(logo) alt="" height="24";,
                None => img src=(paths::ICON) alt="" width="24" height="24";,
            }
            (look.name)
        }
        @if let Some(person) = person {
            span.person { (person) }
            @match console {
                Console::Closed => {},
                Console::OwnApps | Console::Everything => a.bar-link href=(paths::ADMIN) { "Console" },
            }
            a.bar-link href=(paths::SETTINGS) { "Settings" }
            form method="post" action=(paths::SIGNOUT) { button.quiet type="submit" { "Sign out" } }
        }
    }
}

/// Puts on every answer what none may lack.
pub(super) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        // The origin goes along with our own forms, and a link's path nowhere, not even into our own log.
        (REFERRER_POLICY, "strict-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow, noarchive"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in
        [(CACHE_CONTROL, "no-store"), (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'")]
    {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
