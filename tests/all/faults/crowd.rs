//! Very many connections, and fewer file descriptors than connections.

use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use super::{RIGHT, Scene, assert_sound};
use crate::world::{Line, Place, World, clean, validation, wait_until};

#[test]
fn a_thousand_idle_connections_cost_little_memory_and_hold_up_nobody() {
    idle(1_000);
}

#[test]
#[ignore = "as many as it takes at most: `make chaos`"]
fn chaos_ten_thousand_idle_connections_cost_little_memory_and_hold_up_nobody() {
    idle(9_990);
}

#[track_caller]
fn idle(count: usize) {
    let world = World::quiet(&[]);
    let scene = Scene::set(&world);
    assert_eq!(scene.statuses(&world), RIGHT);
    let before = resident_kib(&world);
    let place = world.validate_socket();
    // Each has asked once, as one that nginx keeps has.
    let idle = (0..count).map(|_| {
        let mut line = Line::connect(&place).unwrap();
        assert_eq!(line.ask(&validation(None, Some("docs")), "auth").unwrap().status, 401);
        line
    });
    let idle = idle.collect::<Vec<_>>();
    let each = (resident_kib(&world) - before) * 1024 / idle.len();
    eprintln!("figures: {count} idle connections: {each} bytes of memory each");
    // 8 KiB of it are what hyper reads into; it takes no smaller buffer.
    assert!(each <= 12 * 1024, "{each} bytes");
    assert_eq!(scene.statuses(&world), RIGHT);
    drop(idle);
    wait_until("them to be gone", || world.metric("gk_connections_open").is_some_and(|open| open < 10.0));
    assert_sound(&world);
}

#[test]
fn without_file_descriptors_open_connections_are_answered_and_nothing_spins() {
    let world = World::bare(&[]);
    let scene = Scene::set(&world);
    let command = world.validate_command();
    let mut limited = clean("sh".as_ref());
    limited.args(["-c", "ulimit -n 40; exec \"$@\"", "sh"]).arg(command.get_program()).args(command.get_args());
    world.run_validate(limited.current_dir(world.folder()));
    world.wait_until_ready();
    assert_eq!(scene.statuses(&world), RIGHT);
    let Place::Unix(path) = world.validate_socket() else { unreachable!("it is a socket") };
    let crowd = (0..60).map(|_| UnixStream::connect(&path).unwrap()).collect::<Vec<_>>();
    wait_until("it to run out", || world.validate_talk().contains("cannot accept connections"));
    let (used, started) = (processor_seconds(&world), Instant::now());
    // The one that is open already goes on.
    while started.elapsed() < Duration::from_millis(1500) {
        assert_eq!(scene.statuses(&world), RIGHT);
        std::thread::sleep(Duration::from_millis(100));
    }
    let used = processor_seconds(&world) - used;
    assert!(used < 0.2 * started.elapsed().as_secs_f64(), "{used} s of processor time");
    drop(crowd);
    wait_until("a new one to be let in", || {
        let mut line = Line::connect(&world.validate_socket()).unwrap();
        line.set_time_limit(Duration::from_millis(500)).unwrap();
        line.ask(&validation(None, Some("docs")), "auth").is_ok_and(|answer| answer.status == 401)
    });
    assert_sound(&world);
}

/// gk-validate's memory, in KiB.
fn resident_kib(world: &World) -> usize {
    let pid = world.validate_part().as_ref().unwrap().pid();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// What gk-validate has used of the processor.
fn processor_seconds(world: &World) -> f64 {
    let pid = world.validate_part().as_ref().unwrap().pid();
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields = stat.rsplit(')').next().unwrap().split_whitespace().collect::<Vec<_>>();
    let ticks: u32 = [11, 12].map(|place| fields[place].parse::<u32>().unwrap()).iter().sum();
    // The kernel counts in hundredths here, on every architecture it is built for.
    f64::from(ticks) / 100.0
}
