//! Who is found when somebody signs in: exactly whom the typed name means.

use std::collections::BTreeSet;

use super::server::{Kind, SAMBA, SLAPD, Server};
use crate::world::{World, wait_until};

/// The user names there are.
pub(super) fn people(world: &World) -> BTreeSet<String> {
    let listed = world.gk_json(&["users", "list"]);
    let users = listed.as_array().or_else(|| listed["users"].as_array()).cloned().expect("a list of users");
    users.iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect()
}

/// How many requests for a sign-in mail have been worked off.
fn worked_off(world: &World) -> usize {
    let words = ["mailed", "not-a-name", "unknown", "disabled", "ambiguous", "directory-unavailable"];
    let figure = |word| world.admin_metric(&format!("gk_signin_requests_total{{outcome=\"{word}\"}}")).unwrap_or(0.0);
    words.into_iter().map(|word| format!("{:.0}", figure(word)).parse::<usize>().unwrap()).sum()
}

/// Has each of these typed by another visitor, and waits until all are worked off.
pub(super) fn typed(world: &World, names: &[&str]) {
    let before = worked_off(world);
    for name in names {
        let answer = world.visitor().ask_for_link(name, "");
        assert!(answer.status == 303 || answer.status == 400, "{name:?}: {answer:?}");
    }
    // Whatever is no name is refused on the page, or counted as none.
    let asked = names.iter().filter(|name| !name.trim().is_empty()).count();
    wait_until("all requests to be worked off", || worked_off(world) >= before + asked);
}

#[test]
fn everybody_in_an_openldap_is_found_by_each_of_their_names_with_their_groups() {
    names(&SLAPD);
}

#[test]
fn everybody_in_an_active_directory_is_found_by_each_of_their_names_with_their_groups() {
    names(&SAMBA);
}

fn names(server: &Server) {
    let unit = server.unit("names");
    let amy = "mail: Amy@people.example\nuserPrincipalName: amy@upn.example\ntitle: Miller";
    let amy = server.person(&unit, 1, "amy", amy);
    // Only a directory of the one kind takes several; the other has further ones elsewhere.
    let second = if server.kind == Kind::OpenLdap { "mail: ben.two@people.example" } else { "" };
    let second_of_ben = if second.is_empty() { "ben@people.example" } else { "ben.two@people.example" };
    server.person(&unit, 2, "ben", &format!("mail: ben@people.example\n{second}"));
    let cat = format!("cn=Cat\\, the (third) *,{unit}");
    server.change(&server.entry(&cat, "cat", "mail: cat@people.example"));
    server.person(&unit, 4, "nomail", "");
    let crew = server.group(&unit, "Crew\\, night (x)", &[&amy, &cat]);
    server.group(&unit, "admin", &[&crew]);
    let world = World::start();
    server.join(&world, "Corp", &unit, &[]).done();
    typed(&world, &["amy@upn.example", second_of_ben, "CORP\\cat", "nomail", "corp\\nobody", "other\\amy"]);
    let found = ["admin", "corp\\amy", "corp\\ben", "corp\\cat"].map(str::to_owned);
    assert_eq!(people(&world), found.into());
    for (address, count) in [("amy@people.example", 1), (second_of_ben, 1), ("cat@people.example", 1)] {
        world.wait_for_sign_in_mail(address, count);
    }
    typed(&world, &["amy", "cOrP\\AMY"]);
    world.wait_for_sign_in_mail("amy@people.example", 3);
    let amy = world.gk_json(&["users", "show", "--user", "corp\\amy"]);
    let text = amy.to_string();
    assert!(amy["status"] == "approved" && text.contains("Miller") && text.contains("standard"), "{amy}");
    for name in ["corp\\amy", "corp\\cat"] {
        let text = world.gk_json(&["users", "show", "--user", name]).to_string();
        assert!(text.contains("Crew") && text.contains("corp\\\\admin"), "nested, in a namespace of its own: {text}");
    }
    let admins = world.gk_json(&["groups", "show", "--name", "admin"]).to_string();
    assert!(!admins.contains("amy"), "a directory's group called admin is not ours: {admins}");
}

#[test]
fn a_name_that_two_directories_have_is_nobodys_until_one_is_named() {
    let (one, other) = (SLAPD.unit("twice"), SAMBA.unit("twice"));
    SLAPD.person(&one, 1, "same", "mail: same1@people.example");
    SAMBA.person(&other, 2, "same", "mail: same2@people.example");
    SAMBA.person(&other, 3, "only", "mail: both@people.example");
    SAMBA.person(&other, 4, "again", "mail: both@people.example");
    let world = World::start();
    SLAPD.join(&world, "one", &one, &[]).done();
    SAMBA.join(&world, "two", &other, &[]).done();
    typed(&world, &["same", "both@people.example"]);
    assert_eq!(people(&world), BTreeSet::from(["admin".to_owned()]));
    assert_eq!(world.admin_metric("gk_signin_requests_total{outcome=\"ambiguous\"}"), Some(2.0));
    typed(&world, &["TWO\\same"]);
    world.wait_for_sign_in_mail("same2@people.example", 1);
    assert_eq!(people(&world), BTreeSet::from(["admin".to_owned(), "two\\same".to_owned()]));
    assert!(world.sign_in_mails_to("same1@people.example").is_empty());
}
