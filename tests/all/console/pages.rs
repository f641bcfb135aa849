//! Every page of the console as it looks: in both colour schemes, narrow and wide, and to a screen reader.

use super::{ALICE, BOB, id_of};
use crate::world::{ADMIN, Browser, World, axe};

#[track_caller]
fn looks_right(browser: &Browser, world: &World, path: &str, name: &str) {
    for (width, scheme) in [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")] {
        browser.looks(width, scheme);
        browser.goto(&format!("{}{path}", world.auth_url()));
        assert!(browser.overflow() <= 0, "{path} is too wide for {width}");
        browser.picture(&format!("console-{name}-{width}-{scheme}"));
        // Contrast is another in each scheme; the rest is the same at every width.
        if width == 1280 {
            assert_eq!(serious(browser), Vec::<String>::new(), "{path} in {scheme}");
        }
    }
}

/// What axe-core finds that is serious or worse: rule and element.
#[track_caller]
fn serious(browser: &Browser) -> Vec<String> {
    browser.run(axe());
    let found = browser.run_later(
        "const done = arguments[arguments.length - 1];
         axe.run().then(r => done(r.violations.filter(v => ['serious', 'critical'].includes(v.impact))
             .map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ') + ' (' + n.failureSummary + ')').join(' | '))), e => done([String(e)]));",
    );
    found.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_page_of_the_console_fits_a_phone_in_either_scheme_and_reads_well_aloud() {
    let world = World::start();
    world.start_nginx();
    world.grant(ALICE, "docs");
    world.person(BOB);
    for arguments in [
        &["users", "add", "--email", "pending@elsewhere.example"][..],
        &["users", "update", "--user", BOB, "--disable"],
        &["users", "update", "--user", ALICE, "--name", "Alice Example"],
        &["groups", "add", "--name", "Night crew", "--description", "Whoever looks after the machines at night"],
        &["groups", "join", "--name", "Night crew", "--user", ALICE],
        &["apps", "grant", "--slug", "docs", "--group", "Night crew", "--role", "editor"],
        &["invitations", "add", "--email", "guest@elsewhere.example"],
        &["keys", "add", "--name", "nightly report", "--scope", "read"],
        &["keys", "add", "--name", "build server", "--owner", ALICE, "--app", "docs"],
        &["mail", "suppress", "--email", "gone@elsewhere.example"],
    ] {
        world.gk(arguments).done();
    }
    world.session(ALICE);
    // Days and nights of an installation that is in use, so that there is something to draw.
    let past = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 700)
                INSERT INTO tally SELECT what, unixepoch() / 3600 - i, size * (1 + abs(12 - i % 24)) / 6 FROM n,
                (SELECT 'signed-in' AS what, 9 AS size UNION ALL SELECT 'failed', 2 UNION ALL SELECT 'allow', 4000
                 UNION ALL SELECT 'sign-in', 300 UNION ALL SELECT 'forbid', 700)";
    rusqlite::Connection::open(world.database()).unwrap().execute_batch(past).unwrap();
    let admin = world.visitor_as(ADMIN);
    admin.post("/admin/properties", &[("app", "reports"), ("key", "floor"), ("user", ALICE), ("value", "2")]);
    let made = world.gk_json(&["backup-key", "--to", "identity.txt"]);
    let folder = world.folder().join("backups");
    for (key, value) in [("folder", folder.to_str()), ("recipient", made["recipient"].as_str())] {
        world.gk(&["config", "set", &format!("backup.{key}"), value.unwrap()]).done();
    }
    assert_eq!(admin.post("/admin/system/backups", &[]).status, 303);
    let browser = world.browser();
    let link = world.gk(&["login-link", "--user", ADMIN]).done();
    browser.goto(link.trim());
    browser.click("#confirm-signin");
    browser.wait_for_url("the home page", |url| url == format!("{}/", world.auth_url()));
    let alice = format!("/admin/users/{}", id_of(&world, ALICE));
    world.gk(&["config", "set", "console.sql", "true"]).done();
    let directory = [
        "directory",
        "add",
        "--domain",
        "corp",
        "--uri",
        "ldaps://dc1.corp.example",
        "--base-dn",
        "dc=corp,dc=example",
    ];
    world.gk(&directory).done();
    for (path, name) in [
        ("/admin", "front"),
        ("/admin/requests", "requests"),
        ("/admin/people", "waiting"),
        ("/admin/users", "users"),
        ("/admin/users?search=nobody-at-all", "users-none"),
        ("/admin/users/new", "users-new"),
        ("/admin/users/import", "users-import"),
        (&format!("{alice}?done=edit"), "user"),
        ("/admin/groups", "groups"),
        ("/admin/groups/3", "group"),
        ("/admin/properties", "properties"),
        ("/admin/properties/of?app=reports&key=floor", "property"),
        ("/admin/invitations", "invitations"),
        ("/admin/keys", "keys"),
        ("/admin/mail", "mail"),
        ("/admin/settings/server", "settings-server"),
        ("/admin/settings/mail", "settings-mail"),
        ("/admin/directories", "directories"),
        ("/admin/add-directory", "directory-new"),
        ("/admin/directories/corp", "directory"),
        ("/admin/system/backups", "backups"),
        ("/admin/system/keys", "system-keys"),
        ("/admin/system/sql", "system-sql"),
        ("/admin/audit", "audit"),
        ("/admin/audit?action=user_updated&since=2020-01-01", "audit-some"),
        ("/admin/audit/8", "audit-row"),
        ("/settings", "settings"),
    ] {
        looks_right(&browser, &world, path, name);
    }
}
