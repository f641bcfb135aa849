//! Backups and restores, as an operator takes and makes them.

mod drill;
mod faces;
mod refusals;
mod scheduled;
mod under_writes;

use std::path::PathBuf;

use crate::world::World;

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

/// A file in the world's folder, as an argument.
fn file(world: &World, name: &str) -> String {
    world.folder().join(name).to_str().unwrap().to_owned()
}

/// Everything in the world's folder whose name has this in it.
fn named(world: &World, part: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir(world.folder()).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.file_name().unwrap().to_str().unwrap().contains(part)).collect()
}
