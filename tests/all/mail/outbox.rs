//! An Outbox service: through its database, and over HTTP. What `gk mail test` says of it is the truth.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use serde_json::Value;

use super::{ask, room, wait_until_it_is};
use crate::world::{ADMIN, World, wait_until};

const SCHEMA: &str = "
    CREATE TABLE api_key (id INTEGER PRIMARY KEY);
    CREATE TABLE message (
        id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, status TEXT NOT NULL DEFAULT 'queued',
        delivery_type TEXT NOT NULL DEFAULT 'email', from_address TEXT NOT NULL, to_recipients TEXT NOT NULL,
        cc_recipients TEXT, bcc_recipients TEXT, subject TEXT NOT NULL DEFAULT '', body TEXT NOT NULL DEFAULT '',
        body_type TEXT NOT NULL DEFAULT 'plain', retries_remaining INTEGER NOT NULL DEFAULT 5, next_retry_at TEXT,
        last_error TEXT, source_app TEXT, source_api_key_id INTEGER REFERENCES api_key (id) ON DELETE SET NULL,
        created_at TEXT NOT NULL, updated_at TEXT NOT NULL, sent_at TEXT);";

#[track_caller]
fn outbox(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "journal_mode", "wal").unwrap();
    connection.execute_batch(SCHEMA).unwrap();
    connection
}

/// The rows, as `column=value` lines.
fn rows(connection: &Connection, columns: &str) -> Vec<String> {
    let sql = format!("SELECT concat_ws('|', {columns}) FROM message ORDER BY id");
    let mut statement = connection.prepare(&sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn an_outbox_database_gets_one_row_a_mail_and_its_troubles_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outbox.db");
    let world = World::with(&[("MAIL_SENDER", "gatekeeper@example.com")]);
    let name = |path: &Path| world.gk(&["config", "set", "outbox.db_path", path.to_str().unwrap()]).done();
    let test = || world.gk(&["mail", "test", "--to", ADMIN]);
    name(&path);
    assert!(test().refused(1).contains("no such file"));
    assert!(!path.exists(), "somebody else's database was made");
    let wrong = folder.path().join("wrong.db");
    Connection::open(&wrong).unwrap().execute_batch("CREATE TABLE message (uuid TEXT UNIQUE, status TEXT)").unwrap();
    name(&wrong);
    assert!(test().refused(1).contains("no column delivery_type"));
    std::fs::write(folder.path().join("text.db"), "This is no database, however long it is looked at.").unwrap();
    name(&folder.path().join("text.db"));
    assert!(test().refused(1).contains("not a database"));
    name(&path);
    ask(&world, ADMIN); // waits in the queue until there is a database
    let connection = outbox(&path);
    wait_until_it_is(&world, ADMIN, "sent");
    let columns =
        "status, delivery_type, from_address, to_recipients, body_type, source_app, subject, retries_remaining";
    let row = format!("queued|email|gatekeeper@example.com|[\"{ADMIN}\"]|html|gatekeeper|Gatekeeper - Sign-in link|5");
    assert_eq!(rows(&connection, columns), [row]);
    let [at] = rows(&connection, "created_at, updated_at").try_into().unwrap();
    assert!(at.len() == 51 && at.ends_with("+00:00") && at.contains('T'), "{at}");
    let [body] = rows(&connection, "body").try_into().unwrap();
    assert!(body.contains(&format!("href=\"{}/signin/link/", world.auth_url())), "{body}");
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(test().refused(1).contains("somebody holds it"));
    connection.execute_batch("COMMIT").unwrap();
    assert!(test().done().contains("queued in"));
    assert_eq!(rows(&connection, "uuid").len(), 2);
}

/// What a service was sent: heads of requests, and the mails in them.
type Seen = Arc<Mutex<Vec<(String, Value)>>>;

/// An Outbox service that answers by whom a mail is for: `s404@…` is answered 404.
fn service() -> (String, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Seen::default();
    let kept = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let kept = Arc::clone(&kept);
            std::thread::spawn(move || answer(stream, &kept));
        }
    });
    (url, seen)
}

fn answer(mut stream: TcpStream, seen: &Seen) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let head = reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let head = head.collect::<Vec<_>>().join("\n");
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    let mail: Value = serde_json::from_slice(&body).unwrap_or_default();
    let to = mail["to"][0].as_str().unwrap_or_default().to_owned();
    seen.lock().unwrap().push((head, mail));
    let status = to.split('@').next().unwrap_or_default().trim_start_matches('s').parse().unwrap_or(201);
    if status == 999 {
        return; // cut without an answer
    }
    let location = if status == 302 { "Location: /api/v1/messages\r\n" } else { "" };
    let text = "{\"error\":\"as you wish\"}";
    let length = text.len();
    write!(stream, "HTTP/1.1 {status} Said\r\n{location}Content-Length: {length}\r\nConnection: close\r\n\r\n{text}")
        .unwrap();
}

#[test]
fn an_outbox_service_has_taken_a_mail_when_it_answers_201_and_at_no_other_time() {
    let (url, seen) = service();
    let world = World::with(&[("OUTBOX_URL", &format!("{url}/")), ("OUTBOX_API_KEY", "ob_key")]);
    let said = world.gk(&["mail", "test", "--to", ADMIN]).done();
    assert!(said.contains("201"), "{said}");
    for (status, word) in [("s200", "not known"), ("s500", "not known"), ("s999", "not known"), ("s400", "as you wish")]
    {
        let said = world.gk(&["mail", "test", "--to", &super::trouble(status)]).refused(1);
        assert!(said.contains(word), "{status}: {said}");
    }
    let before = seen.lock().unwrap().len();
    for status in ["s302", "s401"] {
        let said = world.gk(&["mail", "test", "--to", &super::trouble(status)]).refused(1);
        assert!(said.contains("no mail was sent") && said.contains(&status[1..]), "{said}");
    }
    assert_eq!(seen.lock().unwrap().len(), before + 2, "a redirect was followed");
    let (head, mail) = seen.lock().unwrap()[0].clone();
    assert!(
        head.starts_with("POST /api/v1/messages HTTP/1.1") && head.to_ascii_lowercase().contains("x-api-key: ob_key"),
        "{head}"
    );
    assert_eq!((&mail["from_address"], &mail["to"][0]), (&"gatekeeper@localhost".into(), &ADMIN.into()));
    assert_eq!((&mail["body_type"], &mail["source_app"]), (&"html".into(), &"gatekeeper".into()));
    let twice = super::trouble("s500");
    ask(&world, &twice);
    let dead = wait_until_it_is(&world, &twice, "dead");
    assert!(dead["last_error"].as_str().unwrap().contains("may have arrived"), "{dead}");
    assert!(!world.admin_talk().contains("ob_key"));
}

#[test]
fn the_key_of_an_outbox_goes_to_a_trusted_server_only() {
    let (_folder, certificates) = room();
    let (server, port) = certificates.outbox();
    let world = World::bare(&[]);
    world.gk(&["config", "set", "outbox.api_key", "ob_key"]).done();
    world.gk(&["config", "set", "outbox.url", "http://outbox.example.com"]).done();
    let test = |trusted: &[(&str, &str)]| world.gk_in(trusted, &["mail", "test", "--to", ADMIN]);
    assert!(test(&[]).refused(1).contains("https://"));
    world.gk(&["config", "set", "outbox.url", &format!("https://localhost:{port}")]).done();
    let said = test(&[]).refused(1);
    assert!(said.contains("no mail was sent") && said.contains("certificate"), "{said}");
    assert!(!server.talk().contains("message"), "{}", server.talk());
    let authority = certificates.authority();
    assert!(test(&[("SSL_CERT_FILE", authority.to_str().unwrap())]).done().contains("201"));
    wait_until("the Outbox to tell of it", || server.talk().contains("message /api/v1/messages ob_key"));
}
