//! The load: one thread, some connections kept alive, on each the next request as soon as the answer is in.
//!
//! It has to cost less than the servers it measures, or all of them would look equally fast: one epoll
//! (through mio), one write and one read a request, and an answer that looks like the last is not parsed again.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};

use crate::stream::Stream;

/// Where a server listens.
#[derive(Clone, Debug)]
pub(crate) enum Address {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// What is asked of whom, and the only status that counts as an answer.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) address: Address,
    pub(crate) head: Vec<u8>,
    pub(crate) status: u16,
}

/// Sends for `warm` and then for `length`; returns the answers counted in `length`.
/// `on_warm` runs between the two, when the caller reads its first clocks.
///
/// Any other status, and a connection closed by the server, ends the benchmark: such a figure means nothing.
pub(crate) fn run(
    question: &Question,
    connections: usize,
    warm: Duration,
    length: Duration,
    on_warm: impl FnOnce(),
) -> u32 {
    let mut load = Load::open(question, connections);
    load.until(Instant::now() + warm);
    on_warm();
    load.until(Instant::now() + length)
}

/// The answer to one request, whole, however many reads it takes (for scenes that need to see one).
pub(crate) fn ask(question: &Question) -> Vec<u8> {
    let mut load = Load::open(question, 1);
    load.until(Instant::now());
    while load.known.is_empty() {
        load.until(Instant::now() + Duration::from_millis(20));
    }
    load.known
}

/// Asks so often a second, as near as it can, until it is enough; counts the answers.
pub(crate) fn send_at(question: &Question, each_second: u32, enough: &AtomicBool, count: &AtomicU32) {
    // As few as can send so many, so that no more than these wait at once.
    let mut load = Load::open(question, 3);
    let begun = Instant::now();
    let mut answers = 0;
    while !enough.load(Ordering::Relaxed) {
        // A turn is short, and what it was ahead of its time it waits for.
        answers += load.until(Instant::now() + Duration::from_micros(500));
        count.store(answers, Ordering::Relaxed);
        let due = Duration::from_secs_f64(f64::from(answers) / f64::from(each_second));
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
    }
}

struct Load<'a> {
    question: &'a Question,
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    /// An answer already checked; the next ones only have to begin and end alike.
    known: Vec<u8>,
    buffer: Vec<u8>,
}

struct Connection {
    stream: Stream,
    /// The part of an answer that came before the rest; empty nearly always.
    partial: Vec<u8>,
}

impl<'a> Load<'a> {
    fn open(question: &'a Question, connections: usize) -> Self {
        let poll = Poll::new().unwrap();
        let connections = (0..connections)
            .map(|number| Connection::open(&poll, Token(number), &question.address, &question.head))
            .collect();
        Self {
            question,
            poll,
            events: Events::with_capacity(256),
            connections,
            known: Vec::new(),
            buffer: vec![0; 64 * 1024],
        }
    }

    fn until(&mut self, end: Instant) -> u32 {
        let mut answers = 0;
        loop {
            let now = Instant::now();
            if now >= end {
                return answers;
            }
            self.poll.poll(&mut self.events, Some(end - now)).unwrap();
            for event in &self.events {
                let connection = &mut self.connections[event.token().0];
                if connection.take(&mut self.buffer, &mut self.known, self.question.status) {
                    connection.stream.send(&self.question.head);
                    answers += 1;
                }
            }
        }
    }
}

impl Connection {
    fn open(poll: &Poll, token: Token, address: &Address, head: &[u8]) -> Self {
        let mut stream = Stream::connect(address);
        poll.registry().register(stream.source(), token, Interest::READABLE).unwrap();
        stream.send(head);
        Self { stream, partial: Vec::new() }
    }

    /// Reads what is there; whether an answer is complete with it.
    fn take(&mut self, buffer: &mut [u8], known: &mut Vec<u8>, status: u16) -> bool {
        let length = match self.stream.read(buffer) {
            Ok(0) => panic!("the server closed a connection under load"),
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(error) => panic!("reading an answer: {error}"),
        };
        if self.partial.is_empty() && looks_like(&buffer[..length], known) {
            return true;
        }
        self.partial.extend_from_slice(&buffer[..length]);
        if !is_complete(&self.partial) {
            return false;
        }
        check_status(&self.partial, status);
        *known = std::mem::take(&mut self.partial);
        true
    }
}

/// Same length and same status line as an answer that was checked: only its date can differ.
fn looks_like(answer: &[u8], known: &[u8]) -> bool {
    const STATUS_LINE: usize = "HTTP/1.1 200".len();
    answer.len() == known.len() && answer.get(..STATUS_LINE) == known.get(..STATUS_LINE)
}

/// Whether an answer is whole.
pub(crate) fn is_complete(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let body = head
        .split_once("\r\ncontent-length:")
        .map_or(0, |(_, rest)| rest.lines().next().unwrap().trim().parse().unwrap());
    answer.len() >= end + 4 + body
}

fn check_status(answer: &[u8], status: u16) {
    let line = String::from_utf8_lossy(answer);
    let line = line.lines().next().unwrap_or_default();
    assert!(
        line.starts_with(&format!("HTTP/1.1 {status} ")),
        "expected status {status}, the answer begins with {line:?}"
    );
}
