//! Scheme, host and port of a web server, in one normal form.

use std::fmt;
use std::net::IpAddr;

use thiserror::Error;
use url::{Host, Url};

/// An origin such as `https://docs.example.com`, without a path and without a default port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin(String);

/// Not an origin, or one that sessions must not travel to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "write an origin such as https://docs.example.com, without a path (http only for localhost and loopback addresses)"
)]
pub struct BadOrigin;

impl Origin {
    /// Reads an origin: ASCII, no user, no path, query or fragment; https, or http on this machine.
    pub fn parse(text: &str) -> Result<Self, BadOrigin> {
        let url = Url::parse(text).map_err(|_| BadOrigin)?;
        let origin = Self::of(&url).ok_or(BadOrigin)?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        // The text has to be what the parser understood, so that no reader understands another host.
        let exact =
            text.eq_ignore_ascii_case(&origin.0) || text.eq_ignore_ascii_case(&format!("{origin}:{}", port(&url)));
        if bare && exact { Ok(origin) } else { Err(BadOrigin) }
    }

    /// The origin of a URL that may carry a session: https, or http for this machine.
    pub(super) fn of(url: &Url) -> Option<Self> {
        let local = match url.host()? {
            Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Ipv4(address) => IpAddr::V4(address).is_loopback(),
            Host::Ipv6(address) => IpAddr::V6(address).is_loopback(),
        };
        let safe = url.scheme() == "https" || (url.scheme() == "http" && local);
        let plain = url.username().is_empty() && url.password().is_none();
        (safe && plain).then(|| Self(url.origin().ascii_serialization()))
    }

    /// `https` or `http`.
    pub fn scheme(&self) -> &str {
        self.0.split_once("://").map_or("", |(scheme, _)| scheme)
    }

    /// Host name and, if it is not the scheme's own, port.
    pub fn authority(&self) -> &str {
        self.0.split_once("://").map_or("", |(_, authority)| authority)
    }

    /// Host name alone; an IPv6 address in its brackets.
    pub fn host(&self) -> &str {
        let authority = self.authority();
        let end = authority.find(']').map_or_else(|| authority.find(':'), |bracket| Some(bracket + 1));
        end.and_then(|end| authority.get(..end)).unwrap_or(authority)
    }

    /// The port if it is not the scheme's own.
    pub fn port(&self) -> Option<&str> {
        self.authority().strip_prefix(self.host())?.strip_prefix(':')
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn port(url: &Url) -> u16 {
    url.port_or_known_default().unwrap_or(0)
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn an_origin_is_exactly_what_it_says() {
        let parse = |text| Origin::parse(text).map(|origin| origin.to_string()).ok();
        assert_eq!(parse("https://Docs.example.com").as_deref(), Some("https://docs.example.com"));
        assert_eq!(parse("https://docs.example.com:443").as_deref(), Some("https://docs.example.com"));
        assert_eq!(parse("http://docs.gk.localhost:8080").as_deref(), Some("http://docs.gk.localhost:8080"));
        for (text, host, port) in [
            ("https://docs.example.com", "docs.example.com", None),
            ("http://docs.gk.localhost:8080", "docs.gk.localhost", Some("8080")),
            ("http://[::1]:8080", "[::1]", Some("8080")),
            ("http://[::1]", "[::1]", None),
        ] {
            let origin = Origin::parse(text).unwrap();
            assert_eq!((origin.host(), origin.port()), (host, port));
            assert_eq!(format!("{}://{}", origin.scheme(), origin.authority()), text);
        }
        for bad in [
            "",
            "docs.example.com",
            "http://docs.example.com",
            "https://a@b.c",
            "https://b.c/x",
            "https://b.c?x",
            "ftp://b.c",
            "javascript:alert(1)",
            "https://b.c\\@d.e",
            "https:b.c",
            "https://b\t.c",
            "https://\u{ff45}vil.c",
        ] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }
}
