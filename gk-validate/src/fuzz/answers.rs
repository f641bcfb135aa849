//! What was answered, read back, and what holds of every answer.

const REASONS: [&str; 6] = ["wrong-app", "not-approved", "bad-app", "no-app", "unregistered", "no-grant"];

/// The status of each answer, in order. Each is one of those we know, says what it has to, and has no body.
pub(super) fn statuses(answered: &[u8]) -> Vec<u16> {
    let mut rest = std::str::from_utf8(answered).expect("answers are ASCII");
    let mut statuses = Vec::new();
    while !rest.is_empty() {
        // With a body, what follows would not begin like this.
        let (head, after) = rest.split_once("\r\n\r\n").expect("a whole head");
        let (version, head) = head.split_at_checked("HTTP/1.1 200".len()).expect("a status line");
        let (version, status) = version.split_at("HTTP/1.1 ".len());
        assert!(matches!(version, "HTTP/1.1 " | "HTTP/1.0 "), "{rest:?}");
        let status = status.parse().expect("a status");
        check(status, head);
        statuses.push(status);
        rest = after;
    }
    statuses
}

fn check(status: u16, head: &str) {
    let all = |name: &str| {
        let lines = head.split("\r\n").filter_map(|line| line.split_once(": "));
        lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect::<Vec<_>>()
    };
    assert!(all("transfer-encoding").is_empty() && all("set-cookie").is_empty() && all("location").is_empty());
    assert!(all("content-length").iter().all(|length| *length == "0"), "{head:?}");
    let by_us = matches!(status, 200 | 401 | 403 | 404 | 405);
    // The rest are hyper's own, about heads that are none.
    assert!(by_us || matches!(status, 400 | 414 | 431), "{status} {head:?}");
    assert!(!by_us || all("cache-control") == ["no-store"], "{head:?}");
    let user: &[&str] = if status == 200 { &["alice@example.com"] } else { &[] };
    let role: &[&str] = if status == 200 { &["editor"] } else { &[] };
    assert!(all("x-auth-user") == user && all("x-auth-role") == role, "{status} {head:?}");
    let reasons = all("x-gk-reason");
    let said = matches!(*reasons, [reason] if REASONS.contains(&reason));
    assert!(if status == 403 { said } else { reasons.is_empty() }, "{status} {head:?}");
}
