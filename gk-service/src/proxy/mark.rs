//! What a block calls itself, so that one that is out of date can be told.

use gk_shared::model::BlockMark;
use sha2::{Digest, Sha256};

use crate::model::App;
use crate::settings::{Setting, Settings};

/// The version of what a block of an app is made from, and of what it shares with others. Raise it with every change of
/// their templates; the tests insist.
pub const TEMPLATE_VERSION: u16 = 2;

/// The mark of the block that would be made for this app now.
pub fn mark(app: &App, settings: &Settings) -> BlockMark {
    of(app, settings.text(Setting::PublicUrl))
}

/// The digest is over what the block says of the app: not its upstream nor certificates, which Gatekeeper does not know.
pub(super) fn of(app: &App, auth_url: &str) -> BlockMark {
    let mut text = format!("gk/block\n{}\n{auth_url}\nnoindex {}\n", app.slug, app.noindex);
    // Neither holds a line break.
    text.extend(app.origins.iter().map(|origin| format!("at {origin}\n")));
    text.extend(app.open_paths.iter().map(|open| format!("open {open}\n")));
    let digest: [u8; 32] = Sha256::digest(text).into();
    let [a, b, c, d, ..] = digest;
    BlockMark { version: TEMPLATE_VERSION, digest: u32::from_be_bytes([a, b, c, d]) }
}
