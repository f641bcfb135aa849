//! Who used the processors: a server's own time, everybody's, and which core a process may use.

use std::fs;
use std::process::Command;
use std::time::Duration;

/// Processor time of all threads of these processes so far.
pub(crate) fn used_by(processes: &[u32]) -> Duration {
    processes.iter().map(|process| of_threads(*process)).sum()
}

fn of_threads(process: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("the server still runs");
    threads
        // A thread may end between the listing and the look; its time is then lost, and small.
        .filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("schedstat")).ok())
        .filter_map(|line| line.split_whitespace().next()?.parse().ok())
        .map(Duration::from_nanos)
        .sum()
}

/// Processor time everybody on this machine used so far, on all cores.
pub(crate) fn used_by_all() -> Duration {
    const TICK: Duration = Duration::from_millis(10);
    const IDLE_COLUMNS: [usize; 2] = [3, 4];
    let text = fs::read_to_string("/proc/stat").unwrap();
    let columns = text.lines().next().unwrap().split_whitespace().skip(1).take(8);
    let ticks: u32 = columns
        .enumerate()
        .filter(|(column, _)| !IDLE_COLUMNS.contains(column))
        .map(|(_, ticks)| ticks.parse::<u32>().unwrap())
        .sum();
    TICK * ticks
}

pub(crate) fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap())
}

/// A process and its children: nginx answers in its workers.
pub(crate) fn family(parent: u32) -> Vec<u32> {
    let children = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let process: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("PPid:"))?;
        (line.split_whitespace().nth(1)?.parse::<u32>().ok()? == parent).then_some(process)
    });
    std::iter::once(parent).chain(children).collect()
}

/// Lets all threads of these processes run on `cores` ("0", "0,1") only.
pub(crate) fn pin(processes: &[u32], cores: &str) {
    for process in processes {
        taskset(&["--all-tasks", "--cpu-list", "--pid", cores, &process.to_string()]);
    }
}

/// Lets the calling thread run on `core` only.
pub(crate) fn pin_this_thread(core: &str) {
    let link = fs::read_link("/proc/thread-self").unwrap();
    let thread = link.file_name().unwrap().to_str().unwrap();
    taskset(&["--cpu-list", "--pid", core, thread]);
}

fn taskset(arguments: &[&str]) {
    let output = Command::new("taskset").args(arguments).output();
    let output = output.expect("taskset (util-linux) is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
