//! Whom a directory's connection trusts: a password goes to nobody else.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use serde_json::Value;

use super::relay::Relay;
use super::server::{PASSWORD, SAMBA, SLAPD, Server};
use crate::world::{Certificates, Part, World, clean, free_port, tool};

/// What `gk directory test` says of a directory that it must not find well.
#[track_caller]
fn refused(world: &World, label: &str) -> String {
    world.gk(&["directory", "test", "--domain", label]).refused(1)
}

#[test]
fn an_openldap_is_asked_only_if_its_certificate_is_its_own_in_force_and_of_a_trusted_authority() {
    trusted(&SLAPD, &SLAPD.secure().replace("127.0.0.1", "127.0.0.2"));
}

#[test]
fn an_active_directory_is_asked_only_if_its_certificate_is_its_own_in_force_and_of_a_trusted_authority() {
    // It has one address only; a relay on another is another host with the same certificate.
    let relay = Relay::to(&SAMBA.tls, "127.0.0.2");
    trusted(&SAMBA, &format!("ldaps://{}", relay.address()));
}

fn trusted(server: &Server, elsewhere: &str) {
    let unit = server.unit("secured");
    let world = World::bare(&[]);
    let foreign = Certificates::make(&world.folder().join("foreign"));
    let foreign = foreign.authority().display().to_string();
    let start = ["--security", "starttls", "--uri", &server.open()];
    server.join(&world, "good", &unit, &[]).done();
    server.join(&world, "start", &unit, &start).done();
    for label in ["good", "start"] {
        let said: Value = world.gk_json(&["directory", "test", "--domain", label]);
        assert_eq!(said["ok"], true, "{said}");
    }
    server.join(&world, "foreign", &unit, &["--ca-file", &foreign]).done();
    let said = refused(&world, "foreign");
    assert!(said.contains("an authority that is not trusted here"), "{said}");
    server.join(&world, "foreign-start", &unit, &[&start[..], &["--ca-file", &foreign]].concat()).done();
    assert!(refused(&world, "foreign-start").contains("an authority that is not trusted here"));
    server.join(&world, "other", &unit, &["--uri", elsewhere]).done();
    assert!(refused(&world, "other").contains("another host name"));
    let (_server, port, authority) = expired(&world);
    let old = format!("ldaps://127.0.0.1:{port}");
    server.join(&world, "old", &unit, &["--uri", &old, "--ca-file", &authority]).done();
    assert!(refused(&world, "old").contains("its certificate has expired"));
}

/// A TLS server whose certificate ran out years ago; its port and its authority.
fn expired(world: &World) -> (Part, u16, String) {
    let folder = world.folder().join("expired");
    let certificates = Certificates::make_for(&folder, "DNS:x.example");
    let mut command = clean(&tool("faketime"));
    command.current_dir(&folder).args([
        "2020-01-01",
        "openssl",
        "req",
        "-x509",
        "-subj",
        "/CN=old",
        "-nodes",
        "-days",
        "2",
    ]);
    command.args([
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-keyout",
        "old.key",
        "-out",
        "old.pem",
    ]);
    command.args(["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]);
    crate::world::Said::by(command.args(["-CA", "ca.pem", "-CAkey", "ca.key"])).done();
    let port = free_port();
    let mut server = clean(&tool("openssl"));
    server.current_dir(&folder).args(["s_server", "-www", "-accept", &format!("127.0.0.1:{port}"), "-cert", "old.pem"]);
    let mut started = Part::start("openssl", server.args(["-key", "old.key"]), folder.join("server.log"));
    started.word_after("ACCEPT");
    (started, port, certificates.authority().display().to_string())
}

#[test]
fn where_starttls_is_taken_out_on_the_way_no_password_follows() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("ldap://{}", listener.local_addr().unwrap());
    let heard = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut first = [0; 1024];
        let length = stream.read(&mut first).unwrap();
        // Message 1: an extended response with the result protocolError.
        let answer = [0x30, 0x0c, 0x02, 0x01, 0x01, 0x78, 0x07, 0x0a, 0x01, 0x02, 0x04, 0x00, 0x04, 0x00];
        stream.write_all(&answer).unwrap();
        let mut all = first[..length].to_vec();
        drop(stream.read_to_end(&mut all));
        String::from_utf8_lossy(&all).into_owned()
    });
    let world = World::bare(&[]);
    SLAPD.join(&world, "corp", "dc=corp,dc=example", &["--uri", &address, "--security", "starttls"]).done();
    let said = refused(&world, "corp");
    assert!(said.contains("the directory does not do StartTLS"), "{said}");
    let heard = heard.join().unwrap();
    assert!(heard.contains("1.3.6.1.4.1.1466.20037"), "StartTLS is asked for: {heard:?}");
    assert!(!heard.contains(PASSWORD) && !heard.contains("cn=reader"), "{heard:?}");
}

#[test]
fn either_is_asked_over_starttls() {
    for server in [&*SLAPD, &*SAMBA] {
        let world = World::bare(&[]);
        server.join(&world, "corp", server.top, &["--uri", &server.open(), "--security", "starttls"]).done();
        let said = world.gk(&["directory", "test", "--domain", "corp"]).done();
        assert!(said.to_lowercase().contains("starttls"), "{said}");
    }
}

#[test]
fn an_empty_password_binds_as_nobody_and_is_never_sent() {
    let unit = SLAPD.unit("empty");
    let world = World::bare(&[]);
    let empty = world.folder().join("empty");
    std::fs::write(&empty, "\n").unwrap();
    let empty = empty.display().to_string();
    SLAPD.join(&world, "corp", &unit, &[]).done();
    let mut directory = vec!["directory", "update", "--domain", "corp"];
    directory.extend(["--bind-password-file", &empty]);
    let said = world.gk(&directory).done();
    assert!(said.contains("no bind password"), "{said}");
    assert!(refused(&world, "corp").contains("no password is kept for the bind DN"));
    let without =
        ["directory", "add", "--domain", "two", "--uri", "ldaps://x.example", "--base-dn", &unit, "--bind-dn", "cn=x"];
    assert!(
        world.gk(&[&without[..], &["--bind-password-file", &empty]].concat()).refused(2).contains("needs a password")
    );
    assert!(world.gk(&without).refused(2).contains("needs a password"));
}

#[test]
fn another_host_forgets_the_password_and_plain_is_never_by_accident() {
    let unit = SLAPD.unit("elsewhere");
    let world = World::bare(&[]);
    SLAPD.join(&world, "corp", &unit, &[]).done();
    let update = |more: &[&str]| world.gk(&[&["directory", "update", "--domain", "corp", "--json"], more].concat());
    assert_eq!(update(&["--timeout", "3"]).json()["has_password"], true);
    assert!(update(&["--uri", &SLAPD.open()]).refused(2).contains("starttls"), "ldap:// alone is refused");
    assert_eq!(update(&["--uri", "ldaps://127.0.0.9"]).json()["has_password"], false);
}
