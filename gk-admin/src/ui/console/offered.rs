//! The field for somebody's name: where scripts run, people are offered while it is typed.

use gk_service::model::{User, UserFilter, UserOrder};
use gk_service::service::users;
use gk_service::service::{Refusal, View};
use maud::{Markup, html};

use crate::ui::kit;

/// So many are offered.
const MOST_OFFERED: i64 = 20;

/// People whose name begins to be typed; nobody for whoever may not look through all.
pub(super) fn offered(view: &View<'_>, typed: &str) -> Result<Vec<User>, Refusal> {
    if typed.trim().is_empty() {
        return Ok(Vec::new());
    }
    let filter = UserFilter { text: Some(typed.to_owned()), ..UserFilter::default() };
    let order = UserOrder { most: MOST_OFFERED, ..UserOrder::default() };
    match users::browse(view, &filter, &order) {
        Ok(part) => Ok(part.rows),
        Err(Refusal::Forbidden(_)) => Ok(Vec::new()),
        Err(refusal) => Err(refusal),
    }
}

/// The field, on the page at `here`, which gets what is typed as `user` and shows the offers again.
pub(super) fn name_field(here: &str, typed: &str, offered: &[User]) -> Markup {
    html! {
        (kit::field("user", "User name or e-mail", None, &html! {
            input #user type="text" name="user" value=(typed) list="offered" required maxlength="254" autocomplete="off" autocapitalize="none" spellcheck="false"
                hx-get=(here) hx-trigger="input changed delay:200ms" hx-target="#offered" hx-select="#offered" hx-swap="outerHTML";
        }))
        datalist #offered { @for user in offered { option value=(user.email) { (user.display_name()) } } }
    }
}
