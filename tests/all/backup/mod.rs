//! Backups and restores, as an operator takes and makes them.

mod drill;
mod faces;
mod refusals;
mod scheduled;
mod under_writes;

use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;

use crate::world::{World, programs};

/// A pair of keys: the file of the secret one, and the public one.
struct Keys {
    identity: String,
    recipient: String,
}

impl Keys {
    fn make(world: &World, name: &str) -> Self {
        let identity = file(world, name);
        let made = world.gk_json(&["backup-key", "--to", &identity]);
        Self { identity, recipient: made["recipient"].as_str().unwrap().to_owned() }
    }
}

/// Lays down a database as the first version left it, with three people, and its key.
pub(crate) fn older(world: &World) {
    const KEY: &str = "3fa12133088c0aeeb23a6aa600bf6330b8acfc78658d27068203b8ca6ac59071";
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    fs::write(world.key(), KEY.as_bytes().chunks(2).map(byte).collect::<Vec<_>>()).unwrap();
    let dump = fs::read_to_string(programs::project().join("gk-service/fixtures/schema-1.sql")).unwrap();
    let policy = format!("{}/policy/", world.folder().display());
    Connection::open(world.database()).unwrap().execute_batch(&dump.replace("/nowhere/", &policy)).unwrap();
}

/// A file in the world's folder, as an argument.
fn file(world: &World, name: &str) -> String {
    world.folder().join(name).to_str().unwrap().to_owned()
}

/// Everything in the world's folder whose name has this in it.
fn named(world: &World, part: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(world.folder()).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.file_name().unwrap().to_str().unwrap().contains(part)).collect()
}
