//! What apps' own servers ask: mails, tokens, people.

use serde_json::{Value, json};

use super::{PERSON, SEND, SHOP, Scene, WIKI, token_of};
use crate::one_time::code_in;
use crate::world::{ADMIN, Visitor, programs, wait_until};

const CREATE: &str = "/api/v1/auth/create-token";
const VERIFY: &str = "/api/v1/auth/verify-token";
const RESOLVE: &str = "/api/v1/auth/resolve";

#[test]
fn a_server_asks_for_the_mail_and_any_browser_with_the_code_goes_on() {
    let scene = Scene::start();
    let world = &scene.world;
    let ask = |key: &str, who: &str| {
        let body = json!({ "identifier": who, "callback_url": WIKI, "redirect_url": "/pages/2", "app_name": "<b>x" });
        world.call(key, SEND, &body)
    };
    assert_eq!(ask(&scene.wiki, PERSON).json(), json!({ "status": "sent", "email": PERSON }));
    let mail = world.wait_for_sign_in_mail(PERSON, 1);
    assert!(mail.contains("The wiki") && !mail.contains("<b>x"), "{mail}");
    let (path, code) = (world.mailed_path(PERSON, 1), code_in(&mail));
    for _ in 0..20 {
        let (seen, headed) = (world.visitor().get(&path), world.visitor().head(&path));
        assert_eq!((seen.status, headed.status), (200, 200));
        assert!(seen.text().contains("Sign in to The wiki") && !seen.text().contains(&code), "{}", seen.text());
    }
    let browser = world.visitor();
    for _ in 0..6 {
        assert_eq!(browser.post(&path, &[]).status, 422, "without the code, which spends no try");
    }
    assert_eq!(browser.post(&path, &[("code", "2222-2222")]).status, 422);
    let done = browser.post(&path, &[("code", &code)]);
    assert_eq!((done.status, done.sets("gk_session")), (303, None), "{done:?}");
    let token = token_of(done.location(), &format!("{WIKI}?"));
    assert_eq!(scene.redeem(&scene.wiki, &token).json()["redirect_url"], "/pages/2");
    assert_eq!(browser.post(&path, &[("code", &code)]).status, 410);
    // Five wrong codes end it.
    ask(&scene.wiki, PERSON);
    let (path, code) = (world.mailed_path(PERSON, 2), code_in(&world.wait_for_sign_in_mail(PERSON, 2)));
    let tries = (0..5).map(|_| browser.post(&path, &[("code", "2222-2222")]).status).collect::<Vec<_>>();
    assert_eq!(tries, [422, 422, 422, 422, 410]);
    assert_eq!(browser.post(&path, &[("code", &code)]).status, 410);
    // After ten minutes the code is too old, and with it the link.
    ask(&scene.wiki, PERSON);
    let (path, code) = (world.mailed_path(PERSON, 3), code_in(&world.wait_for_sign_in_mail(PERSON, 3)));
    scene.age("UPDATE challenge SET created_at = created_at - 600");
    assert_eq!((browser.get(&path).status, browser.post(&path, &[("code", &code)]).status), (410, 410));
    scene.age("DELETE FROM signin_attempt");
    // What ends a person's sessions ends sign-ins that were begun.
    for (count, end) in
        [(4, ["sessions", "revoke", "--user", PERSON].as_slice()), (5, &["users", "reject", "--user", PERSON])]
    {
        ask(&scene.wiki, PERSON);
        let (path, code) = (world.mailed_path(PERSON, count), code_in(&world.wait_for_sign_in_mail(PERSON, count)));
        world.gk(end).done();
        assert_eq!(browser.post(&path, &[("code", &code)]).status, 410, "{end:?}");
    }
    world.gk(&["users", "approve", "--user", PERSON]).done();
    // Over the limit the answer is the same and no mail goes out; and nobody unknown is written to.
    ask(&scene.wiki, PERSON);
    world.wait_for_sign_in_mail(PERSON, 6);
    assert_eq!(ask(&scene.wiki, PERSON).status, 200);
    assert_eq!(ask(&scene.wiki, "nobody@example.com").status, 404);
    world.person("other@example.com");
    assert_eq!(ask(&scene.wiki, "other@example.com").status, 404, "somebody who may not enter");
    assert_eq!(ask(&scene.shop, PERSON).status, 403, "another app's callback");
    assert_eq!(ask(&world.key_of("read,write", &[]), PERSON).status, 403);
    assert_eq!(ask(&scene.wiki, ADMIN).status, 200);
    world.wait_for_mail(ADMIN, 1);
    assert_eq!(world.sign_in_mails_to(PERSON).len(), 6);
}

#[test]
fn a_browser_that_is_new_to_whoever_types_the_code_is_told_of_once() {
    let scene = Scene::with(&[("AUTH_NEW_DEVICE_MAIL", ""), ("AUTH_MAILBOX_LIMIT", "20")]);
    let world = &scene.world;
    let before = world.letters_to(PERSON);
    let enters = |browser: &Visitor<'_>, count: usize| {
        world.call(&scene.wiki, SEND, &json!({ "identifier": PERSON, "callback_url": WIKI }));
        let code = code_in(&world.wait_for_sign_in_mail(PERSON, count));
        let done = browser.post(&world.mailed_path(PERSON, count), &[("code", &code)]);
        assert!(done.location().starts_with(WIKI) && done.sets("gk_session").is_none(), "{done:?}");
        world.letters_to(PERSON) - before - count
    };
    let (laptop, phone, tablet) = (world.visitor(), world.visitor(), world.visitor());
    assert_eq!([enters(&laptop, 1), enters(&laptop, 2), enters(&phone, 3)], [0, 0, 1]);
    assert_eq!([enters(&phone, 4), enters(&laptop, 5)], [1, 1], "both are known by now");
    let person = world.visitor_as(PERSON);
    assert_eq!(person.post("/settings/mails", &[("language", "")]).status, 303);
    assert_eq!(enters(&tablet, 6), 1, "who does not want to hear of it does not");
}

#[test]
fn neither_an_apps_key_nor_strangers_use_up_what_the_other_has() {
    let scene = Scene::start();
    let world = &scene.world;
    let ask = || world.call(&scene.wiki, SEND, &json!({ "identifier": PERSON, "callback_url": WIKI })).status;
    let over = |limit: &str, count: f64| {
        let metric = format!("gk_signin_requests_total{{outcome=\"over-{limit}\"}}");
        wait_until("the limit to be reached", || world.admin_metric(&metric).is_some_and(|over| over > count - 0.5));
    };
    // The key uses up its share of the mailbox; the person signs in as usual.
    assert_eq!([ask(), ask(), ask(), ask()], [200; 4]);
    over("mailbox", 1.0);
    world.wait_for_sign_in_mail(PERSON, 3);
    assert_eq!(world.visitor().signs_in(PERSON, 4).status, 303);
    // What the key asked for is not everybody's: one more is free for somebody else.
    world.gk(&["config", "set", "auth.global_limit", "2"]).done();
    world.visitor().ask_for_link(ADMIN, "");
    world.wait_for_mail(ADMIN, 1);
    // Strangers use up the mailbox's share and everybody's; the key of the other app goes on, as far as its limit.
    world.visitor().ask_for_link(ADMIN, "");
    over("everybody", 1.0);
    let shop = |who: &str| world.call(&scene.shop, SEND, &json!({ "identifier": who, "callback_url": SHOP })).status;
    assert_eq!([shop(PERSON), shop(PERSON)], [200, 200]);
    world.wait_for_sign_in_mail(PERSON, 6);
    assert_eq!(shop(ADMIN), 200);
    over("network", 1.0);
    assert_eq!(world.letters_to(ADMIN), 1);
}

#[test]
fn tokens_are_for_one_app_and_end_with_what_ends_sessions() {
    let scene = Scene::start();
    let world = &scene.world;
    let create = |key: &str, more: &Value| {
        let mut body = json!({ "username": PERSON });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.call(key, CREATE, &body)
    };
    let verify = |key: &str, token: &str| world.call(key, VERIFY, &json!({ "token": token }));
    let made = create(&scene.wiki, &json!({})).json();
    let token = made["token"].as_str().unwrap();
    assert_eq!((made["username"].as_str(), token.len()), (Some(PERSON), 200));
    let connection = rusqlite::Connection::open(world.database()).unwrap();
    let audited = "SELECT actor || ' ' || app FROM audit WHERE action = 'api_token_created'";
    let audited: String = connection.query_row(audited, [], |row| row.get(0)).unwrap();
    assert_eq!(audited, "api_key:1 wiki");
    let known = verify(&scene.wiki, token);
    assert_eq!((known.status, &known.json()["groups"]), (200, &json!(["standard"])), "{known:?}");
    assert_eq!(verify(&scene.shop, token).status, 401, "a token of another app");
    let session = world.session(PERSON).replace("gk_session=", "");
    assert_eq!(verify(&scene.wiki, &session).status, 401, "a browser's whole session is none of an app's business");
    assert_eq!(verify(&scene.wiki, "x").status, 401);
    assert_eq!(world.validate(Some(&format!("gk_session={token}")), Some("shop")).status, 401);
    assert_eq!(world.validate(Some(&format!("gk_session={token}")), Some("wiki")).status, 200);
    for (more, status) in [
        (json!({ "lifetime_seconds": 0 }), 400),
        (json!({ "lifetime_seconds": -5 }), 400),
        (json!({ "lifetime_seconds": "1" }), 400),
        (json!({ "username": "nobody" }), 404),
        (json!({ "username": ["alice@example.com"] }), 400),
        (json!({ "app": "shop" }), 403),
        (json!({ "lifetime_seconds": 9_000_000_000_000_000_000_i64 }), 200),
    ] {
        assert_eq!(create(&scene.wiki, &more).status, status, "{more}");
    }
    world.person("other@example.com");
    assert_eq!(create(&scene.wiki, &json!({ "username": "other@example.com" })).status, 404, "who may not enter");
    let unbound = world.key_of("mint", &[]);
    assert_eq!(create(&unbound, &json!({})).status, 400);
    let made = create(&unbound, &json!({ "app": "wiki", "lifetime_seconds": 1 })).json();
    let short = made["token"].as_str().unwrap();
    wait_until("the token to run out", || verify(&scene.wiki, short).status == 401);
    assert_eq!(create(&world.key_of("read,write", &[]), &json!({ "app": "wiki" })).status, 403);
    let asleep = world.key_of("write", &["--app", "wiki"]);
    assert_eq!(verify(&asleep, token).status, 403, "a key that may not see who is signed in");
    world.gk(&["apps", "revoke", "--slug", "wiki", "--email", PERSON]).done();
    assert_eq!(verify(&scene.wiki, token).status, 401, "access was revoked");
    world.gk(&["apps", "grant", "--slug", "wiki", "--email", PERSON]).done();
    assert_eq!(verify(&scene.wiki, token).status, 200);
    world.gk(&["sessions", "revoke", "--user", PERSON]).done();
    assert_eq!(verify(&scene.wiki, token).status, 401);
}

#[test]
fn one_person_has_fifty_tokens_at_one_app_and_the_oldest_ends_for_another() {
    let scene = Scene::start();
    let token = |key: &str| {
        let made = scene.world.call(key, CREATE, &json!({ "username": PERSON })).json();
        made["token"].as_str().unwrap().to_owned()
    };
    let status = |key: &str, token: &str| scene.world.call(key, VERIFY, &json!({ "token": token })).status;
    let bought = token(&scene.shop);
    let tokens = (0..51).map(|_| token(&scene.wiki)).collect::<Vec<_>>();
    let counts = [&tokens[0], &tokens[1], &tokens[50]].map(|token| status(&scene.wiki, token));
    assert_eq!((counts, status(&scene.shop, &bought)), ([401, 200, 200], 200));
    let cookie = format!("gk_session={}", tokens[0]);
    assert_eq!(scene.world.validate(Some(&cookie), Some("wiki")).status, 401, "ended at every door");
}

#[test]
fn an_apps_key_sees_only_who_may_enter_that_app() {
    let scene = Scene::start();
    let world = &scene.world;
    world.person("other@example.com");
    let resolve = |key: &str, who: &str| world.call(key, RESOLVE, &json!({ "identifier": who })).status;
    assert_eq!(resolve(&scene.wiki, PERSON), 200);
    assert_eq!(resolve(&scene.wiki, "other@example.com"), 404);
    assert_eq!(resolve(&world.key_of("read", &[]), "other@example.com"), 200);
    assert_eq!(resolve(&world.key_of("write,mint", &[]), PERSON), 403);
    assert_eq!(resolve(&world.key_of("mint", &["--app", "wiki"]), PERSON), 403);
    world.gk(&["users", "update", "--user", "other@example.com", "--disable"]).done();
    assert_eq!(resolve(&world.key_of("read", &[]), "other@example.com"), 404);
    world.gk(&["apps", "remove", "--slug", "wiki", "--force"]).done();
    assert_eq!(resolve(&scene.wiki, PERSON), 401, "an app's keys go with it");
}

/// The requests of the README for such apps: path, header and body of each line that begins with `curl`.
fn requests_in_the_readme() -> Vec<(String, (String, String), String)> {
    let readme = std::fs::read_to_string(programs::project().join("README.md")).unwrap();
    let part = |line: &str, from: &str, to: &str| {
        let (_, rest) = line.split_once(from).unwrap_or_else(|| panic!("{line} has no {from}"));
        rest.split_once(to).expect("and its end").0.to_owned()
    };
    let (_, section) = readme.split_once("## Apps that are not behind nginx").expect("the README has it");
    let section = section.split("\n## ").next().unwrap_or_default();
    let lines = section.lines().filter(|line| line.starts_with("curl "));
    let request = |line: &str| {
        let header = part(line, "-H \"", "\"");
        let (name, value) = header.split_once(": ").expect("a header");
        let path = part(line, "https://auth.example.com", " ");
        let (_, body) = line.split_once("--json ").expect("a body");
        (path, (name.to_owned(), value.to_owned()), body.replace('\'', ""))
    };
    lines.map(request).collect()
}

#[test]
fn the_requests_in_the_readme_work() {
    let scene = Scene::start();
    let requests = requests_in_the_readme();
    assert_eq!(requests.len(), 5, "{requests:?}");
    let mut token = scene.code();
    for (path, (name, value), body) in requests {
        let callback = "https://ledger.example.net/auth/callback";
        let body = body.replace("$TOKEN", &token).replace(callback, WIKI).replace("alice@example.com", PERSON);
        let request = crate::api::raw(&path, &body).with(&name, &value.replace("$KEY", &scene.wiki));
        let answer = scene.world.visitor().ask(request);
        assert_eq!(answer.status, 200, "{path} {body}: {answer:?}");
        if let Some(made) = answer.json()["token"].as_str() {
            made.clone_into(&mut token);
        }
    }
}
