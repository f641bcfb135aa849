//! Who owns the files and who may write them. These tests play several Unix users, so they run as root.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::world::{Said, World, clean, is_root, ours, tool};

/// Numbers without an account, so that nothing on the machine belongs to them.
const OWNER: u32 = 64_101;
const VALIDATOR: u32 = 64_102;
const READERS: u32 = 64_103;

/// A world whose folder and database belong to [`OWNER`] and whose policy folder is open to [`READERS`].
#[track_caller]
fn owned_world() -> World {
    assert!(is_root(), "this test plays several Unix users and has to run as root, as it does in CI");
    let world = World::empty(&[]);
    chown(world.folder(), Some(OWNER), Some(OWNER)).unwrap();
    std::fs::set_permissions(world.folder(), Permissions::from_mode(0o711)).unwrap();
    let policy = world.policy().parent().unwrap().to_owned();
    std::fs::create_dir(&policy).unwrap();
    chown(&policy, Some(OWNER), Some(READERS)).unwrap();
    std::fs::set_permissions(&policy, Permissions::from_mode(0o2750)).unwrap();
    let programs = world.folder().join("programs");
    std::fs::create_dir(&programs).unwrap();
    for name in ["gk", "gk-validate"] {
        std::fs::copy(ours(name), programs.join(name)).unwrap();
    }
    as_owner(&world, &["init-db"]);
    as_owner(&world, &["create-admin", "--username", "admin", "--email", "admin@example.com"]);
    world
}

/// One of our programs where other users reach it: the project may lie in a closed home folder.
fn reachable(world: &World, name: &str) -> Command {
    clean(&world.folder().join("programs").join(name))
}

#[track_caller]
fn as_owner(world: &World, arguments: &[&str]) {
    let mut command = reachable(world, "gk");
    command.current_dir(world.folder()).args(arguments).arg("--db").arg(world.database());
    Said::by(command.uid(OWNER).gid(OWNER)).done();
}

#[test]
fn gk_as_root_imports_a_list_that_the_databases_owner_may_not_read() {
    let world = owned_world();
    let closed = world.folder().join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
    let list = closed.join("people.csv");
    std::fs::write(&list, "username,email,fullname\nalice,alice@example.com,Alice\n").unwrap();
    chown(&list, Some(0), Some(0)).unwrap();
    let said = world.gk(&["import-users", list.to_str().unwrap()]).done();
    assert_eq!(said, "Created: alice\nDone. Created: 1, Skipped: 0\n");
    assert_eq!(std::fs::metadata(world.database()).unwrap().uid(), OWNER);
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_under(&path) } else { vec![path] }).collect()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn gk_as_root_leaves_every_file_to_the_databases_owner() {
    let world = owned_world();
    world.grant("alice@example.com", "docs");
    world.session("alice@example.com");
    world.gk(&["login-link", "--user", "admin"]).done();
    world.gk(&["config", "set", "session.expiry_days", "7"]).done();
    world.gk(&["ops", "migrate"]).done();
    world.gk_in(&world.environment(), &["init-db"]).done();
    std::fs::remove_file(world.policy()).unwrap();
    world.gk(&["users", "add", "--email", "after@example.com"]); // rebuilds the policy; 0 or 3
    let files = files_under(world.folder());
    assert!(files.contains(&world.policy()) && files.contains(&world.database()), "{files:?}");
    for file in files.iter().filter(|file| !file.starts_with(world.folder().join("programs"))) {
        let owner = std::fs::metadata(file).unwrap().uid();
        assert_eq!(owner, OWNER, "{} belongs to {owner}", file.display());
    }
    as_owner(&world, &["users", "add", "--email", "b@example.com"]);
}

#[test]
fn gk_validate_under_another_user_reads_the_policy_and_cannot_write_it() {
    let world = owned_world();
    let run = world.folder().join("run");
    std::fs::create_dir(&run).unwrap();
    chown(&run, Some(VALIDATOR), Some(READERS)).unwrap();
    let mut alone = reachable(&world, "gk-validate");
    alone.arg("--policy").arg(world.policy()).args(["--metrics", "127.0.0.1:0", "--listen"]);
    alone.arg(format!("unix:{}", run.join("validate.sock").display())).uid(VALIDATOR).gid(READERS);
    alone.arg("--activity").arg(format!("unix:{}", run.join("activity.sock").display()));
    world.run_validate(&mut alone);
    let activity = run.join("activity.sock");
    assert_eq!((mode(&activity), std::fs::metadata(&activity).unwrap().gid()), (0o660, READERS));
    std::os::unix::fs::symlink(run.join("validate.sock"), world.folder().join("validate.sock")).unwrap();
    world.grant("alice@example.com", "docs");
    let cookie = world.session("alice@example.com");
    assert_eq!(world.validate(Some(&cookie), Some("docs")).status, 200);
    world.revoke("alice@example.com", "docs");
    assert_eq!(world.validate(Some(&cookie), Some("docs")).status, 403);
    world.stop_validate();
    world.grant("alice@example.com", "docs");
    world.run_validate(&mut alone); // no writer is there: the -wal and -shm have to have stayed
    assert_eq!(world.validate(Some(&cookie), Some("docs")).status, 200);
    for path in
        [world.policy(), world.database(), world.key()].into_iter().chain(files_under(world.policy().parent().unwrap()))
    {
        assert!(!as_validator("test -w \"$0\"", &path), "gk-validate's user can write {}", path.display());
    }
    assert!(as_validator("cat \"$0\" > /dev/null", &world.policy()), "and cannot read the policy");
    for secret in [world.database(), world.key()] {
        assert!(!as_validator("cat \"$0\" > /dev/null", &secret), "gk-validate's user can read {}", secret.display());
    }
    assert!(!as_validator("touch \"$0\"", &world.policy().parent().unwrap().join("new")));
}

/// Whether a shell command with `$0` for the path works for gk-validate's user.
fn as_validator(script: &str, path: &Path) -> bool {
    let mut command: Command = clean(&tool("sh"));
    command.args(["-c", script]).arg(path).uid(VALIDATOR).gid(READERS).stderr(std::process::Stdio::null());
    command.status().unwrap().success()
}

#[test]
fn files_are_closed_to_others() {
    let world = World::start();
    world.grant("alice@example.com", "docs");
    for private in [world.database(), world.key(), world.policy()] {
        assert_eq!(mode(&private), 0o600, "{}", private.display());
    }
    assert_eq!(mode(world.policy().parent().unwrap()) & 0o077, 0);
    let open = owned_world();
    assert_eq!(mode(&open.database()), 0o600);
    assert_eq!(mode(&open.key()), 0o600);
    let shared = files_under(open.policy().parent().unwrap());
    for shared in shared.into_iter().filter(|path| path.extension().is_none_or(|end| end != "lock")) {
        assert_eq!(mode(&shared), 0o640, "{}", shared.display());
        assert_eq!(std::fs::metadata(&shared).unwrap().gid(), READERS, "{}", shared.display());
    }
}
