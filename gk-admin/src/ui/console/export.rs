//! Tables to take away: the buttons, and the files.

use axum::extract::State;
use axum::response::Response;
use gk_service::service::export::{self, Exported};
use maud::{Markup, html};

use super::users::Asked;
use crate::sheets::{self, Format};
use crate::ui::AppState;
use crate::ui::console::guard::Administrator;
use crate::ui::errors::UiError;
use crate::ui::typed::{Sent, Typed};
use crate::ui::visitor::SignedIn;

/// POST /admin/users/export
pub(super) async fn users(app: AppState, Administrator(there): Administrator, sent: Sent) -> Result<Response, UiError> {
    let typed = Typed::of(sent)?;
    let exported = Exported::Users(Asked::typed(&typed).filter());
    hand_over(app, &there, &typed, exported).await
}

/// POST /admin/groups/export
pub(super) async fn groups(
    app: AppState,
    Administrator(there): Administrator,
    sent: Sent,
) -> Result<Response, UiError> {
    hand_over(app, &there, &Typed::of(sent)?, Exported::Groups).await
}

/// POST /admin/properties/export
pub(super) async fn properties(
    app: AppState,
    Administrator(there): Administrator,
    sent: Sent,
) -> Result<Response, UiError> {
    hand_over(app, &there, &Typed::of(sent)?, Exported::Properties).await
}

/// POST /admin/keys/export
pub(super) async fn keys(app: AppState, Administrator(there): Administrator, sent: Sent) -> Result<Response, UiError> {
    hand_over(app, &there, &Typed::of(sent)?, Exported::Keys).await
}

pub(super) async fn hand_over(
    State(app): AppState,
    there: &SignedIn,
    typed: &Typed,
    exported: Exported,
) -> Result<Response, UiError> {
    let format = typed.one("format").and_then(Format::parse).ok_or(UiError::BadForm)?;
    let noted = exported.clone();
    app.write_in_force(there.caller.clone(), move |op, snapshot| export::begin(op, snapshot, &noted)).await?;
    let sheet = sheets::exported(app.database, there.caller.clone(), exported);
    Ok(sheets::answer(sheet, format).await?)
}

/// The buttons. `fields` go along: the filter of the list they stand beside.
pub(super) fn buttons(path: &str, fields: &[(&str, &str)]) -> Markup {
    html! {
        form.export method="post" action=(path) {
            @for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
                input type="hidden" name=(name) value=(value);
            }
            span.subtle { "Take it away as" }
            button.quiet type="submit" name="format" value=(Format::Xlsx.extension()) { "XLSX" }
            button.quiet type="submit" name="format" value=(Format::Csv.extension()) { "CSV" }
            button.quiet type="submit" name="format" value=(Format::Lines.extension()) { "JSON Lines" }
        }
    }
}
