//! A connection as hyper sees it: heads pass it that are stricter than hyper asks for, without what nobody will look at.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::heads::{Heads, Loose};

/// Ends the connection at the first line that is not as it should be.
pub(crate) struct StrictLines<S> {
    stream: S,
    heads: Heads,
}

impl<S> StrictLines<S> {
    pub(crate) fn new(stream: S, is_logged: bool) -> Self {
        Self { stream, heads: Heads::new(is_logged) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for StrictLines<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
        let fresh = buffer.filled_mut().get_mut(before..).unwrap_or_default();
        let kept = this.heads.keep(fresh).map_err(|Loose| io::ErrorKind::InvalidData)?;
        buffer.set_filled(before + kept);
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
