//! One connection, one request after the other: for times of single requests, and for counts.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use crate::generator::{Address, Question, is_complete};

/// The status of one answer.
pub(crate) fn status(question: &Question) -> u16 {
    let mut line = Blocking::open(question);
    line.ask(question);
    line.status()
}

/// Asks so many times, over one connection, one after the other.
pub(crate) fn count(question: &Question, requests: u32) {
    timed(question, requests);
}

/// As [`count`]; gives how long each took.
pub(crate) fn timed(question: &Question, requests: u32) -> Vec<Duration> {
    let mut line = Blocking::open(question);
    let times = (0..requests).map(|_| {
        let begun = Instant::now();
        line.ask(question);
        let took = begun.elapsed();
        assert_eq!(line.status(), question.status);
        took
    });
    times.collect()
}

/// One connection that waits for each answer.
struct Blocking {
    stream: BlockingStream,
    buffer: Vec<u8>,
    length: usize,
}

enum BlockingStream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Blocking {
    fn open(question: &Question) -> Self {
        let stream = match &question.address {
            Address::Tcp(address) => {
                let stream = TcpStream::connect(address).unwrap();
                stream.set_nodelay(true).unwrap();
                BlockingStream::Tcp(stream)
            }
            Address::Unix(path) => BlockingStream::Unix(UnixStream::connect(path).unwrap()),
        };
        Self { stream, buffer: vec![0; 64 * 1024], length: 0 }
    }

    fn ask(&mut self, question: &Question) {
        let Self { stream, buffer, length } = self;
        let (reader, writer): (&mut dyn Read, _) = match stream {
            BlockingStream::Tcp(stream) => {
                let written = stream.write(&question.head);
                (stream, written)
            }
            BlockingStream::Unix(stream) => {
                let written = stream.write(&question.head);
                (stream, written)
            }
        };
        assert_eq!(writer.unwrap(), question.head.len(), "a request fits a socket buffer");
        *length = 0;
        while !is_complete(&buffer[..*length]) {
            let read = reader.read(&mut buffer[*length..]).unwrap();
            assert!(read > 0, "the server closed a connection");
            *length += read;
        }
    }

    fn status(&self) -> u16 {
        String::from_utf8_lossy(&self.buffer[9..12]).parse().unwrap()
    }
}
