//! Backups, and the keys that sign and seal.

use super::operation::{Access, Operation, Tag};
use super::schema::{flag, list, number, object, or_null, text, text_or_null, time, time_or_null};
use crate::api::paths;

const READ: Access = Access::AdminOrKey("read");

pub(super) fn operations() -> Vec<Operation> {
    [backups(), keys()].concat()
}

fn backups() -> Vec<Operation> {
    let new = |method, path, summary, access| Operation::new(Tag::System, method, path, summary, access);
    let stored = object(&[("name", text()), ("bytes", number(0)), ("made_at", time()), ("checked", flag())]);
    let failure = or_null(&object(&[("at", time()), ("why", text())]));
    let plan =
        [("folder", text_or_null()), ("recipient", text_or_null()), ("every_hours", number(1)), ("keep", number(1))];
    let all = [plan.as_slice(), &[("backups", list(&stored)), ("last_failure", failure)]].concat();
    let texts = ["gatekeeper", "database_id", "restore_id", "made_at", "sha256", "root_key"].map(|name| (name, text()));
    let numbers = ["format", "schema", "revision", "size"].map(|name| (name, number(0)));
    let manifest = object(&[texts.as_slice(), &numbers, &[("with_root_key", flag())]].concat());
    let taken = [("name", text()), ("bytes", number(0)), ("sha256", text()), ("manifest", manifest)];
    vec![
        new("get", paths::BACKUPS, "List backups", READ)
            .about("Those in `backup.folder`, the newest first, and what the settings say of them.")
            .answers(200, "They, and the last failure since the start.", object(&all)),
        new("post", paths::BACKUPS, "Take a backup now", Access::Admin)
            .about("To `backup.folder`, sealed to `backup.recipient`. Takes a recent sign-in.")
            .changes(201, "What was taken.", object(&taken))
            .refuses(409, "The settings do not say where to, or something stands in the way."),
        new("post", paths::BACKUP_FILE, "Take a backup away", Access::Admin)
            .about("Takes a recent sign-in, and is in the audit.")
            .answers_bytes("The file, as it is sealed."),
    ]
}

fn keys() -> Vec<Operation> {
    let new = |method, path, summary, access| Operation::new(Tag::System, method, path, summary, access);
    let key = object(&[("id", number(1)), ("created_at", time()), ("until", time_or_null())]);
    let counts = ["sessions", "people", "sealed"].map(|name| (name, number(0)));
    let all = [counts.as_slice(), &[("signing_keys", list(&key)), ("root_key", text())]].concat();
    let exchanged = [("root_key", text()), ("old_root_key", text()), ("sealed", number(0))];
    vec![
        new("get", paths::SYSTEM_KEYS, "See which keys sign and seal", READ)
            .about("With whom exchanging them would touch; of the root key the fingerprint.")
            .answers(200, "The keys.", object(&all)),
        new("post", paths::ROTATE_SIGNING_KEY, "Sign sessions with a new key", Access::Admin)
            .about("Nobody is signed out.")
            .changes(200, "The new key.", key),
        new("post", paths::ROTATE_ROOT_KEY, "Seal with a new root key", Access::Admin)
            .about("Nobody notices; older backups need the old key.")
            .changes(200, "Both fingerprints, and how much was sealed anew.", object(&exchanged)),
    ]
}
