//! Connections: letting them in, as many as there is room for, and speaking HTTP/1.1 over each.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio::task::spawn_local;
use tracing::warn;

use crate::gate::Gate;
use crate::lines::{Course, Lines};
use crate::listeners::{Socket, Stream};
use crate::metrics::Metrics;
use crate::stream::StrictLines;
use crate::timers::sleep;

/// How long a connection may be idle, or a head unfinished. Longer than nginx keeps an idle connection (60 s), so
/// that it is nginx who closes it and never sends into a closed one.
const MOST_SILENCE: Duration = Duration::from_secs(75);
/// Between two looks for silent connections.
const LOOK: Duration = Duration::from_secs(15);
/// nginx sends about eight, whatever the client sent.
const MOST_HEADERS: usize = 64;
/// Room for a head with as many cookies as nginx passes on (32 KiB).
const MOST_BYTES: usize = 48 * 1024;
/// Before accepting again when there are no more file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// Where all connections of one worker come in.
pub(crate) struct Door {
    pub(crate) gate: Gate,
    http: http1::Builder,
    metrics: Arc<Metrics>,
    lines: Lines,
    most: usize,
    open: Cell<usize>,
    /// Rings whenever one has closed.
    closed: Notify,
}

/// An open connection, for as long as it is counted.
struct Counted<'d>(&'d Door);

impl Door {
    /// Opens for at most `most` connections at once.
    pub(crate) fn new(gate: Gate, metrics: Arc<Metrics>, most: usize) -> Self {
        let mut http = http1::Builder::new();
        http.max_headers(MOST_HEADERS).max_header_size(MOST_BYTES).max_buf_size(MOST_BYTES);
        // Or hyper would look for the end of the connection while it still holds the head, into a second buffer.
        http.half_close(true);
        let (lines, open, closed) = (Lines::default(), Cell::new(0), Notify::new());
        Self { gate, http, metrics, lines, most, open, closed }
    }

    /// Accepts connections for ever. Those there is no room for wait in the kernel's queue.
    pub(crate) async fn let_in(self: Rc<Self>, socket: Socket) {
        let mut failing = false;
        loop {
            while self.open.get() >= self.most {
                self.closed.notified().await;
            }
            match socket.accept().await {
                Ok(stream) => {
                    failing = false;
                    let door = Rc::clone(&self);
                    spawn_local(async move { door.serve(stream).await });
                }
                Err(error) => {
                    if !failing {
                        warn!("cannot accept connections: {error}; trying again until it works");
                    }
                    failing = true;
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Closes silent connections for ever.
    pub(crate) async fn watch(self: Rc<Self>) {
        loop {
            sleep(LOOK).await;
            self.lines.close_silent(MOST_SILENCE);
        }
    }

    /// Finishes what has begun on every connection, and waits until all are closed.
    pub(crate) async fn close(&self) {
        self.lines.finish_all();
        while self.open.get() > 0 {
            self.closed.notified().await;
        }
    }

    async fn serve(&self, stream: Stream) {
        let _counted = Counted::new(self);
        match stream {
            Stream::Tcp(stream) => self.talk(stream).await,
            Stream::Unix(stream) => self.talk(stream).await,
        }
    }

    /// What goes wrong on a connection is its peer's business: it is closed, and that is all.
    pub(crate) async fn talk(&self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let line = self.lines.open(self.gate.clock.moment());
        let answer = service_fn(|request| {
            let came = self.gate.clock.moment();
            line.heard(came);
            self.gate.answer(request, came)
        });
        let stream = TokioIo::new(StrictLines::new(stream, self.gate.is_logged()));
        let mut connection = pin!(self.http.serve_connection(stream, answer));
        poll_fn(|context| {
            line.woken_by(context.waker());
            match self.lines.course(&line) {
                Course::Stay => {}
                Course::Finish => connection.as_mut().graceful_shutdown(),
                Course::Close => return Poll::Ready(()),
            }
            connection.as_mut().poll(context).map(drop)
        })
        .await;
    }
}

impl<'d> Counted<'d> {
    fn new(door: &'d Door) -> Self {
        door.open.set(door.open.get() + 1);
        door.metrics.connection_opened();
        Self(door)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.open.set(self.0.open.get() - 1);
        self.0.metrics.connection_closed();
        self.0.closed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::UnixStream;
    use tokio::time::timeout;

    use super::*;
    use crate::trial::{Trial, cookie, run};

    /// Everything that is answered to these bytes.
    async fn answers(door: &Door, bytes: &str) -> String {
        let (client, server) = UnixStream::pair().expect("a pair of sockets");
        client.try_write(bytes.as_bytes()).expect("there is room");
        // Silence after an answer is a connection kept open.
        let _ = timeout(Duration::from_millis(100), door.talk(server)).await;
        let mut read = vec![0; 1 << 16];
        let count = client.try_read(&mut read).unwrap_or(0);
        String::from_utf8_lossy(read.get(..count).unwrap_or_default()).into_owned()
    }

    #[test]
    fn only_a_well_formed_head_is_answered_with_200() {
        let trial = Trial::new();
        let door = Door::new(trial.gate, Arc::clone(&trial.metrics), 10);
        let good =
            format!("GET /api/v1/auth/validate HTTP/1.1\r\nHost: h\r\nCookie: {}\r\nX-GK-App: docs\r\n\r\n", cookie());
        run(&door.gate, async {
            let answer = answers(&door, &good).await;
            assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\r\ncontent-length: 0\r\n"), "{answer}");
            assert_eq!(answers(&door, &[good.as_str(); 3].concat()).await.matches("HTTP/1.1 200 ").count(), 3);
            let with = |header: &str| good.replacen("\r\n\r\n", &format!("\r\n{header}\r\n\r\n"), 1);
            for bad in [
                good.replace("Host: h\r\n", ""),
                with("Host: other"),
                with("Content-Length: 4") + "body",
                with("Transfer-Encoding: chunked") + "0\r\n\r\n",
                with("Content-Length: +0"),
                with("X: a\r\n folded"),
                with("X: a\0b"),
                with("X : a"),
                with(&format!("X: {}", "a".repeat(64 * 1024))),
                good.replace("\r\n", "\n"),
                good.replacen("h\r\n", "h\n", 1),
                good.replace("GET /", "GET http://h/"),
                good.replace("HTTP/1.1", "HTTP/2.0"),
                good.replace("GET", "POST"),
                good.replace("/validate", "/validate/"),
            ] {
                let answer = answers(&door, &(bad.clone() + &good)).await;
                assert!(!answer.starts_with("HTTP/1.1 2"), "{bad:?} {answer}");
            }
        });
    }
}
