//! What the decision log costs: the same gk-validate with no line and with a line for each answer.

use std::process::Stdio;

use crate::generator::Address;
use crate::report::{self, Comparison};
use crate::rounds::{Plan, Row};
use crate::scene::{self, Scene};
use crate::servers::Server;

/// Prints the figures; there is no bar.
pub(crate) fn run(scene: &Scene, plan: &Plan) -> bool {
    let socket = scene.folder.path().join("logged.sock");
    let address = Address::Unix(socket.clone());
    let mut command = scene::product("gk-validate");
    command.arg("--policy").arg(scene.folder.path().join("policy/policy.sqlite3"));
    command.args(["--metrics", "off", "--activity", "off", "--log-decisions", "all", "--listen"]);
    // As fast as a log can be read: what is measured is the process that writes it.
    command.arg(format!("unix:{}", socket.display())).stderr(Stdio::null());
    let logged = Server::start(&mut command, &[&address]);
    let row = |name, address: &Address, server: &Server| Row {
        name,
        question: scene.question(address),
        processes: server.processes(),
    };
    let rows = [row("a line for each answer", &address, &logged), row("no decision log", &scene.unix, &scene.validate)];
    let samples = plan.measure(&rows);
    report::rows("The decision log, Unix socket", &rows, &samples);
    report::ratios(&[Comparison { of: 0, over: 1, least: None }], &rows, &samples)
}
