//! A second reading of a head, by the shortest words: may it be answered with 200, must it be?

use crate::cookie::SessionCookie;

/// What a head shows, line by line.
pub(super) struct Head<'d> {
    request: &'d [u8],
    /// Names in lower case.
    headers: Vec<(Vec<u8>, &'d [u8])>,
}

/// What opens the app `docs`, and nothing else does.
pub(super) struct Planted {
    pub(super) token: String,
    pub(super) key: String,
}

impl<'d> Head<'d> {
    /// Splits a head into lines, and these into names and values.
    pub(super) fn read(bytes: &'d [u8]) -> Option<Self> {
        let mut lines = lines(bytes).into_iter();
        let request = lines.next()?;
        let header = |line: &'d [u8]| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let (name, value) = line.split_at(colon);
            Some((name.to_ascii_lowercase(), trimmed(value.get(1..)?)))
        };
        Some(Self { request, headers: lines.map(header).collect::<Option<_>>()? })
    }

    /// Whether it asks the one question we answer, shows what was planted, and nothing that contradicts it.
    pub(super) fn opens_docs(&self, planted: &Planted) -> bool {
        let nobody_waits =
            self.all("transfer-encoding").is_empty() && self.all("content-length").iter().all(|length| *length == b"0");
        let one_place = self.all("host").len() == 1 && self.all("x-gk-app") == [b"docs"];
        let keys = self.keys();
        let shown = match keys.as_slice() {
            [] => super::cookie::naive(&self.all("cookie")) == SessionCookie::One(planted.token.as_bytes()),
            [key] => *key == planted.key.as_bytes(),
            _ => false,
        };
        self.asks() && nobody_waits && one_place && shown
    }

    /// Whether there is nothing in it that a careful reader might refuse.
    pub(super) fn is_plain(&self) -> bool {
        let name = |(name, value): &(Vec<u8>, &[u8])| {
            let word = !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
            word && value.iter().all(|byte| matches!(byte, b' '..=b'~'))
        };
        self.request.iter().all(|byte| byte.is_ascii_alphanumeric() || b" /?=&.".contains(byte))
            && self.headers.len() <= 20
            && self.headers.iter().all(name)
    }

    fn asks(&self) -> bool {
        let words = self.request.split(|byte| *byte == b' ').collect::<Vec<_>>();
        let [b"GET" | b"HEAD", target, b"HTTP/1.1" | b"HTTP/1.0"] = words.as_slice() else { return false };
        target.split(|byte| *byte == b'?').next() == Some(b"/api/v1/auth/validate")
    }

    fn keys(&self) -> Vec<&'d [u8]> {
        let bearer = |value: &'d [u8]| {
            let (word, key) = value.split_at_checked(6)?;
            let spaced = word.eq_ignore_ascii_case(b"bearer") && key.first().is_some_and(u8::is_ascii_whitespace);
            Some(key.trim_ascii()).filter(|key| spaced && key.starts_with(b"gk_"))
        };
        let mut keys = self.all("authorization").into_iter().filter_map(bearer).collect::<Vec<_>>();
        keys.extend(self.all("x-gk-token").into_iter().filter(|key| !key.is_empty()));
        keys
    }

    fn all(&self, name: &str) -> Vec<&'d [u8]> {
        self.headers.iter().filter(|(found, _)| found == name.as_bytes()).map(|(_, value)| *value).collect()
    }
}

/// Without the spaces and tabs at both ends.
fn trimmed(value: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = value.iter().position(|byte| !blank(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
    value.get(start..end).unwrap_or_default()
}

/// Splits at CR LF.
fn lines(mut rest: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let (line, after) = rest.split_at(end);
        lines.push(line);
        rest = after.get(2..).unwrap_or_default();
    }
    lines.push(rest);
    lines
}

/// The heads in a stream of requests without bodies.
pub(super) fn heads(mut rest: &[u8]) -> Vec<&[u8]> {
    let mut heads = Vec::new();
    rest = after_empty_lines(rest);
    while let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") {
        let (head, after) = rest.split_at(end);
        heads.push(head);
        rest = after_empty_lines(after.get(4..).unwrap_or_default());
    }
    heads
}

/// An empty line before a head is none of it.
fn after_empty_lines(mut bytes: &[u8]) -> &[u8] {
    while let Some(after) = bytes.strip_prefix(b"\r\n") {
        bytes = after;
    }
    bytes
}
