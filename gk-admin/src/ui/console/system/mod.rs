//! `/admin/system`: backups, and the keys that sign and seal.

pub(super) mod backups;
pub(super) mod keys;

use gk_service::service::console::Waiting;
use maud::{Markup, html};

use crate::ui::kit::{self, Tab};
use crate::ui::paths;

/// The way between the console's pages, and between those of the system.
fn nav(waiting: &Waiting, here: &str) -> Markup {
    let tab = |href, label| Tab { href, label, count: None, here: href == here };
    html! {
        (super::nav(waiting, paths::BACKUPS))
        (kit::tabs("System", &[tab(paths::BACKUPS, "Backups"), tab(paths::SYSTEM_KEYS, "Keys and salts")]))
    }
}
