//! The memory of our processes is not written to a disk, whatever ends them.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use crate::world::{PATIENCE, Part, World, clean, wait_until};

/// A command as a shell starts it that would let it leave a core dump.
fn dumping(command: &Command) -> Command {
    let mut shell = clean("sh".as_ref());
    shell.args(["-c", "ulimit -c unlimited && exec \"$@\"", "sh"]).arg(command.get_program()).args(command.get_args());
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    shell
}

/// Aborts a process; whether the kernel wrote its memory to a file.
fn leaves_a_dump(mut part: Part) -> bool {
    part.signal("ABRT");
    part.wait(PATIENCE).unwrap().core_dumped()
}

#[test]
fn none_of_our_processes_leaves_a_core_dump() {
    let world = World::bare(&[]);
    world.run_validate(&mut dumping(&world.validate_command()));
    world.run_admin(&mut dumping(&world.admin_command("127.0.0.1:0")));
    for part in [world.validate_part().take().unwrap(), world.admin_part().take().unwrap()] {
        assert_eq!(most_of_a_dump(part.pid()), "0");
        assert!(!leaves_a_dump(part));
    }
    let mut waiting = dumping(&world.gk_command(&["batch"])).stdin(Stdio::piped()).spawn().unwrap();
    let is_gk = || fs::read_to_string(format!("/proc/{}/comm", waiting.id())).unwrap() == "gk\n";
    wait_until("gk to have begun", || is_gk() && most_of_a_dump(waiting.id()) == "0");
    let aborted = Command::new("kill").args(["-s", "ABRT", &waiting.id().to_string()]).status().unwrap();
    assert!(aborted.success() && !waiting.wait().unwrap().core_dumped());
    // What is asked for here would be seen.
    let mut other = dumping(clean("sleep".as_ref()).arg("60")).spawn().unwrap();
    wait_until("another program to have begun", || most_of_a_dump(other.id()) == "unlimited");
    other.kill().unwrap();
    other.wait().unwrap();
}

/// The size of a core dump that the kernel would write of a process, as it says it.
fn most_of_a_dump(process: u32) -> String {
    let limits = fs::read_to_string(format!("/proc/{process}/limits")).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    line.split_whitespace().nth(4).unwrap().to_owned()
}
