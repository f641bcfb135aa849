//! The configuration of the proxy in front of an app, as text, from the files in `nginx/`. Pure: knows no database and
//! no file but those, which are compiled in.
//!
//! Whatever lands in the text is a type of its own that holds nothing the proxy would give a meaning to.

mod facts;
mod fill;
mod mark;
mod nginx;
mod not_offered;
mod options;
mod others;
#[cfg(test)]
mod tests;
mod values;

pub use facts::{AppFacts, Place, UnfitOrigin};
pub use mark::{TEMPLATE_VERSION, mark};
pub use not_offered::NotOffered;
pub use options::{Options, Tls, UpstreamTls};
pub use values::{BadProxyValue, FilePath, HostName, Listen, ServerAddress, Upstream};

/// The proxies there are blocks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxy {
    Nginx,
    Caddy,
    Haproxy,
    Apache,
    Traefik,
}

/// There is no block for a proxy of that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are blocks for nginx, caddy, haproxy, apache and traefik")]
pub struct UnknownProxy;

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
    /// All of them, the usual first.
    pub const ALL: [Self; 5] = [Self::Nginx, Self::Caddy, Self::Haproxy, Self::Apache, Self::Traefik];

    /// Its name, as it is written everywhere.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
            Self::Haproxy => "haproxy",
            Self::Apache => "apache",
            Self::Traefik => "traefik",
        }
    }

    /// Reads a proxy's name.
    pub fn parse(text: &str) -> Result<Self, UnknownProxy> {
        Self::ALL.into_iter().find(|proxy| proxy.word() == text).ok_or(UnknownProxy)
    }

    /// The text of one part. `auth` is where Gatekeeper itself is reached.
    pub fn render(self, piece: &Piece, auth: &Place, options: &Options) -> Result<String, NotOffered> {
        match self {
            Self::Nginx => Ok(nginx::render(piece, auth, options)),
            Self::Caddy => others::CADDY.render(piece, auth, options),
            Self::Haproxy => others::HAPROXY.render(piece, auth, options),
            Self::Apache => others::APACHE.render(piece, auth, options),
            Self::Traefik => others::TRAEFIK.render(piece, auth, options),
        }
    }
}
