//! Signing in to apps that are not behind nginx: callback URLs, one-time codes, and the tokens apps keep.

mod programs;

use std::time::{Duration, Instant};

use serde_json::json;

use crate::one_time::code_in;
use crate::world::{ADMIN, Answer, INTERNAL, World, encode, unescaped};

const SEND: &str = "/api/v1/auth/send-magic-link";
const REDEEM: &str = "/api/v1/auth/verify-magic-link";

/// Two apps with callbacks, a person who may enter both, and a key for each.
struct Scene {
    world: World,
    wiki: String,
    shop: String,
}

const WIKI: &str = "https://wiki.example.net/auth/callback";
const SHOP: &str = "https://shop.example.net/cb?tenant=1";
const PERSON: &str = "alice@example.com";

impl Scene {
    #[track_caller]
    fn start() -> Self {
        Self::with(&[])
    }

    #[track_caller]
    fn with(settings: &[(&str, &str)]) -> Self {
        let world = World::with(settings);
        for (slug, callback) in [("wiki", WIKI), ("shop", SHOP)] {
            world.gk(&["apps", "add", "--slug", slug, "--name", &format!("The {slug}"), "--callback", callback]).done();
        }
        world.person(PERSON);
        for slug in ["wiki", "shop"] {
            world.gk(&["apps", "grant", "--slug", slug, "--email", PERSON]).done();
        }
        let key = |slug| world.key_of("read,mint", &["--app", slug]);
        let (wiki, shop) = (key("wiki"), key("shop"));
        Self { world, wiki, shop }
    }

    /// A visitor signed in as the person, and the answer to going on to an app.
    #[track_caller]
    fn go(&self, callback: &str, next: &str) -> Answer {
        let visitor = self.world.visitor();
        visitor.remember(&self.world.session(PERSON));
        visitor.post("/auth/login/go", &[("callback_url", callback), ("next", next)])
    }

    /// A fresh code for the wiki.
    #[track_caller]
    fn code(&self) -> String {
        token_of(self.go(WIKI, "/pages/1").location(), &format!("{WIKI}?"))
    }

    /// Lets time go by for some rows.
    #[track_caller]
    fn age(&self, sql: &str) {
        assert!(rusqlite::Connection::open(self.world.database()).unwrap().execute(sql, []).unwrap() > 0, "{sql}");
    }

    #[track_caller]
    fn redeem(&self, key: &str, code: &str) -> Answer {
        self.world.call(key, REDEEM, &json!({ "token": code }))
    }
}

/// The code in a callback URL, of which everything before it is known.
#[track_caller]
fn token_of(url: &str, before: &str) -> String {
    let token = url.strip_prefix(before).and_then(|rest| rest.strip_prefix("token="));
    let token = token.unwrap_or_else(|| panic!("{url} does not begin with {before}token="));
    assert_eq!(token.len(), 43, "{url}");
    token.to_owned()
}

fn login(callback: &str, next: &str) -> String {
    format!("/auth/login?app_name=%3Cb%3EEvil%3C/b%3E&callback_url={}&next={}", encode(callback), encode(next))
}

#[test]
fn from_the_app_to_sign_in_and_back_with_a_code_that_its_server_exchanges() {
    let scene = Scene::start();
    let world = &scene.world;
    let visitor = world.visitor();
    let page = visitor.get(&login(WIKI, "/pages/1?a=b&c=d"));
    assert_eq!(page.status, 200);
    let text = page.text();
    assert!(text.contains("Sign in to The wiki") && !text.contains("Evil"), "{text}");
    assert!(page.header("content-security-policy").unwrap().contains("form-action 'self' https://wiki.example.net"));
    let fields = [("identifier", PERSON), ("callback_url", WIKI), ("next", "/pages/1?a=b&c=d")];
    let asked = visitor.post("/auth/login", &fields);
    assert!(asked.status == 303 && asked.location().starts_with("/signin/sent?flow="), "{asked:?}");
    let link = world.mailed_path(PERSON, 1);
    let confirm = visitor.get(&link);
    assert!(confirm.text().contains("The wiki"), "{}", confirm.text());
    assert!(confirm.header("content-security-policy").unwrap().contains("https://wiki.example.net"));
    let done = visitor.post(&link, &[]);
    assert_eq!(done.status, 303);
    assert!(done.sets("gk_session").is_some(), "signed in here as well");
    let code = token_of(done.location(), &format!("{WIKI}?"));
    let told = scene.redeem(&scene.wiki, &code);
    assert_eq!((told.status, told.header("cache-control")), (200, Some("no-store")), "{told:?}");
    let told = told.json();
    assert_eq!((&told["email"], &told["redirect_url"]), (&json!(PERSON), &json!("/pages/1?a=b&c=d")));
    assert_eq!(told["groups"], json!(["standard"]));
    // The window that waited goes to the page with the button: a GET makes no code.
    let waited = visitor.get(asked.location());
    assert!(waited.status == 303 && waited.location().starts_with("/auth/login?callback_url="), "{waited:?}");
    let go_on = visitor.get(waited.location());
    assert!(go_on.text().contains("Go on to The wiki") && go_on.text().contains(PERSON), "{}", go_on.text());
    let another = format!("/signout?redirect={}", waited.location());
    assert!(unescaped(&go_on.text()).contains(&format!("action=\"{another}\"")), "{}", go_on.text());
    assert_eq!(world.visitor().post(&another, &[]).location(), waited.location());
    let again = visitor.post("/auth/login/go", &[("callback_url", SHOP), ("next", "")]);
    let code = token_of(again.location(), &format!("{SHOP}&"));
    assert_eq!(scene.redeem(&scene.shop, &code).json()["redirect_url"], "");
}

#[test]
fn somebody_who_waits_for_a_turn_to_write_keeps_nobody_from_looking() {
    let scene = Scene::start();
    let (one, other) = (scene.world.visitor_as("one@example.com"), scene.world.visitor_as("other@example.com"));
    assert_eq!(other.get("/").status, 200);
    let writer = rusqlite::Connection::open(scene.world.database()).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| one.post("/auth/login/go", &[("callback_url", WIKI), ("next", "")]).status);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(700) {
            let asked = Instant::now();
            assert_eq!(other.get("/").status, 200);
            assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        }
        assert!(!waits.is_finished(), "it waits for the writer");
        writer.execute_batch("COMMIT").unwrap();
        assert_eq!(waits.join().unwrap(), 303);
    });
}

#[test]
fn a_code_typed_in_the_waiting_window_leads_to_the_app_too() {
    let scene = Scene::start();
    let visitor = scene.world.visitor();
    let asked = visitor.post("/auth/login", &[("identifier", PERSON), ("callback_url", WIKI), ("next", "/")]);
    let flow = asked.location().rsplit('=').next().unwrap().to_owned();
    let code = code_in(&scene.world.wait_for_sign_in_mail(PERSON, 1));
    let done = visitor.post("/signin/sent", &[("flow", &flow), ("code", &code)]);
    let code = token_of(done.location(), &format!("{WIKI}?"));
    assert_eq!(scene.redeem(&scene.wiki, &code).status, 200);
}

#[test]
fn a_callback_url_that_is_not_registered_letter_for_letter_gets_no_page_no_mail_and_no_code() {
    let scene = Scene::start();
    let world = &scene.world;
    let there = world.visitor();
    there.remember(&world.session(PERSON));
    let minting = world.key_of("mint", &[]);
    let tricks = [
        "https://evil.example/",
        "https://wiki.example.net/auth/callback/",
        "https://wiki.example.net/auth/callback?x=1",
        "https://wiki.example.net/auth/callback#",
        "https://wiki.example.net/auth/callback ",
        "https://wiki.example.net/auth/Callback",
        "https://wiki.example.net/auth/%63allback",
        "https://wiki.example.net/auth/./callback",
        "https://wiki.example.net/auth/x/../callback",
        "https://wiki.example.net/auth",
        "HTTPS://wiki.example.net/auth/callback",
        "https://WIKI.example.net/auth/callback",
        "https://wiki.example.net./auth/callback",
        "https://wiki.example.net:443/auth/callback",
        "https://wiki.example.net.evil.example/auth/callback",
        "https://wiki.example.net@evil.example/auth/callback",
        "https://evil.example\\@wiki.example.net/auth/callback",
        "https://evil@wiki.example.net/auth/callback",
        "http://wiki.example.net/auth/callback",
        "//wiki.example.net/auth/callback",
        "https:wiki.example.net/auth/callback",
        "https://wiki.example.net/auth/callback\r\nX: y",
        "https://shop.example.net/cb?tenant=1&token=x",
        "https://shop.example.net/cb?tenant=2",
        "https://shop.example.net/cb",
        "javascript:alert(1)",
        "\"><script>alert(1)</script>",
        "/",
    ];
    for callback in tricks {
        for answer in [
            world.visitor().get(&login(callback, "/")),
            there.get(&login(callback, "/")),
            world.visitor().post("/auth/login", &[("identifier", PERSON), ("callback_url", callback)]),
            there.post("/auth/login/go", &[("callback_url", callback), ("next", "/")]),
        ] {
            assert_eq!((answer.status, answer.header("location")), (400, None), "{callback}: {answer:?}");
            assert!(!answer.text().contains("evil") && !answer.text().contains("<script>"), "{}", answer.text());
            assert!(answer.all("set-cookie").is_empty(), "{answer:?}");
        }
        let body = json!({ "identifier": PERSON, "callback_url": callback });
        assert_eq!(world.call(&minting, SEND, &body).status, 400, "{callback}");
    }
    // Said twice, neither counts.
    let twice = format!("/auth/login?callback_url={}&callback_url={}", encode(WIKI), encode("https://evil.example/"));
    assert_eq!(world.visitor().get(&twice).status, 400);
    world.visitor().ask_for_link(ADMIN, "");
    world.wait_for_mail(ADMIN, 1);
    assert!(world.sign_in_mails_to(PERSON).is_empty(), "no mail went out");
    // Two apps cannot share one, and what is taken away is gone at once.
    world.gk(&["apps", "update", "--slug", "shop", "--callback", WIKI]).refused(1);
    world.gk(&["apps", "update", "--slug", "wiki", "--callback", "http://wiki.example.net/cb"]).refused(2);
    let code = scene.code();
    world.gk(&["apps", "update", "--slug", "wiki", "--no-callbacks"]).done();
    assert_eq!(scene.go(WIKI, "/").status, 400);
    assert_eq!(scene.redeem(&scene.wiki, &code).status, 200, "a code on its way is not affected");
}

#[test]
fn asking_answers_everybody_the_same() {
    let scene = Scene::start();
    let world = &scene.world;
    let shape = |who: &str| {
        let visitor = world.visitor();
        let answer = visitor.post("/auth/login", &[("identifier", who), ("callback_url", WIKI), ("next", "/")]);
        let flow = answer.location().rsplit('=').next().unwrap().to_owned();
        (answer.status, answer.location().replace(&flow, ""), visitor.get(answer.location()).text().replace(&flow, ""))
    };
    let known = shape(PERSON);
    for who in ["unknown@example.com", "", "not a name", ADMIN] {
        assert_eq!(shape(who), known, "{who}");
    }
    world.wait_for_sign_in_mail(PERSON, 1);
}

#[test]
fn without_a_callback_it_is_our_own_sign_in() {
    let world = World::start();
    let answer = world.visitor().get("/auth/login?next=/settings");
    assert_eq!((answer.status, answer.location()), (303, "/signin?redirect=/settings"));
    let answer = world.visitor().get(&format!("/auth/login?next={}", encode("https://evil.example/")));
    assert_eq!(answer.location(), "/signin?redirect=/");
    let visitor = world.visitor();
    assert_eq!(visitor.post("/auth/login", &[("identifier", ADMIN), ("next", "/")]).status, 303);
    let path = world.mailed_path(ADMIN, 1);
    let old = format!("/auth/verify?token={}", path.rsplit('/').next().unwrap());
    assert_eq!(visitor.get(&old).location(), path, "links as they were before lead to those of now");
    assert_eq!(visitor.get("/auth/verify?token=x/../y").status, 410);
    assert_eq!(visitor.post(&path, &[]).status, 303);
    assert_eq!(visitor.post("/auth/logout", &[]).location(), "/signin");
    assert_eq!(visitor.session(), None);
}

#[test]
fn a_code_works_once_for_its_own_app_while_its_person_may_enter() {
    let scene = Scene::start();
    let world = &scene.world;
    let code = scene.code();
    assert_eq!(scene.redeem(&scene.shop, &code).status, 401, "another app's key");
    let unbound = world.key_of("mint", &[]);
    assert_eq!(scene.redeem(&unbound, &code).status, 400, "a key for all apps has to name one");
    assert_eq!(world.call(&unbound, REDEEM, &json!({ "token": code, "app": "shop" })).status, 401);
    assert_eq!(world.call(&scene.wiki, REDEEM, &json!({ "token": code, "app": "shop" })).status, 403);
    let reading = world.key_of("read", &["--app", "wiki"]);
    assert_eq!(scene.redeem(&reading, &code).status, 403, "a key that may not sign people in");
    let answers = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..50).map(|_| scope.spawn(|| scene.redeem(&scene.wiki, &code).status)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(answers.iter().filter(|&&status| status == 200).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| [200, 401].contains(status)), "{answers:?}");
    let code = scene.code();
    assert_eq!(world.call(&unbound, REDEEM, &json!({ "token": code, "app": "wiki" })).status, 200);
    for wrong in ["", "x", &"A".repeat(43), &"A".repeat(5000)] {
        assert_eq!(scene.redeem(&scene.wiki, wrong).status, 401);
    }
    let code = scene.code();
    scene.age("UPDATE app_code SET expires_at = expires_at - 300 WHERE used_at IS NULL");
    assert_eq!(scene.redeem(&scene.wiki, &code).status, 401, "after five minutes");
    let talk = world.admin_talk();
    assert!(!talk.contains(&code) && !talk.contains(&scene.wiki), "secrets are in no log: {talk}");
    // What ends a person's sessions ends the codes on their way, and so does what ends their access.
    let ends: [(&[&str], &[&str]); 3] = [
        (&["sessions", "revoke", "--user", PERSON], &["users", "list"]),
        (&["users", "update", "--user", PERSON, "--disable"], &["users", "update", "--user", PERSON, "--enable"]),
        (
            &["apps", "revoke", "--slug", "wiki", "--email", PERSON],
            &["apps", "grant", "--slug", "wiki", "--email", PERSON],
        ),
    ];
    for (end, undo) in ends {
        let code = scene.code();
        world.gk(end).done();
        assert_eq!(scene.redeem(&scene.wiki, &code).status, 401, "{end:?}");
        world.gk(undo).done();
    }
}

#[test]
fn a_hundred_and_twenty_codes_in_a_quarter_of_an_hour_are_enough_for_one_person() {
    let scene = Scene::start();
    scene.code();
    scene.age(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 119)
         INSERT INTO app_code (code_hash, app_id, user_id, return_to, created_at, expires_at)
         SELECT randomblob(32), app_id, user_id, '', created_at, expires_at FROM n, app_code",
    );
    let refused = scene.go(WIKI, "/");
    assert_eq!((refused.status, refused.header("location")), (409, None), "{refused:?}");
    assert!(refused.text().contains("You went on to apps too often"), "{}", refused.text());
    scene.age("UPDATE app_code SET created_at = created_at - 900");
    scene.code();
}

#[test]
fn who_may_not_enter_gets_no_code_but_the_way_to_ask_for_access() {
    let scene = Scene::start();
    scene.world.gk(&["apps", "revoke", "--slug", "wiki", "--email", PERSON]).done();
    let answer = scene.go(WIKI, "/");
    assert!(answer.location().starts_with("/request-access?app=wiki&redirect=/auth/login?"), "{answer:?}");
    let stranger = scene.world.visitor().post("/auth/login/go", &[("callback_url", WIKI)]);
    assert!(stranger.location().starts_with("/signin"), "{stranger:?}");
    // Somebody internal needs no grant, and is made at the first sign-in.
    let visitor = scene.world.visitor();
    let email = format!("new@{INTERNAL}");
    visitor.post("/auth/login", &[("identifier", &email), ("callback_url", WIKI), ("next", "/")]);
    let done = visitor.post(&scene.world.mailed_path(&email, 1), &[]);
    let code = token_of(done.location(), &format!("{WIKI}?"));
    assert_eq!(scene.redeem(&scene.wiki, &code).json()["email"], email);
}
