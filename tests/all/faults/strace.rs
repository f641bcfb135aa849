//! What gk-validate asks of the kernel while it works: its policy file, its own listeners, and nothing else.

use std::fs;
use std::process::Command;

use crate::batch::Batch;
use crate::world::{Part, World, clean, tool};

/// What changes a file or its name, whatever the file.
const CHANGES: [&str; 14] = [
    "ftruncate",
    "truncate",
    "fallocate",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "link",
    "symlink",
    "chmod",
    "fchmod",
];
/// What writes to an open file.
const WRITES: [&str; 8] =
    ["write", "writev", "pwrite64", "pwritev", "pwritev2", "sendfile", "splice", "copy_file_range"];

#[test]
fn under_load_gk_validate_opens_only_its_policy_and_writes_to_its_connections_alone() {
    let world = World::quiet(&[]);
    world.grant("alice@example.com", "docs");
    let alice = world.session("alice@example.com");
    let pid = world.validate_part().as_ref().unwrap().pid();
    let log = world.folder().join("strace.txt");
    let mut command = clean(&tool("strace"));
    command.args(["-f", "-y", "-p", &pid.to_string(), "-o"]).arg(&log);
    let mut strace = Part::start("strace", &mut command, world.folder().join("strace.log"));
    strace.word_after("attached");
    let mut batch = Batch::start(&world);
    for round in 0..100 {
        batch.verb(&format!("users update --user alice@example.com --name Alice-{round}"));
        for (cookie, app, status) in
            [(Some(alice.as_str()), "docs", 200), (None, "docs", 401), (Some("gk_session=x"), "no", 401)]
        {
            assert_eq!(world.validate(cookie, Some(app)).status, status);
        }
    }
    assert_eq!(world.metrics_page("/metrics").status, 200);
    strace.signal("INT");
    strace.wait(crate::world::PATIENCE).expect("strace lets go");
    let text = fs::read_to_string(&log).unwrap();
    let calls = text.lines().filter_map(call).collect::<Vec<_>>();
    assert!(calls.iter().filter(|(name, _)| ["recvfrom", "read", "readv"].contains(name)).count() > 300, "{text}");
    for (name, rest) in &calls {
        assert_eq!(wrong(&world, name, rest), None, "{name}({rest}");
    }
}

/// The name of a system call, and its arguments with what it gave.
fn call(line: &str) -> Option<(&str, &str)> {
    let (_pid, call) = line.split_once(' ')?;
    let call = call.trim_start().trim_start_matches("<... ");
    call.split_once('(')
        .filter(|(name, _)| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'))
}

/// What is wrong with a call, if anything is.
fn wrong(world: &World, name: &str, rest: &str) -> Option<&'static str> {
    let policy = world.policy();
    let folder = policy.parent().unwrap().to_str().unwrap();
    let to = rest.split_once('<').map(|(_, file)| file).unwrap_or_default();
    let ours = ["socket:", "UNIX", "TCP", "anon_inode:[eventfd]"].iter().any(|kind| to.starts_with(kind));
    match name {
        "open" | "openat" | "openat2" if !rest.contains(folder) => Some("it opens another file"),
        "openat" | "open" if rest.contains("O_CREAT") => Some("it makes a file"),
        "socket" | "connect" | "bind" | "socketpair" => Some("it makes a connection of its own"),
        "execve" | "fork" | "vfork" => Some("it starts a program"),
        name if CHANGES.contains(&name) => Some("it changes a file"),
        // Its log is the second file.
        name if WRITES.contains(&name) && !ours && !rest.starts_with("2<") => Some("it writes to a file"),
        _ => None,
    }
}

#[test]
fn what_would_be_wrong_is_seen() {
    let world = World::empty(&[]);
    let policy = world.policy().display().to_string();
    for (line, is_wrong) in [
        ("7 openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY) = 9", true),
        (&*format!("7 openat(AT_FDCWD, \"{policy}\", O_RDONLY|O_CLOEXEC) = 9"), false),
        ("7 write(5</tmp/file>, \"x\", 1) = 1", true),
        ("7 write(5<socket:[77]>, \"x\", 1) = 1", false),
        ("7 socket(AF_INET, SOCK_STREAM, 0) = 9", true),
        ("7 unlink(\"/tmp/x\") = 0", true),
        ("7 recvfrom(9<socket:[5]>, \"\", 0) = 0", false),
    ] {
        let (name, rest) = call(line).unwrap();
        assert_eq!(wrong(&world, name, rest).is_some(), is_wrong, "{line}");
    }
    assert!(Command::new(tool("strace")).arg("-V").output().unwrap().status.success());
}
