//! Input nobody should send: malformed heads, cookies and tokens against gk-validate. Nothing of it may be let in,
//! and nothing may stop the next request from being answered.

mod heads;
mod tokens;

use std::io::ErrorKind;
use std::sync::OnceLock;
use std::time::Duration;

use crate::world::{Line, Place, World};

const PERSON: &str = "alice@example.com";

/// gk-validate on a Unix socket and TCP, and a session that opens docs: a head is refused for its form alone.
fn world() -> &'static (World, String) {
    static WORLD: OnceLock<(World, String)> = OnceLock::new();
    WORLD.get_or_init(|| {
        let world = World::bare(&[]);
        world.start_validate_with(&["--listen", "127.0.0.1:0"]);
        world.grant(PERSON, "docs");
        let cookie = world.session(PERSON);
        (world, cookie)
    })
}

/// The status of the first answer to these bytes, or nothing when the connection is closed instead. Whoever waits for
/// more gets no more: half of the connection is closed.
fn status_of(place: &Place, bytes: &[u8]) -> Option<u16> {
    let mut line = Line::connect(place).expect("gk-validate listens");
    let whole =
        ["\r\n\r\n", "\n\n", "\n\r\n"].iter().any(|end| bytes.windows(end.len()).any(|part| part == end.as_bytes()));
    line.set_time_limit(Duration::from_millis(if whole { 500 } else { 20 })).unwrap();
    if line.send(bytes).is_err() {
        return line.answer("GET").ok().map(|answer| answer.status);
    }
    match line.answer("GET") {
        Ok(answer) => Some(answer.status),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            line.finish().unwrap();
            line.set_time_limit(Duration::from_secs(10)).unwrap();
            line.answer("GET").ok().map(|answer| answer.status)
        }
        Err(_) => None,
    }
}

#[track_caller]
fn assert_well() {
    let (world, cookie) = world();
    let answer = world.validate(Some(cookie), Some("docs"));
    assert_eq!((answer.status, answer.header("x-auth-user")), (200, Some(PERSON)));
    assert!(!world.validate_talk().contains("panicked"), "{}", world.validate_talk());
}

/// The heads of these that were not refused, with their status.
fn let_in(place: &Place, heads: &[(String, Vec<u8>)]) -> Vec<(String, u16)> {
    let ask = |(what, head): &(String, Vec<u8>)| Some((what.clone(), status_of(place, head)?));
    heads.iter().filter_map(ask).filter(|(_, status)| !(400..500).contains(status)).collect()
}

#[test]
fn no_malformed_head_is_let_in() {
    let (world, cookie) = world();
    let heads = heads::all(cookie);
    assert!(heads.len() >= 300, "only {} heads", heads.len());
    for place in [world.validate_socket(), world.validate_address()] {
        let mut line = Line::connect(&place).unwrap();
        line.send(&heads::good(cookie)).unwrap();
        assert_eq!(line.answer("GET").unwrap().status, 200, "the good head is good");
        let let_in = std::thread::scope(|scope| {
            let parts = heads.chunks(heads.len() / 8 + 1);
            let threads: Vec<_> = parts.map(|part| scope.spawn(|| let_in(&place, part))).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert!(let_in.is_empty(), "{let_in:#?}");
        assert_well();
    }
}

#[test]
fn a_slow_head_holds_up_nobody() {
    let (world, cookie) = world();
    let mut slow: Vec<Line> = (0..20).map(|_| Line::connect(&world.validate_socket()).unwrap()).collect();
    for byte in heads::good(cookie).iter().take(40) {
        for line in &mut slow {
            line.send(&[*byte]).unwrap();
        }
        assert_well();
    }
    for line in &mut slow {
        line.finish().unwrap();
        assert!(line.answer("GET").map_or(400, |answer| answer.status) >= 400);
    }
}

#[test]
fn a_refused_head_does_not_let_the_next_one_of_its_connection_in() {
    let (world, cookie) = world();
    let hidden = format!("GET /api/v1/auth/validate HTTP/1.1\r\nHost: a\r\nX-GK-App: docs\r\nCookie: {cookie}\r\n\r\n");
    let covers = [
        format!("GET /api/v1/auth/validate HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", hidden.len()),
        "GET /api/v1/auth/validate HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_owned(),
        "POST /api/v1/auth/validate HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n".to_owned(),
    ];
    for cover in covers {
        let mut line = Line::connect(&world.validate_socket()).unwrap();
        line.send(format!("{cover}{hidden}").as_bytes()).unwrap();
        let first = line.answer("GET").map(|answer| answer.status);
        assert!(first.as_ref().map_or(true, |status| (400..500).contains(status)), "{cover}: {first:?}");
        line.set_time_limit(Duration::from_millis(250)).unwrap();
        let second = line.answer("GET");
        assert!(second.as_ref().map_or(true, |answer| answer.status >= 400), "{cover}: {second:?}");
    }
    assert_well();
}

#[test]
fn no_malformed_token_is_let_in() {
    let (world, cookie) = world();
    let mut values = tokens::all(cookie);
    values.extend(tokens::cookies(cookie, &world.session(PERSON)));
    assert!(values.len() >= 200, "only {} cookies", values.len());
    let mut line = Line::connect(&world.validate_socket()).unwrap();
    for (what, value) in &values {
        let head = [
            b"GET /api/v1/auth/validate HTTP/1.1\r\nHost: a\r\nX-GK-App: docs\r\nCookie: ",
            value.as_slice(),
            b"\r\n\r\n",
        ]
        .concat();
        let answer = line.send(&head).and_then(|()| line.answer("GET"));
        let refused = answer
            .as_ref()
            .map_or(true, |answer| matches!(answer.status, 400 | 401 | 403 | 431) && answer.body.is_empty());
        assert!(refused, "{what}: {answer:?} for {:?}", String::from_utf8_lossy(value));
        if answer.is_err() || answer.is_ok_and(|answer| answer.status != 401) {
            line = Line::connect(&world.validate_socket()).unwrap();
        }
    }
    assert_well();
}

#[test]
fn a_token_in_any_other_place_is_not_looked_at() {
    let (world, cookie) = world();
    let token = cookie.strip_prefix("gk_session=").unwrap();
    for (name, value) in [
        ("Authorization", format!("Bearer {token}")),
        ("Authorization", format!("Basic {token}")),
        ("X-GK-Token", token.to_owned()),
        ("X-Auth-User", PERSON.to_owned()),
        ("gk_session", token.to_owned()),
        ("Cookie2", cookie.clone()),
        ("Set-Cookie", cookie.clone()),
    ] {
        let request = crate::world::validation(None, Some("docs")).with(name, &value);
        assert_eq!(world.ask_validate(&request).status, 401, "{name}: {value}");
    }
}
