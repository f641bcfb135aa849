//! Every drive uses an index and sorts nothing.

use super::find::{Drive, plan};
use crate::service::trial::Trial;

#[test]
fn every_way_to_look_through_it_uses_an_index_and_sorts_nothing() {
    let trial = Trial::new();
    let connection = rusqlite::Connection::open(trial.folder.path().join("gatekeeper.sqlite3")).unwrap();
    let text = |text: &str| text.to_owned();
    for (drive, index) in [
        (Drive::Everything, "SEARCH audit USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        (Drive::Person(1), "audit_by_target_user"),
        (Drive::Person(1), "audit_by_person"),
        (Drive::Actor(text("root")), "audit_by_actor"),
        (Drive::Action(text("login")), "audit_by_action"),
        (Drive::App(text("docs")), "audit_by_app"),
        (Drive::Ip(text("192.0.2.1")), "audit_by_ip"),
        (Drive::Text(text("\"alice\"")), "VIRTUAL TABLE INDEX"),
    ] {
        let plan = plan(&connection, &drive);
        assert!(plan.iter().any(|line| line.contains(index)), "{drive:?}: {plan:?}");
        let read_all = |line: &&String| {
            line.contains("TEMP B-TREE") || line.starts_with("SCAN audit USING") || *line == "SCAN audit"
        };
        assert_eq!(plan.iter().find(read_all), None, "{drive:?}: {plan:?}");
    }
}
