//! Whatever is typed finds exactly whom it names, or nobody.

use std::collections::BTreeSet;

use super::server::{Kind, SAMBA, SLAPD, Server};
use super::signin::{people, typed};
use crate::world::{ADMIN, World};

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
fn whatever_is_typed_finds_in_an_openldap_exactly_whom_it_names_or_nobody() {
    attempts(&SLAPD);
}

#[test]
fn whatever_is_typed_finds_in_an_active_directory_exactly_whom_it_names_or_nobody() {
    attempts(&SAMBA);
}

fn attempts(server: &Server) {
    const { assert!(ATTEMPTS.len() >= 60) };
    let unit = server.unit("attempts");
    // An Active Directory itself refuses a star in a user name.
    let special = if server.kind == Kind::OpenLdap { "bob*" } else { "bob&x" };
    let logins = ["bob", special, "bob(x)", "zo\u{eb}", "eve", "admin"];
    for (number, login) in logins.iter().enumerate() {
        server.person(&unit, number + 1, login, &format!("mail: p{number}@people.example"));
    }
    let world = World::with(&[("AUTH_GLOBAL_LIMIT", "100000")]);
    server.join(&world, "corp", &unit, &["--timeout", "20"]).done();
    for some in ATTEMPTS.chunks(20) {
        typed(&world, some);
        assert_eq!(people(&world), BTreeSet::from(["admin".to_owned()]), "one of {some:?} found somebody");
    }
    assert!(world.letters().iter().all(|to| to == ADMIN));
    let special = [special, "bob(x)", "zo\u{eb}"];
    typed(&world, &special);
    let found = special.map(|name| format!("corp\\{name}")).into_iter().chain(["admin".to_owned()]);
    assert_eq!(people(&world), found.collect(), "characters that mean something in a filter may be in a name");
}
