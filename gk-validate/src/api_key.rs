//! Finds an API key: `Authorization: Bearer gk_…`, or `X-GK-Token: gk_…`. Any other Authorization is the app's own.

use gk_shared::token::API_KEY_MARK;

/// The API key of a request, not looked at yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShownKey<'q> {
    Absent,
    One(&'q [u8]),
    /// Also when they are equal: whoever sends two does not know which one counts.
    Several,
}

impl<'q> ShownKey<'q> {
    /// Reads one more Authorization header.
    pub(crate) fn read_authorization(&mut self, value: &'q [u8]) {
        if let Some(key) = bearer(value).filter(|key| key.starts_with(API_KEY_MARK.as_bytes())) {
            self.add(key);
        }
    }

    /// Reads one more X-GK-Token header. It is for keys only, so what is none is a bad one.
    pub(crate) fn read_token(&mut self, value: &'q [u8]) {
        if !value.is_empty() {
            self.add(value);
        }
    }

    fn add(&mut self, key: &'q [u8]) {
        *self = match self {
            Self::Absent => Self::One(key),
            Self::One(_) | Self::Several => Self::Several,
        };
    }
}

/// What stands after the word `Bearer`, in any case, and white space. nginx keeps from the app what this finds.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (word, rest) = value.split_at_checked(b"Bearer".len())?;
    let spaced = rest.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'));
    (spaced && word.eq_ignore_ascii_case(b"Bearer")).then(|| rest.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown<'q>(authorizations: &[&'q str], tokens: &[&'q str]) -> ShownKey<'q> {
        let mut key = ShownKey::Absent;
        for value in authorizations {
            key.read_authorization(value.as_bytes());
        }
        for value in tokens {
            key.read_token(value.as_bytes());
        }
        key
    }

    #[test]
    fn a_key_stands_after_bearer_in_any_case_or_in_a_header_of_its_own() {
        for value in ["Bearer gk_a", "bearer gk_a", "BEARER gk_a", "bEaReR  gk_a", "Bearer\tgk_a", "Bearer gk_a "] {
            assert_eq!(shown(&[value], &[]), ShownKey::One(b"gk_a"), "{value:?}");
        }
        assert_eq!(shown(&[], &["gk_a"]), ShownKey::One(b"gk_a"));
        assert_eq!(shown(&["Bearer gk_a, Bearer gk_b"], &[]), ShownKey::One(b"gk_a, Bearer gk_b"));
    }

    #[test]
    fn any_other_authorization_is_none_of_ours() {
        let others = ["", "Bearer", "Bearergk_a", "Bearer GK_a", "Bearer x", "Basic gk_a", "gk_a", "Digest a=\"gk_\""];
        for value in others {
            assert_eq!(shown(&[value], &[""]), ShownKey::Absent, "{value:?}");
        }
        assert_eq!(shown(&["Basic x", "Bearer gk_a"], &[]), ShownKey::One(b"gk_a"));
    }

    #[test]
    fn two_are_none_even_when_they_are_the_same() {
        for (authorizations, tokens) in [
            (&["Bearer gk_a", "Bearer gk_a"][..], &[][..]),
            (&["Bearer gk_a"], &["gk_a"]),
            (&["Bearer gk_a"], &["x"]),
            (&[], &["gk_a", "gk_b"]),
        ] {
            assert_eq!(shown(authorizations, tokens), ShownKey::Several, "{authorizations:?} {tokens:?}");
        }
    }
}
