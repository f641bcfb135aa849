//! Paths of an app that are open without sign-in, to everybody or to some networks.

use std::fmt;

use ipnet::IpNet;
use thiserror::Error;

/// A path of an app that is open without sign-in. Written `/health`, `/static/*` or `/metrics=10.0.0.0/8,192.168.0.0/16`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenPath {
    /// As it is written: with a star at its end if it stands for everything below.
    path: String,
    networks: Vec<Network>,
}

/// Which addresses a path stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach<'p> {
    /// This one.
    Exact(&'p str),
    /// All that begin so. It ends in a slash.
    Below(&'p str),
}

/// A network such as `10.0.0.0/8`, with nothing set in its host part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Network(IpNet);

/// Why a path cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadOpenPath {
    #[error(
        "an open path is one such as /health, or /static/* for all below, of letters, digits and -._~@+ between single slashes; for some networks only, write /metrics=10.0.0.0/8,192.168.0.0/16"
    )]
    Form,
    #[error("the whole app cannot be open: it would need no Gatekeeper")]
    Whole,
    #[error("what begins with /_gk, /logout or /signout is Gatekeeper's own")]
    Own,
    #[error(
        "a network is an address and the length of its prefix, such as 10.0.0.0/8 or 2001:db8::/32; at most 50 for a path"
    )]
    Network,
}

impl OpenPath {
    /// Reads a path as it is written.
    pub fn parse(text: &str) -> Result<Self, BadOpenPath> {
        match text.split_once('=') {
            Some((_, "")) => Err(BadOpenPath::Network),
            Some((path, networks)) => Self::of(path, networks),
            None => Self::of(text, ""),
        }
    }

    /// Reads the two halves; without networks it is open to everybody.
    pub(crate) fn of(path: &str, networks: &str) -> Result<Self, BadOpenPath> {
        check(path)?;
        let networks = networks.split(',').filter(|_| !networks.is_empty());
        let networks = networks.map(Network::parse).collect::<Option<Vec<_>>>().ok_or(BadOpenPath::Network)?;
        if networks.len() > 50 { Err(BadOpenPath::Network) } else { Ok(Self { path: path.to_owned(), networks }) }
    }

    /// The path as it is written, without its networks.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Which addresses it stands for.
    pub fn reach(&self) -> Reach<'_> {
        self.path.strip_suffix('*').map_or(Reach::Exact(&self.path), Reach::Below)
    }

    /// To whom it is open; empty: to everybody.
    pub fn networks(&self) -> &[Network] {
        &self.networks
    }
}

/// Only what every program between the visitor and the app reads as the same path, and nothing nginx gives a meaning to.
fn check(path: &str) -> Result<(), BadOpenPath> {
    let rest = path.strip_prefix('/').ok_or(BadOpenPath::Form)?;
    if rest.is_empty() || rest == "*" {
        return Err(BadOpenPath::Whole);
    }
    let rest = rest.strip_suffix("/*").or_else(|| rest.strip_suffix('/')).unwrap_or(rest);
    let letter = |b: u8| b.is_ascii_alphanumeric() || b"-._~@+".contains(&b);
    let sound = |part: &str| !part.is_empty() && part != "." && !part.starts_with("..") && part.bytes().all(letter);
    if path.len() > 255 || !rest.split('/').all(sound) {
        return Err(BadOpenPath::Form);
    }
    let first = rest.split('/').next().unwrap_or_default();
    let own = ["_gk", "logout", "signout"].iter().any(|own| first.eq_ignore_ascii_case(own));
    if own { Err(BadOpenPath::Own) } else { Ok(()) }
}

impl Network {
    /// Reads a network; a bare address is refused, because a forgotten length opens to nobody or to too many.
    fn parse(text: &str) -> Option<Self> {
        let network = text.parse::<IpNet>().ok()?;
        (network == network.trunc()).then_some(Self(network))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl fmt::Display for OpenPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.path)?;
        let mark = |number: usize| if number == 0 { '=' } else { ',' };
        self.networks.iter().enumerate().try_for_each(|(number, network)| write!(out, "{}{network}", mark(number)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_as_it_is_written() {
        for text in [
            "/health",
            "/static/*",
            "/docs/",
            "/a/b.c/~d@e+f/*",
            "/.well-known/*",
            "/metrics=10.0.0.0/8,192.168.0.0/16",
            "/v6=2001:db8::/32",
            "/one=192.0.2.7/32",
            "/logouts",
        ] {
            assert_eq!(OpenPath::parse(text).map(|open| open.to_string()).as_deref(), Ok(text));
        }
        assert_eq!(OpenPath::parse("/static/*").unwrap().reach(), Reach::Below("/static/"));
        assert_eq!(OpenPath::parse("/static").unwrap().reach(), Reach::Exact("/static"));
    }

    #[test]
    fn nothing_opens_that_could_be_read_as_something_else() {
        let refused = |text: &str| OpenPath::parse(text).unwrap_err();
        for text in ["/", "/*", "/=10.0.0.0/8"] {
            assert_eq!(refused(text), BadOpenPath::Whole, "{text}");
        }
        for text in ["/_gk", "/_gk/*", "/_gk/validate", "/_GK/x", "/logout", "/signout", "/signout/*", "/Logout/"] {
            assert_eq!(refused(text), BadOpenPath::Own, "{text}");
        }
        for text in [
            "",
            "health",
            "*",
            "/a*",
            "/*/a",
            "/a/*/b",
            "/static/**",
            "//",
            "/a//b",
            "/a//",
            "//*",
            "/.",
            "/..",
            "/a/../b",
            "/a/./b",
            "/a/..;/b",
            "/...",
            "/a b",
            "/a;b",
            "/a{b",
            "/a}b",
            "/a\"b",
            "/a'b",
            "/a$b",
            "/a#b",
            "/a?b",
            "/a\\b",
            "/a%2eb",
            "/a\nb",
            "/a\tb",
            "/\u{e9}",
            "/a,b",
            "/a\0",
            "/a ",
            " /a",
            "~ /a",
            "= /a",
            "/(a)",
            "/a|b",
            "/a[b]",
        ] {
            assert_eq!(refused(text), BadOpenPath::Form, "{text:?}");
        }
        assert_eq!(refused(&format!("/{}", "a".repeat(255))), BadOpenPath::Form);
        for text in [
            "/a=",
            "/a=10.0.0.0",
            "/a=10.0.0.1/8",
            "/a=10.0.0.0/33",
            "/a=all",
            "/a=10.0.0.0/8,",
            "/a=10.0.0.0/8, 10.0.0.0/9",
            "/a=10.0.0.0/8;deny",
            "/a==10.0.0.0/8",
            "/a=unix:",
        ] {
            assert_eq!(refused(text), BadOpenPath::Network, "{text:?}");
        }
    }
}
