//! The blocks of nginx/others, each run by its real server: the same door as behind nginx.

mod servers;
mod table;

use crate::world::{Part, StubApp, World};

/// Alice may enter docs and carol not; a server is in front, and no nginx. The app `wiki` is there only to show what
/// gk-validate would be asked: a stub stands in its place and lets everybody in.
struct Front {
    world: World,
    asked: StubApp,
    alice: String,
    carol: String,
    key: String,
    /// Last but for the world it serves: it ends with the test.
    server: Option<Part>,
}

impl Front {
    fn behind(server: &servers::Server) -> Self {
        let world = World::quiet(&[]);
        world.gk(&["users", "add", "--email", "alice@example.com", "--name", "Älice", "--approved"]).done();
        world.registered("docs");
        world.gk(&["apps", "grant", "--slug", "docs", "--email", "alice@example.com", "--role", "editor"]).done();
        let alice = world.session("alice@example.com");
        let carol = world.signed_in("carol@example.com");
        let made = world.gk_json(&["keys", "add", "--name", "a script", "--owner", "alice@example.com", "--app", "docs"]);
        let key = made["key"].as_str().unwrap().to_owned();
        let asked = StubApp::start();
        let mut front = Self { world, asked, alice, carol, key, server: None };
        front.server = Some(server.start(&front.world, &front.asked));
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
