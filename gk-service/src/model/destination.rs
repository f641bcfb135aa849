//! Where a sign-in leads: to our own hosts, or to an app that is not behind nginx.

use gk_shared::model::{AppId, Slug};

use super::callback_url::CallbackUrl;
use super::return_to::ReturnTo;

/// Where a sign-in shall lead, as it stood in a request. Checked when it is taken, and again when it is used.
#[derive(Clone, Debug)]
pub enum Wish {
    /// A URL or path.
    Here(String),
    /// One of an app's callback URLs, and what the app wants handed back.
    App { callback: String, next: String },
}

/// Where it leads: checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    Here(ReturnTo),
    App(Box<AppPlace>),
}

/// Where an app takes people back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppPlace {
    pub id: AppId,
    pub slug: Slug,
    /// As it is registered: what a request calls it is never shown.
    pub name: String,
    pub callback: CallbackUrl,
    /// Handed back to the app, unread: it has to check it before it goes there.
    pub next: String,
}

/// What an app wants handed back is at most so long.
const MOST_NEXT: usize = 2000;

impl AppPlace {
    /// Whether this may be handed back: short enough, and without control characters.
    pub fn takes(next: &str) -> bool {
        next.len() <= MOST_NEXT && !next.chars().any(char::is_control)
    }
}
