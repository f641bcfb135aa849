//! What the blocks for other proxies than nginx do not have.

use thiserror::Error;

/// Why there is no such text for a proxy other than nginx.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotOffered {
    #[error("the app has open paths, which only nginx's block has: take them out, or put nginx in front of the app")]
    OpenPaths,
    #[error("Gatekeeper's own host is offered for nginx only: it counts there how often forms are sent")]
    AuthHost,
    #[error("Caddy's blocks share nothing: print the app's alone")]
    Shared,
    #[error("for other proxies than nginx an upstream is one such as http://127.0.0.1:3000, without TLS or a socket")]
    Upstream,
    #[error("this proxy's block does not say where it listens: {0}")]
    Listen(&'static str),
    #[error("this proxy's certificates are in its own configuration, which is yours: leave --tls out")]
    Tls,
    #[error("Traefik's block is of one origin, and this app has several")]
    Origins,
}
