//! Every kind of secret at once, and every place that something is written to: no secret is in any of them.

mod canary;
mod core_dumps;

use std::fs;

use rusqlite::Connection;

use crate::api::raw;
use crate::coverage::{API, PAGES};
use crate::mail::{arrived, room, sending};
use crate::one_time::code_in;
use crate::sql;
use crate::world::{ADMIN, Request, Sink, Visitor, World, path_in, wait_until};
use crate::writes::LOOKED;
use canary::Canaries;

const ALICE: &str = "alice@example.com";

#[test]
fn no_secret_of_any_kind_is_in_a_log_a_page_a_figure_an_export_a_question_or_a_backup() {
    let (folder, certificates) = room();
    let sink = Sink::start(&folder.path().join("mail"), "starttls", &certificates);
    let world = sending("starttls", sink.port(), &certificates, &[("RUST_LOG", "gk_admin=trace,gk_service=trace")]);
    world.grant(ALICE, "docs");
    let mut canaries = Canaries::default();
    canaries.add("the password of the mail server", "mailpw");
    settings(&world, &mut canaries);
    stored(&world, &mut canaries);
    let key = world.key_of("read,write", &[]);
    canaries.add("a program's key", key.trim_start_matches("gk_"));
    let path = signs_in(&world, &sink, &mut canaries);
    let admin = world.visitor_as(ADMIN);
    canaries.add("an administrator's session", admin.session().unwrap().replace("gk_session=", ""));
    assert!(canaries.kinds() >= 14);

    pages(&world, &admin, &canaries, &path);
    programs(&world, &key, &canaries);
    commands(&world, &canaries);
    questions(&world, &canaries);
    backups(&world, &mut canaries);
    wait_until("the audit's receiver to be missed", || world.admin_talk().contains("127.0.0.1:1"));
    canaries.absent("gk-admin's log", world.admin_talk());
    canaries.absent("gk-validate's log", world.validate_talk());
    canaries.absent("gk-admin's metrics", world.admin_metrics());
    canaries.absent("gk-validate's metrics", world.metrics_page("/metrics").text());
}

/// What an operator tells Gatekeeper.
fn settings(world: &World, canaries: &mut Canaries) {
    for (kind, secret) in
        [("a receiver's token", "canary&of/the receiver"), ("a directory's password", "canary of: corp%")]
    {
        canaries.add(kind, secret);
    }
    world.gk(&["config", "set", "audit.forward_to", "http://127.0.0.1:1/"]).done();
    world.gk(&["config", "set", "audit.forward_token", "canary&of/the receiver"]).done();
    world.gk(&["config", "set", "console.sql", "true"]).done();
    let password = world.folder().join("password");
    fs::write(&password, "canary of: corp%\n").unwrap();
    let [add, more] = [
        ["directory", "add", "--domain", "corp", "--uri"],
        ["--base-dn", "dc=x", "--bind-dn", "cn=x", "--bind-password-file"],
    ];
    world.gk(&[&add[..], &["ldaps://127.0.0.1:1"], &more, &[password.to_str().unwrap()]].concat()).done();
}

/// What Gatekeeper made for itself.
fn stored(world: &World, canaries: &mut Canaries) {
    canaries.add("the root key", fs::read(world.key()).unwrap());
    let database = Connection::open(world.database()).unwrap();
    let mut add = |kind, sql: &str| {
        let mut statement = database.prepare(sql).unwrap();
        let found = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap().collect::<Result<Vec<_>, _>>();
        let found = found.unwrap();
        assert!(!found.is_empty(), "{kind}");
        for secret in found {
            canaries.add(kind, secret);
        }
    };
    add("a person's salt", "SELECT login_salt FROM user");
    add("the app salt", "SELECT app_salt FROM installation");
    add("a sealed key", "SELECT sealed FROM key");
    add("a sealed setting", "SELECT sealed FROM setting WHERE length(sealed) > 0");
    add("a directory's sealed password", "SELECT sealed_password FROM directory");
}

/// Signs somebody in; gives the path of a link that still can be used.
fn signs_in(world: &World, sink: &Sink, canaries: &mut Canaries) -> String {
    let visitor = world.visitor();
    visitor.ask_for_link(ALICE, "");
    let mail = arrived(sink, ALICE);
    let path = path_in(world, &mail);
    assert_eq!(visitor.post(&path, &[]).status, 303);
    canaries.add("a link that was used", path.rsplit('/').next().unwrap());
    canaries.add("a code beside a link", code_in(&mail));
    canaries.add("a session", visitor.session().unwrap().replace("gk_session=", ""));
    let flow = world.visitor();
    let sent = flow.ask_for_link(ADMIN, "");
    let path = path_in(world, &arrived(sink, ADMIN));
    canaries.add("a link", path.rsplit('/').next().unwrap());
    let cookie = sent.all("set-cookie").into_iter().find(|set| set.contains("gk_flow")).unwrap().to_owned();
    canaries.add("who asked for a link", cookie.split(['=', ';']).nth(1).unwrap());
    let login = world.gk(&["login-link", "--user", ALICE]).done();
    canaries.add("a link made by an operator", login.trim().rsplit('/').next().unwrap());
    path
}

/// Pages that an administrator reads and exports, and pages that say no.
fn pages(world: &World, admin: &Visitor<'_>, canaries: &Canaries, link: &str) {
    let plain = PAGES.iter().map(|(path, ..)| *path).filter(|path| !path.contains("{token}") && *path != "/signout");
    let named = ["mail", "audit", "console", "session"].map(|section| format!("/admin/settings/{section}"));
    let filled = plain.map(|path| path.replace("{id}", "1").replace("{slug}", "docs")).chain(named);
    let mut shown = 0;
    for path in filled.filter(|path| !path.contains('{')) {
        let page = admin.get(&path);
        shown += u8::from(page.status == 200);
        canaries.absent(&path, &page.body);
    }
    assert!(shown >= 30, "{shown} pages were shown");
    for path in ["/admin/users/export", "/admin/keys/export", "/admin/groups/export", "/admin/audit/export"] {
        canaries.absent(path, &admin.post(path, &[("format", "csv")]).body);
    }
    let stranger = world.visitor();
    for refused in [
        stranger.get(&format!("{link}/more")),
        stranger.ask(Request::new("PUT", link)),
        stranger.ask(Request::get("/admin").with("Cookie", "gk_session=bad; gk_session=worse")),
        stranger.post("/signin", &[("email", "@")]),
        admin.post("/admin/settings/mail", &[("mail.smtp_port", "x"), ("mail.smtp_password", "mailpw")]),
    ] {
        assert!(refused.status >= 300, "{refused:?}");
        canaries.absent("a refusal", &refused.body);
    }
}

/// What a program is told.
fn programs(world: &World, key: &str, canaries: &Canaries) {
    for (path, ..) in API {
        let path = format!("/api{path}").replace("{slug}", "docs").replace("{id}", "1").replace("{username}", "admin");
        let path =
            path.replace("{table}", "users").replace("{setting}", "mail.smtp_password").replace("{name}", "admin");
        let asked = |key: &str| Request::get(&path).with("Authorization", &format!("Bearer {key}"));
        // The one answer that is a secret: it is asked for, and only by a key that may write.
        if path != "/api/v1/system/app-salt" {
            canaries.absent(&path, &world.visitor().ask(asked(key)).body);
        }
        canaries.absent(&path, &world.visitor().ask(asked(&format!("{key}x"))).body);
        canaries.absent(&path, &world.visitor().ask(raw(&path, "{\"x\":").with("Authorization", key)).body);
    }
}

/// What an operator is told.
fn commands(world: &World, canaries: &Canaries) {
    let more: [&[&str]; 7] = [
        &["doctor"],
        &["directory", "list"],
        &["directory", "test", "--domain", "corp"],
        &["config", "export"],
        &["audit", "export", "--to", "audit.jsonl"],
        &["export", "users"],
        &["ops", "keys"],
    ];
    for arguments in LOOKED.into_iter().chain(more) {
        let output = world.gk_command(arguments).output().unwrap();
        canaries.absent(&arguments.join(" "), [output.stdout, output.stderr].concat());
    }
    canaries.absent("an export of the audit", fs::read(world.folder().join("audit.jsonl")).unwrap());
}

/// What the console answers in SQL, of every table.
fn questions(world: &World, canaries: &Canaries) {
    let database = Connection::open(world.database()).unwrap();
    let mut statement = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
    for table in statement.query_map([], |row| row.get::<_, String>(0)).unwrap().flatten() {
        canaries.absent(&table, sql::ask(world, &format!("SELECT * FROM \"{table}\"")).stdout);
    }
}

/// Backups without the root key, and one that is sealed with it in.
fn backups(world: &World, canaries: &mut Canaries) {
    let passphrase = world.folder().join("passphrase");
    fs::write(&passphrase, "canary of a passphrase\n").unwrap();
    canaries.add("a backup's passphrase", "canary of a passphrase");
    let at = |name: &str| world.folder().join(name).to_str().unwrap().to_owned();
    world.gk(&["backup", "--to", &at("sealed.age"), "--with-root-key", "--passphrase-file", &at("passphrase")]).done();
    canaries.absent("a sealed backup", fs::read(at("sealed.age")).unwrap());
}
