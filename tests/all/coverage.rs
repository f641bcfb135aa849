//! Every page and every verb there is, so that none comes in without being thought of here.

use std::collections::BTreeSet;
use std::fs;

use crate::world::{World, programs};

/// What a stranger gets at each path of the pages: status of GET, and of an empty POST.
const PAGES: &[(&str, u16, u16)] = &[
    ("/", 303, 405),
    ("/signin", 200, 400),
    ("/register", 200, 400),
    ("/signin/sent", 200, 400),
    ("/signin/link/{token}", 410, 410),
    ("/signout", 303, 303),
    ("/request-access", 303, 405),
    ("/assets/icon.svg", 200, 405),
    ("/assets/wait.1.js", 200, 405),
    ("/livez", 200, 405),
    ("/readyz", 200, 405),
    ("/health", 200, 405),
];

/// Every path that stands in quotes in these sources.
fn paths_in(sources: &[&str]) -> BTreeSet<String> {
    let text = sources.iter().map(|source| fs::read_to_string(programs::project().join(source)).unwrap());
    let text = text.collect::<Vec<_>>().concat();
    let quoted = text.split('"').skip(1).step_by(2).filter(|part| part.starts_with('/'));
    quoted.filter(|part| *part != "/assets/").map(str::to_owned).collect()
}

#[test]
fn every_page_is_listed_and_gives_a_stranger_what_the_list_says() {
    let listed = PAGES.iter().map(|(path, ..)| (*path).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(paths_in(&["gk-admin/src/ui/paths.rs", "gk-admin/src/ui/mod.rs"]), listed);
    let world = World::start();
    for (path, get, post) in PAGES {
        let path = path.replace("{token}", &"A".repeat(43));
        let (shown, sent) = (world.visitor().get(&path), world.visitor().post(&path, &[]));
        assert_eq!((shown.status, sent.status), (*get, *post), "{path}");
        assert!(shown.sets("gk_session").is_none_or(|cookie| cookie.contains("Max-Age=0")), "{path}: {shown:?}");
    }
}

/// Every verb by name, from what `--help` says of itself.
fn verbs(world: &World, noun: &[&str]) -> Vec<String> {
    let help = world.gk(&[noun, &["--help"]].concat()).done();
    let Some((_, list)) = help.split_once("Commands:\n") else { return vec![noun.join(" ")] };
    let names = list.lines().take_while(|line| !line.trim().is_empty()).filter(|line| line.starts_with("  "));
    let names = names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.flat_map(|name| verbs(world, &[noun, &[name]].concat())).collect()
}

#[test]
fn every_verb_is_in_the_list_and_explains_itself() {
    let world = World::bare(&[]);
    let found = verbs(&world, &[]).join("\n") + "\n";
    let path = programs::project().join("tests/all/verbs.txt");
    if std::env::var_os("GK_BLESS").is_some() {
        fs::write(&path, &found).unwrap();
    }
    assert_eq!(found, fs::read_to_string(&path).unwrap(), "review, then run again with GK_BLESS=1");
}
