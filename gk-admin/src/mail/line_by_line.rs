//! A connection that is read a line at a time, so that nothing sent ahead of a change to TLS can be taken for what came
//! after it: somebody on the way could otherwise put answers behind the server's leave to begin, unencrypted, and have
//! them read as if they had come encrypted. What is left unread meets the handshake, which fails on it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// So far it is looked ahead for the end of a line; a longer piece without one is taken as it is.
const AHEAD: usize = 1024;

/// Gives no byte behind the end of a line together with those before it.
#[derive(Debug)]
pub(super) struct LineByLine(pub(super) TcpStream);

impl AsyncRead for LineByLine {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut space = [0; AHEAD];
        let space = space.get_mut(..out.remaining().min(AHEAD)).unwrap_or_default();
        let mut ahead = ReadBuf::new(space);
        ready!(self.0.poll_peek(context, &mut ahead))?;
        let line = ahead.filled().iter().position(|byte| *byte == b'\n').map_or(ahead.filled().len(), |end| end + 1);
        // Nothing to read is the end of the connection; a read of nothing would say so without looking.
        let mut read = ReadBuf::new(space.get_mut(..line.max(1)).unwrap_or_default());
        ready!(Pin::new(&mut self.0).poll_read(context, &mut read))?;
        out.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for LineByLine {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

impl AsyncTokioStream for LineByLine {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::Write;
    use std::pin::Pin;

    use tokio::io::{AsyncRead, ReadBuf};
    use tokio::net::TcpStream;

    use super::LineByLine;

    #[tokio::test]
    async fn what_follows_a_line_stays_unread_however_much_is_asked_for() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut ours = LineByLine(TcpStream::connect(listener.local_addr().unwrap()).await.unwrap());
        let (mut theirs, _) = listener.accept().unwrap();
        theirs.write_all(b"220 go\r\n250 ok\r\nrest").unwrap();
        drop(theirs);
        for expected in ["220 go\r\n", "250 ok\r\n", "rest", ""] {
            let mut space = [0; 4096];
            let mut read = ReadBuf::new(&mut space);
            poll_fn(|context| Pin::new(&mut ours).poll_read(context, &mut read)).await.unwrap();
            assert_eq!(read.filled(), expected.as_bytes());
        }
    }
}
