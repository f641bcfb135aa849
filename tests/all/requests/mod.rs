//! Access requests from end to end: asked for on the page, decided in the console, by the API or at the command line,
//! told by mail, and in force at the next request.

mod api;

use serde_json::{Value, json};

use crate::world::{ADMIN, Answer, Visitor, World};

const ALICE: &str = "alice@example.com";
const OWNER: &str = "owner@example.com";

/// gk-admin and gk-validate, the apps docs and wiki with roles, and somebody who owns docs.
fn world() -> World {
    let world = World::start();
    for (slug, name) in [("docs", "Engineering <Docs>"), ("wiki", "Wiki")] {
        let roles = ["--roles", "viewer,editor,owner", "--admin-roles", "owner", "--listed"];
        let origin = world.docs_url();
        world.gk(&[&["apps", "add", "--slug", slug, "--name", name, "--origin", &origin], &roles[..]].concat()).done();
    }
    for person in [ALICE, OWNER] {
        world.person(person);
    }
    world.gk(&["apps", "grant", "--slug", "docs", "--email", OWNER, "--role", "owner"]).done();
    for admin in [ADMIN, OWNER] {
        world.gk(&["users", "update", "--user", admin, "--notify"]).done();
    }
    world
}

/// A visitor who is signed in.
#[track_caller]
fn signed_in<'w>(world: &'w World, user: &str) -> Visitor<'w> {
    let visitor = world.visitor();
    visitor.remember(&world.session(user));
    visitor
}

#[track_caller]
fn ask(visitor: &Visitor<'_>, app: &str, message: &str) -> Answer {
    visitor.post("/request-access", &[("app", app), ("message", message), ("redirect", "/")])
}

/// The requests `gk requests list` shows, with these flags.
#[track_caller]
fn listed(world: &World, flags: &[&str]) -> Vec<Value> {
    let all = world.gk_json(&[&["requests", "list"], flags].concat());
    all["requests"].as_array().expect("a list").clone()
}

/// The newest request for an app.
#[track_caller]
fn newest(world: &World, app: &str) -> Value {
    listed(world, &["--app", app]).into_iter().max_by_key(|one| one["id"].as_i64()).expect("a request")
}

/// Its number, as it stands in addresses.
#[track_caller]
fn number(world: &World, app: &str) -> String {
    newest(world, app)["id"].to_string()
}

/// Status and role with which somebody would enter.
fn entry(world: &World, who: &Visitor<'_>, app: &str) -> (u16, Option<String>) {
    let answer = world.validate(who.session().as_deref(), Some(app));
    (answer.status, answer.header("x-auth-role").map(str::to_owned))
}

/// Actor and action of the audit's rows about an app, oldest first.
fn audit(world: &World, app: &str) -> Vec<(String, String)> {
    let database = rusqlite::Connection::open(world.database()).unwrap();
    let mut rows = database.prepare("SELECT actor, action FROM audit WHERE app = ?1 ORDER BY id").unwrap();
    let rows = rows.query_map([app], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<Vec<_>, _>>().unwrap()
}

#[test]
fn a_request_is_asked_rejected_asked_again_and_approved() {
    let world = world();
    let (alice, owner) = (signed_in(&world, ALICE), signed_in(&world, OWNER));
    let turned_away = format!("/request-access?app=docs&redirect={}/guide", world.docs_url());
    let page = alice.get(&turned_away).text();
    assert!(page.contains("You may not enter Engineering &lt;Docs&gt;") && page.contains(ALICE), "{page}");
    let from_home = alice.get("/request-access?app=docs").text();
    assert!(from_home.contains("<h1>Ask for access to Engineering &lt;Docs&gt;</h1>"), "{from_home}");
    assert!(!page.contains("grant") && !from_home.contains("grant"), "a word for administrators: {page}");
    assert!(alice.get("/").text().contains("Apps you can ask for"));

    let message = "Dear <b>owner</b>,\r\nI write the guide & need it.";
    let asked = ask(&alice, "docs", message);
    assert_eq!((asked.status, asked.location()), (303, "/request-access?app=docs"));
    assert!(alice.get("/request-access?app=docs").text().contains("Your request waits"));
    let home = alice.get("/").text();
    assert!(home.contains("Your requests") && home.contains("waiting"), "{home}");
    for admin in [ADMIN, OWNER] {
        let mail = world.wait_for_mail(admin, if admin == OWNER { 2 } else { 1 });
        assert!(mail.contains("Access request for Engineering <Docs>"), "{mail}");
        let (_, html) = mail.split_once("text/html").expect("the mail has an HTML part");
        assert!(
            mail.contains("<b>owner</b>") && html.contains("&lt;b&gt;owner") && !html.contains("<b>owner"),
            "{mail}"
        );
    }
    let console = owner.get("/admin/requests").text();
    assert!(console.contains("Dear &lt;b&gt;owner&lt;/b&gt;") && !console.contains("<b>owner"), "{console}");

    let first = number(&world, "docs");
    let reject = format!("/admin/requests/{first}/reject");
    let done = owner.post(&reject, &[("reason", "<i>Not</i> yet.")]);
    assert_eq!((done.status, done.location()), (303, format!("/admin/requests?done={first}").as_str()));
    assert!(owner.get(done.location()).text().contains("stays out of"));
    let mail = world.wait_for_mail(ALICE, 1);
    assert!(mail.contains("was not granted") && mail.contains("&lt;i&gt;Not"), "{mail}");
    let page = alice.get("/request-access?app=docs").text();
    assert!(
        page.contains("was rejected") && page.contains("&lt;i&gt;Not&lt;/i&gt; yet.") && page.contains("Ask again")
    );
    let home = alice.get("/").text();
    assert_eq!(home.matches("app=docs\"").count(), 1, "a rejected app is listed once: {home}");
    let again = owner.post(&reject, &[]);
    assert!(again.status == 409 && again.text().contains("already rejected by owner@example.com"), "{again:?}");

    ask(&alice, "docs", "please");
    let second = number(&world, "docs");
    assert_eq!(owner.post(&format!("/admin/requests/{second}/reject"), &[]).status, 303, "a second rejection");
    ask(&alice, "docs", "pretty please");
    assert_eq!(entry(&world, &alice, "docs"), (403, None));
    let third = number(&world, "docs");
    let form = [("role", "editor"), ("until", "2999-12-31")];
    let done = owner.post(&format!("/admin/requests/{third}/approve"), &form);
    assert_eq!(done.status, 303, "{done:?}");
    assert_eq!(entry(&world, &alice, "docs"), (200, Some("editor".into())));
    assert!(owner.get(done.location()).text().contains("may enter"));
    let mail = world.wait_for_mail(ALICE, 3);
    assert!(mail.contains("granted access") && mail.contains("editor") && mail.contains("3000-01-01"), "{mail}");
    let entered = alice.get("/request-access?app=docs").text();
    assert!(entered.contains(&format!("href=\"{}\">Go on", world.docs_url())), "{entered}");
    let decided = owner.get("/admin/requests?state=decided").text();
    assert!(decided.contains("approved") && decided.contains("rejected") && decided.contains("Not&lt;/i&gt; yet."));
    assert!(decided.contains(">editor</span> until ") && decided.contains("3000-01-01"), "{decided}");
    let rows = audit(&world, "docs").into_iter().skip(2).collect::<Vec<_>>();
    let expected = [
        (ALICE, "access_requested"),
        (OWNER, "access_request_rejected"),
        (ALICE, "access_requested"),
        (OWNER, "access_request_rejected"),
        (ALICE, "access_requested"),
        (OWNER, "grant_given"),
        (OWNER, "access_request_approved"),
    ];
    assert_eq!(rows, expected.map(|(actor, action)| (actor.to_owned(), action.to_owned())));
}

#[test]
fn requests_are_decided_at_the_command_line_and_a_grant_made_meanwhile_settles_them() {
    let world = world();
    let alice = signed_in(&world, ALICE);
    ask(&alice, "docs", "one\ntwo");
    let table = world.gk(&["requests", "list"]).done();
    assert!(table.contains("one two") && table.contains("pending"), "{table}");
    let id = number(&world, "docs");
    assert!(world.gk(&["requests", "approve", "--id", &id, "--role", "boss"]).refused(2).contains("viewer, editor"));
    assert!(
        world
            .gk(&["requests", "approve", "--id", &id, "--expires", "2020-01-01T00:00:00Z"])
            .refused(2)
            .contains("later")
    );
    assert!(world.gk(&["requests", "reject", "--id", "999"]).refused(1).contains("no request"));
    world.gk(&["requests", "reject", "--id", &id, "--reason", "no"]).done();
    assert!(world.gk(&["requests", "reject", "--id", &id]).refused(1).contains("already rejected"));
    assert_eq!(listed(&world, &["--state", "rejected"])[0]["reason"], "no");

    ask(&alice, "docs", "");
    world.gk(&["apps", "grant", "--slug", "docs", "--email", ALICE, "--role", "owner"]).done();
    assert_eq!(newest(&world, "docs")["state"], "approved");
    let id = number(&world, "docs");
    assert!(
        world.gk(&["requests", "approve", "--id", &id, "--role", "viewer"]).refused(1).contains("already approved")
    );
    assert_eq!(entry(&world, &alice, "docs"), (200, Some("owner".into())));
    assert_eq!(ask(&alice, "docs", "").status, 409, "whoever enters needs no request");

    ask(&alice, "wiki", "");
    world.gk(&["requests", "approve", "--id", &number(&world, "wiki"), "--role", "viewer"]).done();
    assert_eq!((&newest(&world, "wiki")["role"], &newest(&world, "docs")["role"]), (&json!("viewer"), &json!("owner")));
    let table = world.gk(&["requests", "list"]).done();
    assert!(table.contains("Role") && table.contains("Until") && table.contains("viewer"), "{table}");
    assert_eq!(entry(&world, &alice, "wiki"), (200, Some("viewer".into())));
    assert!(listed(&world, &["--state", "pending"]).is_empty());
    world.wait_for_mail(ALICE, 3);
}

#[test]
fn only_those_who_administer_the_app_see_and_decide() {
    let world = world();
    let (alice, owner) = (signed_in(&world, ALICE), signed_in(&world, OWNER));
    ask(&alice, "docs", "for docs");
    ask(&alice, "wiki", "for wiki");
    let (docs, wiki) = (number(&world, "docs"), number(&world, "wiki"));
    let seen = owner.get("/admin/requests").text();
    assert!(seen.contains("for docs") && !seen.contains("for wiki"), "{seen}");
    assert!(owner.get("/admin").text().contains("request for access"));
    for path in ["/admin/people", "/admin/requests?app=wiki", "/admin/requests?app=nothing"] {
        assert_eq!(owner.get(path).status, 403, "{path}");
    }
    world.gk(&["users", "add", "--email", "pending@elsewhere.example"]).done();
    let pending = signed_in(&world, "pending@elsewhere.example");
    for path in ["/admin", "/admin/requests", "/admin/people"] {
        for visitor in [&alice, &pending] {
            assert_eq!(visitor.get(path).status, 403, "{path}");
        }
        assert_eq!(world.visitor().get(path).location(), format!("/signin?redirect={path}"));
    }
    for (visitor, id) in [(&owner, &wiki), (&alice, &docs), (&pending, &docs), (&owner, &"999".to_owned())] {
        for verb in ["approve", "reject"] {
            let answer = visitor.post(&format!("/admin/requests/{id}/{verb}"), &[("role", "viewer")]);
            assert_eq!(answer.status, 403, "{verb} {id}: {answer:?}");
        }
    }
    assert_eq!(owner.get("/admin/requests?page=x&done=y").status, 200, "an odd address is the first page");
    assert_eq!(owner.post("/admin/requests/x/approve", &[]).status, 404);
    assert_eq!(ask(&pending, "docs", "").status, 403);
    assert!(pending.get("/request-access?app=docs").text().contains("Your account waits"));
    assert!(!alice.get("/").text().contains("href=\"/admin\"") && owner.get("/").text().contains("href=\"/admin\""));
    assert_eq!(listed(&world, &["--state", "pending"]).len(), 2, "nothing was decided");
}

#[test]
fn an_app_admin_for_a_while_stays_one_only_for_that_while() {
    let world = world();
    let (alice, bob) = (signed_in(&world, ALICE), "bob@example.com");
    world.person(bob);
    for asker in [&alice, &signed_in(&world, bob)] {
        assert_eq!(ask(asker, "docs", "").status, 303);
    }
    world.gk(&["groups", "add", "--name", "deputies"]).done();
    world.gk(&["groups", "join", "--name", "deputies", "--user", ALICE]).done();
    let deputies = ["apps", "grant", "--slug", "docs", "--group", "deputies", "--role", "owner"];
    world.gk(&[&deputies[..], &["--expires-at", "2998-06-30T12:00:00Z"]].concat()).done();
    let of = |email: &str| {
        let all = listed(&world, &["--state", "pending"]);
        all.iter().find(|one| one["email"] == email).map(|one| one["id"].to_string()).expect("a request")
    };
    let decide =
        |id: &str, verb: &str, fields: &[(&str, &str)]| alice.post(&format!("/admin/requests/{id}/{verb}"), fields);
    for (verb, fields) in [("approve", &[("role", "owner")][..]), ("reject", &[])] {
        let refused = decide(&of(ALICE), verb, fields);
        assert!(refused.status == 409 && refused.text().contains("your own"), "{verb}: {refused:?}");
    }
    for until in ["", "2998-06-30"] {
        let refused = decide(&of(bob), "approve", &[("role", "owner"), ("until", until)]);
        assert!(refused.status == 422 && refused.text().contains("2998-06-30 12:00 UTC"), "{until}: {refused:?}");
    }
    assert_eq!(decide(&of(bob), "approve", &[("role", "owner"), ("until", "2998-06-29")]).status, 303);
    assert_eq!(listed(&world, &["--state", "pending"]).len(), 1);
}

#[test]
fn what_cannot_be_asked_is_refused_with_a_sentence_and_the_text_is_kept() {
    let world = world();
    let alice = signed_in(&world, ALICE);
    assert_eq!(ask(&alice, "docs", &"\u{fc}".repeat(500)).status, 303);
    let again = ask(&alice, "docs", "");
    assert!(again.status == 409 && again.text().contains("nobody has decided yet"), "{again:?}");
    for text in ["x".repeat(501), "x\u{1b}[2J".into(), "x\0y".into(), "x\u{202e}y".into()] {
        let refused = ask(&alice, "wiki", &text);
        assert!(refused.status == 422 && refused.text().contains("at most 500"), "{refused:?}");
    }
    assert!(ask(&alice, "wiki", &"y".repeat(501)).text().contains(&"y".repeat(501)), "what was written stays");
    assert_eq!(ask(&alice, "nothing", "").status, 404);
    assert_eq!(ask(&alice, "NOTHING", "").status, 400);
    assert!(alice.get("/request-access?app=nothing").text().contains("not known here"));
    for nameless in ["/request-access", "/request-access?redirect=/"] {
        assert!(alice.get(nameless).text().contains("No app was named"), "{nameless}");
    }
    let form = [("app", "docs"), ("redirect", "/")];
    assert_eq!(alice.post("/request-access/withdraw", &form).status, 303);
    assert_eq!(alice.post("/request-access/withdraw", &form).status, 409);
    assert_eq!(newest(&world, "docs")["state"], "withdrawn");
    assert!(alice.get("/").text().contains("Apps you can ask for"));
    let evil = alice.post("/request-access", &[("app", "docs"), ("redirect", "https://evil.example/")]);
    assert!(evil.location().starts_with("/request-access?app=docs"), "{evil:?}");
    assert!(!alice.get(evil.location()).text().contains("evil.example"));
    for _ in 0..2 {
        assert_eq!(alice.post("/request-access/withdraw", &form).status, 303);
        let last = ask(&alice, "docs", "");
        if last.status == 409 {
            let page = last.text();
            assert!(page.contains("you have asked for Engineering &lt;Docs&gt; 3 times today; ask again tomorrow."));
            assert!(!page.contains("<textarea") && !page.contains('`'), "{page}");
            return;
        }
    }
    panic!("a fourth request in a day was taken");
}

#[test]
fn an_administrator_whose_sign_in_is_old_is_sent_to_sign_in_and_nothing_changes() {
    let world = world();
    let (alice, owner, admin) = (signed_in(&world, ALICE), signed_in(&world, OWNER), signed_in(&world, ADMIN));
    world.gk(&["users", "add", "--email", "waits@elsewhere.example"]).done();
    ask(&alice, "docs", "");
    let waits = world.gk_json(&["users", "list", "--status", "pending"])["users"][0]["id"].to_string();
    let database = rusqlite::Connection::open(world.database()).unwrap();
    database.execute("UPDATE session SET created_at = created_at - 7200", []).unwrap();
    let id = number(&world, "docs");
    for (visitor, path, back) in [
        (&owner, format!("/admin/requests/{id}/approve"), "/admin/requests"),
        (&admin, format!("/admin/requests/{id}/reject"), "/admin/requests"),
        (&admin, format!("/admin/people/{waits}/approve"), "/admin/people"),
    ] {
        let answer = visitor.post(&path, &[("role", "viewer")]);
        assert_eq!(answer.status, 403, "{answer:?}");
        assert!(answer.text().contains(&format!("/signin/again?redirect={back}")), "{answer:?}");
        assert_eq!(visitor.get(back).status, 200, "looking is fine");
    }
    assert_eq!(newest(&world, "docs")["state"], "pending");
    assert_eq!(world.gk_json(&["users", "list", "--status", "pending"])["users"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_decision_comes_back_to_the_same_part_of_the_list_and_keeps_what_was_typed() {
    let world = world();
    let (alice, owner) = (signed_in(&world, ALICE), signed_in(&world, OWNER));
    ask(&alice, "docs", "");
    let id = number(&world, "docs");
    let list = owner.get("/admin/requests?app=docs&page=7").text();
    assert!(list.contains(&format!("/admin/requests/{id}/approve?app=docs\"")), "the last page there is: {list}");
    let refused =
        owner.post(&format!("/admin/requests/{id}/approve?app=docs"), &[("role", "editor"), ("until", "2020-01-01")]);
    assert_eq!((refused.status, refused.field("until")), (422, "2020-01-01".to_owned()), "{refused:?}");
    assert!(refused.text().contains("value=\"editor\" selected"), "{}", refused.text());
    let reason = "z".repeat(501);
    let refused = owner.post(&format!("/admin/requests/{id}/reject?app=docs"), &[("reason", &reason)]);
    assert!(refused.status == 422 && refused.text().contains(&reason), "{refused:?}");
    assert!(refused.text().contains("<details class=\"confirm\" open>"), "{}", refused.text());
    let done = owner.post(&format!("/admin/requests/{id}/reject?app=docs&page=3&done=1"), &[]);
    assert_eq!(done.location(), format!("/admin/requests?app=docs&page=3&done={id}"));
}

#[test]
fn people_who_wait_are_approved_and_rejected_in_the_console() {
    let world = world();
    let admin = signed_in(&world, ADMIN);
    assert!(admin.get("/admin/people").text().contains("Nobody waits"));
    for email in ["one@elsewhere.example", "two@elsewhere.example"] {
        world.gk(&["users", "add", "--email", email, "--name", "<b>Name</b>"]).done();
    }
    let page = admin.get("/admin/people").text();
    assert!(page.contains("&lt;b&gt;Name") && !page.contains("<b>Name"), "{page}");
    let ids = world.gk_json(&["users", "list", "--status", "pending"]);
    let id = |number: usize| ids["users"][number]["id"].to_string();
    let done = admin.post(&format!("/admin/people/{}/approve", id(0)), &[]);
    assert!(admin.get(done.location()).text().contains("is approved"), "{done:?}");
    let done = admin.post(&format!("/admin/people/{}/reject", id(1)), &[]);
    assert!(admin.get(done.location()).text().contains("is rejected"), "{done:?}");
    let page = admin.get("/admin/people").text();
    assert!(page.contains("Rejected lately") && page.contains("two@elsewhere.example"), "{page}");
    let done = admin.post(&format!("/admin/people/{}/approve", id(1)), &[]);
    let page = admin.get(done.location()).text();
    assert!(page.contains("is approved") && !page.contains("Rejected lately"), "a rejection is undone: {page}");
    let again = admin.post(&format!("/admin/people/{}/approve", id(0)), &[]);
    assert!(again.status == 409 && again.text().contains("already approved"), "{again:?}");
    assert_eq!(admin.post("/admin/people/999/approve", &[]).status, 404);
    world.wait_for_mail("one@elsewhere.example", 1);
}

#[test]
fn in_a_browser_somebody_asks_is_approved_in_the_console_and_enters() {
    let world = world();
    world.start_nginx();
    let (alice, admin) = (world.browser(), world.browser());
    for (browser, user) in [(&alice, ALICE), (&admin, ADMIN)] {
        let link = world.gk(&["login-link", "--user", user]).done();
        browser.goto(link.trim_end());
        browser.click("#confirm-signin");
        browser.wait_for_url("the home page", |url| url == format!("{}/", world.auth_url()));
    }
    alice.goto(&format!("{}/guide", world.docs_url()));
    alice.wait_for_url("the page to ask on", |url| url.contains("/request-access?app=docs"));
    alice.write("textarea[name=message]", "for the guide");
    alice.click("form[action=\"/request-access\"] button");
    assert!(alice.text_of(".notice").contains("Your request waits"));
    admin.click("a[href=\"/admin\"]");
    admin.click("a.figure[href=\"/admin/requests\"]");
    assert!(admin.text_of("blockquote").contains("for the guide"));
    admin.write("select[name=role]", "editor");
    admin.click("form[action$=\"/approve\"] button");
    assert!(admin.text_of(".notice.good").contains("may enter"));
    alice.goto(&format!("{}/guide", world.docs_url()));
    assert!(alice.text().contains("X-Auth-Role: editor"), "{}", alice.text());
}
