//! The OpenAPI document: that it is of what is served, and that what is served is as it says.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::world::{Request, Said, World, clean, programs};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

#[test]
fn what_is_served_is_in_the_document_and_on_its_page_and_nothing_else() {
    let world = World::start();
    let document = world.visitor().get("/api/v1/openapi.json").json();
    assert_eq!(document["openapi"], "3.1.0");
    let page = world.visitor().get("/api/v1");
    assert_eq!(page.status, 200);
    let source = fs::read_to_string(programs::project().join("gk-admin/src/api/paths.rs")).unwrap();
    let served = source.split('"').skip(1).step_by(2).map(|path| format!("/api{path}")).collect::<BTreeSet<_>>();
    let documented = document["paths"].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(served, documented);
    for path in served {
        let real = path.replace(['{', '}'], "");
        for method in METHODS {
            let refused = world.visitor().ask(Request::new(&method.to_uppercase(), &real)).status == 405;
            assert_eq!(document["paths"][&path][method].is_null(), refused, "{method} {path}");
            let shown = page.text().contains(&format!("<code>{} {path}</code>", method.to_uppercase()));
            assert_eq!(shown, !refused, "{method} {path} on the page");
        }
    }
}

/// Whoever asks: a program by its key, or the administrator by a session.
#[derive(Clone, Copy)]
enum By {
    Key,
    Session,
}

/// Runs schemathesis against everything there is, through nginx, with so many examples of each operation.
#[track_caller]
fn try_everything(by: By, examples: &str, more: &[&str]) -> String {
    let world = World::start();
    world.start_nginx();
    for email in ["alice@example.com", "bob@example.com"] {
        world.grant(email, "docs");
    }
    let key = world.key_of("read,write,mint", &[]);
    let shown = match by {
        By::Key => format!("X-API-Key: {key}"),
        By::Session => format!("Cookie: {}", world.session("admin")),
    };
    let mut command = clean(&programs::python());
    command.current_dir(world.folder()).args(["-m", "schemathesis.cli", "run"]);
    // Python does not know that every name below localhost is this machine.
    command.arg(format!("{}/api/v1/openapi.json", world.auth_url().replace("auth.gk.localhost", "127.0.0.1")));
    command.arg("-H").arg(shown).arg("-H").arg(format!("Host: {}", world.auth_host()));
    command.args(["--checks", "not_a_server_error,status_code_conformance,response_schema_conformance"]);
    command.args(["--max-examples", examples, "--seed", "1", "--generation-deterministic"]);
    // Keys that are made up would only be refused.
    command.args(["--generation-with-security-parameters", "false", "--no-color", "--continue-on-failure"]).args(more);
    Said::by(&mut command).done();
    let admins = world.with_key(&key, "GET", "/users?admin=true&enabled=true&status=approved", &Value::Null).json();
    assert_ne!(admins["total"], 0, "somebody still administers");
    fs::read_to_string(world.folder().join("nginx/access.log")).unwrap()
}

/// How many answers had this status.
fn count(log: &str, status: &str) -> usize {
    log.matches(&format!(" HTTP/1.1\" {status} ")).count()
}

#[test]
fn whatever_is_sent_no_answer_is_an_error_of_ours_or_undocumented() {
    // nginx lets 20 a second change something after a hundred; a third of these only look.
    let log = try_everything(By::Key, "4", &["--phases", "examples,fuzzing", "--rate-limit", "30/s"]);
    assert!(count(&log, "200") + count(&log, "201") > 50, "it came as far as the service:\n{log}");
    // A sign-in that is made up is refused whatever key comes with it.
    let asked: String = log.lines().filter(|line| !line.contains("/auth/verify-")).collect::<Vec<_>>().join("\n");
    assert_eq!(count(&asked, "401") + count(&asked, "429"), 0, "its key was taken:\n{log}");
}

#[test]
#[ignore = "minutes: make soak"]
fn soak_whatever_is_sent_no_answer_is_an_error_of_ours_or_undocumented() {
    for by in [By::Key, By::Session] {
        // As fast as nginx lets a sender.
        let mut more = vec!["--phases", "examples,coverage,fuzzing,stateful", "--rate-limit", "20/s"];
        if let By::Session = by {
            // They would end the session that asks.
            more.extend(["--exclude-path-regex", "rotate-|/signout$|/v1/sessions/"]);
        }
        let log = try_everything(by, "40", &more);
        println!("{} answers, {} of them good", log.lines().count(), count(&log, "200") + count(&log, "201"));
    }
}

#[test]
fn the_page_fits_every_window_and_its_contents_lead_to_everything() {
    let world = World::start();
    world.start_nginx();
    let browser = world.browser_without_scripts();
    browser.goto(&format!("{}/api/v1", world.auth_url()));
    for (width, scheme) in [(1280, "light"), (1280, "dark"), (380, "light")] {
        browser.looks(width, scheme);
        assert_eq!(browser.overflow(), 0, "at {width}");
        browser.picture(&format!("api-{width}-{scheme}"));
    }
    let page = world.visitor().get("/api/v1").text();
    for target in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(page.contains(&format!(" id=\"{target}\"")), "{target}");
    }
}
