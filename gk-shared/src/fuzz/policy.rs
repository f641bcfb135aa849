//! The policy file: as bytes that are none, or not quite one; and as rows that no publisher of ours might have written
//! in this order.

use std::fs;
use std::sync::LazyLock;

use tempfile::TempDir;

use crate::access::{AskedApp, Credential, Decision, Question, decide};
use crate::policy::naive::{Dice, agree, random_file};
use crate::policy::{PolicyReader, Snapshot};
use crate::time::Timestamp;

/// A folder of this process, and a good file's bytes.
static GROUND: LazyLock<(TempDir, Vec<u8>)> = LazyLock::new(ground);

/// The input's first byte says what the rest is: a whole file, changes to a good one (a place in two bytes, then
/// the byte that is put there), or choices of random rows and questions.
pub fn policy(data: &[u8]) {
    match data.split_first() {
        Some((0, file)) => open(file),
        Some((1, changes)) => {
            let mut file = GROUND.1.clone();
            for change in changes.chunks_exact(3) {
                if let [high, low, byte] = change
                    && let Some(place) = file.get_mut(usize::from(u16::from_be_bytes([*high, *low])))
                {
                    *place = *byte;
                }
            }
            open(&file);
        }
        Some((_, choices)) => drop(agree(Dice::Given(choices), 50)),
        None => {}
    }
}

fn ground() -> (TempDir, Vec<u8>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("good.sqlite3");
    random_file(&path).expect("a new file");
    let file = fs::read(&path).expect("the file");
    (folder, file)
}

/// Whatever the file is, reading it ends, and what was read can be asked.
fn open(file: &[u8]) {
    let path = GROUND.0.path().join("policy.sqlite3");
    fs::write(&path, file).expect("a file");
    if let Ok((mut reader, mut snapshot)) = PolicyReader::open(&path) {
        hold(&snapshot);
        if reader.catch_up(&mut snapshot).is_ok() {
            hold(&snapshot);
        }
    }
    for suffix in ["-wal", "-shm", "-journal"] {
        let _ = fs::remove_file(format!("{}{suffix}", path.display()));
    }
}

/// What holds of every snapshot: addresses fit into a header, everybody gets an answer at every app, and nobody passes
/// who may not be used.
fn hold(snapshot: &Snapshot) {
    let apps = snapshot.slugs().map(AskedApp::Named).chain([AskedApp::Absent, AskedApp::Malformed]).collect::<Vec<_>>();
    for (id, user) in snapshot.users() {
        assert!(!user.email().is_empty() && user.email().bytes().all(|byte| byte.is_ascii_graphic()));
        for app in &apps {
            let question = Question { credential: Credential::Person(id), app: *app };
            match decide(snapshot, &question, Timestamp(105)) {
                Decision::Allow(pass) => assert!(pass.id == id && user.is_usable() && *app != AskedApp::Malformed),
                Decision::Forbid(_) => {}
                Decision::SignIn(reason) => panic!("{reason:?} of a person"),
            }
        }
    }
}
