//! Finds the session cookie. RFC 6265 and nothing older: the name byte for byte, no quotes, no `$Version`.

use memchr::memchr;

const NAME: &[u8] = b"gk_session=";

/// More than nginx passes on; what lies beyond is not looked at.
const MOST_BYTES: usize = 32 * 1024;

/// The session cookie of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionCookie<'q> {
    Absent,
    One(&'q [u8]),
    /// Two with different values: somebody planted one of them.
    TwoThatDiffer,
    /// The cookies are longer than anybody's.
    TooLong,
}

/// Reads Cookie headers, of which there may be several.
#[derive(Clone, Copy)]
pub(crate) struct Cookies<'q> {
    session: SessionCookie<'q>,
    bytes: usize,
}

impl<'q> Cookies<'q> {
    pub(crate) const NONE: Self = Self { session: SessionCookie::Absent, bytes: 0 };

    /// Reads one more Cookie header.
    pub(crate) fn read(&mut self, header: &'q [u8]) {
        self.bytes += header.len();
        if self.bytes > MOST_BYTES {
            self.session = SessionCookie::TooLong;
        } else if memchr(b';', header).is_some() {
            header.split(|byte| *byte == b';').for_each(|piece| self.read_one(piece));
        } else {
            // Looking for a separator is ten times as fast as splitting, and most requests have none.
            self.read_one(header);
        }
    }

    /// What they came to.
    pub(crate) fn session(self) -> SessionCookie<'q> {
        self.session
    }

    fn read_one(&mut self, piece: &'q [u8]) {
        let Some(value) = piece.trim_ascii().strip_prefix(NAME) else { return };
        self.session = match self.session {
            SessionCookie::Absent => SessionCookie::One(value),
            SessionCookie::One(same) if same == value => SessionCookie::One(same),
            SessionCookie::One(_) | SessionCookie::TwoThatDiffer => SessionCookie::TwoThatDiffer,
            SessionCookie::TooLong => SessionCookie::TooLong,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::SessionCookie::{Absent, One, TooLong, TwoThatDiffer};
    use super::*;

    fn session<'q>(headers: &[&'q str]) -> SessionCookie<'q> {
        let mut cookies = Cookies::NONE;
        for header in headers {
            cookies.read(header.as_bytes());
        }
        cookies.session()
    }

    #[test]
    fn the_session_is_found_wherever_it_stands() {
        for headers in [
            &["gk_session=abc"][..],
            &["a=b; gk_session=abc"],
            &["gk_session=abc; a=b"],
            &["a=b;gk_session=abc;c=d"],
            &["  gk_session=abc  ;"],
            &["a=b", "gk_session=abc", "c=d"],
            &["gk_session=abc; gk_session=abc"],
            &["gk_session=abc", "gk_session=abc"],
        ] {
            assert_eq!(session(headers), One(b"abc"), "{headers:?}");
        }
    }

    #[test]
    fn the_name_is_exact_and_the_value_untouched() {
        for header in [
            "",
            ";",
            "gk_session",
            "GK_SESSION=abc",
            "gk_session =abc",
            "xgk_session=abc",
            "gk_sessions=abc",
            "a=gk_session=abc",
        ] {
            assert_eq!(session(&[header]), Absent, "{header}");
        }
        assert_eq!(session(&["\u{2000}gk_session=abc"]), Absent);
        assert_eq!(session(&["gk_session=\"abc\""]), One(b"\"abc\""));
        assert_eq!(session(&["gk_session=a=b"]), One(b"a=b"));
        assert_eq!(session(&["gk_session="]), One(b""));
        assert_eq!(session(&["$Version=1; gk_session=abc; $Path=/"]), One(b"abc"));
    }

    #[test]
    fn two_that_differ_are_none() {
        assert_eq!(session(&["gk_session=a; gk_session=b"]), TwoThatDiffer);
        assert_eq!(session(&["gk_session=a", "x=y; gk_session=b; gk_session=b"]), TwoThatDiffer);
        assert_eq!(session(&["gk_session=a; gk_session="]), TwoThatDiffer);
    }

    #[test]
    fn too_many_bytes_are_not_read() {
        let long = format!("a={}", "x".repeat(MOST_BYTES));
        assert_eq!(session(&[&long, "gk_session=abc"]), TooLong);
        assert_eq!(session(&["gk_session=abc", &long]), TooLong);
    }
}
