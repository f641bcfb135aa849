//! The life of grants through real processes: given, used, ending, taken, given back.

use rusqlite::Connection;
use serde_json::Value;

use crate::activity::faketime;
use crate::world::{ADMIN, Request, World, validation, wait_until};

const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";

impl World {
    /// The only grant there is, as the command lists it.
    #[track_caller]
    fn only_grant(&self) -> Value {
        let listed = self.gk_json(&["apps", "grants"]);
        assert_eq!(listed["total"], 1, "{listed}");
        listed["grants"][0].clone()
    }

    fn may_enter(&self, cookie: &str) -> u16 {
        self.validate(Some(cookie), Some("docs")).status
    }

    #[track_caller]
    fn changed(&self, sql: &str) {
        Connection::open(self.database()).unwrap().execute_batch(sql).unwrap();
    }
}

#[test]
fn gk_validate_tells_which_grant_was_used_and_which_block_a_check_came_through() {
    let world = World::quiet(&[]);
    world.grant(ALICE, "docs");
    let cookie = world.signed_in(ALICE);
    let app = || world.gk_json(&["apps", "show", "--slug", "docs"]);
    assert_eq!((app()["seen_block"].clone(), world.only_grant()["last_used_at"].clone()), (Value::Null, Value::Null));
    assert_eq!(world.may_enter(&cookie), 200);
    let marked = |mark: &str| validation(Some(&cookie), Some("docs")).with("X-GK-Block", mark);
    for mark in ["1-0badcafe", "nonsense", "1-0f3a9c2e"] {
        assert_eq!(world.ask_validate(&marked(mark)).status, 200, "{mark}");
    }
    world.start_admin();
    wait_until("the use to be stored", || world.only_grant()["last_used_at"].is_string());
    assert_eq!(app()["seen_block"]["mark"], "1-0f3a9c2e");
    assert!(app()["grants"][0]["last_used_at"].is_string());
    let shown = world.gk(&["apps", "show", "--slug", "docs"]).done();
    assert!(shown.contains("Granted by") && shown.contains("Last used") && shown.contains("1-0f3a9c2e"), "{shown}");
    // A group's is used by any member, and a check without a mark is one of an older block.
    world.gk(&["apps", "revoke", "--slug", "docs", "--email", ALICE]).done();
    world.gk(&["apps", "grant", "--slug", "docs", "--group", "standard"]).done();
    assert_eq!(world.ask_validate(&Request::get("/api/v1/auth/validate").with("X-GK-App", "docs")).status, 401);
    assert_eq!(world.may_enter(&cookie), 200);
    world.stop_admin();
    assert!(world.only_grant()["last_used_at"].is_string());
    assert!(app()["seen_block"]["at"].is_string() && app()["seen_block"]["mark"].is_null());
}

#[test]
fn a_grant_ends_at_its_second_while_gk_admin_is_stopped() {
    let world = World::bare(&[]);
    world.grant(ALICE, "docs");
    let cookie = world.signed_in(ALICE);
    let database = Connection::open(world.database()).unwrap();
    let time = |format: &str, seconds: i64| -> String {
        let sql = format!("SELECT strftime('{format}', granted_at + 3600 + {seconds}, 'unixepoch') FROM access_grant");
        database.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    let (start, end) = (time("%Y-%m-%dT%H:%M:%SZ", -60), time("%Y-%m-%dT%H:%M:%SZ", 0));
    world.gk(&["apps", "grant", "--slug", "docs", "--email", ALICE, "--starts-at", &start, "--expires", &end]).done();
    let clock = world.folder().join("clock");
    let stand_at = |seconds: i64| std::fs::write(&clock, time("%Y-%m-%d %H:%M:%S", seconds)).unwrap();
    stand_at(-1800);
    let mut command = world.validate_command();
    command.env("LD_PRELOAD", faketime()).env("FAKETIME_TIMESTAMP_FILE", &clock).env("FAKETIME_NO_CACHE", "1");
    world.run_validate(command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("TZ", "UTC"));
    for (seconds, status) in [(-1800, 403), (-61, 403), (-60, 200), (-1, 200), (0, 403), (1, 403)] {
        stand_at(seconds);
        assert_eq!(world.may_enter(&cookie), status, "{seconds} seconds after its end");
    }
}

#[test]
fn whose_access_ends_within_a_week_is_told_by_mail_once() {
    let world = World::quiet(&[]);
    world.grant(ALICE, "docs");
    world.gk(&["apps", "grant", "--slug", "docs", "--email", ALICE, "--role", "editor"]).done();
    world.changed("UPDATE access_grant SET granted_at = unixepoch() - 864000, expires_at = unixepoch() + 500000");
    let ends = || world.mails_to(ALICE).into_iter().filter(|mail| mail.contains("ends soon")).collect::<Vec<_>>();
    world.start_admin();
    wait_until("the mail", || !ends().is_empty());
    assert!(ends()[0].contains("with the role editor, ends on 20"), "{}", ends()[0]);
    world.stop_admin();
    world.start_admin();
    // Whatever is told at a start is told before this change is answered by a mail.
    world.gk(&["apps", "grant", "--slug", "docs", "--email", ALICE, "--no-expiry", "--notify"]).done();
    wait_until("the next mail", || world.mails_to(ALICE).iter().any(|mail| mail.contains("has changed")));
    assert_eq!(ends().len(), 1);
}

#[test]
fn many_people_get_into_many_apps_all_of_them_or_none() {
    let world = World::bare(&[]);
    world.grant(ALICE, "docs");
    world.person(BOB);
    world.gk(&["apps", "add", "--slug", "wiki", "--name", "Wiki", "--roles", "viewer,editor"]).done();
    let base = ["apps", "grant", "--slug", "docs", "--slug", "wiki", "--email", ALICE, "--email", BOB];
    let give = |more: &[&str]| world.gk(&[&base[..], more].concat());
    let total = || world.gk_json(&["apps", "grants"])["total"].as_i64().unwrap();
    let plan = world.gk_json(&[&base[..], &["--role", "owner", "--email", "nobody@example.com", "--dry-run"]].concat());
    assert_eq!((plan["would_grant"].as_i64(), plan["unknown"][0].as_str()), (Some(3), Some("nobody@example.com")));
    assert!(plan["refused"][0].as_str().unwrap().contains("no role `owner`"), "{plan}");
    let why = give(&["--role", "owner", "--email", "nobody@example.com"]).refused(2);
    assert!(why.contains("nobody@example.com") && why.contains("owner") && total() == 1, "{why}");
    let seen = give(&["--role", "editor", "--dry-run"]).done();
    assert!(seen.contains("has one") && seen.contains("3 grants would be new") && total() == 1, "{seen}");
    assert!(give(&["--role", "editor"]).done().contains("Gave 3 grants"));
    assert!(give(&["--role", "editor"]).done().contains("Gave 0 grants"));
    let all = ["apps", "grant", "--slug", "docs", "--all-approved"];
    world.gk(&[&all[..], &["--dry-run"]].concat()).done();
    assert_eq!(total(), 4);
    assert!(world.gk(&all).done().contains("1 user"), "{ADMIN}");
    let one = ["apps", "grant", "--slug", "docs", "--email", ALICE, "--role", "author", "--dry-run"];
    assert!(world.gk(&one).done().contains("Would be done") && total() == 5);
    assert_eq!(world.gk_json(&["apps", "grants", "--slug", "docs"])["grants"][1]["role"], Value::Null);
}

#[test]
fn what_is_taken_by_number_comes_back_and_lists_say_what_is_unused_or_ends() {
    let world = World::bare(&[]);
    world.grant(ALICE, "docs");
    world.grant(BOB, "docs");
    world.start_validate();
    let cookie = world.signed_in(ALICE);
    let until = ["apps", "grant", "--slug", "docs", "--email", BOB, "--expires", "2099-01-01T00:00:00Z"];
    world.gk(&until).done();
    assert_eq!(world.gk_json(&["apps", "grants", "--expiring", "30d"])["total"], 0);
    assert_eq!(world.gk_json(&["apps", "grants", "--slug", "docs", "--expiring", "65000d"])["grants"][0]["email"], BOB);
    assert_eq!(world.gk_json(&["apps", "grants", "--unused", "90d"])["total"], 0, "they are new");
    world.changed("UPDATE access_grant SET granted_at = granted_at - 91 * 86400");
    let unused = world.gk_json(&["apps", "grants", "--slug", "docs", "--unused", "90d"]);
    let ids = [0, 1].map(|number| unused["grants"][number]["id"].to_string());
    let taken = world.gk_json(&["apps", "revoke", "--id", &ids[0], "--id", &ids[1]]);
    assert_eq!((taken["revoked"].as_array().map(Vec::len), world.may_enter(&cookie)), (Some(2), 403));
    world.gk(&["apps", "revoke", "--id", &ids[0]]).refused(1);
    let number = taken["taking"].to_string();
    assert!(world.gk(&["apps", "give-back", "--taking", &number]).done().contains("Gave back 2 grants"));
    assert_eq!(world.may_enter(&cookie), 200);
    world.gk(&["apps", "give-back", "--taking", &number]).refused(1);
    for wrong in [&["revoke", "--slug", "docs"][..], &["revoke", "--email", ALICE], &["grant", "--slug", "docs"]] {
        world.gk(&[&["apps"], wrong].concat()).refused(2);
    }
    world.gk(&["apps", "grants", "--unused", "90"]).refused(2);
    world.gk(&["apps", "grants", "--slug", "nosuch"]).refused(1);
}

#[test]
fn a_renamed_role_takes_and_gives_at_once() {
    let world = World::bare(&[]);
    world.start_validate();
    let roles = ["--roles", "viewer,editor", "--admin-roles", "editor"];
    world.gk(&[&["apps", "add", "--slug", "docs", "--name", "Docs"][..], &roles].concat()).done();
    world.person(ALICE);
    world.gk(&["apps", "grant", "--slug", "docs", "--email", ALICE, "--role", "editor"]).done();
    let cookie = world.signed_in(ALICE);
    let role = || world.validate(Some(&cookie), Some("docs")).header("x-auth-role").map(str::to_owned);
    assert_eq!(role().as_deref(), Some("editor"));
    let rename = ["apps", "rename-role", "--slug", "docs", "--from", "editor", "--to", "author"];
    assert!(world.gk(&rename).done().contains("with 1 grant"));
    assert_eq!(role().as_deref(), Some("author"));
    let app = world.gk_json(&["apps", "show", "--slug", "docs"]);
    assert_eq!(
        (&app["roles"], &app["admin_roles"]),
        (&serde_json::json!(["viewer", "author"]), &serde_json::json!(["author"]))
    );
    world.gk(&rename).refused(1);
    world.gk(&["apps", "grant", "--slug", "docs", "--email", ALICE, "--role", "editor"]).refused(2);
}
