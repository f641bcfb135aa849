//! A small app to protect: it answers with what reached it, and remembers it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// One request as the app saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// `GET /path HTTP/1.1`
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body_length: usize,
}

impl Seen {
    /// Every value of a header.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let same = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
        self.headers.iter().filter(same).map(|(_, value)| value.as_str()).collect()
    }
}

/// Answers that were begun and not ended.
type Streams = Arc<Mutex<Vec<TcpStream>>>;

/// The app, serving on loopback from a thread of its own.
pub(crate) struct StubApp {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    over: Arc<AtomicBool>,
    streams: Streams,
    thread: Option<JoinHandle<()>>,
}

impl StubApp {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().unwrap();
        let (seen, over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (sink, end) = (Arc::clone(&seen), Arc::clone(&over));
        let streams = Streams::default();
        let begun = Arc::clone(&streams);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                let (sink, begun) = (Arc::clone(&sink), Arc::clone(&begun));
                std::thread::spawn(move || drop(serve(stream, &sink, &begun)));
            }
        });
        Self { address, seen, over, streams, thread: Some(thread) }
    }

    /// Where nginx finds it.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends the answers that were begun at `/stream…`, each with a last line.
    pub(crate) fn end_streams(&self) {
        for mut stream in self.streams.lock().unwrap().drain(..) {
            drop(stream.write_all(b"last\n"));
        }
    }

    /// Every request so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The requests so far whose request line contains `text`; tests that share a world tell theirs apart by path.
    pub(crate) fn seen_with(&self, text: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.line.contains(text)).collect()
    }
}

impl Drop for StubApp {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address)); // wakes the accepting thread
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn serve(stream: TcpStream, sink: &Mutex<Vec<Seen>>, begun: &Mutex<Vec<TcpStream>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    let Some(mut seen) = read_head(&mut reader)? else {
        return Ok(());
    };
    let length = seen.all("content-length").first().and_then(|value| value.parse().ok()).unwrap_or(0);
    if !seen.all("upgrade").is_empty() {
        sink.lock().unwrap().push(seen);
        return echo(&mut reader, &mut writer);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    seen.body_length = body.len();
    let text = page(&seen);
    let line = seen.line.clone();
    if line.contains("/stream") {
        sink.lock().unwrap().push(seen);
        writer.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\nfirst\n")?;
        begun.lock().unwrap().push(writer);
        return Ok(());
    }
    sink.lock().unwrap().push(seen);
    let status = wished_status(&line);
    write!(
        writer,
        "HTTP/1.1 {status} Status\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    )
}

/// `/status/418` is answered with 418, everything else with 200.
fn wished_status(line: &str) -> u16 {
    let wished = line.split_once("/status/").and_then(|(_, rest)| rest.get(..3));
    wished.and_then(|digits| digits.parse().ok()).unwrap_or(200)
}

fn read_head(reader: &mut impl BufRead) -> std::io::Result<Option<Seen>> {
    let line = read_line(reader)?;
    if line.is_empty() {
        return Ok(None);
    }
    let mut seen = Seen { line, headers: Vec::new(), body_length: 0 };
    loop {
        let line = read_line(reader)?;
        let Some((name, value)) = line.split_once(':') else {
            return Ok(Some(seen));
        };
        seen.headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

fn read_line(reader: &mut impl BufRead) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    reader.read_until(b'\n', &mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned())
}

/// The request line, each header, the length of the body: one a line.
fn page(seen: &Seen) -> String {
    let headers: Vec<String> = seen.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    format!("the app answers\n{}\n{}\nbody: {} bytes\n", seen.line, headers.join("\n"), seen.body_length)
}

/// Switches protocols and sends every byte back. The accepted key is that of sixteen zero bytes, which every test sends.
fn echo(reader: &mut impl Read, writer: &mut impl Write) -> std::io::Result<()> {
    writer.write_all(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")?;
    writer.write_all(b"Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n\r\n")?;
    std::io::copy(reader, writer).map(drop)
}
