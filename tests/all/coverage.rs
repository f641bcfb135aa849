//! Every page and every verb there is, so that none comes in without being thought of here.

use std::collections::BTreeSet;
use std::fs;

use crate::api::raw;
use crate::world::{World, programs};

/// What a stranger gets at each path of the pages: status of GET, and of an empty POST.
pub(crate) const PAGES: &[(&str, u16, u16)] = &[
    ("/", 303, 405),
    ("/signin", 200, 400),
    ("/register", 200, 400),
    ("/signin/sent", 200, 400),
    ("/signin/link/{token}", 410, 410),
    ("/signin/again", 303, 405),
    ("/invitation/{token}", 410, 410),
    ("/settings", 303, 405),
    ("/settings/name", 405, 303),
    ("/settings/mails", 405, 303),
    ("/settings/sessions/end", 405, 303),
    ("/settings/sessions/end-others", 405, 303),
    ("/settings/email", 405, 303),
    ("/settings/email/cancel", 405, 303),
    ("/settings/email/{token}", 303, 303),
    ("/settings/keys", 405, 303),
    ("/settings/keys/delete", 405, 303),
    ("/settings/delete", 405, 303),
    ("/signout", 303, 303),
    ("/auth/login", 303, 400),
    ("/auth/login/go", 405, 303),
    ("/auth/verify", 410, 405),
    ("/auth/logout", 405, 303),
    ("/request-access", 303, 303),
    ("/request-access/withdraw", 405, 303),
    ("/admin", 303, 405),
    ("/admin/requests", 303, 405),
    ("/admin/requests/{id}/approve", 405, 303),
    ("/admin/requests/{id}/reject", 405, 303),
    ("/admin/invitations", 303, 303),
    ("/admin/invitations/{id}/withdraw", 405, 303),
    ("/admin/users/import", 303, 303),
    ("/admin/users/import/confirm", 405, 303),
    ("/admin/users/import/report", 405, 303),
    ("/admin/keys", 303, 303),
    ("/admin/keys/{id}/{change}", 405, 303),
    ("/admin/people", 303, 405),
    ("/admin/people/{id}/approve", 405, 303),
    ("/admin/people/{id}/reject", 405, 303),
    ("/admin/users", 303, 303),
    ("/admin/keys/export", 405, 303),
    ("/admin/users/new", 303, 405),
    ("/admin/users/export", 405, 303),
    ("/admin/users/many", 405, 303),
    ("/admin/users/{id}", 303, 405),
    ("/admin/users/{id}/{change}", 405, 303),
    ("/admin/groups", 303, 303),
    ("/admin/groups/export", 405, 303),
    ("/admin/groups/{id}", 303, 405),
    ("/admin/groups/{id}/{change}", 405, 303),
    ("/admin/properties", 303, 303),
    ("/admin/properties/export", 405, 303),
    ("/admin/properties/of", 303, 405),
    ("/admin/properties/of/{change}", 405, 303),
    ("/assets/htmx.2.0.11.js", 200, 405),
    ("/admin/apps", 303, 303),
    ("/admin/add-app", 303, 405),
    ("/admin/apps/{slug}", 303, 405),
    ("/admin/apps/{slug}/grants/{change}", 405, 303),
    ("/admin/apps/{slug}/people", 303, 405),
    ("/admin/users/{id}/places", 303, 405),
    ("/admin/apps/{slug}/settings", 303, 303),
    ("/admin/apps/{slug}/rename-role", 405, 303),
    ("/admin/apps/{slug}/remove", 405, 303),
    ("/admin/apps/{slug}/setup", 303, 405),
    ("/admin/apps/{slug}/nginx", 303, 405),
    ("/admin/apps/{slug}/keys", 303, 303),
    ("/admin/apps/{slug}/keys/{id}/{change}", 405, 303),
    ("/admin/apps/{slug}/history", 303, 405),
    ("/admin/grants", 303, 405),
    ("/admin/grants/many", 303, 303),
    ("/admin/grants/take", 405, 303),
    ("/admin/grants/give-back", 405, 303),
    ("/admin/mail", 303, 405),
    ("/admin/mail/retry", 405, 303),
    ("/admin/mail/{id}/retry", 405, 303),
    ("/admin/mail/{id}/drop", 405, 303),
    ("/admin/mail/suppress", 405, 303),
    ("/admin/mail/unsuppress", 405, 303),
    ("/admin/mail/test", 405, 303),
    ("/admin/settings", 303, 405),
    ("/admin/settings/{section}", 303, 303),
    ("/admin/settings/logo/set", 405, 303),
    ("/admin/settings/logo/clear", 405, 303),
    ("/assets/colours.css", 200, 405),
    ("/assets/logo", 404, 405),
    ("/admin/directories", 303, 303),
    ("/admin/add-directory", 303, 405),
    ("/admin/directories/{label}", 303, 303),
    ("/admin/directories/{label}/people", 303, 405),
    ("/admin/directories/{label}/{change}", 405, 303),
    ("/admin/system/backups", 303, 303),
    ("/admin/system/backups/{name}", 405, 303),
    ("/admin/system/keys", 303, 405),
    ("/admin/system/keys/{change}", 405, 303),
    ("/admin/system/sql", 303, 303),
    ("/admin/system/sql/{number}/export", 405, 303),
    ("/admin/audit", 303, 405),
    ("/admin/audit/{id}", 303, 405),
    ("/admin/audit/export", 405, 303),
    ("/admin/audit/verify", 405, 303),
    ("/api/v1", 200, 405),
    ("/assets/icon.svg", 200, 405),
    ("/assets/wait.2.js", 200, 405),
    ("/livez", 200, 405),
    ("/readyz", 200, 405),
    ("/health", 200, 405),
];

/// What a stranger gets at each path of the API, below `/api`: status of GET, and of a POST of an empty object.
pub(crate) const API: &[(&str, u16, u16)] = &[
    ("/v1/auth/me", 401, 405),
    ("/v1/auth/me/apps", 401, 405),
    ("/v1/auth/apps/public", 200, 405),
    ("/v1/auth/apps/private", 401, 405),
    ("/v1/auth/register", 405, 422),
    ("/v1/auth/register/verify", 405, 422),
    ("/v1/auth/signin", 405, 422),
    ("/v1/auth/signin/verify", 405, 422),
    ("/v1/auth/signout", 405, 200),
    ("/v1/auth/resolve", 405, 401),
    ("/v1/auth/send-magic-link", 405, 401),
    ("/v1/auth/verify-magic-link", 405, 401),
    ("/v1/auth/create-token", 405, 401),
    ("/v1/auth/verify-token", 405, 401),
    ("/v1/auth/me/apps/{slug}/request", 405, 401),
    ("/v1/auth/me/keys", 401, 401),
    ("/v1/auth/me/keys/{id}", 405, 405),
    ("/v1/admin/keys", 401, 401),
    ("/v1/admin/keys/{id}", 405, 405),
    ("/v1/admin/apps", 401, 401),
    ("/v1/admin/apps/{slug}", 401, 405),
    ("/v1/admin/apps/{slug}/rename-role", 405, 401),
    ("/v1/admin/apps/{slug}/grants", 401, 401),
    ("/v1/admin/apps/{slug}/grants/{id}", 405, 405),
    ("/v1/admin/apps/{slug}/users", 401, 405),
    ("/v1/admin/apps/{slug}/grant", 405, 401),
    ("/v1/admin/apps/{slug}/revoke", 405, 405),
    ("/v1/admin/apps/{slug}/keys", 401, 401),
    ("/v1/admin/apps/{slug}/keys/{id}", 405, 405),
    ("/v1/admin/apps/{slug}/audit", 401, 405),
    ("/v1/admin/grants/take", 405, 401),
    ("/v1/admin/grants/give-back", 405, 401),
    ("/v1/admin/requests", 401, 405),
    ("/v1/admin/apps/{slug}/requests", 401, 405),
    ("/v1/admin/apps/{slug}/requests/{id}/approve", 405, 401),
    ("/v1/admin/apps/{slug}/requests/{id}/reject", 405, 401),
    ("/v1/admin/users/import", 405, 401),
    ("/v1/admin/exports/{table}", 401, 405),
    ("/v1/users", 401, 401),
    ("/v1/users/{username}", 401, 405),
    ("/v1/users/{username}/rotate-salt", 405, 401),
    ("/v1/users/{username}/groups", 401, 405),
    ("/v1/users/{username}/properties/{app}", 401, 405),
    ("/v1/users/{username}/properties/{app}/{key}", 401, 405),
    ("/v1/users/{username}/about", 401, 405),
    ("/v1/users/{username}/copy-groups", 405, 401),
    ("/v1/sessions/{session}", 405, 405),
    ("/v1/properties", 401, 405),
    ("/v1/properties/{app}/{key}", 401, 405),
    ("/v1/groups", 401, 401),
    ("/v1/groups/{name}", 401, 405),
    ("/v1/groups/{name}/members", 401, 401),
    ("/v1/groups/{name}/members/{username}", 405, 405),
    ("/v1/system/app-salt", 401, 405),
    ("/v1/system/rotate-app-salt", 405, 401),
    ("/v1/admin/users", 401, 401),
    ("/v1/admin/users/pending", 401, 405),
    ("/v1/admin/users/bulk", 405, 401),
    ("/v1/admin/users/grant-bulk", 405, 401),
    ("/v1/admin/users/{id}", 401, 405),
    ("/v1/admin/users/{id}/approve", 405, 401),
    ("/v1/admin/users/{id}/reject", 405, 401),
    ("/v1/admin/explain", 401, 405),
    ("/v1/admin/apps/{slug}/who", 401, 405),
    ("/v1/admin/users/{id}/where", 401, 405),
    ("/v1/admin/settings", 401, 405),
    ("/v1/admin/settings/{setting}", 401, 405),
    ("/v1/admin/logo", 405, 405),
    ("/v1/admin/backups", 401, 401),
    ("/v1/admin/backups/{name}/download", 405, 401),
    ("/v1/admin/directories", 401, 401),
    ("/v1/admin/directories/{label}", 401, 405),
    ("/v1/admin/directories/{label}/test", 405, 401),
    ("/v1/admin/directories/{label}/people", 401, 401),
    ("/v1/admin/directories/{label}/refresh", 401, 401),
    ("/v1/admin/system/keys", 401, 405),
    ("/v1/admin/system/rotate-signing-key", 405, 401),
    ("/v1/admin/system/rotate-root-key", 405, 401),
    ("/v1/admin/audit", 401, 405),
    ("/v1/admin/audit/{id}", 401, 405),
    ("/v1/admin/audit/verify", 401, 405),
    ("/v1/admin/audit/forwarding", 401, 405),
    ("/v1/openapi.json", 200, 405),
];

/// Every path that stands in quotes in these sources.
fn paths_in(sources: &[&str]) -> BTreeSet<String> {
    let text = sources.iter().map(|source| fs::read_to_string(programs::project().join(source)).unwrap());
    let text = text.collect::<Vec<_>>().concat();
    let quoted = text.split('"').skip(1).step_by(2).filter(|part| part.starts_with('/'));
    quoted.filter(|part| *part != "/assets/").map(str::to_owned).collect()
}

#[test]
fn every_page_is_listed_and_gives_a_stranger_what_the_list_says() {
    let listed = PAGES.iter().map(|(path, ..)| (*path).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(paths_in(&["gk-admin/src/ui/paths.rs", "gk-admin/src/ui/mod.rs"]), listed);
    let world = World::start();
    for (path, get, post) in PAGES {
        let path = path.replace("{token}", &"A".repeat(43)).replace("{id}", "1").replace("{change}", "delete");
        let (shown, sent) = (world.visitor().get(&path), world.visitor().post(&path, &[]));
        assert_eq!((shown.status, sent.status), (*get, *post), "{path}");
        assert!(shown.sets("gk_session").is_none_or(|cookie| cookie.contains("Max-Age=0")), "{path}: {shown:?}");
    }
}

#[test]
fn every_path_of_the_api_is_listed_and_tells_a_stranger_in_json_what_the_list_says() {
    let listed = API.iter().map(|(path, ..)| (*path).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(paths_in(&["gk-admin/src/api/paths.rs"]), listed);
    let world = World::start();
    for (path, get, post) in API {
        let path = format!("/api{path}").replace("{slug}", "docs").replace("{id}", "1");
        let (shown, sent) = (world.visitor().get(&path), world.visitor().ask(raw(&path, "{}")));
        assert_eq!((shown.status, sent.status), (*get, *post), "{path}");
        for answer in [shown, sent] {
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
            assert_eq!(answer.header("www-authenticate").is_some(), answer.status == 401, "{path}");
            let told = answer.json();
            assert!(
                answer.status == 200
                    || told["error"].is_string()
                    || told["error"]["message"].is_string()
                    || told["detail"].is_string(),
                "{path}: {told}"
            );
        }
    }
}

/// Every verb by name, from what `--help` says of itself.
fn verbs(world: &World, noun: &[&str]) -> Vec<String> {
    let help = world.gk(&[noun, &["--help"]].concat()).done();
    let Some((_, list)) = help.split_once("Commands:\n") else { return vec![noun.join(" ")] };
    let names = list.lines().take_while(|line| !line.trim().is_empty()).filter(|line| line.starts_with("  "));
    let names = names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.flat_map(|name| verbs(world, &[noun, &[name]].concat())).collect()
}

#[test]
fn every_verb_is_in_the_list_and_explains_itself() {
    let world = World::bare(&[]);
    let found = verbs(&world, &[]).join("\n") + "\n";
    let path = programs::project().join("tests/all/verbs.txt");
    if std::env::var_os("GK_BLESS").is_some() {
        fs::write(&path, &found).unwrap();
    }
    assert_eq!(found, fs::read_to_string(&path).unwrap(), "review, then run again with GK_BLESS=1");
}
