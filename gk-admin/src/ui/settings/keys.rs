//! The settings' section of one's own API keys. A new key is shown in the answer to its form, and never again.

use axum::extract::State;
use axum::response::Response;
use gk_service::service::explain::OwnApp;
use gk_service::service::keys::{self, KeyEntry, NamedReach, OwnAdd};
use gk_service::service::{Op, Refusal};
use gk_shared::model::{ApiKeyId, Slug};
use gk_shared::policy::Snapshot;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Message, Section, Sent, Shown, come_back, page, views};
use crate::ui::errors::UiError;
use crate::ui::keys::{app_boxes, end, last_used, name_and_days, state, ticked, until};
use crate::ui::signin::see_other;
use crate::ui::typed::{self, Typed};
use crate::ui::visitor::SignedIn;
use crate::ui::{AppState, kit, paths};

#[derive(Deserialize)]
pub(in crate::ui) struct KeyForm {
    key: i64,
}

/// POST /settings/keys
pub(in crate::ui) async fn make(State(app): AppState, there: SignedIn, sent: typed::Sent) -> Result<Response, UiError> {
    let typed = Typed::of(sent)?;
    let sent = typed.clone();
    let verb = move |op: &Op<'_>, snapshot: &Snapshot| {
        let name = sent.one("name").unwrap_or_default().to_owned();
        let add = OwnAdd { name, apps: ticked(&sent)?, expires_at: end(&sent, op.now)? };
        keys::add_own(op, snapshot, &add)
    };
    match app.write_in_force(there.caller.clone(), verb).await {
        Ok(new) => page(&app, &there, Message::MadeKey(Box::new(new)), Typed::default()).await,
        Err(Refusal::Invalid(problem) | Refusal::Conflict(problem)) => {
            page(&app, &there, Message::Problem(Section::Keys, problem), typed).await
        }
        Err(refusal) => Err(UiError::refused_at(paths::SETTINGS, refusal)),
    }
}

/// POST /settings/keys/delete
pub(in crate::ui) async fn delete(
    State(app): AppState,
    there: SignedIn,
    form: Sent<KeyForm>,
) -> Result<Response, UiError> {
    let axum::Form(form) = form.map_err(|_| UiError::BadForm)?;
    match app.write(there.caller.clone(), move |op| keys::remove_own(op, ApiKeyId(form.key))).await {
        // Whoever deletes what is gone already wanted just that.
        Err(Refusal::NotFound { .. }) => see_other(&paths::settings_after("key-deleted")),
        outcome => come_back(&app, &there, (Section::Keys, "key-deleted"), outcome).await,
    }
}

/// The section; nothing for whoever has no keys and can make none.
pub(super) fn section(shown: &Shown, message: &Message) -> Markup {
    let choices = shown.key_choices.as_deref();
    html! {
        @if choices.is_some() || !shown.keys.is_empty() {
            section aria-labelledby="keys" {
                h2 #keys { "API keys" }
                p.subtle {
                    "For scripts that use an app in your name, without a browser: " code { "Authorization: Bearer gk_…" }
                    ". A key opens the apps you choose, for as long as you may enter them yourself."
                }
                (list(shown))
                (views::problem(message, Section::Keys, "keys-problem"))
                @match choices {
                    None => p.subtle { "An administrator has switched the making of new keys off." },
                    Some([]) => (kit::empty("There is no app you may enter, so there is nothing a key could open.")),
                    Some(apps) => (form(apps, shown, message)),
                }
            }
        }
    }
}

fn list(shown: &Shown) -> Markup {
    html! {
        @if !shown.keys.is_empty() {
            ul.sessions { @for entry in &shown.keys { li { (one(entry, shown)) } } }
        }
    }
}

fn one(entry: &KeyEntry, shown: &Shown) -> Markup {
    let key = &entry.key;
    let apps: &[Slug] = match &entry.reach {
        NamedReach::Person { apps, .. } => apps,
        NamedReach::Program { .. } => &[],
    };
    html! {
        div {
            strong { (key.name) } " " (state(entry.state))
            p.subtle { code { (key.prefix) "…" } " · opens " (apps.iter().map(Slug::as_str).collect::<Vec<_>>().join(", ")) }
            p.subtle { (until(key)) " · " (last_used(key, shown.now)) }
            (kit::confirm("Delete…", &html! {
                form method="post" action=(paths::SETTINGS_KEY_DELETE) {
                    input type="hidden" name="key" value=(key.id);
                    p.hint { "Whatever uses " strong { (key.name) } " is refused from then on. This cannot be undone." }
                    button.danger type="submit" { "Delete " (key.name) }
                }
            }))
        }
    }
}

fn form(apps: &[OwnApp], shown: &Shown, message: &Message) -> Markup {
    let wrong = views::described_by(message, Section::Keys, "keys-problem");
    html! {
        form method="post" action=(paths::SETTINGS_KEYS) {
            (name_and_days("key", &shown.typed, wrong))
            (app_boxes(apps.iter().map(|own| (&own.app.slug, own.app.name.as_str())), &shown.typed))
            button type="submit" { "Make a key" }
        }
    }
}
