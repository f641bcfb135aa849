//! What a setting's value may be. Values are stored as the normalised text that `parse` gives.

use std::net::IpAddr;

use gk_shared::model::{Domain, Email};
use ipnet::IpNet;
use thiserror::Error;

use super::colour::Scheme;
use crate::backup::Recipient;
use crate::model::{ForwardTo, Origin};

/// The type of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// `true` or `false`; 1, yes, on and their opposites are understood.
    Flag,
    Whole {
        least: i64,
        most: i64,
    },
    Choice(&'static [&'static str]),
    /// An e-mail address.
    Email,
    /// Scheme, host and port of a web server.
    Origin,
    /// E-mail addresses separated by commas.
    Emails,
    /// Domains separated by commas.
    Domains,
    /// A domain or nothing; a leading dot is forgiven.
    CookieDomain,
    /// IP addresses or CIDR networks separated by commas.
    Networks,
    /// `#rrggbb`, readable on pages of this scheme, or nothing.
    Colour(Scheme),
    /// A public key that backups are sealed to, or nothing.
    Recipient,
    /// Where the audit is sent on to, or nothing.
    ForwardTo,
}

/// Why a value was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("must be {0}")]
pub struct BadValue(pub(super) String);

impl Kind {
    /// Checks a value and gives its normal form.
    pub fn parse(&self, text: &str) -> Result<String, BadValue> {
        let text = text.trim();
        let bad = || BadValue(self.description());
        if text.chars().any(char::is_control) {
            return Err(BadValue("one line of text".into()));
        }
        match self {
            Self::Text => Ok(text.to_owned()),
            Self::Flag => match text.to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => Ok("true".into()),
                "false" | "0" | "no" | "off" => Ok("false".into()),
                _ => Err(bad()),
            },
            Self::Whole { least, most } => {
                let number =
                    text.parse::<i64>().ok().filter(|number| (least..=most).contains(&number)).ok_or_else(bad)?;
                Ok(number.to_string())
            }
            Self::Choice(choices) => {
                choices.iter().find(|choice| **choice == text).map(|choice| (*choice).to_owned()).ok_or_else(bad)
            }
            Self::Email => Email::parse(text).map(|email| email.to_string()).map_err(|_| bad()),
            Self::Origin => {
                Origin::parse(text.trim_end_matches('/')).map(|origin| origin.to_string()).map_err(|_| bad())
            }
            Self::CookieDomain | Self::Recipient if text.is_empty() => Ok(String::new()),
            Self::CookieDomain => {
                Domain::parse(text.trim_start_matches('.')).map(|domain| domain.to_string()).map_err(|_| bad())
            }
            Self::Emails => each(text, |part| Email::parse(part).ok().map(|email| email.to_string())).ok_or_else(bad),
            Self::Domains => {
                each(text, |part| Domain::parse(part).ok().map(|domain| domain.to_string())).ok_or_else(bad)
            }
            Self::Networks => each(text, network).ok_or_else(bad),
            Self::Colour(scheme) => scheme.parse(text),
            Self::Recipient => Recipient::parse(text).map(|recipient| recipient.to_string()).map_err(|_| bad()),
            Self::ForwardTo => {
                ForwardTo::parse(text).map(|to| to.map_or_else(String::new, |to| to.to_string())).map_err(|_| bad())
            }
        }
    }

    /// What a value must be, in words.
    pub fn description(&self) -> String {
        match self {
            Self::Text => "text".into(),
            Self::Flag => "true or false".into(),
            Self::Whole { least, most } => format!("a whole number from {least} to {most}"),
            Self::Choice(choices) => format!("one of: {}", choices.join(", ")),
            Self::Email => "an e-mail address".into(),
            Self::Origin => "an address such as https://auth.example.com, without a path".into(),
            Self::Emails => "e-mail addresses separated by commas".into(),
            Self::Domains => "domains separated by commas, such as example.com,example.org".into(),
            Self::CookieDomain => "a domain such as example.com, or empty".into(),
            Self::Networks => "IP addresses or networks separated by commas, such as 127.0.0.1,10.0.0.0/8".into(),
            Self::Colour(_) => "a colour such as #2f6f5e, or empty".into(),
            Self::Recipient => "a public key that begins with age1, or empty".into(),
            Self::ForwardTo => {
                "syslog as udp://HOST:PORT, tcp://HOST:PORT or unix:PATH, an https:// address (http:// on this machine), or empty".into()
            }
        }
    }
}

fn each(text: &str, parse: impl Fn(&str) -> Option<String>) -> Option<String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(parse).collect::<Option<Vec<_>>>().map(|parts| parts.join(","))
}

fn network(part: &str) -> Option<String> {
    let network = part.parse::<IpNet>().ok();
    network.or_else(|| part.parse::<IpAddr>().ok().map(IpNet::from)).map(|network| network.to_string())
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn lists_are_normalised_and_bad_parts_refused() {
        assert_eq!(Kind::Domains.parse(" Example.com , b.org,").as_deref(), Ok("example.com,b.org"));
        assert!(Kind::Domains.parse("a b").is_err());
        assert_eq!(Kind::Networks.parse("127.0.0.1, 10.0.0.0/8").as_deref(), Ok("127.0.0.1/32,10.0.0.0/8"));
        assert!(Kind::Networks.parse("10.0.0.0/40").is_err());
    }

    #[test]
    fn a_number_outside_its_range_is_refused_with_the_range() {
        let error = Kind::Whole { least: 1, most: 9 }.parse("10").unwrap_err();
        assert_eq!(error.to_string(), "must be a whole number from 1 to 9");
    }
}
