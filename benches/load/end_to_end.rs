//! Through nginx: a page of 1 KiB from a second nginx, unprotected, and protected by gk-validate or by an
//! nginx that answers 204 to everything. The protecting directives are those of nginx/'s app template.

use std::fs;

use crate::generator::{Address, Question};
use crate::report::{self, Comparison};
use crate::rounds::{Plan, Row};
use crate::scene::Scene;
use crate::servers::{self, Server, free_address};

/// A protected (or not) door: who is asked, and where it listens.
struct Door {
    name: &'static str,
    /// The upstream nginx asks; none for the door without a guard.
    guard: Option<Address>,
    guards: Vec<u32>,
}

/// Prints the figures; whether the promised ratios hold.
pub(crate) fn run(scene: &Scene, plan: &Plan) -> bool {
    let stub_tcp = free_address().1;
    let stub_unix = Address::Unix(scene.folder.path().join("stub.sock"));
    let stub = stub(scene, [&stub_tcp, &stub_unix]);
    let door = |name, guard: Option<&Address>, guards: Vec<u32>| Door { name, guard: guard.cloned(), guards };
    let doors = [
        door("nginx + gk-validate, Unix socket", Some(&scene.unix), scene.validate.processes()),
        door("nginx + 204 stub, Unix socket", Some(&stub_unix), stub.processes()),
        door("nginx + gk-validate, TCP", Some(&scene.tcp), scene.validate.processes()),
        door("nginx + 204 stub, TCP", Some(&stub_tcp), stub.processes()),
        door("nginx, no auth", None, Vec::new()),
    ];
    let (_app, _front, rows) = open(scene, &doors);
    let samples = plan.measure(&rows);
    report::rows("Through nginx, all cores shared with the generator", &rows, &samples);
    report::ratios(
        &[(0, 1, true), (2, 3, true), (0, 4, false), (1, 4, false)].map(|(of, over, promised)| Comparison {
            of,
            over,
            promised,
        }),
        &rows,
        &samples,
    )
}

fn stub(scene: &Scene, addresses: [&Address; 2]) -> Server {
    let folder = scene.folder.path().join("stub");
    Server::nginx(&folder, &servers::always_204(addresses), 1, &addresses)
}

/// Starts the app and the front with a door on each address.
fn open(scene: &Scene, doors: &[Door]) -> (Server, Server, Vec<Row>) {
    let app_address = free_address().1;
    let app = app(scene, &app_address);
    let addresses: Vec<Address> = doors.iter().map(|_| free_address().1).collect();
    let mut http = format!("upstream app {{ server {}; keepalive 64; }}\n", servers::place(&app_address));
    http +=
        "map $http_cookie $clean { default $http_cookie; \"~^(?<a>.*?)(?:^|;\\s*)gk_session=[^;]*(?<b>.*)$\" $a$b; }\n";
    for (number, (door, address)) in doors.iter().zip(&addresses).enumerate() {
        http += &server(number, door, address);
    }
    let folder = scene.folder.path().join("front");
    let front = Server::nginx(&folder, &http, 2, &addresses.iter().collect::<Vec<_>>());
    let rows = doors.iter().zip(&addresses).map(|(door, address)| Row {
        name: door.name,
        question: page(scene, address),
        processes: [front.processes(), app.processes(), door.guards.clone()].concat(),
    });
    let rows = rows.collect();
    (app, front, rows)
}

fn app(scene: &Scene, address: &Address) -> Server {
    let folder = scene.folder.path().join("app");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("index.html"), "x".repeat(1024)).unwrap();
    let http =
        format!("server {{ listen {}; root {}; open_file_cache max=10; }}", servers::place(address), folder.display());
    Server::nginx(&folder, &http, 1, &[address])
}

fn page(scene: &Scene, address: &Address) -> Question {
    let head =
        format!("GET /?with=a&query=string HTTP/1.1\r\nHost: docs.gk.localhost\r\nCookie: {}\r\n\r\n", scene.cookie);
    Question { address: address.clone(), head: head.into_bytes(), status: 200 }
}

fn server(number: usize, door: &Door, address: &Address) -> String {
    let listen = servers::place(address);
    let Some(guard) = &door.guard else {
        return format!("server {{ listen {listen}; location / {{ {TO_THE_APP} }} }}\n");
    };
    let guard = servers::place(guard);
    format!(
        "upstream guard{number} {{ server {guard} max_fails=0; keepalive 32; }}
server {{ listen {listen};
  location = /_gk/validate {{ internal; proxy_pass http://guard{number}/api/v1/auth/validate; {ASKING} }}
  location / {{ auth_request /_gk/validate;
    auth_request_set $gk_user $upstream_http_x_auth_user;
    auth_request_set $gk_name $upstream_http_x_auth_name;
    auth_request_set $gk_role $upstream_http_x_auth_role;
    proxy_set_header X-Auth-User $gk_user; proxy_set_header X-Auth-Name $gk_name;
    proxy_set_header X-Auth-Role $gk_role; proxy_set_header X-Auth-Groups \"\";
    {TO_THE_APP} }}
}}
"
    )
}

const TO_THE_APP: &str = "proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection \"\";
    proxy_set_header Host $host; proxy_set_header Cookie $clean; proxy_set_header X-Forwarded-For $remote_addr;";

const ASKING: &str = "proxy_http_version 1.1; proxy_pass_request_headers off; proxy_pass_request_body off;
    proxy_set_header Content-Length \"\"; proxy_set_header Connection \"\"; proxy_set_header Host auth.gk.localhost;
    proxy_set_header Cookie $http_cookie; proxy_set_header X-GK-App docs;
    proxy_set_header X-Original-URI $request_uri; proxy_set_header X-Original-Method $request_method;
    proxy_connect_timeout 1s; proxy_read_timeout 2s;";
