//! The bytes of heads, before hyper reads them. They must be stricter than hyper asks for, and what nobody will look at is
//! left out, since hyper takes several times as long to parse a header as it takes to see that here. Every byte that comes
//! in belongs to a head: no request with a body is taken.

use memchr::{memchr, memrchr};

/// What nginx sends for the decision log only, as nginx writes it.
const ONLY_FOR_THE_LOG: [&[u8]; 2] = [b"X-Original-URI: ", b"X-Original-Method: "];
const LINE_END: &[u8] = b"\r\n";
const HEAD_END: &[u8] = b"\r\n\r\n";

/// A line that hyper would take and that is refused here: one that ends without a carriage return, or a request's with a
/// `#`, which hyper would cut off together with what follows.
pub(crate) struct Loose;

/// Where in a head the bytes of a connection have come to.
pub(crate) struct Heads {
    /// Whether headers for the decision log are looked at.
    is_logged: bool,
    /// Whether the next line is a header. Else it is a request's, or an empty one before that.
    in_header: bool,
    /// How much of that line has come.
    length: usize,
    last: u8,
}

impl Heads {
    /// At the start of a connection.
    pub(crate) fn new(is_logged: bool) -> Self {
        Self { is_logged, in_header: false, length: 0, last: 0 }
    }

    /// Moves those of the next bytes that hyper is to read to the front. Gives how many they are: never none of some, which
    /// hyper would take for the end.
    pub(crate) fn keep(&mut self, bytes: &mut [u8]) -> Result<usize, Loose> {
        if has_bare_line_feed(self.last, bytes) {
            return Err(Loose);
        }
        self.last = bytes.last().copied().unwrap_or(self.last);
        // Hardly ever comes anything but whole heads, without any `#`.
        let is_between_heads = !self.in_header && self.length == 0;
        if !is_between_heads || !bytes.ends_with(HEAD_END) || memchr(b'#', bytes).is_some() {
            self.follow(bytes)?;
        }
        Ok(if self.is_logged { bytes.len() } else { without_what_is_for_the_log(bytes) })
    }

    fn follow(&mut self, bytes: &[u8]) -> Result<(), Loose> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if !self.in_header && piece.contains(&b'#') {
                return Err(Loose);
            }
            self.length += piece.len();
            if piece.ends_with(b"\n") {
                self.in_header = self.length > LINE_END.len();
                self.length = 0;
            }
        }
        Ok(())
    }
}

#[expect(clippy::needless_bitwise_bool, reason = "without a branch in the loop, many bytes are done at a time")]
fn has_bare_line_feed(before: u8, bytes: &[u8]) -> bool {
    let at_start = bytes.first() == Some(&b'\n') && before != b'\r';
    let followers = bytes.get(1..).unwrap_or_default();
    bytes.iter().zip(followers).fold(at_start, |bare, (before, byte)| bare | ((*byte == b'\n') & (*before != b'\r')))
}

/// Takes such headers from the end of a head, where nginx puts them; how many bytes are left.
fn without_what_is_for_the_log(bytes: &mut [u8]) -> usize {
    let mut length = bytes.len();
    while let Some(start) = bytes.get(..length).and_then(last_for_the_log) {
        bytes.copy_within(length - LINE_END.len()..length, start);
        length = start + LINE_END.len();
    }
    length
}

/// Where the last header before the end of a head begins, if only the decision log looks at it and hyper would take it.
fn last_for_the_log(bytes: &[u8]) -> Option<usize> {
    let lines = bytes.strip_suffix(HEAD_END)?;
    let start = memrchr(b'\n', lines)? + 1;
    let (before, line) = lines.split_at_checked(start)?;
    // What follows an empty line is a request's, and of a line alone nobody knows how it began.
    let is_header = before.len() > LINE_END.len() && !before.ends_with(HEAD_END);
    let is_for_the_log = ONLY_FOR_THE_LOG.iter().any(|name| line.strip_prefix(*name).is_some_and(is_visible));
    (is_header && is_for_the_log).then_some(start)
}

#[expect(clippy::needless_bitwise_bool, reason = "without a branch in the loop, many bytes are done at a time")]
fn is_visible(value: &[u8]) -> bool {
    !value.iter().fold(false, |found, byte| found | ((*byte < b' ') & (*byte != b'\t')) | (*byte == 0x7f))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What hyper gets of these bytes, that come so many at a time.
    fn kept(is_logged: bool, bytes: &str, piece: usize) -> Option<String> {
        let mut heads = Heads::new(is_logged);
        let mut out = Vec::new();
        for piece in bytes.as_bytes().chunks(piece) {
            let mut piece = piece.to_vec();
            let kept = heads.keep(&mut piece).ok()?;
            out.extend_from_slice(piece.get(..kept)?);
        }
        Some(String::from_utf8(out).expect("lines are left out whole"))
    }

    #[test]
    fn a_line_feed_alone_and_a_fragment_are_refused_in_whatever_pieces_they_come() {
        for (bytes, is_taken) in [
            ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", true),
            ("GET / HTTP/1.1\nHost: h\r\n\r\n", false),
            ("GET / HTTP/1.1\r\nHost: h\n\n", false),
            ("GET / HTTP/1.1\r\nHost: h\r\n\n", false),
            ("GET / HTTP/1.1\r\nX-Original-URI: h\n\r\n\r\n", false),
            ("\n", false),
            ("", true),
            ("GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", false),
            ("GET /a:#b HTTP/1.1\r\nHost: h\r\n\r\n", false),
            ("\r\n\r\nGET /a#b HTTP/1.1\r\n", false),
            ("GET /a HTTP/1.1\r\nX-Original-URI: /a#b\r\nCookie: a=#\r\n\r\n", true),
            ("GET /a HTTP/1.1\r\nX#Y: /a\r\n\r\n", true),
            ("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /a#b HTTP/1.1\r\n", false),
        ] {
            for piece in [1, 2, 3, 16, 1000] {
                let expected = is_taken.then(|| bytes.to_owned());
                assert_eq!(kept(true, bytes, piece), expected, "{bytes:?} by {piece}");
            }
        }
    }

    #[test]
    fn what_only_the_log_looks_at_is_left_out_without_one() {
        let head = |headers: &str| format!("GET / HTTP/1.1\r\nHost: h\r\n{headers}\r\n");
        let kept = |is_logged, bytes: &str| kept(is_logged, bytes, 1000).expect("nothing is loose");
        let (address, method) = ("X-Original-URI: /~\t\u{e9}?a:b#c\r\n", "X-Original-Method: GET\r\n");
        for sent in [address.to_owned(), method.to_owned(), [address, method, address].concat()] {
            assert_eq!(kept(false, &head(&sent)), head(""), "{sent:?}");
            assert_eq!(kept(true, &head(&sent)), head(&sent));
        }
        for stays in [
            "x-original-uri: /",
            "X-Original-URI:/",
            "X-Original-URI : /",
            " X-Original-URI: /",
            "X-Original-URI: /\0",
            "X-Original-URI: /\x7f",
            "X-Original-URI: /\rb",
            "X-Original-Host: h",
            "X-Original-URI: /\r\n folded",
            "X-Original-URI: /\r\nCookie: a=b",
        ] {
            let stays = head(&format!("{stays}\r\n"));
            assert_eq!(kept(false, &stays), stays);
        }
        assert_eq!(kept(false, &head(address).repeat(2)), head(address) + &head(""), "of the last head only");
    }

    #[test]
    fn a_requests_line_is_never_left_out() {
        let method = "X-Original-Method: GET\r\n";
        for bytes in
            [format!("{method}\r\n"), format!("\r\n{method}\r\n"), format!("GET / HTTP/1.1\r\n\r\n{method}\r\n")]
        {
            assert_eq!(kept(false, &bytes, 1000), Some(bytes));
        }
        let two = "GET / HTTP/1.1\r\nX-Original-Method: GET\r\n\r\n";
        assert_eq!(kept(false, two, 1000).as_deref(), Some("GET / HTTP/1.1\r\n\r\n"));
        // Each time the second piece begins elsewhere; whatever is left out is left out whole.
        for piece in 1..two.len() {
            let kept = kept(false, two, piece).expect("nothing is loose");
            assert!([two, "GET / HTTP/1.1\r\n\r\n"].contains(&kept.as_str()), "{kept:?} by {piece}");
        }
    }
}
