//! Bytes on a connection, through hyper, to the decision and back.

use gk_shared::token::api_key_hash;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::answers::statuses;
use super::reading::{Head, Planted, heads};
use super::wire::Wire;
use crate::connection::Door;
use crate::trial::{PolicyFile, Trial, ask, claims, cookie, run, signer};

/// A worker's door, a policy file behind it, and what opens it.
struct Scene {
    runtime: Runtime,
    door: Door,
    planted: Planted,
    _folder: TempDir,
}

thread_local! {
    static SCENE: Scene = Scene::new();
}

/// The input's first byte says in pieces of how many bytes the rest comes, 0 in one. In the rest, `{session}` and
/// `{key}` stand for what opens the app `docs`.
pub fn head(data: &[u8]) {
    SCENE.with(|scene| scene.check(data));
}

impl Scene {
    fn new() -> Self {
        let (folder, path, gate, metrics) = Trial::before_the_file();
        let file = PolicyFile::create(path, 0);
        let key = format!("gk_{}", "k".repeat(43));
        let hash = api_key_hash(key.as_bytes()).expect("a key's form");
        let row = "INSERT INTO api_key VALUES (5, ?1, 7, NULL, '1')";
        file.writer.execute(row, [hash]).expect("a key");
        // The first request waits for the file; hyper would not, on a connection that is at its end.
        assert_eq!(run(&gate, ask(&gate, &cookie(), "docs")).status, 200);
        let token = claims().mint(&signer()).reveal().to_owned();
        let door = Door::new(gate, metrics, 1);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { runtime, door, planted: Planted { token, key }, _folder: folder }
    }

    /// Everything that is answered.
    fn asked(&self, piece: usize, bytes: &[u8]) -> Vec<u8> {
        let mut wire = Wire::new(bytes, piece);
        self.runtime.block_on(async {
            tokio::select! {
                ended = self.door.gate.follow() => unreachable!("following does not end: {ended:?}"),
                () = self.door.talk(&mut wire) => {}
            }
        });
        wire.answered
    }

    fn check(&self, data: &[u8]) -> Vec<u16> {
        let (piece, bytes) = data.split_first().map_or((0, data), |(piece, bytes)| (*piece, bytes));
        let bytes = filled(&filled(bytes, "{session}", &self.planted.token), "{key}", &self.planted.key);
        let piece = if piece == 0 { usize::MAX } else { usize::from(piece) };
        let statuses = statuses(&self.asked(piece, &bytes));
        let heads = heads(&bytes);
        for (place, _) in statuses.iter().enumerate().filter(|(_, status)| **status == 200) {
            let head = heads.get(place).and_then(|head| Head::read(head));
            let may = head.is_some_and(|head| head.opens_docs(&self.planted));
            assert!(may, "answer {place} of {statuses:?} opens docs");
        }
        // Only if nothing follows: that might end the connection before there is an answer.
        if let Some(head) = bytes.strip_suffix(b"\r\n\r\n").and_then(Head::read)
            && head.is_plain()
            && head.opens_docs(&self.planted)
        {
            assert_eq!(statuses, [200], "what opens docs is answered so");
        }
        statuses
    }
}

/// The bytes with every `name` replaced.
fn filled(bytes: &[u8], name: &str, with: &str) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), bytes);
    while let Some(found) = rest.windows(name.len()).position(|window| window == name.as_bytes()) {
        let (before, after) = rest.split_at(found);
        out.extend_from_slice(before);
        out.extend_from_slice(with.as_bytes());
        rest = after.get(name.len()..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_planted_opens_and_nothing_else_does() {
        let head =
            |more: &str| format!("GET /api/v1/auth/validate HTTP/1.1\r\nHost: h\r\nX-GK-App: docs{more}\r\n\r\n");
        let cookie = head("\r\nCookie: gk_session={session}");
        let for_the_log = "\r\nX-Original-URI: /a?b\r\nX-Original-Method: GET";
        let logged = head(&format!("\r\nCookie: gk_session={{session}}{for_the_log}"));
        SCENE.with(|scene| {
            for (sent, expected) in [
                (cookie.clone(), &[200][..]),
                (head("\r\nX-GK-Token: {key}"), &[200]),
                (head("\r\nAuthorization: Bearer {key}"), &[200]),
                ([cookie.as_str(), &head(""), &cookie].concat(), &[200, 401, 200]),
                (head("\r\nX-GK-Token: {session}\r\nCookie: gk_session={session}"), &[401]),
                (head("\r\nCookie: gk_session={key}"), &[401]),
                (cookie.replace("docs", "wiki"), &[403]),
                (cookie.replace("GET", "PUT"), &[405]),
                ("rubbish\r\n\r\n".into(), &[400]),
                (logged.repeat(3), &[200, 200, 200]),
                (head(for_the_log), &[401]),
                (format!("{}\r\n\r\n{cookie}", for_the_log.trim_start()), &[400]),
                (logged.replace("/a?b", "/\0"), &[400]),
                (logged.replace("/a?b", "/\r\n folded"), &[400]),
                (logged.replace("/a?b", "/\n"), &[]),
                (cookie.replace(" HTTP", "?a:#b HTTP"), &[]),
            ] {
                for piece in [0, 1, 7] {
                    let data = [&[piece], sent.as_bytes()].concat();
                    assert_eq!(scene.check(&data), expected, "{sent:?} in pieces of {piece}");
                }
            }
        });
    }
}
