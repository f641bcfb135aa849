//! A connection without a network: bytes that come in, in pieces of one size, and bytes that went out.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Looks at a silent connection in which nothing was answered: hyper has no more to say then.
const PATIENCE: usize = 3;

/// What is sent, and what was answered. It ends when everything was read and nothing more is answered: hyper would keep
/// to itself what it has to answer to a peer that is gone.
pub(super) struct Wire<'d> {
    unread: &'d [u8],
    /// How many bytes come at a time.
    piece: usize,
    pub(super) answered: Vec<u8>,
    /// Looks since bytes came or went.
    silent: usize,
}

impl<'d> Wire<'d> {
    /// Sends these bytes, so many at a time.
    pub(super) fn new(unread: &'d [u8], piece: usize) -> Self {
        Self { unread, piece, answered: Vec::new(), silent: 0 }
    }
}

impl AsyncRead for Wire<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.unread.is_empty() && self.silent < PATIENCE {
            self.silent += 1;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let count = self.piece.min(self.unread.len()).min(buffer.remaining());
        let (now, later) = self.unread.split_at(count);
        buffer.put_slice(now);
        self.unread = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire<'_> {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.silent = 0;
        self.answered.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
