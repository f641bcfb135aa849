//! The names people and apps go by. One normaliser each, for every path a name can come in by.

use std::fmt;

use thiserror::Error;

/// Why a name was refused: a sentence that can be shown to whoever typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadName {
    #[error(
        "an e-mail address needs exactly one @ with something on both sides, at most 254 characters, and no spaces, quotes, commas, semicolons, brackets, accented letters or any of %!|/ before the @"
    )]
    Email,
    #[error("a domain is letters, digits and hyphens between dots, such as example.com")]
    Domain,
    #[error(
        "a user name is at most 128 characters without spaces, @, quotes, commas, semicolons or angle brackets, and at most one backslash (corp\\jsmith), or an e-mail address"
    )]
    Username,
    #[error("a slug is 1 to 63 lower-case letters, digits and hyphens, such as docs or admin-panel")]
    Slug,
    #[error("a role is 1 to 64 letters, digits, dots, underscores and hyphens, such as editor")]
    Role,
    #[error("a group name is 1 to 128 visible characters, without a comma and without spaces at its ends")]
    Group,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The normalised text.
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

name!(
    /// An e-mail address: the identity apps see. ASCII, lower-case, its domain an A-label.
    Email
);
name!(
    /// A lower-case ASCII domain such as `example.com`.
    Domain
);
name!(
    /// `jsmith`, `corp\jsmith`, or the e-mail itself.
    Username
);
name!(
    /// An app's name in nginx: `^[a-z0-9-]{1,63}$`.
    Slug
);
name!(
    /// A string hint that an app receives in X-Auth-Role.
    Role
);
name!(
    /// A group's name, case-sensitive.
    GroupName
);

/// Characters that have a meaning of their own in mail headers, so that no address can become two; and those by which
/// mail servers read another host's address inside a local part (`a%b@c`, `b!a@c`), so that mail for an accepted domain
/// does not leave it.
const MAIL_SYNTAX: &[char] = &['"', '(', ')', ',', ':', ';', '<', '>', '[', ']', '\\', '\'', '%', '!', '|', '/'];

/// Whether a character shows nothing or turns the direction of writing: with it one name can be written to look like
/// another, and a line like two.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether nothing in a text is a control character or invisible.
pub fn is_plain_line(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || is_invisible(c))
}

impl Email {
    /// Trims, lower-cases in ASCII only and turns the domain into its A-label form.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let text = text.trim_matches(' ');
        let (local, domain) = text.split_once('@').ok_or(BadName::Email)?;
        let sound = |c: char| c.is_ascii_graphic() && !MAIL_SYNTAX.contains(&c);
        if local.is_empty() || local.len() > 64 || !local.chars().all(sound) {
            return Err(BadName::Email);
        }
        let domain = Domain::parse(domain).map_err(|_| BadName::Email)?;
        let email = format!("{}@{domain}", local.to_ascii_lowercase());
        if email.len() > 254 { Err(BadName::Email) } else { Ok(Self(email)) }
    }

    /// The part before the @ without a plus-tag: all tags end in one mailbox.
    pub fn mailbox(&self) -> &str {
        let local = self.0.split_once('@').map_or("", |(local, _)| local);
        local.split_once('+').map_or(local, |(mailbox, _)| mailbox)
    }

    /// The part after the @.
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }
}

impl Domain {
    /// Accepts Unicode labels and keeps their A-label form; refuses what is not a plain host name.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let text = text.trim_matches(' ');
        // The conversion below is not validation: it maps look-alikes and lets delimiters through.
        if text.is_ascii() && !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.') {
            return Err(BadName::Domain);
        }
        let ascii = idna::domain_to_ascii_strict(text).map_err(|_| BadName::Domain)?;
        // What the conversion changed beyond the case of ASCII letters was a look-alike: two ways to write one name.
        let (unicode, _) = idna::domain_to_unicode(&ascii);
        if !text.is_ascii() && unicode != text.to_ascii_lowercase() {
            return Err(BadName::Domain);
        }
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if ascii.len() > 253 || !ascii.split('.').all(label) { Err(BadName::Domain) } else { Ok(Self(ascii)) }
    }
}

impl Username {
    /// Trims and lower-cases in ASCII only. A name with an @ must be an e-mail address.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let text = text.trim_matches(' ');
        if text.contains('@') {
            return Email::parse(text).map(|email| Self(email.0)).map_err(|_| BadName::Username);
        }
        let refused = |c: char| {
            c.is_control() || is_invisible(c) || c.is_whitespace() || matches!(c, '"' | ',' | ';' | '<' | '>')
        };
        let halves = text.split('\\').collect::<Vec<_>>();
        if halves.len() > 2 || halves.iter().any(|half| half.is_empty()) {
            return Err(BadName::Username);
        }
        if text.chars().count() > 128 || text.chars().any(refused) {
            return Err(BadName::Username);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl From<&Email> for Username {
    fn from(email: &Email) -> Self {
        Self(email.0.clone())
    }
}

impl Slug {
    /// Exact: upper case is refused, not folded, because nginx sends the slug byte for byte.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        if is_slug(text.as_bytes()) { Ok(Self(text.to_owned())) } else { Err(BadName::Slug) }
    }
}

/// Whether these bytes are a slug: for the hot path, which needs no `String`.
pub(crate) fn is_slug(bytes: &[u8]) -> bool {
    (1..=63).contains(&bytes.len()) && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
}

impl Role {
    /// Exact and case-sensitive; the characters are those every proxy passes in a header unchanged.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let sound = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if (1..=64).contains(&text.len()) && text.bytes().all(sound) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadName::Role)
        }
    }
}

impl GroupName {
    /// Exact and case-sensitive.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let length = text.chars().count();
        let refused = text.chars().any(|c| c.is_control() || is_invisible(c) || c == ',') || text.trim() != text;
        if (1..=128).contains(&length) && !refused { Ok(Self(text.to_owned())) } else { Err(BadName::Group) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_normalised_in_ascii_only() {
        let parse = |text| Email::parse(text).map(|email| email.to_string());
        assert_eq!(parse(" Alice+X@Example.COM "), Ok("alice+x@example.com".into()));
        assert_eq!(parse("a@bücher.example"), Ok("a@xn--bcher-kva.example".into()));
    }

    #[test]
    fn what_is_invisible_is_told_from_letters_of_any_script() {
        for c in
            ['\u{202e}', '\u{200b}', '\u{200f}', '\u{2066}', '\u{feff}', '\u{2028}', '\u{2029}', '\u{ad}', '\u{e0041}']
        {
            assert!(is_invisible(c) && !is_plain_line(&format!("ad{c}min")), "{c:?}");
        }
        assert!(is_plain_line(
            "Zo\u{eb} \u{c5}ngstr\u{f6}m, \u{6771}\u{4eac} \u{2013} \u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{1f642}"
        ));
        assert!(!is_plain_line("two\nlines"));
    }

    #[test]
    fn an_address_that_could_be_two_is_refused() {
        for bad in [
            "",
            "@",
            "a@",
            "@b.c",
            "a@b@c.d",
            "a b@c.d",
            "a@b c.d",
            "a,b@c.d",
            "a@b.c,d@e.f",
            "a;b@c.d",
            "<a@b.c>",
            "\"a\"@b.c",
            "a(x)@b.c",
            "a@b.c\r\nBcc: d@e.f",
            "a\0@b.c",
            "àdmin@b.c",
            "a@b..c",
            "a@-b.c",
            "a@b.c.",
            "a@[127.0.0.1]",
            "a@b.c%00.d",
            "a@b.c\\@d.e",
            "\u{212A}@b.c",
        ] {
            assert_eq!(Email::parse(bad), Err(BadName::Email), "{bad:?}");
        }
        assert!(Email::parse(&format!("{}@b.c", "a".repeat(65))).is_err());
    }

    #[test]
    fn a_slug_is_exact() {
        assert!(Slug::parse("admin-panel2").is_ok());
        for bad in ["", "Docs", "a_b", "a b", "é", &"a".repeat(64)] {
            assert_eq!(Slug::parse(bad), Err(BadName::Slug), "{bad:?}");
        }
    }

    #[test]
    fn a_user_name_may_carry_a_directory_or_be_an_address() {
        let parse = |text| Username::parse(text).map(|name| name.to_string());
        assert_eq!(parse("CORP\\JSmith"), Ok("corp\\jsmith".into()));
        assert_eq!(parse("A@B.c"), Ok("a@b.c".into()));
        for bad in ["", "a\\b\\c", "\\a", "a\\", "a b", "a@", "a,b"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
