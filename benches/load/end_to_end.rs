//! Through nginx with the block of an app: a page of 1 KiB from an app (a second nginx), protected by
//! gk-validate, or by an nginx that answers 204 to everything, or with the check taken out.

use std::fs;

use crate::bare;
use crate::generator::{Address, Question};
use crate::latency;
use crate::peer::Peer;
use crate::report::{self, Comparison};
use crate::rounds::{Plan, Row};
use crate::scene::{self, Scene};
use crate::servers::{self, Server, free_address};

/// A front with its own nginx, so that nothing but the guard differs.
struct Door {
    name: &'static str,
    folder: &'static str,
    /// Whom nginx asks; nobody at the door without a check.
    guard: Option<(Address, Vec<u32>)>,
    /// What it asks for, and the cookie that is let in.
    path: String,
    cookie: String,
}

/// What the product's own block asks for.
const PATH: &str = "/api/v1/auth/validate";

/// Prints the figures; whether the promised ratios hold.
pub(crate) fn run(scene: &Scene, plan: &Plan) -> bool {
    let stub_tcp = free_address().1;
    let stub_unix = Address::Unix(scene.folder.path().join("stub.sock"));
    let stub = stub(scene, [&stub_tcp, &stub_unix]);
    let bare_addresses = [free_address().1, Address::Unix(scene.folder.path().join("bare-guard.sock"))];
    let bare = bare::server(scene, &bare_addresses);
    let door = |name, folder, address: &Address, guard: &Server| Door {
        name,
        folder,
        guard: Some((address.clone(), guard.processes())),
        path: PATH.to_owned(),
        cookie: scene.cookie.clone(),
    };
    let peer = Peer::from_environment();
    let mut doors = vec![
        door("nginx + gk-validate, Unix socket", "front-1", &scene.unix, &scene.validate),
        door("nginx + 204 stub, Unix socket", "front-2", &stub_unix, &stub),
        door("nginx + gk-validate, TCP", "front-3", &scene.tcp, &scene.validate),
        door("nginx + 204 stub, TCP", "front-4", &stub_tcp, &stub),
        Door { guard: None, ..door("nginx, no auth", "front-5", &stub_unix, &stub) },
        door("nginx + bare hyper, Unix socket", "front-6", &bare_addresses[1], &bare),
    ];
    if let Some(Peer { server, address, path, cookie }) = &peer {
        let (path, cookie) = (path.clone(), cookie.clone());
        doors.push(Door { path, cookie, ..door("nginx + peer", "front-7", address, server) });
    }
    let app_address = free_address().1;
    let app = app(scene, &app_address);
    let (_fronts, rows): (Vec<Server>, Vec<Row>) =
        doors.iter().map(|door| open(scene, door, &app, &app_address)).unzip();
    let samples = plan.of_shorter_rounds().measure(&rows);
    report::rows(
        "Through nginx, all cores shared with the generator; three times the rounds, a third as long",
        &rows,
        &samples,
    );
    let mut comparisons = vec![(0, 1, Some(0.97)), (2, 3, Some(0.97)), (0, 4, Some(0.60)), (1, 4, None), (5, 1, None)];
    if peer.is_some() {
        comparisons.push((0, 6, Some(3.0)));
    }
    let comparisons = comparisons.into_iter().map(|(of, over, least)| Comparison { of, over, least });
    let enough = report::ratios(&comparisons.collect::<Vec<_>>(), &rows, &samples);
    latency::through_nginx(&rows) & enough
}

fn stub(scene: &Scene, addresses: [&Address; 2]) -> Server {
    let folder = scene.folder.path().join("stub");
    Server::nginx(&folder, &servers::always_204(addresses), 1, &addresses)
}

fn app(scene: &Scene, address: &Address) -> Server {
    let folder = scene.folder.path().join("app");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("index.html"), "x".repeat(1024)).unwrap();
    let (place, root) = (servers::place(address), folder.display());
    let http = format!("server {{ listen {place}; root {root}; open_file_cache max=10; }}");
    Server::nginx(&folder, &http, 1, &[address])
}

fn open(scene: &Scene, door: &Door, app: &Server, app_address: &Address) -> (Server, Row) {
    let address = free_address().1;
    let folder = scene.folder.path().join(door.folder);
    let front = Server::nginx(&folder, &configuration(scene, door, &address, app_address), 2, &[&address]);
    let guards = door.guard.iter().flat_map(|(_, processes)| processes.clone());
    let processes = [front.processes(), app.processes()].concat().into_iter().chain(guards).collect();
    let head =
        format!("GET /?with=a&query=string HTTP/1.1\r\nHost: docs.example.com\r\nCookie: {}\r\n\r\n", door.cookie);
    let question = Question { address, head: head.into_bytes(), status: 200 };
    (front, Row { name: door.name, question, processes })
}

/// What `gk apps nginx` prints, plus kept connections to the app, so that the check is not lost in the cost of connecting
/// to it.
fn configuration(scene: &Scene, door: &Door, address: &Address, app: &Address) -> String {
    let upstream = format!("upstream app {{ server {}; keepalive 64; }}\n", servers::place(app));
    let guard = door.guard.as_ref().map_or("127.0.0.1:9".to_owned(), |(guard, _)| servers::place(guard));
    let listen = servers::place(address);
    let block = format!(
        "apps nginx --shared --slug docs --upstream http://app --no-tls --listen {listen} --validate {guard} --admin 127.0.0.1:9"
    );
    let mut protected = scene::gk_in(&scene::database(scene.folder.path()), &block);
    if door.guard.is_none() {
        let check = "auth_request /_gk/validate;";
        assert!(protected.contains(check), "the block has another line for its check");
        protected = protected.replace(check, "");
    }
    upstream + &protected.replace(PATH, &door.path)
}
