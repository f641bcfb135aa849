//! A small HTTP/1.1 client that shows what really went over the wire: header order, exact bytes, closed connections.

use std::fmt::{Debug, Formatter, Write as _};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

/// What to ask. `Host` is filled in by whoever sends it unless it is given.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// A POST of form fields, percent-encoded.
    pub(crate) fn form(path: &str, fields: &[(&str, &str)]) -> Self {
        let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let mut request = Self::new("POST", path).with("Content-Type", "application/x-www-form-urlencoded");
        request.body = pairs.join("&").into_bytes();
        request
    }

    /// One more header line.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The bytes to send.
    pub(crate) fn bytes(&self, host: &str) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            write!(head, "Host: {host}\r\n").unwrap();
        }
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        if !self.body.is_empty() || self.method == "POST" {
            write!(head, "Content-Length: {}\r\n", self.body.len()).unwrap();
        }
        head.push_str("\r\n");
        [head.into_bytes(), self.body.clone()].concat()
    }
}

/// The text an HTML attribute stands for.
pub(crate) fn unescaped(text: &str) -> String {
    let entities = [("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&lt;", "<"), ("&gt;", ">")];
    let text = entities.iter().fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain));
    text.replace("&amp;", "&")
}

/// Percent-encodes everything but letters, digits and `-._~`.
pub(crate) fn encode(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    value.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// What came back.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The value of a header, if it came exactly once or several times (then the first).
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    /// Every value of a header.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let same = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
        self.headers.iter().filter(same).map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The value of an input of this page.
    #[track_caller]
    pub(crate) fn field(&self, name: &str) -> String {
        let page = self.text();
        let mut tags = page.split('<').filter(|tag| tag.starts_with("input"));
        let tag = tags.find(|tag| tag.contains(&format!("name=\"{name}\"")));
        let tag = tag.unwrap_or_else(|| panic!("no field {name}: {page}"));
        let value = tag.split_once("value=\"").and_then(|(_, rest)| rest.split('"').next());
        unescaped(value.unwrap_or_default())
    }

    /// The whole Set-Cookie line of a cookie this answer sets; one that takes a cookie away has no value.
    pub(crate) fn sets(&self, name: &str) -> Option<&str> {
        let has_value = |line: &&str| {
            let value = line.strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
            value.is_some_and(|value| !value.is_empty() && !value.starts_with(';'))
        };
        self.all("set-cookie").into_iter().find(has_value)
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }
}

impl Debug for Answer {
    fn fmt(&self, out: &mut Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} {:#?}\n{}", self.status, self.headers, self.text())
    }
}

/// Where to connect.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Unix(PathBuf),
    Tcp(String),
}

enum Wire {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.read(buffer),
            Self::Tcp(stream) => stream.read(buffer),
        }
    }
}

/// One connection, kept alive as long as the other side lets it.
pub(crate) struct Line {
    wire: BufReader<Wire>,
}

impl Line {
    pub(crate) fn connect(place: &Place) -> io::Result<Self> {
        let wire = match place {
            Place::Unix(path) => Wire::Unix(UnixStream::connect(path)?),
            Place::Tcp(address) => Wire::Tcp(TcpStream::connect(address)?),
        };
        if let Wire::Tcp(stream) = &wire {
            stream.set_nodelay(true)?;
        }
        let line = Self { wire: BufReader::new(wire) };
        line.set_time_limit(Duration::from_secs(30))?;
        Ok(line)
    }

    /// Longest one read or write may take.
    pub(crate) fn set_time_limit(&self, limit: Duration) -> io::Result<()> {
        match self.wire.get_ref() {
            Wire::Unix(stream) => stream.set_read_timeout(Some(limit)).and(stream.set_write_timeout(Some(limit))),
            Wire::Tcp(stream) => stream.set_read_timeout(Some(limit)).and(stream.set_write_timeout(Some(limit))),
        }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.wire.get_mut() {
            Wire::Unix(stream) => stream.write_all(bytes),
            Wire::Tcp(stream) => stream.write_all(bytes),
        }
    }

    /// Closes the sending half: nothing more will come.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        match self.wire.get_ref() {
            Wire::Unix(stream) => stream.shutdown(Shutdown::Write),
            Wire::Tcp(stream) => stream.shutdown(Shutdown::Write),
        }
    }

    /// Reads one answer; `method` because HEAD has no body whatever its Content-Length says.
    pub(crate) fn answer(&mut self, method: &str) -> io::Result<Answer> {
        let status = self.head_line()?;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| io::Error::other("no status line"))?;
        let mut headers = Vec::new();
        loop {
            let line = self.head_line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(|| io::Error::other("a header without a colon"))?;
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        let mut answer = Answer { status, headers, body: Vec::new() };
        if method != "HEAD" && !matches!(status, 100..=199 | 204 | 304) {
            answer.body = self.body(&answer)?;
        }
        Ok(answer)
    }

    /// Sends a request and reads its answer, without a second try. An answer counts also when it came before all was sent: a
    /// body that is too long need not be read to its end.
    pub(crate) fn ask(&mut self, request: &Request, host: &str) -> io::Result<Answer> {
        let sent = self.send(&request.bytes(host));
        self.answer(&request.method).map_err(|error| sent.err().unwrap_or(error))
    }

    /// Reads exactly so many raw bytes: after a protocol switch.
    pub(crate) fn raw(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.wire.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads raw bytes until they end so.
    pub(crate) fn until(&mut self, end: &[u8]) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(end) {
            bytes.extend(self.raw(1)?);
        }
        Ok(bytes)
    }

    /// Reads to the end of the connection.
    pub(crate) fn rest(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.wire.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn head_line(&mut self) -> io::Result<String> {
        let mut bytes = Vec::new();
        if self.wire.read_until(b'\n', &mut bytes)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let latin = |bytes: &[u8]| bytes.iter().map(|byte| char::from(*byte)).collect();
        let text: String = String::from_utf8(bytes).unwrap_or_else(|error| latin(error.as_bytes()));
        Ok(text.trim_end_matches(['\r', '\n']).to_owned())
    }

    fn body(&mut self, answer: &Answer) -> io::Result<Vec<u8>> {
        if answer.header("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
            return self.chunks();
        }
        match answer.header("content-length") {
            Some(length) => self.raw(length.parse().map_err(io::Error::other)?),
            None => self.rest(),
        }
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(&self.head_line()?, 16).map_err(io::Error::other)?;
            body.extend(self.raw(size)?);
            self.head_line()?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
}

/// Connections to one place, each used by one thread at a time and kept for the next request.
pub(crate) struct Lines {
    place: Place,
    host: String,
    idle: Mutex<Vec<Line>>,
}

impl Lines {
    pub(crate) fn to(place: Place, host: &str) -> Self {
        Self { place, host: host.to_owned(), idle: Mutex::new(Vec::new()) }
    }

    /// Asks; a kept connection the other side has closed meanwhile is replaced by a new one.
    pub(crate) fn try_ask(&self, request: &Request) -> io::Result<Answer> {
        let repeatable = matches!(request.method.as_str(), "GET" | "HEAD");
        let kept = if repeatable { self.idle.lock().unwrap().pop() } else { None };
        if let Some(mut line) = kept
            && let Ok(answer) = line.ask(request, &self.host)
        {
            self.keep(line, &answer);
            return Ok(answer);
        }
        let mut line = Line::connect(&self.place)?;
        let answer = line.ask(request, &self.host)?;
        self.keep(line, &answer);
        Ok(answer)
    }

    #[track_caller]
    pub(crate) fn ask(&self, request: &Request) -> Answer {
        self.try_ask(request).unwrap_or_else(|error| panic!("{:?} does not answer: {error}", self.place))
    }

    fn keep(&self, line: Line, answer: &Answer) {
        let mut idle = self.idle.lock().unwrap();
        let stays = answer.header("connection").is_none_or(|value| !value.eq_ignore_ascii_case("close"));
        if stays && idle.len() < 64 {
            idle.push(line);
        }
    }
}
