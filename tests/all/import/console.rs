//! The console's page: look first, then import; with and without a browser.

use std::process::Command;

use rusqlite::Connection;

use super::{LIST, changes, count, list};
use crate::world::{ADMIN, Answer, Request, Visitor, World, clean, programs, wait_until};

const IMPORT: &str = "/admin/users/import";
const CONFIRM: &str = "/admin/users/import/confirm";
const REPORT: &str = "/admin/users/import/report";

/// A form of the console's own page, with its fields as a browser sends them.
fn form(path: &str, fields: &[(&str, &[u8])]) -> Request {
    let own = Request::new("POST", path).with("Sec-Fetch-Site", "same-origin");
    let mut request = own.with("Content-Type", "multipart/form-data; boundary=between");
    for (name, value) in fields {
        let file = if *name == "file" { "; filename=\"people.csv\"\r\nContent-Type: text/csv" } else { "" };
        let head = format!("--between\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        request.body.extend([head.as_bytes(), value, b"\r\n"].concat());
    }
    request.body.extend(b"--between--\r\n");
    request
}

impl Visitor<'_> {
    #[track_caller]
    fn sends(&self, path: &str, fields: &[(&str, &[u8])]) -> Answer {
        self.ask(form(path, fields))
    }
}

/// The rows of an XLSX file, read by another program.
#[track_caller]
pub(crate) fn rows_of(world: &World, file: &Answer) -> Vec<Vec<String>> {
    let path = world.folder().join("table.xlsx");
    std::fs::write(&path, &file.body).unwrap();
    let mut command: Command = clean(&programs::python());
    let output = command.arg(programs::project().join("tests/read_xlsx.py")).arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn an_administrator_sees_first_what_would_happen_and_nobody_else_does() {
    let world = World::start();
    let (admin, alice) = (world.visitor_as(ADMIN), world.visitor_as("bob@example.com"));
    let fields: [(&str, &[u8]); 2] = [("file", LIST.as_bytes()), ("text", b"")];
    assert_eq!((alice.get(IMPORT).status, alice.sends(IMPORT, &fields).status), (403, 403));
    assert_eq!((alice.sends(CONFIRM, &fields).status, alice.sends(REPORT, &fields).status), (403, 403));
    assert!(admin.get(IMPORT).text().contains("multipart/form-data"));
    let before = changes(&world);
    let preview = admin.sends(IMPORT, &fields);
    let page = preview.text();
    assert!(page.contains("Nothing was changed yet") && page.contains("Import 1 person"), "{page}");
    assert!(page.contains("`admin` already belongs to the account admin (admin@example.com)"), "{page}");
    assert_eq!(changes(&world), before);
    let carried = preview.field("text");
    assert_eq!(carried, LIST, "the list is carried along as it was");
    let other_site =
        admin.ask(Request { headers: vec![("Sec-Fetch-Site".into(), "cross-site".into())], ..form(CONFIRM, &fields) });
    assert_eq!((other_site.status, changes(&world)), (403, before));
    let done = admin.sends(CONFIRM, &[("text", carried.as_bytes())]).text();
    assert!(done.contains("New: <strong>1</strong>") && done.contains("skipped: <strong>4</strong>"), "{done}");
    assert!(done.contains("line 2 has the same user name or e-mail"), "{done}");
    assert_eq!(count(&world, "SELECT count(*) FROM user WHERE username = 'alice' AND status = 'approved'"), 1);
    assert_eq!(count(&world, "SELECT count(*) FROM audit WHERE actor = 'admin' AND action = 'users_imported'"), 1);

    let again = admin.sends(IMPORT, &[("text", b"email,fullname\nalice@example.com,<b>Alice"), ("update", b"yes")]);
    assert!(again.text().contains("updated: <strong>1</strong>") && !again.text().contains("<b>"), "{}", again.text());
    assert_eq!(again.field("update"), "yes");
    let database = Connection::open(world.database()).unwrap();
    database.execute("UPDATE session SET created_at = created_at - 86400", []).unwrap();
    for stale in [admin.get(IMPORT), admin.sends(IMPORT, &fields), admin.sends(CONFIRM, &fields)] {
        assert!(stale.status == 403 && stale.text().contains("Confirm that it is you"), "{stale:?}");
    }
}

#[test]
fn what_is_no_list_is_said_where_it_was_handed_in() {
    let world = World::start();
    let admin = world.visitor_as(ADMIN);
    let before = changes(&world);
    for (text, part) in [
        (&b""[..], "The list is empty"),
        (b"alice,alice@example.com", "must name the columns"),
        (b"email\nZo\xeb@example.com", "line 2 is not text in UTF-8"),
    ] {
        for path in [IMPORT, CONFIRM] {
            let refused = admin.sends(path, &[("text", text)]);
            let page = refused.text();
            assert!(refused.status == 422 && page.to_lowercase().contains(&part.to_lowercase()), "{part}: {page}");
        }
    }
    assert!(
        admin.sends(IMPORT, &[("text", b"alice,alice@example.com")]).text().contains(">\nalice,alice@example.com<")
    );
    assert!(admin.sends(IMPORT, &[("text", b"email\n")]).text().contains("nobody on the list"));
    let most = 16 * 1024 * 1024;
    assert!(admin.sends(IMPORT, &[("file", &vec![b'x'; most + 1])]).text().contains("more than 16 MiB"));
    assert_eq!(admin.sends(IMPORT, &[("file", &vec![b'x'; most + 64 * 1024])]).status, 413);
    assert_eq!(admin.post(IMPORT, &[("text", LIST)]).status, 400, "not the form of the page");
    assert_eq!(admin.sends(REPORT, &[("text", LIST.as_bytes()), ("format", b"exe")]).status, 400);
    assert_eq!(changes(&world), before);
}

#[test]
fn the_report_is_a_table_of_text_that_other_programs_read_and_our_own_takes_back() {
    let world = World::start();
    let admin = world.visitor_as(ADMIN);
    let names =
        ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "'=1", "a;=1", "Zo\u{eb} \u{1f642}", "\"q\", r", "_x000D_"];
    let lines = names.iter().enumerate().map(|(number, name)| {
        format!("u{number},u{number}@example.com,\"{}\"\n", name.replace('"', "\"\"").replace("'=", "''="))
    });
    let text = format!("username,email,fullname\n{}", lines.collect::<String>());
    assert_eq!(admin.sends(CONFIRM, &[("text", text.as_bytes())]).status, 200);
    let stored = Connection::open(world.database()).unwrap();
    let mut stored = stored.prepare("SELECT fullname FROM user WHERE username LIKE 'u_' ORDER BY username").unwrap();
    let stored = stored.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap).collect::<Vec<_>>();
    assert_eq!(stored, names);

    let xlsx = admin.sends(REPORT, &[("text", text.as_bytes()), ("update", b"yes"), ("format", b"xlsx")]);
    assert_eq!(xlsx.header("content-disposition"), Some("attachment; filename=\"import.xlsx\""), "{xlsx:?}");
    let rows = rows_of(&world, &xlsx);
    assert_eq!(rows[0], ["Line", "Username", "Email", "Full Name", "Outcome", "Details"]);
    assert_eq!(rows[1..].iter().map(|row| row[3].as_str()).collect::<Vec<_>>(), names);

    let csv = admin.sends(REPORT, &[("text", text.as_bytes()), ("format", b"csv")]);
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    assert!(csv.text().contains("'=cmd|") && csv.text().contains("\r\n"), "{csv:?}");
    let preview = admin.sends(IMPORT, &[("file", &csv.body), ("update", b"yes")]).text();
    assert!(preview.contains("unchanged: <strong>9</strong>"), "{preview}");
}

#[test]
fn a_table_leaves_no_temporary_file_behind() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(&[("TMPDIR", folder.path().to_str().unwrap())]);
    let admin = world.visitor_as(ADMIN);
    let ask = |format: &str| admin.sends(REPORT, &[("text", LIST.as_bytes()), ("format", format.as_bytes())]);
    assert_eq!(rows_of(&world, &ask("xlsx")).len(), 6);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    drop(folder);
    assert_eq!((ask("xlsx").status, ask("csv").status), (409, 200), "the temporary folder is what it uses");
}

#[test]
fn two_thousand_people_come_in_through_nginx_at_once() {
    let world = World::start();
    world.start_nginx();
    let session = world.signed_in(ADMIN);
    let padding = "x".repeat(150);
    let lines = (0..2000).map(|number| format!("u{number},u{number}@example.com,User {number} {padding}\n"));
    // A column that is passed over makes it longer than other forms may be.
    let text = format!(
        "username,email,fullname,notes\n{}",
        lines.map(|line| line.replace('\n', &format!(",{padding}{padding}{padding}\n"))).collect::<String>()
    );
    assert!(text.len() > 1024 * 1024);
    let ask = |path: &str| {
        let request = form(path, &[("file", text.as_bytes())]).with("Cookie", &session);
        world.auth(&request.with("Origin", &world.auth_url()))
    };
    let preview = ask(IMPORT).text();
    assert!(preview.contains("first 500 of 2000 lines") && preview.contains("Import 2000 people"));
    assert_eq!(preview.matches("<tr>").count(), 501);
    assert!(ask(CONFIRM).text().contains("New: <strong>2000</strong>"));
    assert_eq!(world.validate(Some(&world.session("u1999")), None).header("x-gk-reason"), Some("no-app"));
}

#[test]
fn the_whole_walk_in_a_browser_without_scripts() {
    let world = World::start();
    world.start_nginx();
    let browser = world.browser_without_scripts();
    browser.goto(world.gk(&["login-link", "--user", "admin"]).done().trim());
    browser.click("button[type=submit]#confirm-signin");
    browser.wait_for_url("home", |url| !url.contains("/signin/"));
    let address = format!("{}{IMPORT}", world.auth_url());
    browser.goto(&address);
    looked_at(&world, &browser, "import-form");
    let text =
        format!("\u{feff}{LIST}zoe,zoe@example.com,\"''=1; \"\"Z\"\" & <Zo\u{eb}> \u{1f642}\"\n").replace('\n', "\r\n");
    browser.write("#file", &list(&world, &text));
    browser.click("main form.invite button[type=submit]");
    wait_until("the preview", || browser.text().contains("What would happen"));
    looked_at(&world, &browser, "import-preview");
    browser.click("main button[type=submit]:not(.quiet)");
    wait_until("the result", || browser.text().contains("Skipped lines"));
    looked_at(&world, &browser, "import-result");
    assert_eq!(count(&world, "SELECT count(*) FROM user WHERE email = 'alice@example.com'"), 1);
    let zoe = "SELECT fullname = '''=1; \"Z\" & <Zo\u{eb}> \u{1f642}' FROM user WHERE username = 'zoe'";
    assert_eq!(count(&world, zoe), 1, "the list comes through the form as it was");
}

/// Fits every window, in both themes; leaves pictures for whoever wants to look.
#[track_caller]
fn looked_at(world: &World, browser: &crate::world::Browser, name: &str) {
    for (width, size) in [(1280, "wide"), (390, "narrow")] {
        for scheme in ["light", "dark"] {
            browser.looks(width, scheme);
            assert_eq!(browser.overflow(), 0, "{name}, {size}, {scheme}");
            browser.picture(&format!("{name}-{size}-{scheme}"));
        }
    }
    assert!(!world.admin_talk().contains("panicked"));
}
