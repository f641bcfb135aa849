//! `/admin/system`: backups, the keys that sign and seal, and questions in SQL.

pub(super) mod backups;
pub(super) mod keys;
pub(super) mod sql;
mod sql_view;

use gk_service::service::console::Waiting;
use maud::{Markup, html};

use crate::ui::kit::{self, Tab};
use crate::ui::paths;

/// The way between the console's pages, and between those of the system.
fn nav(waiting: &Waiting, here: &str) -> Markup {
    let tab = |href, label| Tab { href, label, count: None, here: href == here };
    html! {
        (super::nav(waiting, paths::BACKUPS))
        (kit::tabs("System", &[tab(paths::BACKUPS, "Backups"), tab(paths::SYSTEM_KEYS, "Keys and salts"), tab(paths::SQL, "SQL")]))
    }
}
