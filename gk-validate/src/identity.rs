//! The X-Auth-* values of one person, ready to be sent.

use bytes::BytesMut;
use gk_shared::policy::{Snapshot, User};
use hyper::header::HeaderValue;

/// Of X-Auth-Name, encoded.
const MOST_NAME_BYTES: usize = 512;
/// Of X-Auth-Groups, encoded. Half a list would be a wrong answer, so a longer one is left out whole.
const MOST_GROUPS_BYTES: usize = 1024;
/// Of memory for several people's values. How often a piece is referred to is counted with every answer, and one count
/// for each person would have to be fetched from memory; but a piece stays as long as anything in it is referred to.
const PIECE: usize = 1024;

/// The headers that say who somebody is, as of one reading of that user.
pub(crate) struct Identity {
    generation: u32,
    pub(crate) user: HeaderValue,
    pub(crate) name: Option<HeaderValue>,
    groups: Option<(u32, Groups)>,
}

/// X-Auth-Groups of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Groups {
    None,
    Listed(HeaderValue),
    TooLong,
}

impl Identity {
    /// Builds the values of a user. They go into that room, which is exchanged for a new piece once it is full.
    pub(crate) fn of(user: User<'_>, room: &mut BytesMut) -> Self {
        let (email, name) = (user.email(), encoded(user.fullname(), MOST_NAME_BYTES));
        let needed = email.len() + name.len();
        if room.capacity() < needed {
            *room = BytesMut::with_capacity(needed.max(PIECE));
        }
        room.extend_from_slice(email.as_bytes());
        room.extend_from_slice(name.as_bytes());
        let both = room.split().freeze();
        let value = |range| {
            HeaderValue::from_maybe_shared(both.slice(range)).expect("printable ASCII, as loading and encoding see to")
        };
        Self {
            generation: user.generation(),
            user: value(0..email.len()),
            name: (!name.is_empty()).then(|| value(email.len()..both.len())),
            groups: None,
        }
    }

    /// Whether these are still the values of this user.
    pub(crate) fn is_of(&self, user: User<'_>) -> bool {
        self.generation == user.generation()
    }

    /// The person's groups, built when first asked for and again when any group has changed.
    pub(crate) fn groups(&mut self, snapshot: &Snapshot, user: User<'_>) -> Groups {
        let generation = snapshot.groups_generation();
        match &self.groups {
            Some((built, groups)) if *built == generation => groups.clone(),
            Some(_) | None => {
                let groups = list(user.groups().filter_map(|id| snapshot.group(id)).map(|group| &*group.name));
                self.groups = Some((generation, groups.clone()));
                groups
            }
        }
    }
}

/// A header value of any text: bytes outside 0x20–0x7E and `%` are percent-encoded UTF-8, and what does not fit
/// in `most` bytes is cut off at a character.
pub(crate) fn encoded(text: &str, most: usize) -> String {
    let mut out = String::new();
    for character in text.chars() {
        let before = out.len();
        push(&mut out, character, '%');
        if out.len() > most {
            out.truncate(before);
            break;
        }
    }
    out
}

/// A value of text that `encoded` or `push` wrote.
pub(crate) fn value(encoded: &str) -> HeaderValue {
    HeaderValue::from_str(encoded).expect("encoded text is printable ASCII")
}

fn list<'s>(names: impl Iterator<Item = &'s str>) -> Groups {
    let mut out = String::new();
    for name in names {
        if !out.is_empty() {
            out.push(',');
        }
        name.chars().for_each(|character| push(&mut out, character, ','));
        if out.len() > MOST_GROUPS_BYTES {
            return Groups::TooLong;
        }
    }
    if out.is_empty() { Groups::None } else { Groups::Listed(value(&out)) }
}

/// Adds one character, encoded unless it is printable ASCII, not `%`, and not `special`.
fn push(out: &mut String, character: char, special: char) {
    if matches!(character, ' '..='~') && character != '%' && character != special {
        out.push(character);
        return;
    }
    for byte in character.encode_utf8(&mut [0; 4]).bytes() {
        out.push('%');
        out.extend(
            [byte >> 4, byte & 15].map(|half| char::from_digit(half.into(), 16).unwrap_or('0').to_ascii_uppercase()),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_encoded_outside_printable_ascii() {
        for (name, sent) in [
            ("Alice B. O'Neill, jr.", "Alice B. O'Neill, jr."),
            ("100%", "100%25"),
            ("Zoë", "Zo%C3%AB"),
            ("山\n\u{7f}~", "%E5%B1%B1%0A%7F~"),
            ("\r\nX-Auth-Role: admin", "%0D%0AX-Auth-Role: admin"),
            ("🙂", "%F0%9F%99%82"),
        ] {
            assert_eq!(encoded(name, MOST_NAME_BYTES), sent);
        }
    }

    #[test]
    fn a_long_name_is_cut_at_a_character() {
        assert_eq!(encoded(&"x".repeat(600), MOST_NAME_BYTES).len(), 512);
        let cut = encoded(&format!("ab{}", "é".repeat(200)), MOST_NAME_BYTES);
        assert_eq!((cut.len(), cut.ends_with("%C3%A9")), (2 + 85 * 6, true));
        let cut = encoded(&"山".repeat(200), MOST_NAME_BYTES);
        assert_eq!((cut.len(), cut.ends_with("%E5%B1%B1")), (56 * 9, true));
    }

    #[test]
    fn groups_are_listed_whole_or_not_at_all() {
        assert_eq!(list([].into_iter()), Groups::None);
        assert_eq!(list(["a b", "c,d", "é"].into_iter()), Groups::Listed(HeaderValue::from_static("a b,c%2Cd,%C3%A9")));
        let long = "x".repeat(128);
        let names = |count| std::iter::repeat_n(long.as_str(), count);
        assert!(matches!(list(names(7)), Groups::Listed(_)));
        assert_eq!(list(names(8)), Groups::TooLong);
    }
}
