//! A connection as hyper sees it, stricter than hyper: a line ends with CR LF. Every byte that comes in belongs to
//! a head, since no request with a body is taken, so the check needs to know nothing else.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Ends the connection at a line feed without a carriage return before it.
pub(crate) struct StrictLines<S> {
    stream: S,
    last: u8,
}

impl<S> StrictLines<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, last: 0 }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for StrictLines<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
        let fresh = buffer.filled().get(before..).unwrap_or_default();
        if has_bare_line_feed(this.last, fresh) {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
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

#[cfg(test)]
mod tests {
    use super::has_bare_line_feed;

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
