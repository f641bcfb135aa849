//! The pages of settings: every setting with what it means, saved in place, refused at its field, and in force at once.

use super::{PNG, audited, value};
use crate::world::{ADMIN, Answer, Request, Visitor, World};

const SERVER: &str = "/admin/settings/server";

/// A hidden version of a page's form.
#[track_caller]
fn version(page: &str) -> String {
    let (_, after) = page.split_once("name=\"version\" value=\"").expect("the form has a version");
    after.split('"').next().unwrap().to_owned()
}

/// Saves what was typed over the page as it is now.
#[track_caller]
fn save(admin: &Visitor<'_>, section: &str, typed: &[(&str, &str)]) -> Answer {
    let path = format!("/admin/settings/{section}");
    let version = version(&admin.get(&path).text());
    admin.post(&path, &[&[("version", version.as_str())], typed].concat())
}

fn picture(admin: &Visitor<'_>, world: &World, bytes: &[u8]) -> Answer {
    let own = [("Sec-Fetch-Site", "same-origin"), ("Origin", &world.auth_url())];
    let request = Request::new("POST", "/admin/settings/logo/set");
    let own = own.iter().fold(request, |request, (name, value)| request.with(name, value));
    let mut request = own.with("Content-Type", "multipart/form-data; boundary=between");
    let head = "--between\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"x.png\"\r\n\r\n";
    request.body = [head.as_bytes(), bytes, b"\r\n--between--\r\n"].concat();
    admin.ask(request)
}

#[test]
fn every_setting_has_its_place_and_is_saved_reset_and_refused_there() {
    let world = World::with(&[("APP_NAME", "")]);
    let admin = world.visitor_as(ADMIN);
    assert_eq!(admin.get("/admin/settings").location(), SERVER);
    let listed = world.gk_json(&["config", "list"]);
    for one in listed["settings"].as_array().unwrap() {
        let key = one["key"].as_str().unwrap();
        let page = admin.get(&format!("/admin/settings/{}", key.split('.').next().unwrap())).text();
        let meaning = one["meaning"].as_str().unwrap().replace('`', "").replace('&', "&amp;");
        for shown in [key, one["variable"].as_str().unwrap(), meaning.as_str(), &format!("name=\"{key}\"")] {
            assert!(page.contains(shown), "{key}: {shown} is not there");
        }
    }
    assert_eq!(admin.get("/admin/settings/nothing").status, 404);
    let days = ("session.expiry_days", "7");
    assert_eq!(save(&admin, "session", &[days]).location(), "/admin/settings/session?done=saved");
    assert_eq!(value(&world, "session.expiry_days"), "7");
    assert_eq!(audited(&world, "setting_changed", r#"session.expiry_days"30""7""#), 1);
    assert!(admin.get("/admin/settings/session").text().contains("set here"));
    let refused = save(&admin, "session", &[("session.expiry_days", "many"), ("session.idle_days", "3")]);
    let page = refused.text();
    assert_eq!(refused.status, 422);
    assert!(page.contains("id=\"session-expiry_days-problem\" role=\"alert\">It must be a whole number"), "{page}");
    assert!(page.contains("value=\"many\"") && page.contains("value=\"3\""), "what was typed stands there again");
    assert_eq!(value(&world, "session.idle_days"), "0", "all of it or nothing");
    assert_eq!(save(&admin, "session", &[("reset", "session.expiry_days"), days]).status, 303);
    assert_eq!(value(&world, "session.expiry_days"), "30");
}

#[test]
fn the_second_of_two_who_change_settings_is_told_and_nothing_is_lost() {
    let world = World::start();
    let (first, second) = (world.visitor_as(ADMIN), world.visitor_as(ADMIN));
    let seen = version(&second.get(SERVER).text());
    assert_eq!(save(&first, "server", &[("server.name", "First")]).status, 303);
    let late = second.post(SERVER, &[("version", seen.as_str()), ("server.name", "Second")]);
    assert_eq!(late.status, 409);
    assert!(
        late.text().contains("somebody else has changed this meanwhile") && late.text().contains("value=\"Second\"")
    );
    assert_eq!(second.post(SERVER, &[("server.name", "Blind")]).status, 409);
    assert_eq!(value(&world, "server.name"), "First");
}

#[test]
fn a_secret_goes_in_and_never_comes_out() {
    let world = World::start();
    let admin = world.visitor_as(ADMIN);
    let mail = |typed: &[(&str, &str)]| save(&admin, "mail", typed);
    assert!(admin.get("/admin/settings/mail").text().contains("not set"));
    assert_eq!(mail(&[("mail.smtp_password", "canary-secret")]).status, 303);
    assert_eq!(mail(&[("mail.smtp_password", ""), ("mail.smtp_host", "m.example")]).status, 303, "left empty it stays");
    assert!(world.gk_json(&["config", "get", "mail.smtp_password"])["set"].as_bool().unwrap());
    let refused = mail(&[("mail.smtp_password", "canary-other"), ("mail.smtp_port", "x")]);
    assert_eq!(refused.status, 422);
    let shown = [refused.text(), admin.get("/admin/settings/mail").text(), admin.get("/api/v1/admin/settings").text()];
    assert!(shown.iter().all(|page| !page.contains("canary")) && shown[1].contains("badge good\">set<"));
    assert_eq!(mail(&[("reset", "mail.smtp_password")]).status, 303);
    assert!(!world.gk_json(&["config", "get", "mail.smtp_password"])["set"].as_bool().unwrap());
    assert_eq!(audited(&world, "setting_changed", "canary"), 0);
    assert!(!world.admin_talk().contains("canary"));
}

#[test]
fn what_the_environment_fixes_is_locked_on_every_face_and_each_says_where() {
    let world = World::with(&[("APP_NAME", "Fixed")]);
    let admin = world.visitor_as(ADMIN);
    let page = admin.get(SERVER).text();
    let place = "fixed by APP_NAME in the environment of gk-admin";
    assert!(
        page.contains(&place.replace("fixed", "Fixed"))
            && page.contains("value=\"Fixed\" autocomplete=\"off\" spellcheck=\"false\" disabled"),
        "{page}"
    );
    let api = |method: &str, path: &str, body: &str| {
        let mut request =
            Request::new(method, path).with("Content-Type", "application/json").with("Sec-Fetch-Site", "same-origin");
        request.body = body.as_bytes().to_vec();
        admin.ask(request)
    };
    let one = "/api/v1/admin/settings/server.name";
    for answer in [
        save(&admin, "server", &[("server.name", "Other")]),
        api("PUT", one, r#"{"value": "Other"}"#),
        api("PATCH", "/api/v1/admin/settings", r#"{"settings": {"server.name": "Other", "mail.language": "de"}}"#),
    ] {
        assert_eq!(answer.status, 409, "{answer:?}");
        assert!(answer.text().contains(place), "{}", answer.text());
    }
    assert!(world.gk(&["config", "set", "server.name", "Other"]).refused(1).contains(place));
    assert_eq!((value(&world, "server.name"), value(&world, "mail.language")), ("Fixed".into(), "en".into()));
    assert_eq!(admin.get(one).json()["source"], "environment");
}

#[test]
fn who_would_gain_and_lose_is_shown_before_it_is_saved() {
    let world = World::with(&[("ACCEPTED_DOMAINS", "")]);
    world.registered("docs");
    world.person("alice@elsewhere.example");
    let admin = world.visitor_as(ADMIN);
    let domain = ("access.accepted_domains", "elsewhere.example");
    let asked = save(&admin, "access", &[domain]);
    assert!(
        asked.text().contains("Access gained: <strong>1</strong>") && asked.text().contains("alice@elsewhere.example")
    );
    assert_eq!(value(&world, "access.accepted_domains"), "");
    assert_eq!(save(&admin, "access", &[domain, ("sure", "yes")]).status, 303);
    assert_eq!(value(&world, "access.accepted_domains"), "elsewhere.example");
}

#[test]
fn name_colours_and_logo_are_on_every_page_at_the_next_request() {
    let world = World::start();
    let (admin, stranger) = (world.visitor_as(ADMIN), world.visitor());
    let everywhere = ["/signin", "/register", "/no-such-page", "/api/v1"];
    assert!(everywhere.iter().all(|path| stranger.get(path).text().contains("· Gatekeeper</title>")));
    assert_eq!(stranger.get("/assets/logo").status, 404);
    let unreadable = save(&admin, "server", &[("server.accent", "#ffe0e0"), ("server.accent_dark", "#200000")]);
    assert!(
        unreadable.status == 422
            && unreadable.text().contains("take a darker one")
            && unreadable.text().contains("take a lighter one")
    );
    let colours = [("server.name", "The <Door>"), ("server.accent", "#7a1f5c"), ("server.accent_dark", "#F0A0D0")];
    assert_eq!(save(&admin, "server", &colours).status, 303);
    assert_eq!(picture(&admin, &world, b"<svg onload=alert(1)>").status, 422);
    assert_eq!(picture(&admin, &world, &vec![0; 300_000]).status, 413);
    assert_eq!(picture(&admin, &world, PNG).status, 303);
    for path in everywhere {
        let page = stranger.get(path).text();
        assert!(
            page.contains("· The &lt;Door&gt;</title>") && page.contains("<img class=\"logo\" src=\"/assets/logo?v="),
            "{path}: {page}"
        );
        let sheet = page.split("href=\"").find(|part| part.starts_with("/assets/colours.css")).unwrap();
        let sheet = stranger.get(sheet.split('"').next().unwrap());
        assert!(sheet.text().contains("--accent-light: #7a1f5c") && sheet.text().contains("--accent-dark: #f0a0d0"));
        assert_eq!(sheet.header("cache-control"), Some("public, max-age=31536000, immutable"));
    }
    let logo = stranger.get("/assets/logo");
    assert_eq!(
        (logo.header("content-type"), logo.header("x-content-type-options")),
        (Some("image/png"), Some("nosniff"))
    );
    assert_eq!((logo.header("cache-control"), logo.body.as_slice()), (Some("no-store"), PNG));
    assert!(logo.header("content-security-policy").unwrap().contains("default-src 'none'"));
    assert_eq!(admin.post("/admin/settings/logo/clear", &[]).status, 303);
    world.gk(&["config", "unset", "server.name"]).done();
    let page = stranger.get("/signin").text();
    assert!(page.contains("· Gatekeeper</title>") && !page.contains("/assets/logo"), "{page}");
}

#[test]
fn a_test_mail_says_what_the_other_side_answered() {
    let world = World::start();
    let admin = world.visitor_as(ADMIN);
    assert!(admin.get("/admin/settings/mail").text().contains("value=\"admin@example.com\""));
    let sent = admin.post("/admin/mail/test", &[("to", "me@elsewhere.example")]);
    assert!(
        sent.status == 200 && sent.text().contains("The mail to me@elsewhere.example was taken"),
        "{}",
        sent.text()
    );
    assert_eq!(world.mails_to("me@elsewhere.example").len(), 1);
    for (key, value) in [("mail.smtp_host", "127.0.0.1"), ("mail.smtp_port", "1"), ("mail.smtp_security", "none")] {
        world.gk(&["config", "set", key, value]).done();
    }
    let failed = admin.post("/admin/mail/test", &[("to", "me@elsewhere.example")]);
    assert!(
        failed.status == 409 && failed.text().contains("No mail was sent to me@elsewhere.example"),
        "{}",
        failed.text()
    );
    assert_eq!(admin.post("/admin/mail/test", &[("to", "nobody")]).status, 422);
}
