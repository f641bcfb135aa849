//! Directories in the console and over the API: set up, tried, searched, and everybody looked up again.

use std::fs;

use serde_json::{Value, json};

use super::server::{PASSWORD, SLAPD, Server};
use crate::world::{ADMIN, Answer, Request, Visitor, World, wait_for, wait_until};

const LIST: &str = "/admin/directories";
const HERE: &str = "/admin/directories/corp";
const API: &str = "/api/v1/admin/directories";

/// What the form sends for a directory below this base.
fn typed<'t>(server: &Server, base: &'t str) -> Vec<(&'static str, String)> {
    let base: &'t str = base;
    vec![
        ("uris", format!("{}\r\n", server.secure())),
        ("security", "ldaps".to_owned()),
        ("ca", fs::read_to_string(server.authority()).unwrap()),
        ("bind_dn", format!("cn=reader,{}", server.top)),
        ("password", PASSWORD.to_owned()),
        ("base_dns", base.to_owned()),
        ("user_filter", "(&(objectClass=inetOrgPerson)(uid={username}))".to_owned()),
        ("email_filter", "(&(objectClass=inetOrgPerson)(mail={email}))".to_owned()),
        ("username_attribute", "uid".to_owned()),
        ("email_attribute", String::new()),
        ("groups", "transitive".to_owned()),
    ]
}

fn send(admin: &Visitor<'_>, path: &str, fields: &[(&str, String)]) -> Answer {
    admin.post(path, &fields.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>())
}

/// Three people in a unit of their own.
fn three(name: &str) -> (String, Vec<String>) {
    let unit = SLAPD.unit(name);
    let person = |(number, uid): (usize, &&str)| {
        SLAPD.person(&unit, number, &format!("{name}-{uid}"), &format!("mail: {name}-{uid}@people.example"))
    };
    let dns = (1..).zip(&["ann", "ben", "cem"]).map(person).collect();
    (unit, dns)
}

#[test]
fn an_administrator_sets_a_directory_up_tries_it_and_makes_accounts_from_it_in_the_console() {
    let (unit, _) = three("console");
    let world = World::start();
    let admin = world.visitor_as(ADMIN);
    assert!(admin.get(LIST).text().contains("No directory is set up"));
    let mut fields = typed(&SLAPD, &unit);
    fields.push(("label", "Corp".to_owned()));
    // What is wrong is said, and what was typed stays.
    let wrong =
        fields.iter().map(|(name, value)| (*name, if *name == "security" { "starttls".into() } else { value.clone() }));
    let refused = send(&admin, LIST, &wrong.collect::<Vec<_>>());
    assert!(
        refused.status == 422 && refused.text().contains("starttls") && refused.text().contains(&unit),
        "{refused:?}"
    );
    assert!(!refused.text().contains(PASSWORD));
    let added = send(&admin, LIST, &fields);
    assert_eq!((added.status, added.location()), (303, "/admin/directories/corp?done=added"));
    assert!(admin.get(LIST).text().contains("corp") && !admin.get(HERE).text().contains(PASSWORD));

    let tried = admin.post(&format!("{HERE}/test"), &[("user", "console-ann")]).text();
    for step in ["It works.", "bind", "console-ann"] {
        assert!(tried.contains(step), "{step}: {tried}");
    }
    let found = admin.get(&format!("{HERE}/people?text=console-")).text();
    assert_eq!(found.matches("Create the account").count(), 3, "{found}");
    let made = admin.post(&format!("{HERE}/provision"), &[("username", "console-ann"), ("text", "console-")]);
    assert!(made.status == 303 && made.location().starts_with("/admin/users/"), "{made:?}");
    let person = admin.get(made.location()).text();
    assert!(person.contains("console-ann@people.example") && person.contains("corp"), "{person}");
    assert!(admin.get(&format!("{HERE}/people?text=console-")).text().contains("Has an account"));
    let again = admin.post(&format!("{HERE}/provision"), &[("username", "console-ann"), ("text", "console-")]);
    assert!(again.status == 409 && again.text().contains("already exists"), "{again:?}");

    // Whoever looked before somebody else changed it, changes nothing.
    let version = admin.get(HERE).field("version");
    world.gk(&["directory", "update", "--domain", "corp", "--timeout", "7"]).done();
    fields.retain(|(name, _)| !["label", "password", "email_attribute"].contains(name));
    fields.push(("version", version));
    assert_eq!(send(&admin, HERE, &fields).status, 409);
    fields.retain(|(name, _)| *name != "version");
    fields.extend([("version", admin.get(HERE).field("version")), ("timeout_seconds", "9".to_owned())]);
    assert_eq!(send(&admin, HERE, &fields).location(), "/admin/directories/corp?done=saved");
    assert_eq!(world.gk_json(&["directory", "list"])["directories"][0]["timeout_seconds"], 9);
    // Another server is not sent the password.
    fields.retain(|(name, _)| !["version", "uris"].contains(name));
    fields.extend([("version", admin.get(HERE).field("version")), ("uris", "ldaps://127.0.0.1:1".to_owned())]);
    assert_eq!(send(&admin, HERE, &fields).status, 303);
    assert_eq!(world.gk_json(&["directory", "list"])["directories"][0]["has_password"], false);
    let failed = admin.post(&format!("{HERE}/test"), &[]).text();
    assert!(failed.contains("It does not work yet.") && failed.contains("failed"), "{failed}");
    let kept = admin.post(&format!("{HERE}/remove"), &[]);
    assert!(kept.status == 409 && kept.text().contains("keeps 1 account"), "{kept:?}");
    assert_eq!(admin.post(&format!("{HERE}/remove"), &[("release", "yes")]).location(), LIST);
}

#[test]
fn everybody_is_looked_up_again_from_the_console_and_a_run_that_asks_is_answered_there() {
    let (unit, dns) = three("rerun");
    let world = World::with(&[("DIRECTORY_REFRESH_MINUTES", "0")]);
    SLAPD.join(&world, "corp", &unit, &[]).done();
    for uid in ["ann", "ben", "cem"] {
        world.gk(&["directory", "provision", "--domain", "corp", "--user", &format!("rerun-{uid}")]).done();
    }
    let admin = world.visitor_as(ADMIN);
    SLAPD.set(&dns[0], "displayName", "Ann Other");
    assert_eq!(admin.post(&format!("{HERE}/refresh"), &[]).location(), "/admin/directories/corp?done=started");
    assert!(admin.get(HERE).text().contains("hx-trigger=\"every 2s\""), "it shows how far it is by itself");
    assert_eq!(admin.post(&format!("{HERE}/refresh"), &[]).status, 409, "one at a time");
    wait_until("the run to end", || admin.get(HERE).text().contains("3 of 3 looked up, 1 changed"));
    assert!(admin.get(HERE).text().contains("corp\\rerun-ann"));

    SLAPD.remove(&[&dns[1], &dns[2]]);
    admin.post(&format!("{HERE}/refresh"), &[]);
    let asks =
        wait_for("the run to ask", || Some(admin.get(HERE).text()).filter(|page| page.contains("Disable 2 accounts")));
    let enabled = || {
        world.gk_json(&["users", "list", "--search", "rerun"])["users"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|user| user["enabled"] == true)
            .count()
    };
    assert_eq!(enabled(), 3, "{asks}");
    let run = world.gk_json(&["directory", "runs", "--domain", "corp"])["run"]["id"].to_string();
    assert_eq!(admin.post(&format!("{HERE}/allow"), &[("run", &run)]).status, 303);
    wait_until("them to be disabled", || enabled() == 1);
    assert_eq!(admin.post(&format!("{HERE}/cancel"), &[("run", &run)]).status, 409, "it has ended");
}

/// A request of JSON of a signed-in administrator.
fn call(admin: &Visitor<'_>, method: &str, path: &str, body: &Value) -> Answer {
    let request =
        Request::new(method, path).with("Content-Type", "application/json").with("Sec-Fetch-Site", "same-origin");
    let mut request = request;
    request.body = body.to_string().into_bytes();
    admin.ask(request)
}

#[test]
fn a_program_that_administers_does_the_same_over_the_api() {
    let (unit, _) = three("api");
    let world = World::with(&[("DIRECTORY_REFRESH_MINUTES", "0")]);
    let admin = world.visitor_as(ADMIN);
    let mut body = json!({ "label": "CORP" });
    for (name, value) in typed(&SLAPD, &unit).into_iter().filter(|(_, value)| !value.is_empty()) {
        let lines = value.lines().collect::<Vec<_>>();
        body[name] = if ["uris", "base_dns"].contains(&name) { json!(lines) } else { json!(value) };
    }
    let mut unknown = body.clone();
    unknown["colour"] = json!("red");
    assert_eq!(call(&admin, "POST", API, &unknown).status, 422);
    let added = call(&admin, "POST", API, &body);
    assert_eq!((added.status, &added.json()["label"]), (201, &json!("corp")), "{added:?}");
    let here = format!("{API}/corp");
    let tag = admin.get(&here).header("etag").unwrap().to_owned();
    let patch = |tag: &str| {
        let request = Request::new("PATCH", &here).with("Content-Type", "application/json");
        let mut request = request.with("Sec-Fetch-Site", "same-origin").with("If-Match", tag);
        request.body = b"{\"timeout_seconds\": 8}".to_vec();
        admin.ask(request).status
    };
    assert_eq!((patch(&tag), patch(&tag)), (200, 412));
    let tried = call(&admin, "POST", &format!("{here}/test"), &json!({ "user": "api-ben" })).json();
    assert_eq!((&tried["ok"], &tried["found"]["username"]), (&json!(true), &json!("corp\\api-ben")), "{tried}");
    // A key that may write finds people and makes accounts; how directories are set up is not a key's to change.
    let key = format!("Bearer {}", world.key_of("read,write", &[]));
    let found =
        world.visitor().ask(Request::get(&format!("{here}/people?text=api-")).with("Authorization", &key)).json();
    assert_eq!(found["people"].as_array().unwrap().len(), 3, "{found}");
    let made = world.call(&key[7..], &format!("{here}/people"), &json!({ "user": "api-ben" }));
    assert_eq!((made.status, &made.json()["email"]), (201, &json!("api-ben@people.example")), "{made:?}");
    assert_eq!(world.call(&key[7..], &format!("{here}/people"), &json!({ "user": "nobody" })).status, 409);
    assert_eq!(world.call(&key[7..], &format!("{here}/refresh"), &json!({})).status, 403);

    assert_eq!(call(&admin, "DELETE", &format!("{here}/refresh"), &json!({})).status, 409);
    assert_eq!(call(&admin, "POST", &format!("{here}/refresh"), &json!({})).status, 201);
    wait_until("the run to end", || admin.get(&format!("{here}/refresh")).json()["run"]["state"] == "done");
    // What a directory keeps is changed there only, whichever face is used.
    let user = "/api/v1/users/corp%5Capi-ben";
    assert_eq!(call(&admin, "PATCH", user, &json!({ "fullname": "Other" })).status, 409);
    assert_eq!(call(&admin, "DELETE", &here, &json!({})).status, 409, "it keeps an account");
    assert_eq!(call(&admin, "DELETE", &format!("{here}?release=true"), &json!({})).status, 200);
    assert_eq!(call(&admin, "PATCH", user, &json!({ "fullname": "Other" })).status, 200);
}
