//! Leaves nothing behind, however the test process ends.
//!
//! A small shell process reads what was started from a pipe. The pipe closes when the test process ends (also by
//! Ctrl-C, kill -9 or with a world kept in a static, which Rust never drops); then the shell stops what is left.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock};

const SCRIPT: &str = r#"
without() { kept=; for one in $1; do [ "$one" = "$2" ] || kept="$kept $one"; done; }
pids= profiles=
while read -r word value; do
  case $word in
    started) pids="$pids $value" ;;
    ended) without "$pids" "$value"; pids=$kept ;;
    opened) profiles="$profiles $value" ;;
    closed) without "$profiles" "$value"; profiles=$kept ;;
    folder) set -- "$@" "$value" ;;
  esac
done
for pid in $pids; do kill -TERM "$pid"; done
[ -z "$pids" ] || sleep 1
for pid in $pids; do kill -KILL "$pid"; done
# A browser is not the child of the one who opened it; it is known by the path of its profile.
for profile in $profiles; do
  for process in /proc/[0-9]*; do
    tr '\0' ' ' <"$process/cmdline" | grep -qF -- "$profile" && kill -KILL "${process#/proc/}"
  done
  rm -rf -- "$profile"
done
[ $# = 0 ] || rm -rf -- "$@"
"#;

fn tell(word: &str, value: &str) {
    static PIPE: OnceLock<Mutex<ChildStdin>> = OnceLock::new();
    let pipe = PIPE.get_or_init(|| Mutex::new(start()));
    let mut pipe = pipe.lock().unwrap();
    writeln!(pipe, "{word} {value}").unwrap();
}

#[expect(clippy::zombie_processes, reason = "it ends after this process; nobody can wait for it")]
fn start() -> ChildStdin {
    let mut keeper = Command::new("sh")
        .args(["-c", SCRIPT, "keeper"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0) // Ctrl-C is for the tests; the keeper tidies up after them
        .spawn()
        .expect("sh starts");
    keeper.stdin.take().expect("its stdin is a pipe")
}

/// A process to stop when the tests end.
pub(super) fn started(pid: u32) {
    tell("started", &pid.to_string());
}

/// A process that has ended, so that its number may now belong to a stranger.
pub(super) fn ended(pid: u32) {
    tell("ended", &pid.to_string());
}

/// A browser to stop when the tests end, by the folder of its profile.
pub(super) fn opened(profile: &Path) {
    tell("opened", plain(profile));
}

/// A browser that has been closed.
pub(super) fn closed(profile: &Path) {
    tell("closed", plain(profile));
}

/// A folder to remove when the tests end.
pub(crate) fn folder(path: &Path) {
    tell("folder", plain(path));
}

fn plain(path: &Path) -> &str {
    path.to_str().expect("a temporary folder has a plain name")
}
