//! Mail through a real SMTP server: encryption, sign-in, trust, second tries, and a queue that outlives gk-admin.

mod console;
mod outbox;
mod queue;
mod trouble;
mod trust;
mod words;

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use serde_json::Value;

use crate::world::{ADMIN, Certificates, INTERNAL, Sink, World, wait_for, wait_until};

/// A world that sends to `sink`, trusting `certificates`.
#[track_caller]
pub(crate) fn sending(security: &str, port: u16, certificates: &Certificates, more: &[(&str, &str)]) -> World {
    let (port, authority) = (port.to_string(), certificates.authority());
    let mut settings = vec![
        ("MAIL_TRANSPORT", "smtp"),
        ("MAIL_SENDER", "gatekeeper@example.com"),
        ("SMTP_HOST", "localhost"),
        ("SMTP_PORT", &port),
        ("SMTP_SECURITY", security),
        ("SMTP_USER", "gk"),
        ("SMTP_PASSWORD", "mailpw"),
        ("SMTP_CA_FILE", authority.to_str().unwrap()),
    ];
    settings.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    settings.extend(more);
    World::with(&settings)
}

/// A folder for a server and its certificates.
pub(crate) fn room() -> (tempfile::TempDir, Certificates) {
    let folder = tempfile::Builder::new().prefix("gk-smtp-").tempdir().unwrap();
    let certificates = Certificates::make(&folder.path().join("tls"));
    (folder, certificates)
}

/// A server without encryption on this machine, and a world that sends to it.
#[track_caller]
fn plainly(more: &[(&str, &str)]) -> (tempfile::TempDir, Sink, World) {
    let (folder, certificates) = room();
    let sink = Sink::start(&folder.path().join("mail"), "plain", &certificates);
    let bare = [("SMTP_USER", ""), ("SMTP_PASSWORD", ""), ("SMTP_CA_FILE", ""), ("SMTP_HOST", "127.0.0.1")];
    let world = sending("none", sink.port(), &certificates, &[&bare, more].concat());
    (folder, sink, world)
}

/// An address that makes the server behave so.
fn trouble(kind: &str) -> String {
    format!("{kind}@{INTERNAL}")
}

/// The newest mail to somebody as the queue shows it.
#[track_caller]
fn queued(world: &World, to: &str) -> Option<Value> {
    let shown = world.gk_json(&["mail", "queue"]);
    shown["mails"].as_array().unwrap().iter().find(|mail| mail["to"] == to).cloned()
}

/// Waits until the newest mail to somebody is in this state; gives it.
#[track_caller]
fn wait_until_it_is(world: &World, to: &str, state: &str) -> Value {
    wait_for(&format!("the mail to {to} to be {state}"), || queued(world, to).filter(|mail| mail["state"] == state))
}

/// How many mails to somebody the server has kept.
fn kept(sink: &Sink, email: &str) -> usize {
    sink.mails().iter().filter(|mail| mail.contains(&format!("To: {email}"))).count()
}

#[track_caller]
fn ask(world: &World, email: &str) {
    assert_eq!(world.visitor().ask_for_link(email, "").status, 303);
}

/// The first mail at the server to this address.
#[track_caller]
pub(crate) fn arrived(sink: &Sink, email: &str) -> String {
    wait_for(&format!("mail to {email} at the SMTP server"), || {
        sink.mails().into_iter().find(|mail| mail.contains(email))
    })
}

/// Whether gk-admin has warned about a mail, with this in it.
fn complains(world: &World, about: &str) -> bool {
    let talk = world.admin_talk();
    let mut warnings = talk.lines().filter(|line| line.contains("WARN") || line.contains("ERROR"));
    warnings.any(|line| line.contains("mail") && line.contains(about))
}

#[track_caller]
fn assert_plain(world: &World, mail: &str) {
    let (head, body) = mail.split_once("\r\n\r\n").expect("a mail has a head and a body");
    for part in ["From: ", "To: ", "Subject: ", "Date: ", "Message-ID: "] {
        assert!(head.lines().any(|line| line.starts_with(part)), "{part}is missing: {head}");
    }
    assert!(head.contains("multipart/alternative"), "{head}");
    assert!(body.contains("text/plain") && body.contains("text/html"), "{body}");
    assert!(!body.contains("quoted-printable") && !body.contains("base64"), "{body}");
    assert!(body.lines().any(|line| line.starts_with(&format!("{}/signin/link/", world.auth_url()))), "{body}");
    assert!(body.lines().all(|line| line.len() <= 998), "{body}");
}

#[test]
fn mail_goes_over_starttls_with_a_password() {
    let (folder, certificates) = room();
    let sink = Sink::start(&folder.path().join("mail"), "starttls", &certificates);
    let world = sending("starttls", sink.port(), &certificates, &[]);
    ask(&world, ADMIN);
    assert_plain(&world, &arrived(&sink, ADMIN));
    assert_eq!(sink.sign_ins(), 1);
    assert!(!world.admin_talk().contains("mailpw"), "the password is in the log");
}

/// Stands between gk-admin and a mail server, and puts answers behind the server's leave to begin with TLS; gives its
/// port. It ends with the test.
fn tampers_with(server: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, mut server) = (client.unwrap(), TcpStream::connect(("127.0.0.1", server)).unwrap());
            let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || drop(io::copy(&mut from_client, &mut to_server)));
            thread::spawn(move || {
                let (mut space, mut greeted) = ([0; 4096], false);
                while let Ok(length @ 1..) = server.read(&mut space) {
                    let mut bytes = space[..length].to_vec();
                    // The banner is one too, and comes first.
                    let leave = bytes.starts_with(b"220") && greeted;
                    greeted = true;
                    if leave {
                        bytes.extend(b"250-x\r\n250 8BITMIME\r\n250 ok\r\n550 5.1.1 no such user\r\n");
                    }
                    if client.write_all(&bytes).is_err() {
                        break;
                    }
                }
                drop(client.shutdown(Shutdown::Both));
            });
        }
    });
    port
}

#[test]
fn answers_put_before_the_encryption_are_never_read_as_if_they_came_after_it() {
    let (folder, certificates) = room();
    let sink = Sink::start(&folder.path().join("mail"), "starttls", &certificates);
    let bare = [("SMTP_USER", ""), ("SMTP_PASSWORD", "")];
    let world = sending("starttls", tampers_with(sink.port()), &certificates, &bare);
    ask(&world, ADMIN);
    let mail = wait_for("the try to fail", || queued(&world, ADMIN).filter(|mail| mail["tries"] != 0));
    assert_eq!(mail["state"], "queued", "{mail}");
    let suppressed = world.gk_json(&["mail", "suppressed"]);
    assert!(!suppressed.to_string().contains(ADMIN), "{suppressed}");
}

#[test]
fn mail_goes_over_tls_from_the_first_byte() {
    let (folder, certificates) = room();
    let sink = Sink::start(&folder.path().join("mail"), "tls", &certificates);
    let world = sending("tls", sink.port(), &certificates, &[]);
    ask(&world, ADMIN);
    assert_plain(&world, &arrived(&sink, ADMIN));
}

#[test]
fn a_server_of_another_authority_gets_neither_mail_nor_password_until_it_is_trusted() {
    let (folder, certificates) = room();
    let others = Certificates::make(&folder.path().join("others"));
    let sink = Sink::start(&folder.path().join("mail"), "starttls", &certificates);
    let port = sink.port().to_string();
    let world = sending("starttls", sink.port(), &others, &[]);
    ask(&world, ADMIN);
    wait_until("gk-admin to complain about the certificate", || complains(&world, "certificate"));
    assert!(sink.mails().is_empty() && sink.sign_ins() == 0, "port {port}");
}

#[test]
fn a_refusal_for_now_is_tried_again_and_a_refusal_for_good_is_given_up() {
    let (folder, certificates) = room();
    let sink = Sink::start(&folder.path().join("mail"), "starttls", &certificates);
    let world = sending("starttls", sink.port(), &certificates, &[]);
    let (temporary, permanent) = (format!("temp@{INTERNAL}"), format!("perm@{INTERNAL}"));
    ask(&world, &permanent);
    ask(&world, &temporary);
    ask(&world, ADMIN);
    arrived(&sink, ADMIN); // neither holds up the others
    arrived(&sink, &temporary);
    let dead = wait_until_it_is(&world, &permanent, "dead");
    assert!(dead["last_error"].as_str().unwrap().contains("5.1.1"), "{dead}");
    let sent = wait_until_it_is(&world, &temporary, "sent");
    assert_eq!(sent["tries"], 2, "{sent}");
    assert!(sink.mails().iter().all(|mail| !mail.contains(&permanent)));
}

#[test]
fn a_mail_that_could_not_leave_is_sent_after_a_restart() {
    let (folder, certificates) = room();
    let sink = Sink::start(&folder.path().join("mail"), "starttls", &certificates);
    let port = sink.port();
    sink.stop();
    let world = sending("starttls", port, &certificates, &[]);
    ask(&world, ADMIN);
    ask(&world, &format!("second@{INTERNAL}"));
    let both = || [1, 2].iter().all(|number| complains(&world, &format!("letter={number}")));
    wait_until("gk-admin to notice that nobody listens", both);
    world.kill_admin();
    let sink = Sink::start_at(&folder.path().join("mail"), "starttls", &certificates, port);
    world.start_admin();
    arrived(&sink, ADMIN);
    arrived(&sink, &format!("second@{INTERNAL}"));
    assert_eq!(sink.mails().len(), 2, "each once");
}

#[test]
fn a_wrong_password_sends_nothing() {
    let (folder, certificates) = room();
    let sink = Sink::start(&folder.path().join("mail"), "starttls", &certificates);
    let world = sending("starttls", sink.port(), &certificates, &[("SMTP_PASSWORD", "wrong-word")]);
    ask(&world, ADMIN);
    wait_until("gk-admin to say so", || world.admin_talk().contains("535"));
    assert!(sink.mails().is_empty());
    assert!(!world.admin_talk().contains("wrong-word"));
}

#[test]
fn mail_without_encryption_goes_to_this_machine_only() {
    let (folder, certificates) = room();
    let sink = Sink::start(&folder.path().join("mail"), "plain", &certificates);
    let bare = [("SMTP_USER", ""), ("SMTP_PASSWORD", ""), ("SMTP_CA_FILE", ""), ("SMTP_HOST", "127.0.0.1")];
    let world = sending("none", sink.port(), &certificates, &bare);
    ask(&world, ADMIN);
    assert_plain(&world, &arrived(&sink, ADMIN));
    let away = [("SMTP_HOST", "mail.example.com"), ("SMTP_CA_FILE", "")];
    let world = sending("none", sink.port(), &certificates, &away);
    ask(&world, ADMIN);
    wait_until("gk-admin to refuse", || complains(&world, "this machine"));
    assert_eq!(sink.mails().len(), 1);
}
