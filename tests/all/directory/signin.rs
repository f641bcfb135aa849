//! Who is found when somebody signs in: exactly whom the typed name means, or nobody.

use std::collections::BTreeSet;

use super::server::{SLAPD, add};
use crate::world::{ADMIN, World, wait_until};

/// The user names there are.
fn people(world: &World) -> BTreeSet<String> {
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
fn typed(world: &World, names: &[&str]) {
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
fn everybody_is_found_by_each_of_their_names_and_let_into_standard_with_their_groups() {
    let unit = SLAPD.unit("names");
    SLAPD.person(&unit, 1, "amy", "mail: Amy@people.example\nuserPrincipalName: amy@upn.example\ntitle: Miller");
    SLAPD.person(&unit, 2, "ben", "mail: ben@people.example\nmail: ben.two@people.example");
    SLAPD.person(&unit, 3, "cat", "mail: cat@people.example");
    SLAPD.person(&unit, 4, "nomail", "");
    SLAPD.change(&format!(
        "dn: cn=Crew\\, night,{unit}\nchangetype: add\nobjectClass: groupOfNames\ncn: Crew, night\nmember: cn=p1,{unit}\n\n\
         dn: cn=admin,{unit}\nchangetype: add\nobjectClass: groupOfNames\ncn: admin\nmember: cn=Crew\\, night,{unit}\n"
    ));
    let world = World::start();
    add(&world, "Corp", (&SLAPD.secure("127.0.0.1"), &unit), &[]).done();
    typed(&world, &["amy@upn.example", "ben.two@people.example", "CORP\\cat", "nomail", "corp\\nobody", "other\\amy"]);
    let found = ["admin", "corp\\amy", "corp\\ben", "corp\\cat"].map(str::to_owned);
    assert_eq!(people(&world), found.into());
    for (address, count) in [("amy@people.example", 1), ("ben.two@people.example", 1), ("cat@people.example", 1)] {
        world.wait_for_sign_in_mail(address, count);
    }
    typed(&world, &["amy"]);
    world.wait_for_sign_in_mail("amy@people.example", 2);
    let amy = world.gk_json(&["users", "show", "--user", "corp\\amy"]);
    let text = amy.to_string();
    assert!(amy["status"] == "approved" && text.contains("Miller") && text.contains("standard"), "{amy}");
    assert!(text.contains("Crew") && text.contains("corp\\\\admin"), "nested, in a namespace of its own: {amy}");
    let admins = world.gk_json(&["groups", "show", "--name", "admin"]).to_string();
    assert!(!admins.contains("amy"), "a directory's group called admin is not ours: {admins}");
}

#[test]
fn a_name_that_two_directories_have_is_nobodys_until_one_is_named() {
    let (one, other) = (SLAPD.unit("twice1"), SLAPD.unit("twice2"));
    SLAPD.person(&one, 1, "same", "mail: same1@people.example");
    SLAPD.person(&other, 2, "same", "mail: same2@people.example");
    SLAPD.person(&other, 3, "only", "mail: both@people.example");
    SLAPD.person(&other, 4, "again", "mail: both@people.example");
    let world = World::start();
    for (label, unit) in [("one", &one), ("two", &other)] {
        add(&world, label, (&SLAPD.secure("127.0.0.1"), unit), &[]).done();
    }
    typed(&world, &["same", "both@people.example"]);
    assert_eq!(people(&world), BTreeSet::from(["admin".to_owned()]));
    assert_eq!(world.admin_metric("gk_signin_requests_total{outcome=\"ambiguous\"}"), Some(2.0));
    typed(&world, &["TWO\\same"]);
    world.wait_for_sign_in_mail("same2@people.example", 1);
    assert_eq!(people(&world), BTreeSet::from(["admin".to_owned(), "two\\same".to_owned()]));
    assert!(world.sign_in_mails_to("same1@people.example").is_empty());
}

/// What might widen a filter or a name. None of these is anybody's name.
const ATTEMPTS: [&str; 68] = [
    "*",
    "**",
    "b*",
    "*b",
    "b*b",
    "bo?",
    "*)",
    "(*",
    "*)(",
    "*)(uid=*",
    "*)(|(uid=*",
    "bob)(uid=*",
    "bob)(|(uid=*)",
    "bob)(&)",
    "bob))(|(uid=*",
    "x*)(|(objectClass=*)",
    "*)(objectClass=*)",
    "bob)(objectClass=*",
    ")(",
    "()",
    "(",
    ")",
    "(uid=bob)",
    "(|(uid=*))",
    "(&(uid=bob))",
    "(!(uid=x))",
    "!(uid=x)",
    "|",
    "&",
    "&(uid=*)",
    "bob\0",
    "\0bob",
    "bob\0*",
    "bob)\0",
    "%2a",
    "%28",
    "bob%00",
    "\\2a",
    "corp\\*",
    "corp\\b*",
    "corp\\*)(uid=*",
    "corp\\bob)(|(uid=*)",
    "corp\\\\2a",
    "corp\\2a",
    "corp\\62ob",
    "*@people.example",
    "*@*",
    "b*@people.example",
    "bob@people.*",
    "bob*@people.example@x",
    "bob)(mail=*)@people.example",
    "bob@people.example)(mail=*",
    "*)(mail=*@people.example",
    "bob@people.example*",
    "bob|@people.example",
    "uid=bob",
    "uid=*",
    "cn=p1",
    "cn=p1,ou=attempts,dc=corp,dc=example",
    "bob#",
    "#bob",
    "bob=",
    "=bob",
    "bob~",
    "<=bob",
    ">=b",
    "bo\u{200b}b",
    "b\u{f6}b",
];

#[test]
fn whatever_is_typed_finds_exactly_whom_it_names_or_nobody() {
    let unit = SLAPD.unit("attempts");
    let uids = ["bob", "bob*", "bob(x)", "zo\u{eb}", "eve", "admin"];
    for (number, uid) in uids.iter().enumerate() {
        SLAPD.person(&unit, number + 1, uid, &format!("mail: p{number}@people.example"));
    }
    let world = World::with(&[("AUTH_GLOBAL_LIMIT", "100000")]);
    add(&world, "corp", (&SLAPD.secure("127.0.0.1"), &unit), &["--timeout", "20"]).done();
    for some in ATTEMPTS.chunks(20) {
        typed(&world, some);
        assert_eq!(people(&world), BTreeSet::from(["admin".to_owned()]), "one of {some:?} found somebody");
    }
    assert!(world.letters().iter().all(|to| to == ADMIN));
    typed(&world, &["bob*", "bob(x)", "zo\u{eb}"]);
    let found = ["admin", "corp\\bob*", "corp\\bob(x)", "corp\\zo\u{eb}"].map(str::to_owned);
    assert_eq!(people(&world), found.into(), "characters that mean something in a filter may be in a name");
}
