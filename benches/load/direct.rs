//! Asked directly: gk-validate, bare hyper and nginx's `return 204`, each on TCP and on a Unix socket.
//! The servers share the first core and the generator has the second to itself.

use crate::bare;
use crate::generator::{self, Address, Question};
use crate::processor;
use crate::raw;
use crate::report::{self, Comparison};
use crate::rounds::{Plan, Row};
use crate::scene::Scene;
use crate::servers::{self, Server, free_address};

/// Prints the figures; whether the promised ratios hold.
pub(crate) fn run(scene: &Scene, plan: &Plan) -> bool {
    let folder = scene.folder.path();
    let bare_addresses = [free_address().1, Address::Unix(folder.join("bare.sock"))];
    let nginx_addresses = [free_address().1, Address::Unix(folder.join("204.sock"))];
    let raw_addresses = [free_address().1, Address::Unix(folder.join("raw.sock"))];
    let bare = bare::server(scene, &bare_addresses);
    let raw = raw_server(scene, &raw_addresses);
    let nginx = nginx_204(scene, &nginx_addresses);
    let [validate, bare, nginx, raw] = [&scene.validate, &bare, &nginx, &raw].map(Server::processes);

    let row = |name, address: &Address, status, processes: &[u32]| Row {
        name,
        question: Question { status, ..scene.question(address) },
        processes: processes.to_vec(),
    };
    let rows = [
        row("gk-validate, TCP", &scene.tcp, 200, &validate),
        row("bare hyper, TCP", &bare_addresses[0], 200, &bare),
        row("nginx return 204, TCP", &nginx_addresses[0], 204, &nginx),
        row("gk-validate, Unix socket", &scene.unix, 200, &validate),
        row("bare hyper, Unix socket", &bare_addresses[1], 200, &bare),
        row("nginx return 204, Unix socket", &nginx_addresses[1], 204, &nginx),
        row("raw loop, TCP", &raw_addresses[0], 200, &raw),
        row("raw loop, Unix socket", &raw_addresses[1], 200, &raw),
    ];
    let samples = pinned(&[validate, bare, nginx, raw].concat(), || plan.measure(&rows));
    report::rows("Asked directly, one core for the server", &rows, &samples);
    report::ratios(
        &[(0, 1, Some(0.97)), (0, 2, None), (3, 4, Some(0.95)), (3, 5, None), (1, 6, None), (4, 7, None)]
            .map(|(of, over, least)| Comparison { of, over, least }),
        &rows,
        &samples,
    )
}

/// Runs `measure` with the servers on the first core and itself on the second, where there are two.
fn pinned<T: Send>(servers: &[u32], measure: impl FnOnce() -> T + Send) -> T {
    if processor::cores() < 2 {
        println!("only one core: servers and generator share it");
        return measure();
    }
    processor::pin(servers, "0");
    let result = std::thread::scope(|scope| {
        let generator = scope.spawn(|| {
            processor::pin_this_thread("1");
            measure()
        });
        generator.join().unwrap()
    });
    processor::pin(servers, &format!("0-{}", processor::cores() - 1));
    result
}

/// Answers with the bytes gk-validate answers with.
fn raw_server(scene: &Scene, addresses: &[Address; 2]) -> Server {
    let answer = String::from_utf8(generator::ask(&scene.question(&scene.tcp))).unwrap();
    Server::itself(raw::ARGUMENT, addresses, &[answer])
}

fn nginx_204(scene: &Scene, [tcp, unix]: &[Address; 2]) -> Server {
    let folder = scene.folder.path().join("204");
    Server::nginx(&folder, &servers::always_204([tcp, unix]), 1, &[tcp, unix])
}
