//! gk-validate as a process: where it listens, what it says of itself, how it ends.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::world::{INTERNAL, Line, Part, Request, Said, World, clean, ours, validation, wait_until};

/// gk-validate on a socket of that name in the world's folder.
fn listening_at(world: &World, name: &str, options: &str) -> Command {
    let mut command = clean(&ours("gk-validate"));
    command.arg("--policy").arg(world.policy()).args(["--metrics", "off", "--activity", "off", "--listen"]);
    command.arg(format!("unix:{}{options}", world.folder().join(name).display()));
    command
}

#[test]
fn a_socket_somebody_answers_on_is_not_taken_over() {
    let world = World::quiet(&[]);
    let cookie = world.signed_in(&format!("a@{INTERNAL}"));
    world.registered("docs");
    Said::by(&mut listening_at(&world, "validate.sock", "")).refused(1);
    assert_eq!(world.validate(Some(&cookie), Some("docs")).status, 200);
}

#[test]
fn a_socket_nobody_answers_on_is_replaced() {
    let world = World::quiet(&[]);
    let cookie = world.signed_in(&format!("a@{INTERNAL}"));
    world.registered("docs");
    world.kill_validate();
    assert!(world.folder().join("validate.sock").exists(), "SIGKILL leaves the socket behind");
    world.start_validate();
    assert_eq!(world.validate(Some(&cookie), Some("docs")).status, 200);
}

#[test]
fn a_file_that_is_no_socket_is_left_alone() {
    let world = World::bare(&[]);
    let file = world.folder().join("precious");
    std::fs::write(&file, "data").unwrap();
    Said::by(&mut listening_at(&world, "precious", "")).refused(1);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "data");
}

#[test]
fn the_socket_has_the_mode_it_was_asked_for() {
    let world = World::bare(&[]);
    let mode = |name: &str| std::fs::metadata(world.folder().join(name)).unwrap().permissions().mode() & 0o777;
    for (name, options, expected) in [("a.sock", ",mode=0666", 0o666), ("b.sock", ",mode=0600", 0o600)] {
        let log = world.folder().join(name).with_extension("log");
        let mut part = Part::start("gk-validate", &mut listening_at(&world, name, options), log);
        part.word_after("listening on ");
        assert_eq!(mode(name), expected);
        assert!(part.stop().success());
    }
}

#[test]
fn health_and_readiness_say_whether_there_is_a_policy() {
    let world = World::empty(&[]);
    world.start_validate();
    let address = world.metrics_address();
    let health = || Said::by(clean(&ours("gk-validate")).args(["health", "--metrics", &address]));
    health().refused(1);
    assert_eq!((world.metrics_page("/livez").status, world.metrics_page("/readyz").status), (200, 503));
    let answer = world.validate(None, Some("docs"));
    assert_eq!((answer.status, answer.body.len()), (503, 0));
    world.gk(&["init-db"]).done();
    world.wait_until_ready();
    assert_eq!(health().code, 0);
    assert_eq!(world.validate(None, Some("docs")).status, 401);
    world.stop_validate();
    health().refused(1);
}

#[test]
fn decisions_are_counted_by_outcome_and_reason() {
    let world = World::quiet(&[]);
    world.grant("alice@example.com", "docs");
    let cookie = world.session("alice@example.com");
    let counted = |series: &str| world.metric(&format!("gk_decisions_total{{{series}}}")).unwrap_or(0.0);
    let cases = [
        (Some(cookie.as_str()), Some("docs"), "outcome=\"allow\",reason=\"own-grant\""),
        (Some(&cookie), Some("nowhere"), "outcome=\"forbid\",reason=\"unregistered\""),
        (None, Some("docs"), "outcome=\"sign-in\",reason=\"no-credential\""),
        (Some("gk_session=x"), Some("docs"), "outcome=\"sign-in\",reason=\"malformed\""),
    ];
    for (cookie, app, series) in cases {
        let before = counted(series);
        for _ in 0..3 {
            world.validate(cookie, app);
        }
        assert!((counted(series) - before - 3.0).abs() < 0.1, "{series}: {}", world.metrics_page("/metrics").text());
    }
    assert!(world.metric("gk_validate_seconds_count").is_some_and(|count| count >= 12.0));
    assert!(world.metric("gk_snapshot_users").is_some_and(|users| users >= 2.0));
    for series in
        ["gk_snapshot_revision", "gk_snapshot_age_seconds", "gk_policy_state{state=\"ok\"} 1", "gk_connections_open"]
    {
        assert!(world.metrics_page("/metrics").text().contains(series), "{series}");
    }
    assert!(!world.metrics_page("/metrics").text().contains("alice"), "no e-mail in a label");
}

#[test]
fn asked_to_end_it_answers_what_has_begun_and_takes_nothing_new() {
    let world = World::quiet(&[]);
    let mut line = Line::connect(&world.validate_socket()).unwrap();
    let request = validation(None, Some("docs")).bytes("auth.gk.localhost");
    let (begun, rest) = request.split_at(40);
    line.send(begun).unwrap();
    let mut idle = Line::connect(&world.validate_socket()).unwrap();
    assert_eq!(idle.ask(&validation(None, Some("docs")), "auth.gk.localhost").unwrap().status, 401);
    world.validate_part().as_ref().unwrap().signal("TERM");
    wait_until("it to close idle connections", || idle.rest().is_ok_and(|rest| rest.is_empty()));
    if line.send(rest).is_ok() {
        let answer = line.answer("GET").map(|answer| answer.status);
        assert!(answer.as_ref().map_or(true, |status| *status == 401), "{answer:?}");
    }
    let part = world.validate_part().take().unwrap();
    assert!(part.stop().success());
    assert!(Line::connect(&world.validate_socket()).is_err());
}

#[test]
fn several_workers_give_the_same_answers() {
    let world = World::bare(&[]);
    world.start_validate_with(&["--workers", "3"]);
    world.grant("alice@example.com", "docs");
    let cookie = world.session("alice@example.com");
    let asked = |status: u16| {
        for _ in 0..12 {
            let mut line = Line::connect(&world.validate_socket()).unwrap();
            let answer = line.ask(&validation(Some(&cookie), Some("docs")), "auth.gk.localhost").unwrap();
            assert_eq!(answer.status, status);
        }
    };
    for _ in 0..5 {
        asked(200);
        world.revoke("alice@example.com", "docs");
        asked(403);
        world.grant("alice@example.com", "docs");
    }
}

#[test]
fn the_metrics_listener_answers_nothing_else() {
    let world = World::quiet(&[]);
    let cookie = world.signed_in(&format!("a@{INTERNAL}"));
    assert_eq!(world.metrics_page("/api/v1/auth/validate").status, 404);
    let metrics = Request::get("/metrics").with("Cookie", &cookie);
    assert_eq!(world.ask_validate(&metrics).status, 404, "and the other way round");
}

#[test]
fn wrong_arguments_are_a_question_of_usage() {
    for arguments in [&["--listen", "nowhere"][..], &["--colour"], &["--workers", "0"], &["--listen", "unix:/x,mode=9"]]
    {
        Said::by(clean(&ours("gk-validate")).args(arguments)).refused(2);
    }
}

#[test]
fn what_is_decided_is_logged_as_json_without_queries_or_secrets_if_that_is_wanted() {
    let world = World::bare(&[]);
    world.grant("alice@example.com", "docs");
    let (alice, bob) = (world.session("alice@example.com"), world.signed_in("bob@example.com"));
    for (wanted, expected) in [
        ("denied", vec![(403, "no-grant", Some("bob@example.com")), (401, "no-credential", None)]),
        (
            "all",
            vec![
                (200, "own-grant", Some("alice@example.com")),
                (403, "no-grant", Some("bob@example.com")),
                (401, "no-credential", None),
            ],
        ),
        ("off", vec![]),
    ] {
        world.start_validate_with(&["--log-decisions", wanted]);
        for cookie in [Some(alice.as_str()), Some(&bob), None] {
            let request = validation(cookie, Some("docs")).with("X-Original-URI", "/a\"b?token=secret");
            world.ask_validate(&request.with("X-Original-Method", "GET"));
        }
        assert!(world.stop_validate().success());
        let said = world.validate_talk();
        let said = said.rsplit_once("listening on").map_or("", |(_, said)| said);
        let lines = said.lines().filter(|line| line.contains("decided_at"));
        let lines = lines.map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()).collect::<Vec<_>>();
        let told = lines.iter().map(|line| {
            assert_eq!((line["app"].as_str(), line["path"].as_str()), (Some("docs"), Some("/a\"b")));
            (line["status"].as_u64().unwrap(), line["reason"].as_str().unwrap(), line["user"].as_str())
        });
        assert_eq!(told.collect::<Vec<_>>(), expected, "{wanted}: {said}");
        assert!(!said.contains("secret") && !said.contains(&alice[20..]), "{said}");
    }
}
