//! A connection as hyper sees it, stricter than hyper: a line ends with CR LF, and a request's target has no fragment.
//! Every byte that comes in belongs to a head, since no request with a body is taken, so the check needs to know
//! nothing else.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use memchr::{memchr, memrchr};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Ends the connection at a line feed without a carriage return before it, and at a `#` in a request line, which hyper
/// would cut off together with what follows.
pub(crate) struct StrictLines<S> {
    stream: S,
    last: u8,
    /// Whether the line that has begun is a header: a colon was seen in it.
    in_header: bool,
}

impl<S> StrictLines<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, last: 0, in_header: false }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for StrictLines<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
        let fresh = buffer.filled().get(before..).unwrap_or_default();
        if has_bare_line_feed(this.last, fresh) || has_fragment(this.in_header, fresh) {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        this.in_header = ends_in_header(this.in_header, fresh);
        this.last = fresh.last().copied().unwrap_or(this.last);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for StrictLines<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[expect(clippy::needless_bitwise_bool, reason = "without a branch in the loop, many bytes are done at a time")]
fn has_bare_line_feed(before: u8, bytes: &[u8]) -> bool {
    let at_start = bytes.first() == Some(&b'\n') && before != b'\r';
    let followers = bytes.get(1..).unwrap_or_default();
    bytes.iter().zip(followers).fold(at_start, |bare, (before, byte)| bare | ((*byte == b'\n') & (*before != b'\r')))
}

/// Whether a `#` stands in a line before any colon: in a request line, since a header has its colon first.
fn has_fragment(in_header: bool, bytes: &[u8]) -> bool {
    // Hardly any head has one at all, and looking for a single byte is fast.
    let mut lines = bytes.split(|byte| *byte == b'\n').enumerate();
    let before_colon = |line: &[u8]| line.iter().find(|byte| matches!(byte, b'#' | b':')) == Some(&b'#');
    memchr(b'#', bytes).is_some() && lines.any(|(number, line)| !(number == 0 && in_header) && before_colon(line))
}

/// Whether the line these bytes leave unfinished is a header.
fn ends_in_header(before: bool, bytes: &[u8]) -> bool {
    match memrchr(b'\n', bytes) {
        Some(end) => bytes.get(end + 1..).unwrap_or_default().contains(&b':'),
        None => before || bytes.contains(&b':'),
    }
}

#[cfg(test)]
mod tests {
    use super::{ends_in_header, has_bare_line_feed, has_fragment};

    #[test]
    fn a_fragment_is_found_in_a_request_line_and_nowhere_else() {
        for (in_header, bytes, found) in [
            (false, "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", true),
            (false, "GET /a HTTP/1.1\r\nX-Original-URI: /a#b\r\nCookie: a=#\r\n\r\n", false),
            (false, "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /a#b HTTP/1.1\r\n", true),
            (true, "continued #b\r\nHost: h\r\n", false),
            (false, "continued#b HTTP/1.1\r\n", true),
            (false, "GET /a HTTP/1.1\r\n", false),
        ] {
            assert_eq!(has_fragment(in_header, bytes.as_bytes()), found, "{bytes:?}");
        }
        assert!(ends_in_header(false, b"GET / HTTP/1.1\r\nX: y"));
        assert!(ends_in_header(true, b" and on"));
        assert!(!ends_in_header(true, b" and on\r\n"));
        assert!(!ends_in_header(false, b"GET /"));
    }

    #[test]
    fn only_a_line_feed_after_a_carriage_return_passes() {
        for (before, bytes, bare) in [
            (0, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", false),
            (0, "GET / HTTP/1.1\nHost: h\r\n\r\n", true),
            (0, "GET / HTTP/1.1\r\nHost: h\n\n", true),
            (b'\r', "\nHost: h\r\n", false),
            (b'x', "\nHost: h\r\n", true),
            (0, "\n", true),
            (0, "", false),
        ] {
            assert_eq!(has_bare_line_feed(before, bytes.as_bytes()), bare, "{bytes:?}");
        }
    }
}
