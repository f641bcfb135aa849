//! The blocks for other proxies, each run by its real server: the same door as behind nginx.

mod asking;
mod headers;
mod servers;
mod table;

use crate::world::{Part, Request, StubApp, World};

/// Alice may enter docs and carol not; a server is in front, and no nginx. The app `wiki` is there only to show what
/// gk-validate would be asked: a stub stands in its place and lets everybody in.
struct Front {
    /// Before the world it serves, so that it ends first.
    server: Option<Part>,
    world: World,
    asked: StubApp,
    alice: String,
    carol: String,
    key: String,
    /// What wiki's block calls itself, whichever proxy it is for.
    wiki_mark: String,
}

impl Front {
    fn behind(server: &servers::Server) -> Self {
        Self::before(|world, asked| server.start(world, asked))
    }

    fn before(start: impl FnOnce(&World, &StubApp) -> Part) -> Self {
        let world = World::quiet(&[]);
        world.gk(&["users", "add", "--email", "alice@example.com", "--name", "Älice", "--approved"]).done();
        world.registered("docs");
        let wiki = world.docs_url().replace("docs", "wiki");
        world.gk(&["apps", "add", "--slug", "wiki", "--name", "wiki", "--origin", &wiki, "--noindex"]).done();
        world.gk(&["apps", "grant", "--slug", "docs", "--email", "alice@example.com", "--role", "editor"]).done();
        let alice = world.session("alice@example.com");
        let carol = world.signed_in("carol@example.com");
        let made =
            world.gk_json(&["keys", "add", "--name", "a script", "--owner", "alice@example.com", "--app", "docs"]);
        let key = made["key"].as_str().unwrap().to_owned();
        let nginx = world.block(&["--slug", "wiki"]);
        let wiki_mark = nginx.split("Block ").nth(1).and_then(|rest| rest.split('.').next()).unwrap().to_owned();
        let asked = StubApp::start();
        let mut front = Self { server: None, world, asked, alice, carol, key, wiki_mark };
        front.server = Some(start(&front.world, &front.asked));
        front
    }

    /// The host of the app whose gk-validate is a stub.
    fn wiki(&self) -> String {
        self.world.docs_host().replace("docs", "wiki")
    }
}

#[test]
fn caddy_keeps_the_door_as_nginx_does() {
    table::run(&mut Front::behind(&servers::CADDY));
}

#[test]
fn haproxy_keeps_the_door_as_nginx_does() {
    table::run(&mut Front::behind(&servers::HAPROXY));
}

#[test]
fn apache_keeps_the_door_as_nginx_does() {
    table::run(&mut Front::behind(&servers::APACHE));
}

#[test]
fn traefik_keeps_the_door_as_nginx_does() {
    table::run(&mut Front::behind(&servers::TRAEFIK));
}

/// Somebody who may come in gets nowhere either.
#[test]
fn an_error_in_what_blocks_share_lets_nobody_in() {
    for server in [servers::HAPROXY, servers::APACHE] {
        let mut front = Front::before(|world, asked| server.start_broken(world, asked));
        let answer = front.world.docs(&Request::get("/broken").with("Cookie", &front.alice));
        assert!(answer.status >= 500, "{answer:?}");
        assert!(front.world.app().seen_with("/broken").is_empty());
        front.server.take().unwrap().stop();
    }
}

/// A proxy that cannot say all of it says nothing.
#[test]
fn what_a_proxy_cannot_say_is_refused() {
    let world = World::bare(&[]);
    world.registered("docs");
    let print = |more: &[&str]| world.gk(&[&["apps", "nginx", "--slug", "docs", "--proxy"], more].concat());
    assert!(print(&["apache3"]).refused(2).contains("caddy, haproxy, apache and traefik"));
    world.gk(&["apps", "update", "--slug", "docs", "--open", "/health"]).done();
    for proxy in ["caddy", "haproxy", "apache", "traefik"] {
        let said = print(&[proxy]);
        assert_eq!(said.out, "");
        assert!(said.refused(2).contains("open paths"), "{proxy}");
    }
}
