//! Servers that are not who they should be, or would have us speak in the clear: they get neither mail nor password.
//! And which transport is taken when several are set.

use rusqlite::Connection;

use super::{ask, queued, room, sending};
use crate::world::{ADMIN, Certificates, Sink, World, wait_for};

/// Has a sign-in mail sent, and gives what the queue says of the try, which must have failed.
#[track_caller]
fn fails(world: &World, sink: &Sink) -> String {
    ask(world, ADMIN);
    let mail = wait_for("a try to have failed", || queued(world, ADMIN).filter(|mail| mail["tries"] != 0));
    assert_eq!(mail["state"], "queued", "{mail}");
    assert!(sink.mails().is_empty(), "a mail went out");
    assert_eq!(sink.sign_ins(), 0, "a password may have gone out");
    mail["last_error"].as_str().unwrap().to_owned()
}

#[test]
fn a_server_that_offers_no_encryption_gets_nothing_when_it_is_asked_for() {
    let (folder, certificates) = room();
    let sink = Sink::start(&folder.path().join("mail"), "plain", &certificates);
    let world = sending("starttls", sink.port(), &certificates, &[]);
    let error = fails(&world, &sink);
    assert!(error.contains("STARTTLS"), "{error}");
    assert!(world.gk(&["mail", "test", "--to", ADMIN]).refused(1).contains("STARTTLS"));
}

#[test]
fn a_server_of_a_foreign_authority_gets_nothing_over_tls_either() {
    let (folder, certificates) = room();
    let others = Certificates::make(&folder.path().join("others"));
    let sink = Sink::start(&folder.path().join("mail"), "tls", &certificates);
    let error = fails(&sending("tls", sink.port(), &others, &[]), &sink);
    assert!(error.contains("certificate"), "{error}");
}

#[test]
fn a_certificate_for_another_host_is_refused_though_its_authority_is_trusted() {
    let folder = tempfile::Builder::new().prefix("gk-smtp-").tempdir().unwrap();
    let certificates = Certificates::make_for(&folder.path().join("tls"), "DNS:mail.example.com");
    for mode in ["starttls", "tls"] {
        let sink = Sink::start(&folder.path().join(mode), mode, &certificates);
        let error = fails(&sending(mode, sink.port(), &certificates, &[]), &sink);
        assert!(error.contains("certificate") && error.contains("name"), "{mode}: {error}");
    }
}

#[test]
fn of_several_transports_the_outbox_database_comes_first_then_its_service_then_smtp_then_files() {
    let world = World::bare(&[]);
    let path = world.folder().join("outbox.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE message (id INTEGER)").unwrap();
    let set = |key: &str, value: &str| world.gk(&["config", "set", key, value]).done();
    set("outbox.db_path", path.to_str().unwrap());
    set("outbox.url", "https://outbox.example.com");
    set("outbox.api_key", "a key of the service");
    set("mail.smtp_host", "mail.example.com");
    let mail = || {
        let health = world.gk(&["ops", "healthcheck"]).out;
        health.lines().find(|line| line.contains("Mail ") || line.contains("Mail:")).unwrap_or(&health).to_owned()
    };
    assert!(mail().contains("into the Outbox database"), "{}", mail());
    set("outbox.db_path", "");
    assert!(mail().contains("https://outbox.example.com"), "{}", mail());
    set("outbox.url", "");
    assert!(mail().contains("by SMTP through mail.example.com:587"), "{}", mail());
    set("mail.smtp_host", "");
    assert!(mail().contains("into files in"), "{}", mail());
}
