//! A connection of either kind that does not block.

use std::io::{Read, Write};

use mio::event::Source;
use mio::net::{TcpStream, UnixStream};

use crate::generator::Address;

pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    pub(crate) fn connect(address: &Address) -> Self {
        // Connecting blocks on purpose: a first request on an unfinished connection would be refused.
        match address {
            Address::Tcp(address) => {
                let stream = std::net::TcpStream::connect(address).unwrap();
                stream.set_nodelay(true).unwrap();
                stream.set_nonblocking(true).unwrap();
                Self::Tcp(TcpStream::from_std(stream))
            }
            Address::Unix(path) => {
                let stream = std::os::unix::net::UnixStream::connect(path).unwrap();
                stream.set_nonblocking(true).unwrap();
                Self::Unix(UnixStream::from_std(stream))
            }
        }
    }

    pub(crate) fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Tcp(stream) => stream,
            Self::Unix(stream) => stream,
        }
    }

    pub(crate) fn send(&mut self, head: &[u8]) {
        let sent = match self {
            Self::Tcp(stream) => stream.write(head),
            Self::Unix(stream) => stream.write(head),
        };
        assert_eq!(sent.unwrap(), head.len(), "a request fits a socket buffer");
    }

    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
        }
    }
}
