//! The bytes of heads, line by line, before hyper reads them. They must be stricter than hyper asks for, and what nobody
//! will look at is left out, since hyper takes several times as long to parse a header as it takes to see that here.
//! Every byte that comes in belongs to a head: no request with a body is taken.

use memchr::memchr;

/// What nginx sends for the decision log only, as nginx writes it.
const ONLY_FOR_THE_LOG: [&[u8]; 2] = [b"X-Original-URI: ", b"X-Original-Method: "];

/// A line that hyper would take and that is refused here: one that ends without a carriage return, or a request's with a
/// `#`, which hyper would cut off together with what follows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Loose;

/// Where in a head the bytes of a connection have come to.
pub(crate) struct Heads {
    /// Whether headers for the decision log are looked at.
    is_logged: bool,
    /// Whether the next line is a header. Else it is a request's, or an empty one before that.
    in_header: bool,
    /// How much of that line has come.
    length: usize,
    last_is_return: bool,
}

impl Heads {
    /// At the start of a connection.
    pub(crate) fn new(is_logged: bool) -> Self {
        Self { is_logged, in_header: false, length: 0, last_is_return: false }
    }

    /// Moves those of the next bytes that hyper is to read to the front. Gives how many they are.
    pub(crate) fn keep(&mut self, bytes: &mut [u8]) -> Result<usize, Loose> {
        let (mut start, mut kept) = (0, 0);
        while let Some(rest @ [_, ..]) = bytes.get(start..) {
            let (length, is_read) = match rest.split_at_checked(first_control(rest)) {
                Some((line, [b'\r', b'\n', ..])) => (line.len() + 2, self.end_line(line)?),
                Some((piece, [control, ..])) => (piece.len() + 1, self.go_on(piece, Some(*control))?),
                Some((_, [])) | None => (rest.len(), self.go_on(rest, None)?),
            };
            let end = start + length;
            if is_read {
                if kept < start {
                    bytes.copy_within(start..end, kept);
                }
                kept += length;
            }
            start = end;
        }
        Ok(kept)
    }

    /// A line ends with this, or is this. Whether hyper is to read it.
    fn end_line(&mut self, piece: &[u8]) -> Result<bool, Loose> {
        self.check(piece)?;
        let is_whole = self.length == 0;
        let is_read = self.is_logged || !(is_whole && self.in_header && is_only_for_the_log(piece));
        self.begin_line(!is_whole || !piece.is_empty());
        Ok(is_read)
    }

    /// A line goes on, or ends in another way: hyper is to read what there is of it.
    fn go_on(&mut self, piece: &[u8], control: Option<u8>) -> Result<bool, Loose> {
        self.check(piece)?;
        match control {
            Some(b'\n') if self.last_is_return && piece.is_empty() => self.begin_line(self.length > b"\r".len()),
            Some(b'\n') => return Err(Loose),
            control => {
                self.length += piece.len() + usize::from(control.is_some());
                self.last_is_return = control == Some(b'\r');
            }
        }
        Ok(true)
    }

    fn begin_line(&mut self, in_header: bool) {
        (self.in_header, self.length, self.last_is_return) = (in_header, 0, false);
    }

    fn check(&self, piece: &[u8]) -> Result<(), Loose> {
        if !self.in_header && memchr(b'#', piece).is_some() { Err(Loose) } else { Ok(()) }
    }
}

/// Whether a line is a header that only the decision log looks at.
fn is_only_for_the_log(line: &[u8]) -> bool {
    ONLY_FOR_THE_LOG.iter().any(|name| line.starts_with(name))
}

/// Where the first control character is, or the end. Most are a line's end, which is a good deal away: hence by blocks first.
fn first_control(bytes: &[u8]) -> usize {
    let (blocks, _) = bytes.as_chunks::<16>();
    let mut before = 0;
    for block in blocks {
        if has_control(block) {
            break;
        }
        before += block.len();
    }
    let (words, _) = bytes.get(before..).unwrap_or_default().as_chunks::<8>();
    for word in words {
        let controls = controls(u64::from_le_bytes(*word));
        if controls != 0 {
            return before + controls.trailing_zeros() as usize / 8;
        }
        before += word.len();
    }
    let rest = bytes.get(before..).unwrap_or_default();
    before + rest.iter().position(u8::is_ascii_control).unwrap_or(rest.len())
}

#[expect(clippy::needless_bitwise_bool, reason = "without a branch, all are compared at once")]
fn has_control(block: &[u8; 16]) -> bool {
    block.iter().fold(false, |found, byte| found | (*byte < b' ') | (*byte == 0x7f))
}

/// The highest bit of each byte that is a control character; but what stands in higher bytes than the first is uncertain,
/// since borrows come up from there.
fn controls(word: u64) -> u64 {
    const EACH: u64 = u64::from_le_bytes([1; 8]);
    let (space, del) = (word, word ^ (EACH * 0x7f));
    ((space.wrapping_sub(EACH * 0x20) & !space) | (del.wrapping_sub(EACH) & !del)) & (EACH * 0x80)
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
        let head = |headers: &str| format!("GET / HTTP/1.1\r\n{headers}Host: h\r\n\r\n");
        let kept = |is_logged, head: &str| kept(is_logged, head, 1000).expect("nothing is loose");
        let (address, method) = ("X-Original-URI: /~\u{e9}?a:b#c\r\n", "X-Original-Method: GET\r\n");
        for sent in [address.to_owned(), method.to_owned(), [address, method, address].concat()] {
            assert_eq!(kept(false, &head(&sent)), head(""), "{sent:?}");
            assert_eq!(kept(true, &head(&sent)), head(&sent));
        }
        let read = [
            "x-original-uri: /",
            "X-Original-URI:/",
            "X-Original-URI : /",
            " X-Original-URI: /",
            "X-Original-URI: /\0",
            "X-Original-URI: /\x7f",
            "X-Original-URI: /\rb",
            "X-Original-Host: h",
        ];
        for read in read.map(|line| head(&format!("{line}\r\n"))) {
            assert_eq!(kept(false, &read), read);
        }
        assert_eq!(kept(false, &head(&format!("{method} folded\r\n"))), head(" folded\r\n"), "which hyper refuses");
        let line = format!("X-Original-Method: / HTTP/1.1\r\n{method}\r\n");
        assert_eq!(kept(false, &(head(method) + &line)), head("") + "X-Original-Method: / HTTP/1.1\r\n\r\n");
    }

    #[test]
    fn what_comes_in_pieces_stays_whole() {
        let head = "GET / HTTP/1.1\r\nX-Original-URI: /\r\nHost: h\r\n\r\n";
        assert_eq!(kept(false, head, 20).as_deref(), Some(head));
        assert_eq!(kept(false, head, 16).as_deref(), Some(head));
    }
}
