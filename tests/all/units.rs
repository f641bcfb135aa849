//! The systemd units, as systemd itself reads them.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::world::programs;

/// A copy of a unit that starts the binary under test: systemd complains about one that is not there.
fn with_binary(unit: &str, folder: &Path) -> std::path::PathBuf {
    let text = fs::read_to_string(programs::project().join("systemd").join(unit)).unwrap();
    let binaries = programs::built().display().to_string();
    // Of a template one instance is looked at.
    let path = folder.join(unit.replace('@', "@1"));
    fs::write(&path, text.replace("/usr/local/bin", &binaries)).unwrap();
    path
}

#[test]
fn systemd_accepts_every_unit_without_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let units = ["gk-admin.service", "gk-validate@.service", "gk-validate@.socket"];
    for (unit, path) in units.map(|unit| (unit, with_binary(unit, folder.path()))) {
        let verify =
            Command::new(programs::tool("systemd-analyze")).arg("verify").arg("--man=no").arg(&path).output().unwrap();
        let said = String::from_utf8_lossy(&verify.stderr);
        assert!(verify.status.success() && said.trim().is_empty(), "{unit}: {said}");
    }
}

#[test]
fn gk_validate_is_given_no_secret_of_the_environment_it_shares() {
    let registry = programs::project().join("gk-service/src/settings/registry.rs");
    let registry = fs::read_to_string(registry).unwrap();
    // Every row that is secret, by the variable that pins it.
    let rows = registry.split("Definition {").filter(|row| row.contains("secrecy: Secrecy::Secret"));
    let variables = rows.filter_map(|row| row.split("alias: \"").nth(1)?.split('"').next()).collect::<Vec<_>>();
    assert!(variables.contains(&"SMTP_PASSWORD") && variables.contains(&"OUTBOX_API_KEY"), "{variables:?}");
    let unit = fs::read_to_string(programs::project().join("systemd/gk-validate@.service")).unwrap();
    let taken = unit.lines().find_map(|line| line.strip_prefix("UnsetEnvironment=")).unwrap();
    for variable in variables {
        assert!(taken.split(' ').any(|name| name == variable), "{variable} is left to gk-validate");
    }
}
