//! Where a directory's server is.

use std::fmt;

use thiserror::Error;
use url::Url;

/// `ldaps://host[:port]` or `ldap://host[:port]`, and nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryUri {
    text: String,
    host: String,
    port: u16,
    tls: bool,
}

/// It is not of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "a directory's address is ldaps://host or ldap://host, with :port if it is not the usual one, and nothing after it"
)]
pub struct BadUri;

impl DirectoryUri {
    /// Reads an address.
    pub fn parse(text: &str) -> Result<Self, BadUri> {
        let url = Url::parse(text.trim()).map_err(|_| BadUri)?;
        let tls = match url.scheme() {
            "ldaps" => true,
            "ldap" => false,
            _ => return Err(BadUri),
        };
        let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        let nobody = url.username().is_empty() && url.password().is_none();
        let host = url.host_str().filter(|host| !host.is_empty() && bare && nobody).ok_or(BadUri)?;
        let sound = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']' | b'_');
        if !host.bytes().all(sound) {
            return Err(BadUri);
        }
        let host = host.to_ascii_lowercase();
        let port = url.port().unwrap_or(if tls { 636 } else { 389 });
        let scheme = url.scheme();
        let given = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Ok(Self { text: format!("{scheme}://{host}{given}"), host, port, tls })
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Host name or address, an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether it speaks TLS from the first byte.
    pub fn is_tls(&self) -> bool {
        self.tls
    }
}

impl fmt::Display for DirectoryUri {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_server_and_nothing_else() {
        let parse = |text| DirectoryUri::parse(text).map(|uri| (uri.to_string(), uri.port()));
        assert_eq!(parse(" ldaps://DC1.corp.example "), Ok(("ldaps://dc1.corp.example".into(), 636)));
        assert_eq!(parse("ldap://127.0.0.1:13389/"), Ok(("ldap://127.0.0.1:13389".into(), 13389)));
        for bad in [
            "dc1",
            "http://dc1",
            "ldap://",
            "ldap://u:p@dc1",
            "ldap://dc1/dc=x",
            "ldap://dc1?x",
            "ldapi:///x",
            "ldap://a b",
        ] {
            assert_eq!(parse(bad), Err(BadUri), "{bad}");
        }
    }
}
