//! `gk doctor`, as an operator runs it, before a real nginx.

use serde_json::Value;

use crate::wizard::scene::scene;
use crate::world::{Certificates, Said, Sink, World, clean, ours};

/// A world with one app behind nginx, and a mail server.
struct Clinic {
    world: World,
    sink: Sink,
    servers: String,
    _certificates: tempfile::TempDir,
}

impl Clinic {
    fn open() -> Self {
        let folder = tempfile::Builder::new().prefix("gk-smtp-").tempdir().unwrap();
        let certificates = Certificates::make(&folder.path().join("tls"));
        let sink = Sink::start(&folder.path().join("mail"), "plain", &certificates);
        let port = sink.port().to_string();
        let mail =
            [("MAIL_TRANSPORT", "smtp"), ("SMTP_HOST", "127.0.0.1"), ("SMTP_PORT", &port), ("SMTP_SECURITY", "none")];
        let world = World::with(&mail);
        let origin = format!("http://docs.gk.localhost:{}", world.port());
        world.gk(&["apps", "add", "--slug", "docs", "--name", "Docs", "--origin", &origin]).done();
        let upstream = format!("http://{}", world.app().address());
        let servers =
            world.block(&["--shared", "--auth-host"]) + &world.block(&["--slug", "docs", "--upstream", &upstream]);
        world.start_nginx_with(&servers);
        Self { world, sink, servers, _certificates: folder }
    }

    /// Examines what runs, and these servers as nginx prints them.
    fn examine(&self, servers: &str, more: &[&str]) -> Said {
        let dump = self.world.folder().join("dump.conf");
        let printed = Said::by(self.world.nginx_command("printed", servers).arg("-T")).done();
        std::fs::write(&dump, printed).unwrap();
        let dump = dump.display().to_string();
        self.world.gk(&[&["doctor", "--nginx-config", &dump], more].concat())
    }

    fn asked(&self, more: &[&str]) -> Said {
        let figures = self.world.metrics_address();
        self.examine(&self.servers, &[&["--connect", "127.0.0.1", "--figures", &figures, "--json"], more].concat())
    }
}

/// Check and outcome of everything that is not well.
fn complaints(report: &Value) -> Vec<(String, String)> {
    let word = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let found = report["findings"].as_array().expect("it lists findings").iter();
    let bad = found.filter(|one| one["outcome"] != "ok");
    bad.map(|one| (word(one, "check"), word(one, "outcome"))).collect()
}

fn report(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

#[test]
fn a_whole_installation_is_well_and_each_fault_is_named() {
    let clinic = Clinic::open();
    let well = clinic.asked(&[]);
    let found = report(&well);
    assert_eq!((well.code, complaints(&found)), (0, vec![]), "{found:#}");
    let checks: Vec<&str> =
        found["findings"].as_array().unwrap().iter().filter_map(|one| one["check"].as_str()).collect();
    for check in [
        "database",
        "publishing",
        "mail",
        "live-sign-in",
        "live-clock",
        "live-app",
        "live-connections",
        "live-revision",
    ] {
        assert!(checks.contains(&check), "{check} is not in {checks:?}");
    }

    // Nobody checks the app, and it answers.
    let upstream = format!("http://{}", clinic.world.app().address());
    let open = format!(
        "server {{ listen 127.0.0.1:{}; server_name docs.gk.localhost; location / {{ proxy_pass {upstream}; }} }}",
        clinic.world.port()
    );
    let servers = clinic.world.block(&["--shared", "--auth-host"]) + &open;
    clinic.world.start_nginx_with(&servers);
    let said = clinic.asked(&[]);
    let found = complaints(&report(&said));
    for check in ["live-no-session", "live-forged-names", "live-forged-session"] {
        assert!(found.contains(&(check.to_owned(), "wrong".to_owned())), "{check}: {found:?}");
    }
    assert_eq!(said.code, 1);

    // gk-validate is down: nobody can be checked.
    clinic.world.start_nginx_with(&clinic.servers);
    clinic.world.stop_validate();
    let said = clinic.asked(&[]);
    let found = complaints(&report(&said));
    assert!(found.contains(&("live-no-session".into(), "wrong".into())), "{found:?}");
    assert!(found.contains(&("live-revision".into(), "not looked at".into())), "{found:?}");
    assert_eq!(said.code, 1);

    // The mail server is down as well.
    clinic.world.start_validate();
    clinic.sink.stop();
    let port = clinic.world.metrics_address();
    let said = clinic.world.gk(&["doctor", "--json", "--connect", "127.0.0.1", "--figures", &port]);
    assert!(complaints(&report(&said)).contains(&("mail".into(), "wrong".into())));
}

#[test]
fn a_report_is_read_by_people_too_and_offline_nobody_is_asked() {
    let clinic = Clinic::open();
    let said = clinic.examine(&clinic.servers, &["--offline"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    assert!(!said.out.contains("[live") && !said.out.contains("[mail]"), "{}", said.out);
    // A check that is taken out is named with its line and the mend.
    let broken = clinic.servers.replacen("auth_request /", "# auth_request /", 1);
    let said = clinic.examine(&broken, &["--offline"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("wrong ") && said.out.contains("nginx.conf:"), "{}", said.out);
    // Without a database, what needs it is left out, which is said.
    let mut alone = clean(&ours("gk"));
    let dump = clinic.world.folder().join("dump.conf");
    alone
        .current_dir(clinic.world.folder())
        .args(["doctor", "--offline", "--db", "none.db", "--nginx-config"])
        .arg(dump);
    let said = Said::by(&mut alone);
    assert!(said.out.contains("not looked at what needs the database"), "{said:?}");
    clinic.world.gk(&["doctor", "--offline", "--connect", "127.0.0.1"]).refused(2);
    clinic.world.gk(&["doctor", "--nginx-config", "no-such-folder"]).refused(1);
}

#[test]
fn no_shape_of_app_that_the_wizard_prints_is_complained_of() {
    let scene = scene();
    let dump = scene.world.folder().join("dump.conf");
    std::fs::write(&dump, Said::by(scene.world.nginx_command("nginx-printed", scene.printed()).arg("-T")).done())
        .unwrap();
    let dump = dump.display().to_string();
    let said = scene.world.gk(&["doctor", "--offline", "--json", "--nginx-config", &dump]);
    let found = report(&said);
    assert_eq!((said.code, complaints(&found)), (0, vec![]), "{found:#}");
}
