//! Sockets that are listened on: bound once, shared by all workers, their files gone when the process ends.

use std::io;

use gk_shared::listen::{BadListen, Listen, Listener, SocketFile};
use listenfd::ListenFd;
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tracing::info;

use crate::quiet::QuietStream;

/// Every bound socket. Dropping it removes the files of Unix sockets.
pub(crate) struct Listeners(Vec<Bound>);

struct Bound {
    name: String,
    listener: Listener,
    file: Option<SocketFile>,
}

/// A listening socket on the runtime of one thread.
pub(crate) enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// A connection somebody made.
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(QuietStream),
}

impl Listeners {
    /// Binds all, or none.
    pub(crate) fn bind(addresses: &[Listen]) -> Result<Self, BadListen> {
        let mut bound = Self(Vec::new());
        for address in addresses {
            let listener = address.bind()?;
            let (name, file) = (listener.address(address), SocketFile::of(address));
            bound.0.push(Bound { name, listener, file });
        }
        Ok(bound)
    }

    /// Those that systemd has opened and holds (its socket activation), so that nobody is refused while this process is
    /// exchanged for another. Their files are systemd's own.
    pub(crate) fn passed() -> io::Result<Self> {
        let mut passed = ListenFd::from_env();
        let mut bound = Self(Vec::new());
        for number in 0..passed.len() {
            let unix = passed.take_unix_listener(number).map(|unix| unix.map(Listener::Unix));
            let listener = unix.or_else(|_| Ok(passed.take_tcp_listener(number)?.map(Listener::Tcp)));
            if let Some(listener) = listener.map_err(|_: io::Error| not_listening(number))? {
                listener.set_nonblocking()?;
                let name = listener.own_address().unwrap_or_else(|| "a socket without a name".to_owned());
                bound.0.push(Bound { name, listener, file: None });
            }
        }
        Ok(bound)
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same sockets once more, for one worker.
    pub(crate) fn share(&self) -> io::Result<Vec<Listener>> {
        let share = |bound: &Bound| match &bound.listener {
            Listener::Tcp(listener) => listener.try_clone().map(Listener::Tcp),
            Listener::Unix(listener) => listener.try_clone().map(Listener::Unix),
        };
        self.0.iter().map(share).collect()
    }

    /// Says where they are: "listening on 127.0.0.1:5101".
    pub(crate) fn announce(&self, what: &str) {
        self.0.iter().for_each(|bound| info!("{what} on {}", bound.name));
    }
}

fn not_listening(number: usize) -> io::Error {
    io::Error::other(format!(
        "what was passed as number {number} listens to no stream: write ListenStream= in the socket unit"
    ))
}

impl Drop for Listeners {
    fn drop(&mut self) {
        self.0.iter().filter_map(|bound| bound.file.as_ref()).for_each(SocketFile::remove);
    }
}

impl Socket {
    /// Moves a listener onto the runtime this is called on.
    pub(crate) fn new(listener: Listener) -> io::Result<Self> {
        match listener {
            Listener::Tcp(listener) => TcpListener::from_std(listener).map(Self::Tcp),
            Listener::Unix(listener) => UnixListener::from_std(listener).map(Self::Unix),
        }
    }

    /// Waits for the next connection.
    pub(crate) async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // An answer is one small packet; waiting for a second one would only delay it.
                stream.set_nodelay(true)?;
                Ok(Stream::Tcp(stream))
            }
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                QuietStream::new(stream).map(Stream::Unix)
            }
        }
    }
}
