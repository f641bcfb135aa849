//! Settings through the service, over a real database.

use super::*;
use crate::service::trial::Trial;

fn refused<T>(result: Result<T, Refusal>) -> String {
    result.map(drop).expect_err("a refusal").to_string()
}

fn to(key: &str, value: Option<&str>) -> Change {
    Change { key: key.into(), value: value.map(str::to_owned) }
}

fn value(trial: &Trial, key: &str) -> String {
    trial.run(|op| get(op, key)).unwrap().open_text().to_owned()
}

fn audited(trial: &Trial, condition: &str) -> i64 {
    trial.count(&format!("SELECT count(*) FROM audit WHERE action = 'setting_changed' AND {condition}"))
}

/// Fixes one variable, as a start of gk-admin does.
fn pin(trial: &Trial, variable: &str, value: &str) {
    let environment = |name: &str| (name == variable).then(|| value.to_owned());
    trial.run(|op| record_pins(op, &environment, OlderPins::Drop)).unwrap();
}

#[test]
fn several_are_changed_together_or_not_at_all_and_only_changes_leave_a_trace() {
    let trial = Trial::new();
    let both = [to("server.name", Some("The Door")), to("session.expiry_days", Some("7"))];
    assert_eq!(trial.run(|op| change(op, None, &both)).unwrap().len(), 2);
    assert_eq!(audited(&trial, r#"target = 'server.name' AND before = '"Gatekeeper"' AND after = '"The Door"'"#), 1);
    assert_eq!(trial.run(|op| change(op, None, &both)).unwrap().len(), 0);
    assert_eq!(audited(&trial, "1"), 2, "the same again is no change");

    let wrong = [to("server.name", Some("Other")), to("session.expiry_days", Some("x")), to("no.such", None)];
    let said = refused(trial.run(|op| change(op, None, &wrong)));
    assert!(said.contains("session.expiry_days must be a whole number") && said.contains("no.such is no"), "{said}");
    assert_eq!((value(&trial, "server.name").as_str(), audited(&trial, "1")), ("The Door", 2));
    trial.run(|op| change(op, None, &[to("server.name", None), to("mail.smtp_host", None)])).unwrap();
    assert_eq!((value(&trial, "server.name").as_str(), audited(&trial, "1")), ("Gatekeeper", 3));
}

#[test]
fn whoever_looked_at_an_older_version_changes_nothing() {
    let trial = Trial::new();
    let server = Part::Section("server".into());
    let version = |trial: &Trial| trial.run(|op| part(op, &server).map(|found| super::version(&found))).unwrap();
    let seen = Seen { part: server.clone(), version: version(&trial) };
    trial.run(|op| set(op, "mail.smtp_host", "mail.example.com")).unwrap();
    assert_eq!(version(&trial), seen.version, "another section");
    trial.run(|op| set(op, "server.accent", "#1c4e80")).unwrap();
    let late = trial.run(|op| change(op, Some(&seen), &[to("server.name", Some("Late"))]));
    assert!(matches!(late, Err(Refusal::Outdated)), "{late:?}");
    let seen = Seen { version: version(&trial), ..seen };
    trial.run(|op| change(op, Some(&seen), &[to("server.name", Some("Now"))])).unwrap();
}

#[test]
fn what_the_environment_fixes_is_changed_by_no_verb_and_each_says_where() {
    let trial = Trial::new();
    pin(&trial, "APP_NAME", "Fixed");
    let file = "[server]\nname = Other\n[mail]\nsmtp_host = m.example\n";
    for said in [
        refused(trial.run(|op| set(op, "server.name", "Other"))),
        refused(trial.run(|op| unset(op, "server.name"))),
        refused(trial.run(|op| change(op, None, &[to("server.name", Some("Other"))]))),
        refused(trial.run(|op| import(op, file))),
    ] {
        assert!(said.contains("server.name is fixed by APP_NAME in the environment of gk-admin"), "{said}");
    }
    assert_eq!((value(&trial, "server.name").as_str(), value(&trial, "mail.smtp_host").as_str()), ("Fixed", ""));
    trial.run(|op| import(op, "[server]\nname = Fixed\n")).unwrap();
}

#[test]
fn a_secret_is_set_kept_and_cleared_and_is_in_no_audit() {
    let trial = Trial::new();
    trial.run(|op| change(op, None, &[to("mail.smtp_password", Some("canary-1"))])).unwrap();
    assert_eq!(audited(&trial, r#"before = '""' AND after = '"(secret)"'"#), 1);
    assert!(trial.run(|op| change(op, None, &[to("mail.smtp_password", Some("canary-1"))])).unwrap().is_empty());
    let found = trial.run(|op| get(op, "mail.smtp_password")).unwrap();
    assert!(found.is_set() && found.open_text().is_empty() && !format!("{found:?}").contains("canary"));
    trial.run(|op| set(op, "mail.smtp_password", "")).unwrap();
    assert!(!trial.run(|op| get(op, "mail.smtp_password")).unwrap().is_set());
    trial.run(|op| unset(op, "mail.smtp_password")).unwrap();
    assert_eq!(trial.count("SELECT count(*) FROM audit WHERE before || after LIKE '%canary%'"), 0);
}

#[test]
fn a_file_brings_everything_back_and_holds_secrets_only_when_asked() {
    let trial = Trial::new();
    let name = r#"50 % "The 'Door'"; #1 = %(x)s"#;
    let set = [
        to("server.name", Some(name)),
        to("mail.smtp_password", Some("p%;\"'=canary ")),
        to("access.accepted_domains", Some("a.example,b.example")),
    ];
    trial.run(|op| change(op, None, &set)).unwrap();
    let (plain, full) =
        (trial.run(|op| export(op, Secrets::LeftOut)).unwrap(), trial.run(|op| export(op, Secrets::Written)).unwrap());
    assert!(!plain.contains("canary") && full.contains("canary"));
    assert_eq!(trial.count("SELECT count(*) FROM audit WHERE action = 'settings_exported'"), 2);
    let other = Trial::new();
    let imported = other.run(|op| import(op, &full)).unwrap();
    assert_eq!((imported.changed.len(), imported.unchanged), (3, 0));
    assert_eq!(value(&other, "server.name"), name);
    let secret = |trial: &Trial| {
        trial.run(|op| Ok(op.settings.secret(Setting::SmtpPassword, op.root)?.unwrap().reveal().to_owned())).unwrap()
    };
    assert_eq!(secret(&other), secret(&trial));
    assert_eq!(other.run(|op| import(op, &full)).unwrap().unchanged, 3);
    assert_eq!(other.run(|op| export(op, Secrets::Written)).unwrap(), full);
}

#[test]
fn an_older_file_is_understood_and_a_line_nobody_knows_refuses_all_of_it() {
    let trial = Trial::new();
    let old = "[server]\nHOST = 0.0.0.0\n[proxy]\nX_FORWARDED_FOR = 1\n[database]\nPATH = /x\n[ldap.CORP]\nSERVER = ldap://x\n\
               [outbox]\nURL = http://o.example/%s?a=b\n";
    let imported = trial.run(|op| import(op, old)).unwrap();
    assert_eq!((imported.changed.len(), imported.passed_over.len()), (1, 4));
    assert_eq!(value(&trial, "outbox.url"), "http://o.example/%s?a=b");
    let said = refused(trial.run(|op| import(op, "[mail]\nmail_sender = b@example.com\nsmtp_hots = x\n")));
    assert_eq!(said, "line 3: mail.smtp_hots is no setting");
    assert_eq!(value(&trial, "mail.mail_sender"), "gatekeeper@localhost");
}

#[test]
fn a_logo_is_a_picture_that_holds_no_script() {
    let trial = Trial::new();
    let png = [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], &[0; 17], b"\0\0\0\0IEND\xaeB`\x82"].concat();
    let webp = [&b"RIFF\x0c\0\0\0WEBPVP8 \0\0\0\0"[..]].concat();
    for bad in [
        &b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"[..],
        b"GIF89a",
        b"",
        &[png.as_slice(), b"<script>"].concat(),
        &[webp.as_slice(), b"<script>"].concat(),
        &[b"\xff\xd8\xff".as_slice(), &vec![0; MOST_LOGO_BYTES], b"\xff\xd9"].concat(),
    ] {
        assert!(trial.run(|op| set_logo(op, bad)).is_err(), "{:?}", bad.get(..20));
    }
    assert_eq!(trial.run_as_stranger(|op| look(op)).unwrap().logo, None);
    assert!(matches!(trial.run_as_stranger(|op| set_logo(op, &png)), Err(Refusal::Forbidden(_))));
    assert_eq!(trial.run(|op| set_logo(op, &webp)).unwrap().kind, LogoKind::WebP);
    let set = trial.run(|op| set_logo(op, &png)).unwrap();
    assert_eq!(trial.run_as_stranger(|op| look(op)).unwrap().logo.as_ref(), Some(&set.digest));
    assert_eq!(trial.run_as_stranger(|op| logo(op)).unwrap(), Some(set));
    trial.run(clear_logo).unwrap();
    assert_eq!(trial.run_as_stranger(|op| logo(op)).unwrap(), None);
    assert_eq!(trial.count("SELECT count(*) FROM audit WHERE action = 'logo_changed'"), 3);
}
