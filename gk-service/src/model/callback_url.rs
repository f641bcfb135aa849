//! Where an app that is not behind nginx takes people back.

use std::fmt;

use thiserror::Error;
use url::Url;

use super::origin::Origin;

/// A URL such as `https://app.example.com/auth/callback`, kept letter for letter: only the very same text is it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallbackUrl(String);

/// Not a URL that a code may travel to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "write a callback URL such as https://app.example.com/auth/callback, without a fragment (http only for localhost and loopback addresses)"
)]
pub struct BadCallback;

impl CallbackUrl {
    /// Reads a URL: at most 2,000 bytes of visible ASCII; https, or http on this machine; its scheme and host written
    /// as every reader understands them; no user and no fragment.
    pub fn parse(text: &str) -> Result<Self, BadCallback> {
        let sound = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#' | b'"' | b'<' | b'>' | b'\'');
        if text.len() > 2000 || !text.bytes().all(sound) {
            return Err(BadCallback);
        }
        let url = Url::parse(text).map_err(|_| BadCallback)?;
        let origin = Origin::of(&url).ok_or(BadCallback)?;
        let rest = text.strip_prefix(origin.as_str()).ok_or(BadCallback)?;
        // Dots in the path are resolved by some readers and kept by others.
        let path = rest.split('?').next().unwrap_or_default();
        let plain = path.starts_with('/') && url.path() == path;
        if plain { Ok(Self(text.to_owned())) } else { Err(BadCallback) }
    }

    /// The URL with a code for the app at its end.
    pub fn with_token(&self, token: &str) -> String {
        let joint = if self.0.contains('?') { '&' } else { '?' };
        format!("{}{joint}token={token}", self.0)
    }

    /// Where it leads.
    pub fn origin(&self) -> Origin {
        let url = Url::parse(&self.0).expect("it was parsed when it was read");
        Origin::of(&url).expect("its origin was looked at when it was read")
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CallbackUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use super::CallbackUrl;

    #[test]
    fn a_callback_is_a_plain_url_of_a_safe_scheme() {
        for good in [
            "https://app.example.com/auth/callback",
            "https://app.example.com:8443/",
            "https://app.example.com/cb?tenant=1&x=%2F",
            "http://localhost:3000/cb",
            "http://app.gk.localhost/cb",
            "http://127.0.0.1:5000/cb",
        ] {
            assert_eq!(CallbackUrl::parse(good).map(|url| url.to_string()).as_deref(), Ok(good));
        }
        for bad in [
            "",
            "/cb",
            "https://app.example.com",
            "http://app.example.com/cb",
            "https://App.example.com/cb",
            "https://app.example.com:443/cb",
            "https://user@app.example.com/cb",
            "https://app.example.com@evil.example/cb",
            "https://app.example.com/cb#x",
            "https://app.example.com/a/../cb",
            "https://app.example.com/a/%2e%2e/cb",
            "https://app.example.com\\@evil.example/cb",
            "https:app.example.com/cb",
            "https:///app.example.com/cb",
            "https://app.example.com/c b",
            "https://\u{ff41}pp.example.com/cb",
            "https://app.example.com/\u{fc}",
            "javascript:alert(1)//",
            "data:text/html,x",
            "//app.example.com/cb",
        ] {
            assert!(CallbackUrl::parse(bad).is_err(), "{bad}");
        }
        assert!(CallbackUrl::parse(&format!("https://app.example.com/{}", "a".repeat(2000))).is_err());
    }

    #[test]
    fn the_code_joins_the_query_there_is() {
        let with = |text| CallbackUrl::parse(text).unwrap().with_token("T");
        assert_eq!(with("https://a.example/cb"), "https://a.example/cb?token=T");
        assert_eq!(with("https://a.example/cb?x=1"), "https://a.example/cb?x=1&token=T");
    }
}
