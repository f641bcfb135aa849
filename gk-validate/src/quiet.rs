//! A connection over a Unix socket that sleeps until there is something to read. tokio's own also asks to be woken when it
//! could be written to, and on a Unix socket it can be each time the peer has taken an answer: one wake-up more for every
//! request, for nothing.

#![expect(
    unsafe_code,
    reason = "reading into room that was never written to, and a promise tokio asks for; each has its proof"
)]

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use socket2::SockRef;
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};

/// Reads as tokio's does. Writes at once, and only where the kernel's buffer is full waits to be woken for that.
pub(crate) struct QuietStream {
    readable: AsyncFd<OwnedFd>,
    /// The same socket once more, from when the buffer was full until it is not.
    writable: Option<AsyncFd<OwnedFd>>,
}

impl QuietStream {
    /// Takes over a connection.
    pub(crate) fn new(stream: tokio::net::UnixStream) -> io::Result<Self> {
        Ok(Self { readable: woken_when(Interest::READABLE, stream.into_std()?.into())?, writable: None })
    }
}

/// Has the kernel wake this thread when a descriptor, which does not block, is ready for that and nothing else.
pub(crate) fn woken_when(interest: Interest, descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: what is owned here stays open, and the same, until it is dropped, which it is with the AsyncFd; nobody is given
    // it to keep or to change.
    unsafe { AsyncFd::register_with_interest(descriptor, interest) }.map_err(Into::into)
}

impl AsyncRead for QuietStream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let room = buffer.remaining();
        loop {
            let mut guard = ready!(self.readable.poll_read_ready(context))?;
            let socket = SockRef::from(guard.get_inner());
            // SAFETY: receiving writes to the room and never makes anything in it uninitialised again.
            match socket.recv(unsafe { buffer.unfilled_mut() }) {
                Ok(count) => {
                    // SAFETY: that many bytes of the room were received into just now.
                    unsafe { buffer.assume_init(count) };
                    buffer.advance(count);
                    // All that there was: the next look need not be at the socket. What comes meanwhile is not lost by this.
                    if 0 < count && count < room {
                        guard.clear_ready();
                    }
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => guard.clear_ready(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for QuietStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            match SockRef::from(self.readable.get_ref()).send(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                written => {
                    self.writable = None;
                    return Poll::Ready(written);
                }
            }
            if self.writable.is_none() {
                let again = self.readable.get_ref().try_clone()?;
                self.writable = Some(woken_when(Interest::WRITABLE, again)?);
            } else if let Some(writable) = &self.writable {
                ready!(writable.poll_write_ready(context))?.clear_ready();
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(SockRef::from(self.readable.get_ref()).shutdown(Shutdown::Write))
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// The two ends of a connection, of which the first is quiet.
    fn pair() -> (QuietStream, tokio::net::UnixStream) {
        let (ours, theirs) = tokio::net::UnixStream::pair().expect("a pair of sockets");
        (QuietStream::new(ours).expect("a socket"), theirs)
    }

    /// What the kernel is asked to wake this process for about a socket, as epoll's bits.
    fn asked_of_the_kernel(socket: &impl AsRawFd) -> u32 {
        let tfd = socket.as_raw_fd().to_string();
        let files = std::fs::read_dir("/proc/self/fdinfo").expect("a list");
        let texts = files.flatten().filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect::<String>();
        let lines = texts.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let ours = lines.filter(|words| words.first() == Some(&"tfd:") && words.get(1) == Some(&tfd.as_str()));
        ours.map(|words| u32::from_str_radix(words[3], 16).expect("a number")).fold(0, |all, events| all | events)
    }

    #[tokio::test]
    async fn nobody_is_woken_because_it_could_write() {
        const IN: u32 = 1;
        const OUT: u32 = 4;
        let (ours, theirs) = pair();
        assert_eq!(asked_of_the_kernel(ours.readable.get_ref()) & (IN | OUT), IN);
        assert_eq!(asked_of_the_kernel(&theirs) & (IN | OUT), IN | OUT, "as tokio's does");
    }

    /// More than the kernel holds for a peer that does not read yet.
    #[tokio::test]
    async fn what_does_not_fit_at_once_is_written_when_there_is_room() {
        const MUCH: usize = 4 << 20;
        let (mut ours, mut theirs) = pair();
        let sent = (0..251).cycle().take(MUCH).collect::<Vec<u8>>();
        let (mut back, mut echoed) = (vec![0; MUCH], vec![0; 9]);
        let peer = async {
            theirs.read_exact(&mut back).await.expect("all of it");
            theirs.write_all(b"it is all").await.expect("it is read");
        };
        let us = async {
            ours.write_all(&sent).await.expect("it is read");
            ours.read_exact(&mut echoed).await.expect("an answer");
        };
        tokio::join!(us, peer);
        assert!(back == sent && echoed == b"it is all" && ours.writable.is_none());
    }

    #[tokio::test]
    async fn everything_is_read_and_then_the_end() {
        let (mut ours, mut theirs) = pair();
        let sent = vec![7; 100_000];
        theirs.write_all(&sent).await.expect("there is room");
        drop(theirs);
        let mut read = Vec::new();
        ours.read_to_end(&mut read).await.expect("an end");
        assert!(read == sent);
    }
}
