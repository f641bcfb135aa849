//! Every path of the pages, for routes and links alike.

pub(super) const HOME: &str = "/";
pub(super) const SIGNIN: &str = "/signin";
pub(super) const REGISTER: &str = "/register";
pub(super) const SENT: &str = "/signin/sent";
pub(super) const LINK: &str = "/signin/link/{token}";
pub(super) const SIGNOUT: &str = "/signout";
pub(super) const REQUEST_ACCESS: &str = "/request-access";
// The number changes with the content, so that browsers may keep a file for ever.
pub(super) const STYLE: &str = concat!("/assets/", env!("GK_STYLE_NAME"));
pub(super) const WAIT_SCRIPT: &str = "/assets/wait.1.js";
pub(super) const ICON: &str = "/assets/icon.svg";

/// The window that waits for one pending sign-in.
pub(super) fn waiting(flow: &str) -> String {
    format!("{SENT}?flow={flow}")
}

/// A page that goes on to a place. The place comes last and unencoded, as nginx has to write it.
pub(super) fn then(page: &str, place: &str) -> String {
    format!("{page}?redirect={place}")
}
