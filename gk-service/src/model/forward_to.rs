//! Where the audit is sent on to.

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;
use url::{Host, Url};

/// A receiver of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForwardTo {
    /// Syslog, each row in a datagram of its own: nobody says whether it arrives.
    Udp(String, u16),
    /// Syslog over a connection.
    Tcp(String, u16),
    /// Syslog at a socket of this machine.
    Unix(PathBuf),
    /// Rows as JSON, a line each, by POST.
    Http(Url),
}

/// Why it is no receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("write udp://HOST:PORT, tcp://HOST:PORT, unix:PATH, or an https:// address (http:// on this machine only)")]
pub struct NoReceiver;

impl ForwardTo {
    /// Reads a setting; empty is none.
    pub fn parse(text: &str) -> Result<Option<Self>, NoReceiver> {
        if text.is_empty() {
            return Ok(None);
        }
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.starts_with('/') { Ok(Some(Self::Unix(path.into()))) } else { Err(NoReceiver) };
        }
        let url = Url::parse(text).map_err(|_| NoReceiver)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(NoReceiver)?.to_owned();
        // What stands in an address is shown; a secret has a setting of its own.
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(NoReceiver);
        }
        let bare = matches!(url.path(), "" | "/") && url.query().is_none();
        let host_of_syslog = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        match (url.scheme(), url.port()) {
            ("udp", Some(port)) if bare => Ok(Some(Self::Udp(host_of_syslog, port))),
            ("tcp", Some(port)) if bare => Ok(Some(Self::Tcp(host_of_syslog, port))),
            ("https", _) => Ok(Some(Self::Http(url))),
            ("http", _) if is_here(&url) => Ok(Some(Self::Http(url))),
            _ => Err(NoReceiver),
        }
    }
}

/// Whether an address is of this machine.
fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl fmt::Display for ForwardTo {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Udp(host, port) => write!(out, "udp://{host}:{port}"),
            Self::Tcp(host, port) => write!(out, "tcp://{host}:{port}"),
            Self::Unix(path) => write!(out, "unix:{}", path.display()),
            Self::Http(url) => write!(out, "{url}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ForwardTo;

    #[test]
    fn a_receiver_is_read_and_what_is_none_is_refused() {
        for text in [
            "udp://logs.example.com:514",
            "tcp://10.0.0.1:601",
            "unix:/dev/log",
            "https://c.example/in?x=1",
            "http://127.0.0.1:9/in",
        ] {
            assert_eq!(ForwardTo::parse(text).unwrap().unwrap().to_string(), text);
        }
        assert_eq!(ForwardTo::parse(""), Ok(None));
        assert_eq!(ForwardTo::parse("tcp://[::1]:601"), Ok(Some(ForwardTo::Tcp("::1".into(), 601))));
        let bad = [
            "logs",
            "udp://logs.example.com",
            "tcp://:5",
            "unix:log",
            "http://c.example/",
            "https://a:b@c.example/",
            "ftp://x:1",
            "udp://x:1/path",
        ];
        for text in bad {
            assert!(ForwardTo::parse(text).is_err(), "{text}");
        }
    }
}
