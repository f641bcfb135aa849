//! `gk config`: files that go out and come back, changes that are only tried, and settings that are pinned.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{PNG, audited, value};
use crate::world::World;

/// Values that files and shells like to spoil.
const HOSTILE: [(&str, &str); 5] = [
    ("server.name", r#"100 % of "Tür's" = %(x)s; #1 $HOME `id`"#),
    ("outbox.url", "http://o.example/?a=%20&b='\"c"),
    ("mail.smtp_user", "[server]"),
    ("mail.smtp_host", "; no comment"),
    ("mail.smtp_password", r#"canary "%;='\ # x"#),
];

#[test]
fn what_is_exported_comes_back_as_it_was_however_it_is_written() {
    let (world, other) = (World::bare(&[]), World::bare(&[]));
    for (key, value) in HOSTILE {
        world.gk(&["config", "set", key, value]).done();
    }
    let at = |name: &str| world.folder().join(name).to_str().unwrap().to_owned();
    world.gk(&["config", "export", &at("plain.ini")]).done();
    world.gk(&["config", "export", "--with-secrets", &at("full.ini")]).done();
    let read = |name: &str| fs::read_to_string(at(name)).unwrap();
    for name in ["plain.ini", "full.ini"] {
        assert_eq!(fs::metadata(at(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        assert_eq!(read(name).contains("canary"), name == "full.ini", "{name}");
    }
    assert_eq!(audited(&world, "settings_exported", "canary"), 0);
    assert_eq!(audited(&world, "settings_exported", "true"), 1);
    world.gk(&["config", "export", &at("plain.ini")]).refused(1);
    world.gk(&["--json", "config", "export"]).refused(2);
    assert_eq!(world.gk(&["config", "export"]).done(), read("plain.ini"));

    let imported = other.gk_json(&["config", "import", &at("full.ini")]);
    assert_eq!(imported["changed"].as_array().unwrap().len(), HOSTILE.len(), "{imported}");
    assert!(!imported.to_string().contains("canary"), "{imported}");
    for (key, wanted) in HOSTILE.iter().filter(|(key, _)| !key.ends_with("password")) {
        assert_eq!(value(&other, key), *wanted);
    }
    other.gk(&["config", "export", "--with-secrets", &at("again.ini")]).done();
    // Behind a mark stands where each of the two listens.
    let set = |text: String| text.lines().filter(|line| !line.starts_with(';')).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(set(read("again.ini")), set(read("full.ini")));
    assert_eq!(audited(&other, "setting_changed", "canary"), 0);
    assert_eq!(other.gk_json(&["config", "import", &at("full.ini")])["unchanged"], 5);
}

#[test]
fn a_file_is_imported_whole_or_not_at_all_and_can_be_tried_first() {
    let world = World::quiet(&[("DEFAULT_APP_ACCESS", "deny"), ("ACCEPTED_DOMAINS", "")]);
    world.registered("docs");
    world.person("alice@elsewhere.example");
    let file = world.folder().join("settings.ini");
    let import = |text: &str, flags: &[&str]| {
        fs::write(&file, text).unwrap();
        world.gk(&[&["config", "import", file.to_str().unwrap()], flags].concat())
    };
    let good = "[server]\nNAME = The Door\nport = 5100\n[access]\naccepted_domains = elsewhere.example\n";
    let tried = import(good, &["--dry-run"]).done();
    for said in ["server.name: Gatekeeper → The Door", "passed over) server.port", "1 would gain entry"] {
        assert!(tried.contains(said), "{tried}");
    }
    assert_eq!(value(&world, "server.name"), "Gatekeeper");
    for (bad, code, said) in [
        ("[server]\nname = X\n[session]\nexpiry_days = x\n", 2, "session.expiry_days must be a whole number"),
        ("[server]\nname = X\nnmae = Y\n", 2, "line 3: server.nmae is no setting"),
        ("[server]\nname = X\nno line\n", 2, "line 3 is neither"),
        ("[server]\nname = X\nname = Y\n", 2, "a second time"),
        (
            "[server]\nname = X\n[access]\ndefault_app = allow\n",
            1,
            "access.default_app is fixed by DEFAULT_APP_ACCESS in",
        ),
    ] {
        let refused = import(bad, &[]).refused(code);
        assert!(refused.contains(said), "{refused}");
        assert_eq!(value(&world, "server.name"), "Gatekeeper", "{bad}");
    }
    let (before, alice) = (audited(&world, "setting_changed", ""), world.session("alice@elsewhere.example"));
    assert_eq!(world.validate(Some(&alice), Some("docs")).status, 403);
    let done = import(good, &[]).done();
    assert!(done.contains("2 settings changed, 0 as before"), "{done}");
    assert_eq!(
        (value(&world, "server.name").as_str(), audited(&world, "setting_changed", "")),
        ("The Door", before + 2)
    );
    assert_eq!(world.validate(Some(&alice), Some("docs")).status, 200);
    let unset = world.gk(&["config", "unset", "access.accepted_domains", "--dry-run"]).done();
    assert!(unset.contains("1 would lose it"), "{unset}");
    assert_eq!(value(&world, "access.accepted_domains"), "elsewhere.example");
}

#[test]
fn a_logo_comes_from_a_file_and_no_script_does() {
    let world = World::bare(&[]);
    let file = |name: &str, bytes: &[u8]| {
        fs::write(world.folder().join(name), bytes).unwrap();
        world.folder().join(name).to_str().unwrap().to_owned()
    };
    world.gk(&["config", "set-logo", &file("a.svg", b"<svg><script/></svg>")]).refused(2);
    world.gk(&["config", "set-logo", &file("a.png", PNG)]).done();
    world.gk(&["config", "clear-logo"]).done();
    assert_eq!((audited(&world, "logo_changed", "image/png"), audited(&world, "logo_changed", "")), (2, 2));
}
