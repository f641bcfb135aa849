//! The redirect parameter: several hundred tricks, none of which may lead off our own hosts, and good addresses,
//! which must come back as they were.

pub(crate) mod judge;
mod tricks;

use std::sync::OnceLock;

use crate::world::{Answer, INTERNAL, Request, Visitor, World, unescaped};

/// No limit on all mail together: every trick asks for a link.
fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let world = World::start();
        world.registered("docs");
        world.gk(&["config", "set", "auth.global_limit", "1000000"]).done();
        world
    })
}

/// A line of the head cannot hold these as they are; a browser or nginx would never send them so.
fn sendable(text: &str) -> bool {
    !text.contains(['\r', '\n', '\0', ' '])
}

#[track_caller]
fn assert_stays(answer: &Answer, trick: &str) {
    assert_eq!(answer.status, 303, "{trick:?}: {answer:?}");
    let lines = answer.all("location");
    assert_eq!(lines.len(), 1, "{trick:?}: {answer:?}");
    assert_eq!(judge::leaves(lines[0], &world().auth_url()), None, "{trick:?} leads to {:?}", lines[0]);
    for injected in ["x-injected", "refresh", "link"] {
        assert_eq!(answer.header(injected), None, "{trick:?} wrote a header: {answer:?}");
    }
    assert!(!answer.all("set-cookie").iter().any(|set| set.contains("injected")), "{trick:?}: {answer:?}");
}

#[test]
fn signing_out_never_leads_elsewhere() {
    let tricks = tricks::all(&world().docs_host(), &world().auth_host());
    assert!(tricks.len() >= 300, "only {} tricks", tricks.len());
    let visitor = world().visitor();
    for trick in tricks.iter().filter(|trick| sendable(trick)) {
        let answer = visitor.get(&format!("/signout?redirect={trick}"));
        if answer.status != 400 {
            assert_stays(&answer, trick);
        }
    }
}

#[test]
fn the_sign_in_page_offers_no_address_elsewhere() {
    let visitor = world().visitor();
    for trick in tricks::all(&world().docs_host(), &world().auth_host()).iter().filter(|trick| sendable(trick)) {
        let answer = visitor.get(&format!("/signin?redirect={trick}"));
        assert!(matches!(answer.status, 200 | 400), "{trick:?}: {answer:?}");
        let page = answer.text();
        for scheme in ["href=\"javascript:", "href=\"data:", "src=\"data:text", "action=\"http"] {
            assert!(!page.contains(scheme), "{trick:?}: {page}");
        }
        for (_, rest) in page.match_indices("href=\"").map(|(at, _)| page.split_at(at + 6)) {
            let link = rest.split('"').next().unwrap_or_default();
            assert_eq!(judge::leaves(&unescaped(link), &world().auth_url()), None, "{trick:?} made a link {link}");
        }
    }
}

#[test]
fn signing_in_never_leads_elsewhere() {
    let tricks = tricks::all(&world().docs_host(), &world().auth_host());
    let visitors: Vec<Visitor<'_>> = tricks.iter().map(|_| world().visitor()).collect();
    for (number, (trick, visitor)) in tricks.iter().zip(&visitors).enumerate() {
        let answer = visitor.ask_for_link(&mailbox("trick", number), trick);
        assert!(answer.status == 303 && answer.location().starts_with("/signin/sent?flow="), "{trick:?}");
    }
    for (number, (trick, visitor)) in tricks.iter().zip(&visitors).enumerate() {
        let answer = visitor.post(&world().mailed_path(&mailbox("trick", number), 1), &[]);
        assert_stays(&answer, trick);
    }
}

#[test]
fn an_address_of_ours_comes_back_as_it_was() {
    let paths = [
        "/",
        "",
        "/a?a=1&b=2&redirect=x",
        "/a%2Fb",
        "/a+b?q=c+d",
        "/%C3%BC/\u{fc}?\u{5f20}=1",
        "/x?next=http://evil.example/",
        "/deep/er/#part",
        "/?",
        "/a//b",
        "/a/../b",
        "/%25",
        "/x?a=%26&b=%3D",
        "/~user/;v=1",
        "/x?redirect=http://evil.example",
    ];
    for (number, path) in paths.iter().enumerate() {
        let target = format!("{}{path}", world().docs_url());
        let visitor = world().visitor();
        let raw: String = target.chars().filter(|&character| character != '#').collect();
        let answer = visitor.get(&format!("/signin?redirect={raw}"));
        let field = answer.field("redirect");
        visitor.ask_for_link(&mailbox("good", number), &field);
        let done = visitor.post(&world().mailed_path(&mailbox("good", number), 1), &[]);
        assert_eq!(judge::written_out(done.location()), judge::written_out(&raw), "{target}");
        let out = visitor.get(&format!("/signout?redirect={raw}"));
        assert_eq!(judge::written_out(out.location()), judge::written_out(&raw), "{target}");
    }
}

#[test]
fn a_path_of_the_auth_host_and_its_own_name_are_followed() {
    let visitor = world().visitor();
    for target in ["/request-access?app=docs".to_owned(), format!("{}/request-access?app=docs", world().auth_url())] {
        let answer = visitor.ask(Request::get(&format!("/signout?redirect={target}")));
        assert!(answer.location().ends_with("/request-access?app=docs"), "{answer:?}");
    }
}

fn mailbox(word: &str, number: usize) -> String {
    format!("{word}-{number}@{INTERNAL}")
}
