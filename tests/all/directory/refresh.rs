//! Looking everybody up again: who is disabled or gone there is put out here, unless they are suspiciously many.

use super::server::{SLAPD, add};
use crate::world::World;

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
fn whoever_is_disabled_or_gone_is_signed_out_and_access_by_a_group_ends_with_it() {
    let unit = SLAPD.unit("refresh");
    for (number, uid) in ["gus", "hal", "ida"].iter().enumerate() {
        let number = number + 1;
        SLAPD.person(&unit, number, uid, &format!("mail: {uid}@people.example\nuserAccountControl: 512"));
    }
    SLAPD.change(&format!(
        "dn: cn=crew,{unit}\nchangetype: add\nobjectClass: groupOfNames\ncn: crew\nmember: cn=p3,{unit}\nmember: cn=p1,{unit}\n"
    ));
    // Two of three are many: the share is raised, which the other test leaves.
    let world = World::with(&[("DIRECTORY_BRAKE_PERCENT", "100")]);
    add(&world, "corp", (&SLAPD.secure("127.0.0.1"), &unit), &[]).done();
    provisioned(&world, &["gus", "hal", "ida"]);
    world.registered("docs");
    world.gk(&["apps", "grant", "--slug", "docs", "--group", "corp\\crew"]).done();
    let sessions = ["gus", "hal", "ida"].map(|uid| world.session(&format!("corp\\{uid}")));
    let status = |session: &str| world.validate(Some(session), Some("docs")).status;
    assert_eq!(sessions.each_ref().map(|session| status(session)), [200, 403, 200]);
    SLAPD.change(&format!(
        "dn: cn=p1,{unit}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 514\n\n\
         dn: cn=p2,{unit}\nchangetype: delete\n\n\
         dn: cn=crew,{unit}\nchangetype: modify\ndelete: member\nmember: cn=p3,{unit}\n"
    ));
    world.gk_in(&[("DIRECTORY_BRAKE_PERCENT", "100")], &["directory", "refresh", "--domain", "CORP"]).done();
    assert_eq!(sessions.each_ref().map(|session| status(session)), [401, 401, 403]);
    assert_eq!(["gus", "hal", "ida"].map(|uid| enabled(&world, uid)), [false, false, true]);
    let letters = world.letters_to("gus@people.example");
    world.visitor().ask_for_link("corp\\gus", "");
    world.visitor().signs_in("ida@people.example", 1);
    assert_eq!(world.letters_to("gus@people.example"), letters, "no link while disabled there");
}

#[test]
fn a_run_that_would_disable_many_disables_nobody_until_somebody_says_yes() {
    let unit = SLAPD.unit("brake");
    let uids = ["r1", "r2", "r3", "r4", "r5"];
    for (number, uid) in uids.iter().enumerate() {
        SLAPD.person(&unit, number + 1, uid, &format!("mail: {uid}@people.example"));
    }
    let world = World::bare(&[]);
    add(&world, "corp", (&SLAPD.secure("127.0.0.1"), &unit), &[]).done();
    provisioned(&world, &uids);
    SLAPD.change(&format!("dn: cn=p1,{unit}\nchangetype: delete\n\ndn: cn=p2,{unit}\nchangetype: delete\n"));
    let asks = world.gk(&["directory", "refresh", "--domain", "corp"]).refused(1);
    assert!(asks.contains("would disable 2 of 5"), "{asks}");
    assert!(uids.iter().all(|uid| enabled(&world, uid)));
    world.gk(&["directory", "refresh", "--allow", "1"]).done();
    assert_eq!(uids.map(|uid| enabled(&world, uid)), [false, false, true, true, true]);
    let again = world.gk_json(&["directory", "runs", "--domain", "corp"]);
    assert_eq!((&again["run"]["state"], &again["run"]["disabled"]), (&"done".into(), &2.into()), "{again}");
}

#[test]
fn whoever_is_renamed_or_moved_stays_who_they_are_and_what_the_directory_says_is_changed_there_only() {
    let unit = SLAPD.unit("moved");
    SLAPD.person(&unit, 1, "jan", "mail: jan@people.example");
    SLAPD.change(&format!("dn: ou=away,{unit}\nchangetype: add\nobjectClass: organizationalUnit\nou: away\n"));
    let world = World::bare(&[]);
    add(&world, "corp", (&SLAPD.secure("127.0.0.1"), &unit), &[]).done();
    provisioned(&world, &["jan"]);
    SLAPD.change(&format!(
        "dn: cn=p1,{unit}\nchangetype: modify\nreplace: uid\nuid: Janet\n-\nreplace: mail\nmail: janet@people.example\n\n\
         dn: cn=p1,{unit}\nchangetype: modrdn\nnewrdn: cn=p1\ndeleteoldrdn: 0\nnewsuperior: ou=away,{unit}\n"
    ));
    world.gk(&["directory", "refresh", "--user", "corp\\jan"]).done();
    let janet = world.gk_json(&["users", "show", "--user", "corp\\janet"]);
    assert_eq!((&janet["email"], &janet["enabled"]), (&"janet@people.example".into(), &true.into()), "{janet}");
    world.gk(&["users", "update", "--user", "corp\\janet", "--name", "Other"]).refused(1);
}
