//! Directories that stop, pause, or are cut off in the middle of an answer, at each step of a look-up and of looking
//! everybody up again: who is found is whom they have, nobody is disabled by mistake, and nobody else waits.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::relay::Relay;
use super::server::{SAMBA, SLAPD, Server};
use super::signin::people;
use super::slapd;
use crate::batch::Batch;
use crate::world::{ADMIN, Visitor, World, wait_until};

const HERE: &str = "/admin/directories/corp";

#[test]
fn an_openldap_that_is_cut_off_or_silent_anywhere_in_a_look_up_gives_nobody() {
    interrupted(&SLAPD);
}

#[test]
fn an_active_directory_that_is_cut_off_or_silent_anywhere_in_a_look_up_gives_nobody() {
    interrupted(&SAMBA);
}

fn interrupted(server: &Server) {
    let unit = server.unit("faults");
    let iva = server.person(&unit, 1, "iva", "mail: iva@people.example");
    let crew = server.group(&unit, "crew", &[&iva]);
    server.group(&unit, "ship", &[&crew]);
    // At the same address, for which the certificate is.
    let relay = Relay::to(&server.tls, server.tls.split(':').next().unwrap());
    let world = World::bare(&[]);
    let uri = format!("ldaps://{}", relay.address());
    server.join(&world, "corp", &unit, &["--uri", &uri, "--timeout", "1"]).done();
    let look = || world.gk(&["directory", "provision", "--domain", "corp", "--user", "iva"]);
    world.gk(&["directory", "search", "--domain", "corp", "--text", "iva"]).done();
    let whole = relay.passed();
    assert!(whole > 1000, "{whole}");
    // The hand-shake, the bind, the entry and its groups are each in some of these.
    for part in 0..16 {
        relay.cuts_after(whole * part / 16);
        look().refused(1);
    }
    for part in [0, 5, 10, 15] {
        relay.holds_after(whole * part / 16);
        let said = look().refused(1);
        assert!(said.contains("no answer"), "{said}");
    }
    assert_eq!(people(&world), BTreeSet::from(["admin".to_owned()]));
    relay.passes();
    // A busy domain controller may miss the time it is given once more.
    wait_until("a look-up", || look().code == 0);
    let iva = world.gk_json(&["users", "show", "--user", "corp\\iva"]).to_string();
    assert!(iva.contains("corp\\\\crew") && iva.contains("corp\\\\ship"), "{iva}");
}

#[test]
fn three_hundred_people_are_looked_up_again_through_a_cut_and_a_pause_and_nobody_is_disabled_by_mistake() {
    looked_up_again(300);
}

#[test]
#[ignore = "5,000 of them: make soak"]
fn soak_five_thousand_people_are_looked_up_again_through_a_cut_and_a_pause() {
    looked_up_again(5_000);
}

/// A directory with so many people, and a world that has an account for each.
fn crowd(server: &Server, relay: &Relay, count: usize) -> World {
    let unit = server.unit("crowd");
    let entry = |number: usize| {
        let more = format!("displayName: Person {number}\nmail: u{number}@people.example");
        server.entry(&format!("cn=p{number},{unit}"), &format!("u{number}"), &more)
    };
    server.change(&(0..count).map(entry).collect::<Vec<_>>().concat());
    // Nobody is looked up again by itself.
    let world = World::with(&[("DIRECTORY_REFRESH_MINUTES", "0")]);
    let uri = format!("ldaps://{}", relay.address());
    server.join(&world, "corp", &unit, &["--uri", &uri, "--timeout", "2"]).done();
    let mut batch = Batch::start(&world);
    for number in 0..count {
        batch.verb(&format!("directory provision --domain corp --user u{number}"));
    }
    world
}

fn looked_up_again(count: usize) {
    let server = slapd::start();
    let relay = Relay::to(&server.tls, "127.0.0.1");
    let world = crowd(&server, &relay, count);
    world.person("alice@example.com");
    let unit = format!("ou=crowd,{}", server.top);
    server.remove(&[&format!("cn=p7,{unit}")]);
    server.set(&format!("cn=p9,{unit}"), "userAccountControl", "546");
    server.set(&format!("cn=p{},{unit}", count - 1), "displayName", "The Last");
    let admin = world.visitor_as(ADMIN);
    let begun = Instant::now();
    assert_eq!(admin.post(&format!("{HERE}/refresh"), &[]).status, 303);
    let at_least = |least: usize| {
        patiently("the run to go on", || looked_at(&world) >= least);
    };
    at_least(count / 5);
    relay.cuts_after(0);
    let cut = relay.passed();
    wait_until("connections to be cut", || relay.passed() == cut);
    relay.passes();
    at_least(count / 2);
    server.part.freeze();
    // Who has nothing to do with it does not notice.
    world.visitor().signs_in("alice@example.com", 1);
    std::thread::sleep(Duration::from_secs(3));
    server.part.signal("CONT");
    ended(&admin, &format!("{count} of {count} looked up, 1 changed, 2 disabled, 0 failed."));
    eprintln!("{count} people looked up again in {:?}", begun.elapsed());
    assert_eq!(disabled(&world), ["corp\\u7", "corp\\u9"].map(str::to_owned).into());

    // One that is gone in the middle of it is said to be, and nobody else is disabled.
    admin.post(&format!("{HERE}/refresh"), &[]);
    at_least(count / 5);
    server.part.kill();
    // Until it is known to be gone, single people may be said to have failed.
    patiently("the run to end", || admin.get(HERE).text().contains("nobody was disabled"));
    assert_eq!(disabled(&world).len(), 2);
}

/// How many the newest run has looked at.
fn looked_at(world: &World) -> usize {
    let run = world.gk_json(&["directory", "runs", "--domain", "corp"]);
    run["run"]["looked_at"].as_u64().unwrap_or(0).try_into().unwrap()
}

#[track_caller]
fn ended(admin: &Visitor<'_>, words: &str) {
    patiently(words, || {
        let page = admin.get(HERE).text();
        assert!(!page.contains("badge bad\">failed") || page.contains(words), "{page}");
        page.contains(words)
    });
}

/// Waits as long as thousands of people take.
#[track_caller]
fn patiently(what: &str, mut look: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !look() {
        assert!(begun.elapsed() < Duration::from_mins(10), "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn disabled(world: &World) -> BTreeSet<String> {
    let listed = world.gk_json(&["users", "list", "--limit", "10000"]);
    let users = listed["users"].as_array().unwrap().iter().filter(|user| user["enabled"] == false);
    users.map(|user| user["username"].as_str().unwrap().to_owned()).collect()
}
