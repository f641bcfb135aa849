//! People: by user name, as programs of apps know them, and by number, as consoles do.

pub(super) mod about;
pub(super) mod bulk;
pub(super) mod grants;
pub(super) mod named;
pub(super) mod numbered;
mod which;

pub(super) use which::Which;
