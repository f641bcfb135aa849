//! The list as the body of a request.

use super::{LIST, changes, outcomes};
use crate::world::{ADMIN, Answer, Request, Visitor, World};

const IMPORT: &str = "/api/v1/admin/users/import";

fn sent(query: &str, body: &str) -> Request {
    let mut request = Request::new("POST", &format!("{IMPORT}{query}")).with("Content-Type", "text/csv; charset=utf-8");
    request.body = body.as_bytes().to_vec();
    request
}

#[test]
fn a_key_that_may_write_imports_and_no_other_does() {
    let world = World::start();
    let (write, read) = (world.key_of("write", &[]), world.key_of("read", &[]));
    let ask =
        |key: &str, request: Request| world.visitor().ask(request.with("Authorization", &format!("Bearer {key}")));
    let before = changes(&world);
    let told = ask(&read, sent("", LIST));
    assert_eq!((told.status, &told.json()["error"]["code"]), (403, &"forbidden".into()), "{told:?}");
    let rehearsed = ask(&write, sent("?dry_run=true", LIST));
    assert_eq!((rehearsed.status, &rehearsed.json()["dry_run"]), (200, &true.into()), "{rehearsed:?}");
    assert_eq!(changes(&world), before);
    let done = ask(&write, sent("", LIST));
    assert_eq!(outcomes(&done.json()), outcomes(&rehearsed.json()));
    assert_eq!((&done.json()["created"], &done.json()["skipped"]), (&1.into(), &4.into()));
    let again = ask(&write, sent("?update=true", "email,fullname\nalice@example.com,Alice B.\n"));
    assert_eq!(again.json()["lines"][0]["changes"], serde_json::json!(["name"]));
    let statuses = [
        ask(&write, sent("?update=perhaps", LIST)),
        ask(&write, sent("?upsert=true", LIST)),
        ask(&write, sent("", "no list")),
        ask(&write, sent("", &"x".repeat(16 * 1024 * 1024 + 1))),
        ask(&write, crate::api::raw(IMPORT, "{}")),
    ];
    let told = |answer: &Answer| (answer.status, answer.json()["error"]["code"].as_str().unwrap().to_owned());
    let told = statuses.iter().map(told).collect::<Vec<_>>();
    let wanted = [(400, "invalid"), (400, "invalid"), (400, "invalid"), (413, "too_large"), (415, "not_csv")];
    assert_eq!(told, wanted.map(|(status, code)| (status, code.to_owned())));
}

#[test]
fn an_administrators_own_page_imports_and_another_sites_does_not() {
    let world = World::start();
    let status = |visitor: &Visitor<'_>, site: &str| visitor.ask(sent("", LIST).with("Sec-Fetch-Site", site)).status;
    let admin = world.visitor_as(ADMIN);
    assert_eq!(status(&admin, "cross-site"), 403);
    assert_eq!(status(&world.visitor_as("alice@example.com"), "same-origin"), 403);
    assert_eq!(status(&admin, "same-origin"), 200);
    assert_eq!(status(&world.visitor(), "same-origin"), 401);
}
