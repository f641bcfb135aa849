//! A directory that is down or slow: nobody gets in by it, and nobody else waits for it.

use std::net::TcpListener;

use super::server::SLAPD;
use super::signin::typed;
use crate::world::{World, free_port, wait_until};

#[test]
fn a_directory_that_is_down_or_silent_lets_nobody_in_and_nobody_else_waits() {
    let unit = SLAPD.unit("trouble");
    SLAPD.person(&unit, 1, "dan", "mail: dan@people.example");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("ldaps://{}", listener.local_addr().unwrap());
    let world = World::start();
    world.person("alice@example.com");
    SLAPD.join(&world, "slow", &unit, &["--uri", &silent, "--timeout", "2"]).done();
    SLAPD.join(&world, "corp", &unit, &[]).done();
    // The same name may be in the one that does not answer.
    for name in ["dan", "dan@people.example", "slow\\dan"] {
        world.visitor().ask_for_link(name, "");
    }
    world.visitor().signs_in("alice@example.com", 1);
    let unavailable = || world.admin_metric("gk_signin_requests_total{outcome=\"directory-unavailable\"}");
    assert_ne!(unavailable(), Some(3.0), "alice has not waited for the directory");
    wait_until("three refusals", || unavailable() == Some(3.0));
    assert_eq!(world.letters_to("dan@people.example"), 0);
    drop(listener);
    // One that is named is asked alone, and one that is switched off is not asked.
    world.visitor().ask_for_link("corp\\dan", "");
    world.wait_for_sign_in_mail("dan@people.example", 1);
    world.gk(&["directory", "update", "--domain", "slow", "--disable"]).done();
    world.visitor().ask_for_link("dan", "");
    world.wait_for_sign_in_mail("dan@people.example", 2);
}

#[test]
fn the_next_server_is_asked_when_the_first_is_down_and_a_known_person_gets_in_while_all_are() {
    let unit = SLAPD.unit("failover");
    SLAPD.person(&unit, 1, "fay", "mail: fay@people.example");
    let down = format!("ldaps://127.0.0.1:{}", free_port());
    let world = World::start();
    SLAPD.join(&world, "corp", &unit, &["--uri", &down, "--uri", &SLAPD.secure()]).done();
    world.visitor().signs_in("fay@people.example", 1);
    // What the directory said last of somebody counts while it says nothing, and is no more than it was.
    let other = format!("ldaps://127.0.0.1:{}", free_port());
    let password = world.folder().join("bind-password").display().to_string();
    world.gk(&["directory", "update", "--domain", "corp", "--uri", &other, "--bind-password-file", &password]).done();
    world.visitor().signs_in("fay@people.example", 2);
    let run = world.gk(&["directory", "refresh", "--domain", "corp"]).refused(1);
    assert!(run.contains("failed"), "{run}");
    let fay = world.gk_json(&["users", "show", "--user", "corp\\fay"]);
    assert_eq!(fay["enabled"], true, "{fay}");
}

#[test]
fn gk_doctor_says_which_directory_does_not_answer() {
    let unit = SLAPD.unit("doctor");
    let world = World::quiet(&[]);
    SLAPD.join(&world, "corp", &unit, &[]).done();
    SLAPD.join(&world, "gone", &unit, &["--uri", &format!("ldaps://127.0.0.1:{}", free_port())]).done();
    std::fs::write(world.folder().join("nginx.conf"), "http {}\n").unwrap();
    let said = world.gk(&["doctor", "--json", "--nginx-config", "nginx.conf"]);
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"));
    let of_directories = report["findings"].as_array().unwrap().iter().filter(|one| one["check"] == "directory");
    let told: Vec<_> = of_directories.map(|one| (one["outcome"].as_str(), one["what"].as_str().unwrap())).collect();
    assert_eq!(told.iter().map(|(outcome, _)| *outcome).collect::<Vec<_>>(), [Some("ok"), Some("wrong")], "{told:?}");
    assert!(told[0].1.contains("corp") && told[1].1.contains("gone"), "{told:?}");
    assert_eq!(said.code, 1);
}

#[test]
fn many_who_type_a_name_that_nobody_has_ask_a_directory_once() {
    let unit = SLAPD.unit("once");
    let world = World::start();
    SLAPD.join(&world, "corp", &unit, &[]).done();
    typed(&world, &["nobody"; 3]);
    let asked = |outcome: &str| {
        let series = format!("gk_directory_lookups_total{{directory=\"corp\",outcome=\"{outcome}\"}}");
        world.admin_metric(&series).unwrap_or(0.0).to_string()
    };
    assert_eq!(asked("nobody"), "1");
    // Whoever is there by now is not kept waiting by somebody who looks into it.
    SLAPD.person(&unit, 1, "nobody", "mail: nobody@people.example");
    world.gk(&["directory", "provision", "--domain", "corp", "--user", "nobody"]).done();
    typed(&world, &["corp\\nobody"]);
    world.wait_for_sign_in_mail("nobody@people.example", 1);
}

#[test]
fn a_list_of_people_changes_nobody_whom_a_directory_keeps() {
    let unit = SLAPD.unit("listed");
    SLAPD.person(&unit, 1, "lea", "mail: lea@people.example");
    let world = World::quiet(&[]);
    SLAPD.join(&world, "corp", &unit, &[]).done();
    world.gk(&["directory", "provision", "--domain", "corp", "--user", "lea"]).done();
    let file = world.folder().join("people.csv");
    std::fs::write(&file, "email,fullname\nlea@people.example,Other\nnew@people.example,New\n").unwrap();
    let said = world.gk(&["users", "import", "--update", file.to_str().unwrap()]);
    assert!(said.out.contains("is kept by the directory corp: change it there"), "{said:?}");
    assert_eq!(world.gk_json(&["users", "show", "--user", "corp\\lea"])["fullname"], "Person 1");
    assert_eq!(world.gk_json(&["users", "show", "--user", "new@people.example"])["fullname"], "New");
}
