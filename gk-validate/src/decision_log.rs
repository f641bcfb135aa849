//! The decision log: a line of JSON on standard error for each answer, or each that lets nobody in. It is bounded and never
//! waits: what the disk or the journal cannot take is dropped and counted.

use std::io::{self, Write};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;

use gk_shared::time::Timestamp;
use hyper::HeaderMap;
use hyper::header::HeaderName;

use crate::answer::Answer;
use crate::metrics::Metrics;

/// Lines that wait to be written.
const MOST_WAITING: usize = 1024;
/// Of each text in a line, as it was sent; the rest is cut off.
const MOST_BYTES: usize = 256;
const X_GK_APP: HeaderName = HeaderName::from_static("x-gk-app");
const X_ORIGINAL_METHOD: HeaderName = HeaderName::from_static("x-original-method");
const X_ORIGINAL_URI: HeaderName = HeaderName::from_static("x-original-uri");

/// Which answers have a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wanted {
    #[default]
    Off,
    /// Those that let nobody in.
    Denied,
    All,
}

/// Where workers put their lines.
#[derive(Clone)]
pub(crate) struct DecisionLog {
    wanted: Wanted,
    lines: SyncSender<Vec<u8>>,
    metrics: Arc<Metrics>,
}

/// The thread that writes them.
pub(crate) struct Writer(JoinHandle<()>);

impl FromStr for Wanted {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "off" => Ok(Self::Off),
            "denied" => Ok(Self::Denied),
            "all" => Ok(Self::All),
            _ => Err("the decision log is off, denied or all"),
        }
    }
}

impl DecisionLog {
    /// Starts writing to `out`, if that is wanted, until every clone of the log is gone.
    pub(crate) fn start(
        wanted: Wanted,
        metrics: Arc<Metrics>,
        out: impl Write + Send + 'static,
    ) -> io::Result<Option<(Self, Writer)>> {
        if wanted == Wanted::Off {
            return Ok(None);
        }
        let (lines, waiting) = sync_channel(MOST_WAITING);
        let thread = std::thread::Builder::new().name("decision-log".to_owned());
        let writer = Writer(thread.spawn(move || write_all(&waiting, out))?);
        Ok(Some((Self { wanted, lines, metrics }, writer)))
    }

    /// Whether this answer has a line.
    pub(crate) fn wants(&self, answer: &Answer) -> bool {
        match self.wanted {
            Wanted::Off => false,
            Wanted::Denied => !matches!(answer, Answer::Allow(..)),
            Wanted::All => true,
        }
    }

    /// Adds a line for an answer to a request with these headers; `user` is whom it concerned, where that is known.
    pub(crate) fn note(&self, answer: &Answer, headers: &HeaderMap, (user, now): (Option<&str>, Timestamp)) {
        if self.lines.try_send(line(answer, headers, (user, now))).is_err() {
            self.metrics.dropped_a_line();
        }
    }
}

impl Writer {
    /// Waits until everything is written, which is so soon after the last worker has ended.
    pub(crate) fn finish(self) {
        // It cannot have panicked: there is nothing in it that does.
        let _ = self.0.join();
    }
}

/// Gathers what waits, so that a busy log costs one system call for many lines.
fn write_all(waiting: &Receiver<Vec<u8>>, mut out: impl Write) {
    while let Ok(first) = waiting.recv() {
        let mut batch = first;
        while batch.len() < 64 * 1024 {
            match waiting.try_recv() {
                Ok(line) => batch.extend(line),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        // A log that nobody can read any more is no reason to stop answering.
        let _ = out.write_all(&batch);
    }
}

fn line(answer: &Answer, headers: &HeaderMap, (user, now): (Option<&str>, Timestamp)) -> Vec<u8> {
    let (outcome, reason) = answer.words();
    let mut line = Vec::with_capacity(256);
    // Words of ours need no escaping.
    let _ = write!(
        line,
        "{{\"decided_at\":{},\"status\":{},\"outcome\":\"{outcome}\",\"reason\":\"{reason}\"",
        now.0,
        answer.status().as_u16()
    );
    if let Some(user) = user {
        field(&mut line, "user", user.as_bytes());
    }
    for (name, header) in [("app", X_GK_APP), ("method", X_ORIGINAL_METHOD)] {
        if let Some(value) = headers.get(header) {
            field(&mut line, name, value.as_bytes());
        }
    }
    if let Some(address) = headers.get(X_ORIGINAL_URI) {
        // What follows may be a secret: a sign-in link of an app, a search, a token.
        let path = address.as_bytes().split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default();
        field(&mut line, "path", path);
    }
    line.extend(b"}\n");
    line
}

/// Adds a text. Every byte that is not plain ASCII is written as its number: what was sent need not be UTF-8, and ends no
/// line.
fn field(line: &mut Vec<u8>, name: &str, text: &[u8]) {
    let _ = write!(line, ",\"{name}\":\"");
    for byte in text.iter().take(MOST_BYTES) {
        match byte {
            b'"' | b'\\' => line.extend([b'\\', *byte]),
            b' '..=b'~' => line.push(*byte),
            _ => _ = write!(line, "\\u{byte:04x}"),
        }
    }
    line.push(b'"');
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::channel;

    use gk_shared::access::{AllowReason, ForbidReason, SignInReason};

    use super::*;
    use crate::answer::Headers;
    use crate::identity::Groups;

    fn metrics() -> Arc<Metrics> {
        Arc::new(Metrics::new(1).unwrap())
    }

    #[test]
    fn a_line_names_what_was_asked_without_a_query_and_ends_nowhere_else() {
        let mut headers = HeaderMap::new();
        for (name, value) in [("x-gk-app", "do\"cs"), ("x-original-method", "GET"), ("cookie", "gk_session=secret")] {
            headers.insert(name, value.parse().unwrap());
        }
        headers.insert("x-original-uri", hyper::header::HeaderValue::from_bytes(b"/a\\\xff?token=secret").unwrap());
        let said = line(&Answer::Forbid(ForbidReason::NoGrant, None), &headers, (Some("a@b.c"), Timestamp(7)));
        let expected = "{\"decided_at\":7,\"status\":403,\"outcome\":\"forbid\",\"reason\":\"no-grant\",\"user\":\"a@b.c\",\
                        \"app\":\"do\\\"cs\",\"method\":\"GET\",\"path\":\"/a\\\\\\u00ff\"}\n";
        assert_eq!(String::from_utf8(said).unwrap(), expected);
        headers.insert("x-original-uri", "/x".repeat(5000).parse().unwrap());
        assert!(line(&Answer::Forbid(ForbidReason::NoGrant, None), &headers, (None, Timestamp(7))).len() < 600);
    }

    /// A log that takes nothing until it is let.
    struct Stuck(Receiver<()>, Arc<Mutex<Vec<u8>>>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            self.1.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_log_that_is_stuck_holds_nobody_up_and_what_is_dropped_is_counted() {
        let (metrics, written, (go, wait)) = (metrics(), Arc::default(), channel());
        let out = Stuck(wait, Arc::clone(&written));
        let (log, writer) = DecisionLog::start(Wanted::All, Arc::clone(&metrics), out).unwrap().unwrap();
        let answer = Answer::SignIn(SignInReason::NoCredential);
        for _ in 0..10 * MOST_WAITING {
            log.note(&answer, &HeaderMap::new(), (None, Timestamp(0)));
        }
        let dropped = metrics.dropped_lines();
        assert!(dropped > 8 * MOST_WAITING as u64, "{dropped}");
        drop((go, log));
        writer.finish();
        let written = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        assert_eq!(written.lines().count() as u64 + dropped, 10 * MOST_WAITING as u64);
    }

    #[test]
    fn denied_leaves_out_whoever_is_let_in() {
        let log = |wanted| DecisionLog::start(wanted, metrics(), io::sink()).unwrap().map(|(log, _)| log);
        let (user, name, role, groups) = ("a@b.c".parse().unwrap(), None, None, Groups::None);
        let allowed = Answer::Allow(AllowReason::Internal, Headers { user, name, role, groups });
        let denied = Answer::SignIn(SignInReason::NoCredential);
        for (wanted, lines) in [(Wanted::Denied, [false, true]), (Wanted::All, [true, true])] {
            let log = log(wanted).unwrap();
            assert_eq!([&allowed, &denied].map(|answer| log.wants(answer)), lines);
        }
        assert!(log(Wanted::Off).is_none());
    }
}
