//! What `gk apps nginx` and the console print, and what they refuse.

use std::process::Command;

use super::scene::{block, scene};
use super::shapes::SHAPES;
use crate::world::{ADMIN, Request, Said, World, free_port};

#[test]
fn nginx_takes_every_block_as_it_is_printed() {
    let world = &scene().world;
    let once = world.block(&["--shared", "--auth-host"]);
    for shape in &SHAPES {
        let servers = once.clone() + &block(world, shape, (free_port(), free_port()));
        let folder = format!("check-{}", shape.slug);
        let mut command: Command = world.nginx_command(&folder, &servers);
        let said = Said::by(command.arg("-t"));
        assert!(!said.err.contains("[warn]"), "{}: {}", shape.slug, said.err);
        said.done();
    }
}

#[test]
fn an_app_that_does_not_answer_with_the_right_certificate_is_not_asked() {
    let world = World::quiet(&[]);
    world.grant("alice@example.com", "docs");
    let cookie = world.session("alice@example.com");
    let certificates = crate::world::Certificates::make_for(&world.folder().join("tls"), "DNS:app.internal");
    let (port, folder) = (free_port(), world.folder().display().to_string());
    let app = format!(
        "server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {folder}/tls/server.pem; \
         ssl_certificate_key {folder}/tls/server.key; location / {{ proxy_pass http://{}; }} }}\n",
        world.app().address()
    );
    let (upstream, authority) = (format!("https://127.0.0.1:{port}"), certificates.authority().display().to_string());
    let once = world.block(&["--shared", "--auth-host"]) + &app;
    let ask = |flags: &[&str]| {
        let block = world.block(&[&["--slug", "docs", "--upstream", &upstream], flags].concat());
        world.start_nginx_with(&(once.clone() + &block));
        world.docs(&Request::get("/").with("Cookie", &cookie).with("Connection", "close")).status
    };
    assert_eq!(ask(&["--upstream-name", "app.internal"]), 502, "from an authority nobody trusts");
    assert_eq!(ask(&["--upstream-ca", &authority]), 502, "for another name");
    assert_eq!(world.app().seen().len(), 0);
    assert_eq!(ask(&["--upstream-unverified"]), 200);
}

#[test]
fn what_could_break_out_of_a_block_is_refused_in_a_sentence() {
    let world = World::bare(&[]);
    world.registered("docs");
    let nginx = |flags: &[&str]| world.gk(&[&["apps", "nginx", "--slug", "docs"], flags].concat());
    for flags in [
        ["--upstream", "http://a;b"],
        ["--upstream", "http://127.0.0.1:3000/path"],
        ["--upstream", "http://a\n}"],
        ["--upstream-name", "a b"],
        ["--upstream-ca", "/etc/a;b"],
        ["--tls", "/etc/a.pem;,/etc/b.key"],
        ["--tls", "/etc/a.pem"],
        ["--listen", "443 ssl; } evil {"],
        ["--listen-plain", "$host"],
        ["--validate", "unix:/run/a\"b"],
        ["--admin", "a#b:80"],
    ] {
        nginx(&flags).refused(2);
    }
    world.gk(&["apps", "nginx"]).refused(2);
    world.gk(&["apps", "nginx", "--slug", "nowhere"]).refused(1);
    world.gk(&["apps", "add", "--slug", "bare", "--name", "Nowhere"]).done();
    assert!(world.gk(&["apps", "nginx", "--slug", "bare"]).refused(1).contains("no origin"));
    world.gk(&["apps", "update", "--slug", "docs", "--origin", "https://a;}b.example.com"]).done();
    assert!(nginx(&[]).refused(1).contains("host name"));
}

#[test]
fn paths_are_opened_and_shut_again_and_the_audit_has_it() {
    let world = World::bare(&[]);
    world.registered("docs");
    let update = |flags: &[&str]| world.gk(&[&["apps", "update", "--slug", "docs"], flags].concat());
    let shown = || world.gk_json(&["apps", "show", "--slug", "docs"])["open_paths"].clone();
    let block = || world.gk(&["apps", "nginx", "--slug", "docs"]).done();
    let mark = |block: &str| {
        block.split_once("X-GK-Block ").and_then(|_| Some(block.split_once("Block ")?.1[..10].to_owned()))
    };
    let before = block();
    update(&["--open", "/static/*", "--open", "/metrics=10.0.0.0/8,192.168.0.0/16"]).done();
    assert_eq!(shown(), serde_json::json!(["/metrics=10.0.0.0/8,192.168.0.0/16", "/static/*"]));
    let after = block();
    assert!(after.contains("location ^~ /static/ {") && after.contains("allow 192.168.0.0/16;"), "{after}");
    assert!(!before.contains("location ^~") && mark(&before) != mark(&after), "{before}");
    for bad in ["/", "/*", "/_gk/x", "/logout", "/a;b", "/a=10.0.0.1/8", "a"] {
        update(&["--open", bad]).refused(2);
    }
    assert!(update(&["--open", "/a", "--open", "/a=10.0.0.0/8"]).refused(2).contains("twice"));
    update(&["--no-open"]).done();
    assert_eq!((shown(), block()), (serde_json::json!([]), before));
    let database = rusqlite::Connection::open(world.database()).unwrap();
    let sql = "SELECT count(*) FROM audit WHERE action = 'app_updated' AND after LIKE '%/static/*%'";
    assert_eq!(database.query_row(sql, [], |row| row.get(0)), Ok(1));
}

#[test]
fn no_app_is_called_as_gatekeeper_itself() {
    let world = World::bare(&[]);
    let add = |slug: &str| world.gk(&["apps", "add", "--slug", slug, "--name", "Auth"]);
    assert!(add("auth").refused(1).contains("reserved"));
    add("auth2").done();
}

#[test]
fn the_console_shows_the_block_to_administrators_as_plain_text() {
    let world = World::start();
    world.registered("docs");
    let path = "/admin/apps/docs/nginx?upstream=http://unix:/run/docs.sock&listen=127.0.0.1:8080";
    let shown = world.visitor_as(ADMIN).get(path);
    assert_eq!((shown.status, shown.header("content-type")), (200, Some("text/plain; charset=utf-8")), "{shown:?}");
    let flags =
        ["apps", "nginx", "--slug", "docs", "--upstream", "http://unix:/run/docs.sock", "--listen", "127.0.0.1:8080"];
    assert_eq!(shown.text(), world.gk(&flags).done());
    let plain = world.visitor_as(ADMIN).get("/admin/apps/docs/nginx").text();
    assert!(plain.contains("proxy_pass http://127.0.0.1:3000;"), "{plain}");
    for (path, status) in [
        ("/admin/apps/docs/nginx?upstream=http://a%3Bb", 400),
        ("/admin/apps/docs/nginx?tls=/etc/a", 400),
        ("/admin/apps/docs/nginx?proxy=traefik&listen=80", 400),
        ("/admin/apps/docs/nginx?proxy=nothing", 400),
        ("/admin/apps/docs/nginx?proxy=caddy&listen=80", 400),
        ("/admin/apps/nowhere/nginx", 404),
        ("/admin/apps/Docs/nginx", 404),
    ] {
        assert_eq!(world.visitor_as(ADMIN).get(path).status, status, "{path}");
    }
    let person = world.visitor_as("alice@example.com").get(path);
    assert!(matches!(person.status, 403 | 404) && !person.text().contains("auth_request"), "{person:?}");
}
