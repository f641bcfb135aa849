//! The configuration of the proxy in front of an app, as text, from the files in `nginx/`. Pure: knows no database and
//! no file but those, which are compiled in.
//!
//! Whatever lands in the text is a type of its own that holds nothing the proxy would give a meaning to.

mod facts;
mod fill;
mod mark;
mod nginx;
mod options;
#[cfg(test)]
mod tests;
mod values;

pub use facts::{AppFacts, Place, UnfitOrigin};
pub use mark::{TEMPLATE_VERSION, mark};
pub use options::{Options, Tls, UpstreamTls};
pub use values::{BadProxyValue, FilePath, HostName, Listen, ServerAddress, Upstream};

/// The proxies there are blocks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxy {
    Nginx,
}

/// One part of a proxy's configuration.
#[derive(Clone, Debug)]
pub enum Piece {
    /// What all servers share: needed once, before the others.
    Shared,
    /// Gatekeeper's own host: needed once.
    AuthHost,
    /// One protected app, at each of its origins.
    App(AppFacts),
}

impl Proxy {
    /// The text of one part. `auth` is where Gatekeeper itself is reached.
    pub fn render(self, piece: &Piece, auth: &Place, options: &Options) -> String {
        match self {
            Self::Nginx => nginx::render(piece, auth, options),
        }
    }
}
