//! What goes on for long, what is large, and what is down, at every shape.

use super::scene::{alice, page, scene};
use crate::world::Request;

fn upgrade(path: &str) -> Request {
    let request = Request::get(path).with("Connection", "Upgrade").with("Upgrade", "websocket");
    request.with("Sec-WebSocket-Version", "13").with("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
}

#[test]
fn a_websocket_needs_no_other_block() {
    for door in &scene().doors {
        let mut line = door.line();
        let answer = line.ask(&upgrade(&door.path("socket")).with("Cookie", alice()), door.host()).unwrap();
        assert_eq!(answer.status, 101, "{}: {answer:?}", door.shape.slug);
        line.send(b"both ways").unwrap();
        assert_eq!(line.raw(9).unwrap(), b"both ways");
        let shut = door.path("shut");
        assert_eq!(door.ask(&upgrade(&shut)).status, 401);
        // No other protocol is spoken past the check.
        let other = Request::get(&shut).with("Connection", "Upgrade, HTTP2-Settings").with("Upgrade", "h2c");
        assert_eq!(door.ask(&other.with("Cookie", alice())).status, 200);
        let seen = scene().world.app().seen_with(&shut);
        assert!(seen.len() == 1 && seen[0].all("upgrade").is_empty(), "{}: {seen:?}", door.shape.slug);
    }
}

#[test]
fn an_answer_that_comes_bit_by_bit_arrives_so() {
    let mut lines = Vec::new();
    for door in &scene().doors {
        let mut line = door.line();
        let request = Request::get(&door.path("stream")).with("Cookie", alice()).with("Connection", "close");
        line.send(&request.bytes(door.host())).unwrap();
        lines.push((door, line));
    }
    for (door, line) in &mut lines {
        let head = line.answer("HEAD").unwrap();
        assert_eq!(head.status, 200, "{}", door.shape.slug);
        // The app ends none of them before all have begun to arrive.
        let first = line.until(b"first\n").unwrap();
        assert!(first.ends_with(b"first\n"), "{}", door.shape.slug);
    }
    scene().world.app().end_streams();
    for (door, line) in &mut lines {
        let last = String::from_utf8(line.rest().unwrap()).unwrap();
        assert!(last.contains("last\n"), "{}: {last}", door.shape.slug);
    }
}

#[test]
fn a_large_upload_passes_with_a_session_and_reaches_no_app_without() {
    for door in &scene().doors {
        let path = door.path("upload");
        let mut request = Request::new("POST", &path);
        request.body = vec![b'x'; 2 << 20];
        assert_eq!(door.ask(&request).status, 401, "{}", door.shape.slug);
        assert_eq!(door.ask(&request.with("Cookie", alice())).status, 200, "{}", door.shape.slug);
        let seen = scene().world.app().seen_with(&path);
        assert_eq!(seen.iter().map(|seen| seen.body_length).collect::<Vec<_>>(), [2 << 20]);
    }
}

#[test]
fn while_nobody_answers_the_check_every_shape_is_shut_but_for_its_open_paths() {
    let (_running, doors) = scene().without_gk_validate();
    for door in &doors {
        let path = door.path("down");
        for cookie in ["", alice()] {
            let answer = door.ask(&page(&path).with("Cookie", cookie));
            assert_eq!(answer.status, 503, "{}: {answer:?}", door.shape.slug);
            assert!(answer.text().contains("<h1>") && answer.header("retry-after").is_some(), "{answer:?}");
        }
        assert!(scene().world.app().seen_with(&path).is_empty(), "{}", door.shape.slug);
        for (slug, path, status) in [("open", "/alive", 200), ("near", "/inside/x", 200), ("near", "/outside/x", 503)] {
            if door.shape.slug == slug {
                assert_eq!(door.ask(&page(path)).status, status, "{path}");
            }
        }
    }
}
