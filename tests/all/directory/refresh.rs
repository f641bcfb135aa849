//! Looking everybody up again: who is disabled or gone there is put out here, unless they are suspiciously many.

use super::server::{SAMBA, SLAPD, Server};
use crate::world::World;

/// Of `userAccountControl`: an account that works, and one that is disabled.
const WORKS: &str = "544";
const DISABLED: &str = "546";

/// Makes accounts of everybody with one of these user names.
fn provisioned(world: &World, uids: &[&str]) {
    for uid in uids {
        world.gk(&["directory", "provision", "--domain", "corp", "--user", uid]).done();
    }
}

fn enabled(world: &World, uid: &str) -> bool {
    world.gk_json(&["users", "show", "--user", &format!("corp\\{uid}")])["enabled"] == true
}

#[test]
fn whoever_an_openldap_has_disabled_or_lost_is_signed_out_and_access_by_a_group_ends_with_it() {
    ends(&SLAPD);
}

#[test]
fn whoever_an_active_directory_has_disabled_or_lost_is_signed_out_and_access_by_a_group_ends_with_it() {
    ends(&SAMBA);
}

fn ends(server: &Server) {
    let unit = server.unit("refresh");
    let mut dns = Vec::new();
    for (number, login) in ["gus", "hal", "ida"].iter().enumerate() {
        let more = format!("mail: {login}@people.example\nuserAccountControl: {WORKS}");
        dns.push(server.person(&unit, number + 1, login, &more));
    }
    let crew = server.group(&unit, "crew", &[&dns[2], &dns[0]]);
    // Two of three are many: the share is raised, which the other test leaves.
    let world = World::with(&[("DIRECTORY_BRAKE_PERCENT", "100")]);
    server.join(&world, "corp", &unit, &[]).done();
    provisioned(&world, &["gus", "hal", "ida"]);
    world.registered("docs");
    world.gk(&["apps", "grant", "--slug", "docs", "--group", "corp\\crew"]).done();
    let sessions = ["gus", "hal", "ida"].map(|login| world.session(&format!("corp\\{login}")));
    let status = |session: &str| world.validate(Some(session), Some("docs")).status;
    assert_eq!(sessions.each_ref().map(|session| status(session)), [200, 403, 200]);
    server.set(&dns[0], "userAccountControl", DISABLED);
    server.remove(&[&dns[1]]);
    server.take(&crew, "member", &dns[2]);
    world.gk_in(&[("DIRECTORY_BRAKE_PERCENT", "100")], &["directory", "refresh", "--domain", "CORP"]).done();
    assert_eq!(sessions.each_ref().map(|session| status(session)), [401, 401, 403]);
    assert_eq!(["gus", "hal", "ida"].map(|login| enabled(&world, login)), [false, false, true]);
    let letters = world.letters_to("gus@people.example");
    world.visitor().ask_for_link("corp\\gus", "");
    world.visitor().signs_in("ida@people.example", 1);
    assert_eq!(world.letters_to("gus@people.example"), letters, "no link while disabled there");
    // And back again, but not into the session that ended.
    server.set(&dns[0], "userAccountControl", WORKS);
    world.gk(&["directory", "refresh", "--user", "corp\\gus"]).done();
    assert!(enabled(&world, "gus"));
    assert_eq!(status(&sessions[0]), 401);
}

#[test]
fn a_run_that_would_disable_many_disables_nobody_until_somebody_says_yes() {
    let unit = SLAPD.unit("brake");
    let uids = ["r1", "r2", "r3", "r4", "r5"];
    for (number, uid) in uids.iter().enumerate() {
        SLAPD.person(&unit, number + 1, uid, &format!("mail: {uid}@people.example"));
    }
    let world = World::bare(&[]);
    SLAPD.join(&world, "corp", &unit, &[]).done();
    provisioned(&world, &uids);
    SLAPD.remove(&[&format!("cn=p1,{unit}"), &format!("cn=p2,{unit}")]);
    let asks = world.gk(&["directory", "refresh", "--domain", "corp"]).refused(1);
    assert!(asks.contains("would disable 2 of 5"), "{asks}");
    assert!(uids.iter().all(|uid| enabled(&world, uid)));
    world.gk(&["directory", "refresh", "--allow", "1"]).done();
    assert_eq!(uids.map(|uid| enabled(&world, uid)), [false, false, true, true, true]);
    let again = world.gk_json(&["directory", "runs", "--domain", "corp"]);
    assert_eq!((&again["run"]["state"], &again["run"]["disabled"]), (&"done".into(), &2.into()), "{again}");
}

#[test]
fn whoever_an_openldap_renames_or_moves_stays_who_they_are_and_is_changed_there_only() {
    moved(&SLAPD);
}

#[test]
fn whoever_an_active_directory_renames_or_moves_stays_who_they_are_and_is_changed_there_only() {
    moved(&SAMBA);
}

fn moved(server: &Server) {
    let unit = server.unit("moved");
    let jan = server.person(&unit, 1, "jan", "mail: jan@people.example");
    let away = format!("ou=away,{unit}");
    server.change(&format!("dn: {away}\nchangetype: add\nobjectClass: organizationalUnit\nou: away\n"));
    let world = World::bare(&[]);
    server.join(&world, "corp", &unit, &[]).done();
    provisioned(&world, &["jan"]);
    server.set(&jan, server.login_attribute(), "Janet");
    server.set(&jan, "mail", "janet@people.example");
    server.relocate(&jan, &away);
    // Who has the name now is somebody else.
    server.person(&unit, 2, "jan", "mail: jan@people.example");
    world.gk(&["directory", "refresh", "--user", "corp\\jan"]).done();
    let janet = world.gk_json(&["users", "show", "--user", "corp\\janet"]);
    assert_eq!((&janet["email"], &janet["enabled"]), (&"janet@people.example".into(), &true.into()), "{janet}");
    world.gk(&["users", "update", "--user", "corp\\janet", "--name", "Other"]).refused(1);
}
