//! Who may see which pages of the console. The verbs refuse anyway; a page that is not somebody's is not shown at all, and
//! nothing is done from it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use gk_service::service::Refusal;
use gk_service::service::console::Console;

use crate::app::App;
use crate::ui::errors::UiError;
use crate::ui::visitor::SignedIn;

/// A super-admin: for pages about everybody.
pub(in crate::ui) struct Administrator(pub(in crate::ui) SignedIn);

/// Whoever administers all apps, or some: for pages about apps, whose verbs say which.
pub(in crate::ui) struct AppsVisitor(pub(in crate::ui) SignedIn);

impl FromRequestParts<App> for Administrator {
    type Rejection = UiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, UiError> {
        let there = SignedIn::from_request_parts(parts, app).await?;
        match there.console {
            Console::Everything => Ok(Self(there)),
            Console::OwnApps | Console::Closed => Err(UiError::Refused(Refusal::Forbidden("an administrator"))),
        }
    }
}

impl FromRequestParts<App> for AppsVisitor {
    type Rejection = UiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, UiError> {
        let there = SignedIn::from_request_parts(parts, app).await?;
        match there.console {
            Console::Everything | Console::OwnApps => Ok(Self(there)),
            Console::Closed => Err(UiError::Refused(Refusal::Forbidden("an administrator of an app"))),
        }
    }
}
