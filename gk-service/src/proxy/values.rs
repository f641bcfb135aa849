//! Addresses and paths an operator chooses, parsed so far that none can end a directive or begin another.

use std::fmt;
use std::net::Ipv6Addr;

use thiserror::Error;

/// Why an address or a path cannot stand in a proxy's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadProxyValue {
    #[error("a host name is letters, digits, dots, hyphens and underscores")]
    Host,
    #[error(
        "an upstream is where the app listens, with its scheme and without a path: http://127.0.0.1:3000, https://app.internal:8443 or http://unix:/run/docs.sock"
    )]
    Upstream,
    #[error("listen on a port or an address: 443, 127.0.0.1:8080, [::]:443 or unix:/run/front.sock")]
    Listen,
    #[error("an address is a host and a port or a socket: 127.0.0.1:5101 or unix:/run/gatekeeper/validate-1.sock")]
    Address,
    #[error("a file is an absolute path of letters, digits and . _ - + @ /")]
    File,
    #[error("give a certificate and its key, separated by a comma: /etc/ssl/docs.pem,/etc/ssl/docs.key")]
    Pair,
}

macro_rules! value {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }
    };
}

value!(
    /// A host name, or an address as it stands in a URL.
    HostName
);
value!(
    /// Where the app listens, such as `http://127.0.0.1:3000`.
    Upstream
);
value!(
    /// Where the proxy listens, such as `443`.
    Listen
);
value!(
    /// Where gk-validate or gk-admin listens, such as `unix:/run/gatekeeper/validate-1.sock`.
    ServerAddress
);
value!(
    /// A file on the proxy's machine.
    FilePath
);

impl HostName {
    /// Reads a host name.
    pub fn parse(text: &str) -> Result<Self, BadProxyValue> {
        if is_host(text) { Ok(Self(text.to_owned())) } else { Err(BadProxyValue::Host) }
    }
}

impl Upstream {
    /// Reads an upstream; one slash at its end, as browsers show it, is left out.
    pub fn parse(text: &str) -> Result<Self, BadProxyValue> {
        let (scheme, place) = text.split_once("://").ok_or(BadProxyValue::Upstream)?;
        let place = if place.starts_with("unix:") { place } else { place.strip_suffix('/').unwrap_or(place) };
        let sound = is_socket(place) || is_host(place) || is_host_and_port(place);
        if sound && matches!(scheme, "http" | "https") {
            Ok(Self(format!("{scheme}://{place}")))
        } else {
            Err(BadProxyValue::Upstream)
        }
    }

    /// Whether the app is reached over TLS.
    pub(super) fn speaks_tls(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// The name its certificate should have.
    pub(super) fn host(&self) -> &str {
        let place = self.0.split_once("://").map_or("", |(_, place)| place);
        if is_socket(place) {
            "localhost"
        } else {
            place.rsplit_once(':').filter(|(host, _)| is_host(host)).map_or(place, |(host, _)| host)
        }
    }
}

impl Listen {
    /// Reads what `listen` takes, without its options.
    pub fn parse(text: &str) -> Result<Self, BadProxyValue> {
        let any = text.strip_prefix("*:").is_some_and(is_port);
        if is_port(text) || any || is_host_and_port(text) || is_socket(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadProxyValue::Listen)
        }
    }
}

impl ServerAddress {
    /// Reads an address as `server` in an upstream takes it.
    pub fn parse(text: &str) -> Result<Self, BadProxyValue> {
        if is_host_and_port(text) || is_socket(text) { Ok(Self(text.to_owned())) } else { Err(BadProxyValue::Address) }
    }
}

impl FilePath {
    /// Reads an absolute path.
    pub fn parse(text: &str) -> Result<Self, BadProxyValue> {
        if text.starts_with('/') && is_path(text) { Ok(Self(text.to_owned())) } else { Err(BadProxyValue::File) }
    }

    /// Reads a certificate and its key.
    pub fn parse_pair(text: &str) -> Result<(Self, Self), BadProxyValue> {
        let (certificate, key) = text.split_once(',').ok_or(BadProxyValue::Pair)?;
        Ok((Self::parse(certificate)?, Self::parse(key)?))
    }
}

fn is_path(text: &str) -> bool {
    (2..=1024).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+@/".contains(&b))
}

/// A socket's path may be relative to where the proxy works.
fn is_socket(text: &str) -> bool {
    text.strip_prefix("unix:").is_some_and(is_path)
}

fn is_host(text: &str) -> bool {
    if let Some(address) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    (1..=253).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

fn is_host_and_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| is_host(host) && is_port(port))
}
