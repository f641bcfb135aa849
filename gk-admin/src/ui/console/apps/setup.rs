//! `/admin/apps/{slug}/setup`: the configuration that protects an app, to copy, and whether it is in place.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use gk_service::model::App;
use gk_service::proxy::{Options, Proxy};
use gk_service::service::apps::{self, BlockState, Part};
use gk_service::service::console::{self, Console, Waiting};
use gk_service::service::{Refusal, View};
use gk_shared::time::Timestamp;
use maud::{Markup, html};

use super::facts::line;
use super::nginx::Asked;
use super::page::{Message, Named, Section, head, slug_of};
use crate::ui::console::Problem;
use crate::ui::console::guard::Administrator;
use crate::ui::errors::UiError;
use crate::ui::kit::{self, Tone};
use crate::ui::page::Page;
use crate::ui::visitor::Visitor;
use crate::ui::{AppState, paths, time};

/// What the page shows.
struct Shown {
    waiting: Waiting,
    app: App,
    state: BlockState,
    /// The app's own block, or why there is none.
    block: Result<String, String>,
    /// What nginx needs once besides.
    once: Result<String, String>,
    proxy: Proxy,
    upstream: String,
    now: Timestamp,
}

/// GET /admin/apps/{slug}/setup
pub(in crate::ui::console) async fn show(
    State(app): AppState,
    Administrator(there): Administrator,
    named: Named,
    visitor: Visitor,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, UiError> {
    let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
    let slug = slug_of(named)?;
    let here = paths::of_app(paths::APP_SETUP, &slug);
    let ((proxy, options), message) = match asked.wanted() {
        Ok(wanted) if visitor.parameter("done") == Some("added") => (wanted, Message::Done("The app was added.")),
        Ok(wanted) => (wanted, Message::Nothing),
        Err(refusal) => (usual(), Message::Problem(Problem::of(refusal, &here)?)),
    };
    let read = move |view: &View<'_>| -> Result<Shown, Refusal> {
        let app = apps::show(view, &slug)?.0;
        let text = |parts: &[Part]| explained(apps::configuration(view, proxy, parts, &options));
        let (block, once) = (text(&[Part::App(slug)])?, text(&[Part::Shared, Part::AuthHost])?);
        let (waiting, state) = (console::waiting(view)?, apps::block_state(view, &app));
        Ok(Shown { waiting, app, state, block, once, proxy, upstream: asked.upstream, now: view.now })
    };
    let shown = app.read(there.caller.clone(), read).await?;
    Ok(Page::new(&shown.app.name).status(message.status()).of_console(&there).body(&view(&shown, &message)))
}

fn usual() -> (Proxy, Options) {
    (Proxy::Nginx, Options::usual(Options::some_upstream()))
}

/// A configuration, or why none can be written: that is said in its place.
fn explained(made: Result<String, Refusal>) -> Result<Result<String, String>, Refusal> {
    match made {
        Ok(text) => Ok(Ok(text)),
        Err(Refusal::Invalid(why) | Refusal::Conflict(why)) => Ok(Err(why)),
        Err(refusal) => Err(refusal),
    }
}

fn view(shown: &Shown, message: &Message) -> Markup {
    let slug = &shown.app.slug;
    html! {
        (head((&shown.waiting, Console::Everything), &shown.app, Section::Setup, message))
        (state(shown))
        form.inline method="get" action=(paths::of_app(paths::APP_SETUP, slug)) {
            (line("upstream", "Where the app listens", None, &shown.upstream, false))
            (kit::field("proxy", "Proxy", None, &kit::select("proxy", "proxy", &Proxy::ALL.map(|proxy| (proxy.word(), proxy.word())), shown.proxy.word())))
            button type="submit" { "Show its block" }
        }
        h2 { (shown.proxy.word()) " block of " (shown.app.name) }
        (where_it_goes(shown))
        (configuration("block", &shown.block))
        details.more {
            summary { "Once, for all apps: what they share, and Gatekeeper's own host" }
            (configuration("once", &shown.once))
        }
        p.hint { "A WebSocket that is open outlives a revocation until it closes. The proxy must not cache pages of this app across people." }
    }
}

fn where_it_goes(shown: &Shown) -> Markup {
    let slug = &shown.app.slug;
    html! {
        p.subtle {
            @if shown.proxy == Proxy::Nginx { "As a file such as " code { "/etc/nginx/conf.d/" (slug) ".conf" } "; then " code { "nginx -t && systemctl reload nginx" } ". " }
            "As plain text: " a href=(plain(shown)) { "this address" } ", or " code { "gk apps nginx --slug " (slug) @if shown.proxy != Proxy::Nginx { " --proxy " (shown.proxy.word()) } @if !shown.upstream.is_empty() { " --upstream " (shown.upstream) } } "."
        }
    }
}

/// The block's plain text, with the same upstream.
fn plain(shown: &Shown) -> String {
    let upstream = (!shown.upstream.is_empty()).then(|| shown.upstream.clone());
    let proxy = (shown.proxy != Proxy::Nginx).then(|| shown.proxy.word().to_owned());
    paths::with(&paths::of_app(paths::APP_NGINX, &shown.app.slug), [("upstream", upstream), ("proxy", proxy)])
}

fn state(shown: &Shown) -> Markup {
    let ago = shown.app.seen_block.map(|seen| time::ago(seen.at, shown.now));
    match shown.state {
        BlockState::Current => {
            kit::notice(Tone::Good, &html! { "The proxy runs this block: last check " (ago.unwrap_or_default()) "." })
        }
        BlockState::Outdated => kit::notice(
            Tone::Bad,
            &html! { "The proxy runs " strong { "another block" } " than the one below: last check " (ago.unwrap_or_default()) ". Put this one in its place and reload." },
        ),
        BlockState::NeverSeen => kit::notice(
            Tone::Waits,
            &html! { "No check has come for this app yet. Once nginx has its block and somebody visits, this page says so within a minute." },
        ),
    }
}

/// A configuration to copy, where scripts run by a button.
fn configuration(id: &str, made: &Result<String, String>) -> Markup {
    html! {
        @match made {
            Ok(text) => {
                div.copied { button.quiet type="button" data-copies=(id) hidden { "Copy" } }
                pre.configuration id=(id) tabindex="0" { (text) }
            }
            Err(why) => (kit::notice(Tone::Bad, &html! { "No block can be written: " (why) "." })),
        }
    }
}
