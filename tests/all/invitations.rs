//! Invitations: a link that lets people in, as often as it says and no further.

use rusqlite::Connection;
use serde_json::Value;

use crate::world::{ADMIN, INTERNAL, Visitor, World, path_in};

const OUTSIDER: &str = "outsider@elsewhere.example";

/// Makes an invitation; gives the path of its link and its number.
#[track_caller]
fn invite(world: &World, arguments: &[&str]) -> (String, i64) {
    let made = world.gk_json(&[&["invitations", "add"], arguments].concat());
    let link = made["link"].as_str().expect("the link is shown").to_owned();
    (link.strip_prefix(&world.auth_url()).unwrap().to_owned(), made["id"].as_i64().expect("it has a number"))
}

/// The invitation of this number as the list shows it.
fn listed(world: &World, id: i64) -> Value {
    let list = world.gk_json(&["invitations", "list"]);
    list["invitations"].as_array().unwrap().iter().find(|one| one["id"] == id).cloned().unwrap()
}

fn status_of(world: &World, email: &str) -> Option<String> {
    let users = world.gk_json(&["users", "list"]);
    let user = users["users"].as_array().unwrap().iter().find(|user| user["email"] == email).cloned()?;
    Some(user["status"].as_str()?.to_owned())
}

/// Accepts an invitation and gives the path of the sign-in link that was mailed for it.
#[track_caller]
fn accepts(world: &World, visitor: &Visitor<'_>, path: &str, email: &str) -> String {
    let count = world.sign_in_mails_to(email).len() + 1;
    let answer = visitor.post(path, &[("email", email)]);
    assert!(answer.status == 303 && answer.location().starts_with("/signin/sent?flow="), "{answer:?}");
    world.mailed_path(email, count)
}

#[test]
fn an_invitation_lets_somebody_from_outside_in_once_although_registration_is_closed() {
    let world = World::with(&[("AUTH_SELF_REGISTRATION", "false")]);
    world.registered("docs");
    world.gk(&["groups", "add", "--name", "students"]).done();
    let (path, id) = invite(&world, &["--app", "docs=reader", "--group", "students", "--note", "Welcome\nall <b>"]);
    let visitor = world.visitor();
    for _ in 0..20 {
        let page = visitor.get(&path);
        assert_eq!((page.status, visitor.head(&path).status), (200, 200), "{page:?}");
        assert!(page.text().contains("docs") && page.text().contains("all &lt;b&gt;"), "{}", page.text());
    }
    let page = visitor.get(&path).text();
    assert!(page.contains("to be in the group <strong>students</strong>, and to enter:"), "{page}");
    let link = accepts(&world, &visitor, &path, OUTSIDER);
    assert_eq!(status_of(&world, OUTSIDER), None, "asking makes no account");
    let window = visitor.post(&path, &[("email", "nobody@elsewhere.example")]);
    let waits = visitor.get(window.location()).text();
    assert!(waits.contains("open the invitation again") && !waits.contains("If there is an account"), "{waits}");
    assert_eq!(world.visitor().post(&link, &[]).status, 403, "another browser cannot use it");
    assert_eq!(visitor.post(&link, &[]).status, 303);
    assert_eq!(status_of(&world, OUTSIDER).as_deref(), Some("approved"));
    let decided = world.validate(visitor.session().as_deref(), Some("docs"));
    assert_eq!((decided.status, decided.header("x-auth-role")), (200, Some("reader")), "{decided:?}");
    let students = world.gk_json(&["groups", "list"]);
    let students = students["groups"].as_array().unwrap().iter().find(|group| group["name"] == "students").cloned();
    assert_eq!(students.unwrap()["members"], 1);
    assert_eq!((&listed(&world, id)["used"], &listed(&world, id)["state"]), (&1.into(), &"used up".into()));
    let late = world.visitor();
    for answer in [late.get(&path), late.post(&path, &[("email", "late@elsewhere.example")])] {
        assert_eq!(answer.status, 410, "{answer:?}");
        assert!(answer.text().contains("no longer works"));
        assert!(answer.text().contains("<a class=\"button\" href=\"/signin\">Sign in</a>"), "{answer:?}");
    }
    let token = path.rsplit('/').next().unwrap();
    assert!(!world.admin_talk().contains(token), "the link is in the log");
    let database = Connection::open(world.database()).unwrap();
    let audited = "SELECT count(*) FROM audit WHERE action IN ('invitation_created', 'invitation_used')";
    assert_eq!(database.query_row(audited, [], |row| row.get::<_, i64>(0)).unwrap(), 2);
}

#[test]
fn twenty_people_at_once_get_in_no_oftener_than_the_invitation_says() {
    let world = World::with(&[("AUTH_SELF_REGISTRATION", "false")]);
    let (path, id) = invite(&world, &["--uses", "7"]);
    let people = (0..20).map(|number| (world.visitor(), format!("p{number}@elsewhere.example"))).collect::<Vec<_>>();
    let links = people.iter().map(|(visitor, email)| accepts(&world, visitor, &path, email)).collect::<Vec<_>>();
    let statuses = std::thread::scope(|scope| {
        let pairs = people.iter().zip(&links);
        let posts = pairs.map(|((visitor, _), link)| scope.spawn(|| visitor.post(link, &[]).status));
        let posts = posts.collect::<Vec<_>>();
        posts.into_iter().map(|post| post.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 7, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 410).count(), 13, "{statuses:?}");
    assert_eq!(people.iter().filter(|(_, email)| status_of(&world, email).is_some()).count(), 7);
    assert_eq!(listed(&world, id)["used"], 7);
}

#[test]
fn an_invitation_for_one_address_is_mailed_there_and_serves_nobody_else() {
    let world = World::with(&[("AUTH_SELF_REGISTRATION", "false")]);
    let (path, id) = invite(&world, &["--email", "Guest@Elsewhere.example"]);
    let guest = "guest@elsewhere.example";
    assert_eq!(path_in(&world, &world.wait_for_mail(guest, 1)), path);
    let page = world.visitor().get(&path).text();
    assert!(page.contains(guest) && !page.contains("name=\"email\""), "{page}");
    let thief = world.visitor();
    thief.post(&path, &[("email", "thief@elsewhere.example")]);
    let link = world.mailed_path(guest, 1);
    assert_eq!(world.letters_to("thief@elsewhere.example"), 0, "the mail goes to whom it is for");
    assert_eq!(thief.post(&link, &[]).status, 303, "with the guest's own mail");
    assert_eq!(status_of(&world, guest).as_deref(), Some("approved"));

    // Withdrawn between asking and using: nobody comes in.
    let (path, second) = invite(&world, &[]);
    let visitor = world.visitor();
    let link = accepts(&world, &visitor, &path, OUTSIDER);
    assert!(world.gk(&["invitations", "withdraw", "--id", &second.to_string()]).done().contains("Withdrew"));
    assert_eq!((visitor.post(&link, &[]).status, visitor.get(&path).status), (410, 410));
    assert_eq!(status_of(&world, OUTSIDER), None);
    world.gk(&["invitations", "withdraw", "--id", &second.to_string()]).refused(1);
    world.gk(&["invitations", "withdraw", "--id", "999"]).refused(1);

    let (path, third) = invite(&world, &[]);
    let database = Connection::open(world.database()).unwrap();
    database.execute("UPDATE invitation SET expires_at = created_at WHERE id = ?1", [&third]).unwrap();
    assert_eq!(world.visitor().get(&path).status, 410);
    assert_eq!(listed(&world, third)["state"], "expired");
    assert_eq!(listed(&world, id)["used"], 1);
}

#[test]
fn those_who_have_an_account_gain_what_they_lack_and_lose_nothing() {
    let world = World::start();
    for slug in ["docs", "wiki"] {
        world.gk(&["apps", "add", "--slug", slug, "--name", slug, "--roles", "reader,editor,owner"]).done();
    }
    let (alice, inside) = ("alice@example.com", format!("inside@{INTERNAL}"));
    world.person(alice);
    world.gk(&["apps", "grant", "--slug", "docs", "--email", alice, "--role", "owner"]).done();
    world.gk(&["groups", "add", "--name", "editors"]).done();
    world.gk(&["groups", "join", "--name", "editors", "--user", alice]).done();
    world.gk(&["apps", "grant", "--slug", "wiki", "--group", "editors", "--role", "editor"]).done();
    let (path, id) =
        invite(&world, &["--uses", "9", "--app", "docs=editor", "--app", "wiki=reader", "--group", "editors"]);
    let visitor = world.visitor();
    let role = |visitor: &Visitor<'_>, slug: &str| {
        let decided = world.validate(visitor.session().as_deref(), Some(slug));
        (decided.status, decided.header("x-auth-role").map(str::to_owned))
    };
    let link = accepts(&world, &visitor, &path, alice);
    assert_eq!(visitor.post(&link, &[]).status, 303);
    assert_eq!(role(&visitor, "docs"), (200, Some("owner".into())), "a stronger role stays");
    assert_eq!(role(&visitor, "wiki"), (200, Some("editor".into())), "an own grant must not hide the group's");
    assert_eq!(listed(&world, id)["used"], 0, "who gained nothing has used nothing");

    // A weaker one becomes stronger.
    world.gk(&["apps", "grant", "--slug", "docs", "--email", alice, "--role", "reader"]).done();
    let link = accepts(&world, &visitor, &path, alice);
    assert_eq!(visitor.post(&link, &[]).status, 303);
    assert_eq!(role(&visitor, "docs"), (200, Some("editor".into())));
    assert_eq!(listed(&world, id)["used"], 1);

    world.gk(&["users", "add", "--email", OUTSIDER]).done();
    let pending = world.visitor();
    let link = accepts(&world, &pending, &path, OUTSIDER);
    assert_eq!(pending.post(&link, &[]).status, 303);
    assert_eq!(status_of(&world, OUTSIDER).as_deref(), Some("approved"), "somebody who waited");
    assert_eq!(role(&pending, "wiki"), (200, Some("editor".into())));

    world.person(&inside);
    world.gk(&["users", "reject", "--user", &inside]).done();
    let rejected = world.visitor();
    assert_eq!(rejected.post(&path, &[("email", &inside)]).status, 303, "the same answer");
    let other = world.visitor();
    accepts(&world, &other, &path, "last@elsewhere.example");
    assert!(world.letters_to(&inside) == 0 && status_of(&world, &inside).as_deref() == Some("rejected"));
}

#[test]
fn what_an_invitation_may_not_be_is_refused_with_a_sentence() {
    let world = World::bare(&[]);
    world.gk(&["apps", "add", "--slug", "docs", "--name", "Docs", "--roles", "reader"]).done();
    let refused = |code: i32, arguments: &[&str]| {
        world.gk(&[&["invitations", "add"], arguments].concat()).refused(code);
    };
    refused(1, &["--group", "admin"]);
    refused(1, &["--group", "standard"]);
    refused(1, &["--group", "nobody"]);
    refused(1, &["--app", "nowhere"]);
    refused(2, &["--app", "docs=owner"]);
    refused(2, &["--app", "Docs"]);
    refused(2, &["--uses", "0"]);
    refused(2, &["--uses", "1001"]);
    refused(2, &["--days", "91"]);
    refused(2, &["--expires", "2020-01-01T00:00:00Z"]);
    refused(2, &["--email", "no address"]);
    refused(2, &["--email", OUTSIDER, "--uses", "5"]);
    refused(2, &["--note", &"x".repeat(501)]);
    refused(2, &["--note", "from \u{202e}us"]);
    world.gk(&["apps", "add", "--slug", "other", "--name", "D\u{200b}ocs"]).refused(2);
    world.gk(&["apps", "add", "--slug", "other", "--name", "Other", "--description", "\u{feff}"]).refused(2);
    let database = Connection::open(world.database()).unwrap();
    let count: i64 = database.query_row("SELECT count(*) FROM invitation", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 0);
    assert!(world.gk(&["invitations", "list"]).done().starts_with("Number"));
    world.gk(&["invitations", "add", "--uses", "1000", "--days", "90"]).done();
}

#[test]
fn whoever_takes_the_name_of_an_inviter_who_left_invites_nobody() {
    let world = World::start();
    let boss = "boss@example.com";
    let admin = world.visitor_as(boss);
    world.gk(&["groups", "join", "--name", "admin", "--user", boss]).done();
    let form = [("email", ""), ("uses", "2"), ("days", "7"), ("note", "")];
    let page = admin.post("/admin/invitations", &form).text();
    let link = page.split_once("id=\"invitation-link\"").and_then(|(_, rest)| rest.split(['>', '<']).nth(1)).unwrap();
    let path = link.strip_prefix(&world.auth_url()).expect("the link is shown");
    let by = || world.visitor().get(path).text().split_once(" invites you").expect("who invites").0.to_owned();
    assert!(by().contains(boss), "{}", by());
    world.gk(&["users", "remove", "--user", boss, "--yes"]).done();
    assert!(!by().contains(boss), "{}", by());
    world.gk(&["users", "add", "--email", boss, "--approved"]).done();
    assert!(!by().contains(boss), "somebody else by now: {}", by());
}

#[test]
fn administrators_invite_in_the_console_and_nobody_else() {
    let world = World::start();
    world.gk(&["apps", "add", "--slug", "docs", "--name", "The Docs", "--roles", "reader,editor"]).done();
    world.gk(&["groups", "add", "--name", "students"]).done();
    let form =
        [("email", ""), ("uses", "2"), ("days", "7"), ("group", "students"), ("app", "docs=editor"), ("note", "Hello")];
    let alice = world.visitor_as("alice@example.com");
    assert_eq!((alice.get("/admin/invitations").status, alice.post("/admin/invitations", &form).status), (403, 403));
    let admin = world.visitor_as(ADMIN);
    assert!(admin.get("/admin/invitations").text().contains("Nobody is invited"));
    let made = admin.post("/admin/invitations", &form);
    let page = made.text();
    let link = page.split_once("id=\"invitation-link\"").and_then(|(_, rest)| rest.split(['>', '<']).nth(1)).unwrap();
    let path = link.strip_prefix(&world.auth_url()).expect("the link is shown");
    let shown = admin.get("/admin/invitations").text();
    assert!(!shown.contains(path) && shown.contains("students") && shown.contains("The Docs"), "{shown}");
    let visitor = world.visitor();
    assert!(visitor.get(path).text().contains("Hello"));
    let link = accepts(&world, &visitor, path, OUTSIDER);
    assert_eq!(visitor.post(&link, &[]).status, 303);
    let decided = world.validate(visitor.session().as_deref(), Some("docs"));
    assert_eq!((decided.status, decided.header("x-auth-role")), (200, Some("editor")));
    for (name, value) in [
        ("group", "admin"),
        ("uses", "0"),
        ("days", "1000"),
        ("app", "docs=owner"),
        ("email", "none"),
        ("email", OUTSIDER),
    ] {
        let fields = form.iter().map(|field| if field.0 == name { (name, value) } else { *field }).collect::<Vec<_>>();
        let refused = admin.post("/admin/invitations", &fields);
        assert!(
            matches!(refused.status, 409 | 422) && refused.text().contains("Nothing was done"),
            "{name}: {refused:?}"
        );
        let again = refused.text();
        assert!(
            again.contains("maxlength=\"500\" aria-describedby=\"note-hint\">Hello<"),
            "what was typed stays: {again}"
        );
        assert!(name == "app" || again.contains("<option value=\"docs=editor\" selected>"), "{again}");
    }
    assert_eq!(alice.post("/admin/invitations/1/withdraw", &[]).status, 403);
    assert_eq!(admin.post("/admin/invitations/1/withdraw", &[]).location(), "/admin/invitations?withdrawn=1");
    assert_eq!(visitor.get(path).status, 410);
    let database = Connection::open(world.database()).unwrap();
    database.execute("UPDATE session SET created_at = created_at - 86400", []).unwrap();
    let stale = admin.post("/admin/invitations", &form);
    assert_eq!(stale.status, 403);
    assert!(stale.text().contains("/signin/again?redirect=/admin/invitations"), "{}", stale.text());
    assert_eq!(admin.get("/admin/invitations").status, 200, "looking needs no new sign-in");
}

#[test]
fn the_pages_of_invitations_fit_a_phone_in_either_colour_scheme() {
    let world = World::start();
    world.start_nginx();
    world.gk(&["apps", "add", "--slug", "docs", "--name", "The Docs", "--roles", "reader,editor"]).done();
    world.gk(&["apps", "add", "--slug", "wiki", "--name", "Wiki"]).done();
    world.gk(&["groups", "add", "--name", "students"]).done();
    let (path, _) =
        invite(&world, &["--uses", "30", "--app", "docs=editor", "--app", "wiki", "--note", "See you\non Monday"]);
    invite(
        &world,
        &["--email", "a.very.long.address.of.somebody@a-department.elsewhere.example", "--group", "students"],
    );
    let browser = world.browser();
    browser.goto(world.gk(&["login-link", "--user", ADMIN]).done().trim());
    browser.click("#confirm-signin");
    for (number, page) in [path.as_str(), "/admin/invitations"].iter().enumerate() {
        for (width, scheme) in [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")] {
            browser.looks(width, scheme);
            browser.goto(&format!("{}{page}", world.auth_url()));
            assert!(browser.overflow() <= 0, "{page} is too wide for {width}");
            browser.picture(&format!("invitations{number}-{width}-{scheme}"));
        }
    }
    browser.looks(1280, "light");
    browser.click("#app-docs option[value=\"docs=reader\"]");
    browser.click("form.invite button");
    assert!(browser.text_of("#invitation-link").contains("/invitation/"));
    browser.picture("invitations-made");
}
