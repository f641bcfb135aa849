//! Instructions of one request, gk-validate's and bare hyper's: counted by callgrind, so that a noisy machine says the same
//! twice. Each server runs twice, with few requests and with many; what the rest of its life takes cancels out.

use std::process::{Child, Command, Stdio};

use crate::bare;
use crate::generator::Address;
use crate::one_by_one;
use crate::scene::{self, Scene};

const FEW: u32 = 2_000;
const MANY: u32 = 12_000;
/// What gk-validate may cost over bare hyper.
const BAR: f64 = 1.05;

/// Prints the figures; whether the bar is held.
pub(crate) fn run(scene: &Scene) -> bool {
    let socket = Address::Unix(scene.folder.path().join("counted.sock"));
    let validate = scene::product("gk-validate");
    let bare = std::env::current_exe().unwrap();
    let Address::Unix(path) = &socket else { unreachable!("it is a socket") };
    let policy = scene.folder.path().join("policy/policy.sqlite3");
    let listen = format!("unix:{}", path.display());
    let headers = bare::headers(scene);
    let ours = || {
        let mut command = counted(validate.get_program().as_ref());
        command.arg("--policy").arg(&policy).args(["--listen", &listen, "--metrics", "off", "--activity", "off"]);
        command
    };
    let theirs = || {
        let mut command = counted(&bare);
        command.args([bare::ARGUMENT, "127.0.0.1:0"]).arg(path).args(&headers);
        command
    };
    let ours = each(scene, &socket, ours);
    let theirs = each(scene, &socket, theirs);
    let ratio = ours / theirs;
    let verdict = if ratio <= BAR { "yes" } else { "NO" };
    println!(
        "Instructions of a request (callgrind, one connection): gk-validate {ours:.0}, bare hyper {theirs:.0}\n  \
         {ratio:.3}x  at most {BAR}: {verdict}\n"
    );
    ratio <= BAR
}

fn counted(program: &std::path::Path) -> Command {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program).env("RUST_LOG", "warn");
    command
}

/// Instructions of one request.
fn each(scene: &Scene, socket: &Address, command: impl Fn() -> Command) -> f64 {
    let [few, many] = [FEW, MANY].map(|requests| {
        let Address::Unix(path) = socket else { unreachable!("it is a socket") };
        let _ = std::fs::remove_file(path);
        let mut child = command().stdin(Stdio::null()).stderr(Stdio::piped()).spawn();
        let child =
            child.as_mut().unwrap_or_else(|error| panic!("valgrind is missing ({error}): apt-get install valgrind"));
        while std::os::unix::net::UnixStream::connect(path).is_err() {
            assert!(child.try_wait().unwrap().is_none(), "it ended before it listened");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        one_by_one::count(&scene.question(socket), requests);
        collected(child)
    });
    (many - few) / f64::from(MANY - FEW)
}

/// Ends it; gives how many instructions it took.
fn collected(child: &mut Child) -> f64 {
    let done = Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status().unwrap();
    assert!(done.success());
    let said = std::io::read_to_string(child.stderr.take().unwrap()).unwrap();
    child.wait().unwrap();
    let line = said.lines().find_map(|line| line.split_once("Collected : "));
    line.unwrap_or_else(|| panic!("callgrind did not say: {said}")).1.trim().parse().unwrap()
}
