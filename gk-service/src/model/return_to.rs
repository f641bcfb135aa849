//! Where a person goes after signing in or out: only ever to our own hosts.

use std::fmt;

use url::Url;

use super::origin::Origin;

/// The longest place, in bytes as it is sent.
const MAX_LEN: usize = 4096;

/// A place that was checked: holding one is the proof. Anything that fails the check became the home page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnTo(String);

/// Which hosts are ours.
#[derive(Clone, Debug)]
pub struct Hosts {
    /// The auth host.
    pub auth: Origin,
    /// Every origin of every registered app.
    pub apps: Vec<Origin>,
    /// The cookie's domain, if one is set; any https host within it is ours.
    pub cookie_domain: Option<String>,
}

impl ReturnTo {
    /// The home page of the auth host.
    pub fn home() -> Self {
        Self("/".into())
    }

    /// Checks a URL or path as it came in a request; whatever is not ours becomes the home page.
    ///
    /// The text is followed as it stands, so everything that browsers read differently from one another is
    /// refused first: white space, controls and backslashes. Bytes beyond ASCII are percent-encoded, as a browser
    /// would; a host that has any is then not written as it is meant, and refused.
    pub fn parse(text: &str, hosts: &Hosts) -> Self {
        let sound = text.bytes().all(|byte| (byte.is_ascii_graphic() && byte != b'\\') || !byte.is_ascii());
        let text = in_ascii(text);
        if !sound || text.len() > MAX_LEN {
            return Self::home();
        }
        if text.starts_with('/') && !text.starts_with("//") {
            return Self(text);
        }
        // Both slashes have to be there: browsers forgive their absence, and then read another host.
        let written_out = text.starts_with("https://") || text.starts_with("http://");
        let url = if written_out { Url::parse(&text).ok() } else { None };
        match url {
            Some(url) if hosts.include(&url) && names_its_host(&text, &url) => Self(text),
            Some(_) | None => Self::home(),
        }
    }

    /// The checked text: a path on the auth host, or an absolute URL on one of our hosts.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn in_ascii(text: &str) -> String {
    let write = |byte: u8| if byte.is_ascii() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(write).collect::<Vec<_>>().concat()
}

/// Whether the text between `//` and the path is the host and port the parser understood, letter for letter.
fn names_its_host(text: &str, url: &Url) -> bool {
    let after = text.split_once("://").map_or("", |(_, after)| after);
    let authority = after.split(['/', '?', '#']).next().unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    let (name, port) = authority.strip_prefix(host).map_or(("", "-"), |port| (host, port));
    let port_fits = match port.strip_prefix(':') {
        None => port.is_empty(),
        Some(digits) => {
            digits.parse() == Ok(url.port_or_known_default().unwrap_or(0)) && !digits.starts_with(['0', '+'])
        }
    };
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'));
    !name.is_empty() && plain && port_fits
}

impl Hosts {
    fn include(&self, url: &Url) -> bool {
        let Some(origin) = Origin::of(url) else { return false };
        origin == self.auth || self.apps.contains(&origin) || self.within_cookie_domain(url)
    }

    fn within_cookie_domain(&self, url: &Url) -> bool {
        let (Some(domain), Some(host)) = (&self.cookie_domain, url.host_str()) else { return false };
        let within = host == domain || host.strip_suffix(domain.as_str()).is_some_and(|before| before.ends_with('.'));
        // Any port would let whoever may run a server on one of our hosts collect people; http is this machine.
        within && (url.port().is_none() || url.scheme() == "http")
    }
}

impl fmt::Display for ReturnTo {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Hosts {
        Hosts {
            auth: Origin::parse("https://auth.gk.test").unwrap(),
            apps: vec![Origin::parse("https://wiki.example.org:8443").unwrap()],
            cookie_domain: Some("gk.test".into()),
        }
    }

    #[test]
    fn our_own_hosts_are_followed_as_written() {
        for good in [
            "/",
            "/settings?a=1&b=2",
            "https://docs.gk.test/a%2Fb?x=1&redirect=y#z",
            "https://gk.test",
            "https://auth.gk.test/",
            "https://wiki.example.org:8443/p+q",
            "http://docs.localhost:8080/",
        ] {
            let expected = if good.contains("localhost") { "/" } else { good };
            assert_eq!(ReturnTo::parse(good, &hosts()).as_str(), expected);
        }
    }

    #[test]
    fn what_is_too_long_once_it_is_encoded_is_refused_at_once() {
        let of = |letters| ReturnTo::parse(&format!("/{}", "ü".repeat(letters)), &hosts());
        assert_eq!(of(682).as_str().len(), 1 + 682 * 6);
        assert_eq!(of(683), ReturnTo::home());
    }

    #[test]
    fn what_is_beyond_ascii_is_encoded_as_a_browser_would() {
        let parse = |text| ReturnTo::parse(text, &hosts()).to_string();
        assert_eq!(parse("https://docs.gk.test/ü?q=张"), "https://docs.gk.test/%C3%BC?q=%E5%BC%A0");
        assert_eq!(parse("https://d\u{f6}cs.gk.test/"), "/");
    }

    #[test]
    fn nothing_else_is() {
        for bad in [
            "",
            "//evil.test",
            "/\\evil.test",
            "https:evil.test",
            "https:/evil.test",
            "https://evil.test",
            "https://badgk.test/",
            "https://gk.test.evil.test",
            "https://gk.test@evil.test/",
            "https://evil.test\\@gk.test",
            "javascript:alert(1)",
            "https://docs.gk.test:8443/",
            "http://docs.gk.test/",
            "https://wiki.example.org/",
            "/\t/evil.test",
            "https://gk.test\n.evil.test",
            "https://docs.gk.test./",
            "https://evil.test&.gk.test/",
            "https://evil.test,.gk.test/",
            "https://DOCS.gk.test/",
            "https://docs.gk.test:0443/",
            "data:text/html,x",
            " https://docs.gk.test",
        ] {
            assert_eq!(ReturnTo::parse(bad, &hosts()).as_str(), "/", "{bad:?}");
        }
    }
}
