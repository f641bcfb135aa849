//! The audit on its way to receivers that are killed, refuse and come back.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use crate::world::{PATIENCE, World, free_port, wait_until};

const TOKEN: &str = "canary-of-the-receiver";

/// A receiver over TCP. It notes the rows it was sent, and can be killed.
struct Sink {
    port: u16,
    rows: Arc<Mutex<Vec<Value>>>,
    stop: Arc<Mutex<bool>>,
    work: JoinHandle<()>,
}

/// Reads one connection to its end; gives the rows in it, or nothing to refuse them.
type Reader = fn(TcpStream, usize) -> Vec<Value>;

impl Sink {
    fn start(port: u16, read: Reader) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let (rows, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(false)));
        let (noted, stopped) = (Arc::clone(&rows), Arc::clone(&stop));
        let work = std::thread::spawn(move || {
            for (count, stream) in listener.incoming().enumerate() {
                if *stopped.lock().unwrap() {
                    break;
                }
                noted.lock().unwrap().extend(read(stream.unwrap(), count));
            }
        });
        Self { port, rows, stop, work }
    }

    /// Stops listening; gives what came.
    fn kill(self) -> Vec<Value> {
        *self.stop.lock().unwrap() = true;
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        self.work.join().unwrap();
        std::mem::take(&mut self.rows.lock().unwrap())
    }

    fn has(&self, target: &str) -> bool {
        self.rows.lock().unwrap().iter().any(|row| row["target"] == target)
    }

    #[track_caller]
    fn wait_for(&self, target: &str) {
        wait_until(&format!("the row about {target}"), || self.has(target));
    }
}

/// Messages with their lengths before them.
fn syslog(mut stream: TcpStream, _: usize) -> Vec<Value> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let (mut rows, mut rest) = (Vec::new(), bytes.as_slice());
    while let Some(space) = rest.iter().position(|byte| *byte == b' ') {
        let length = std::str::from_utf8(&rest[..space]).unwrap().parse::<usize>().unwrap();
        let (message, after) = rest[space + 1..].split_at(length);
        rows.push(row_of(std::str::from_utf8(message).unwrap()));
        rest = after;
    }
    rows
}

/// The row in a message, whose head must be right.
fn row_of(message: &str) -> Value {
    let parts = message.splitn(8, ' ').collect::<Vec<_>>();
    assert_eq!((parts[0], parts[3], parts[4], parts[6]), ("<110>1", "gatekeeper", "-", "-"), "{message}");
    let row = serde_json::from_str::<Value>(parts[7]).unwrap();
    assert_eq!((row["at"].as_str(), row["action"].as_str()), (Some(parts[1]), Some(parts[5])), "{message}");
    row
}

/// Closes without having read: what was sent is not taken.
fn deaf(stream: TcpStream, _: usize) -> Vec<Value> {
    let mut first = [0; 1];
    stream.peek(&mut first).unwrap();
    drop(stream);
    Vec::new()
}

/// Takes what is posted with the right token, but for the first time.
fn http(stream: TcpStream, count: usize) -> Vec<Value> {
    let mut reader = BufReader::new(stream);
    let (mut length, mut authorised) = (0, false);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        authorised |= line.eq_ignore_ascii_case(&format!("authorization: Bearer {TOKEN}"));
        if let Some(given) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
            length = given.parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let taken = count > 0 && authorised;
    let status = if taken { "204 No Content" } else { "503 Service Unavailable" };
    write!(reader.get_mut(), "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").unwrap();
    let rows = String::from_utf8(body).unwrap();
    if taken { rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect() } else { Vec::new() }
}

fn ids(rows: &[Value]) -> Vec<i64> {
    rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

fn send_to(world: &World, to: &str) {
    world.gk(&["config", "set", "audit.forward_to", to]).done();
}

fn add(world: &World, group: &str) {
    world.gk(&["groups", "add", "--name", group]).done();
}

#[test]
fn every_row_reaches_syslog_though_both_sides_are_killed() {
    let world = World::start();
    let port = free_port();
    send_to(&world, &format!("tcp://127.0.0.1:{port}"));
    let how = || world.gk_json(&["audit", "forwarding"]);
    wait_until("a failure that is told", || !how()["failing_since"].is_null());
    let first = Sink::start(port, syslog);
    add(&world, "before");
    first.wait_for("before");
    let mut arrived = ids(&first.kill());
    assert_eq!(arrived[0], 1, "the oldest row first");
    // One that takes connections and reads nothing has got nothing.
    let deaf = Sink::start(port, deaf);
    add(&world, "meanwhile");
    wait_until("another failure", || !how()["failing_since"].is_null());
    deaf.kill();
    world.kill_admin();
    add(&world, "while nobody sends");
    let second = Sink::start(port, syslog);
    world.start_admin();
    second.wait_for("while nobody sends");
    assert!(second.has("meanwhile"));
    let later = ids(&second.kill());
    assert!(later[0] > 1, "the cursor survived: {later:?}");
    arrived.extend(later);
    let mut once = arrived.clone();
    once.sort_unstable();
    once.dedup();
    let wanted = (1..=once[once.len() - 1]).collect::<Vec<_>>();
    assert_eq!(once, wanted, "none is lost");
    assert!(once.len() + 200 > arrived.len(), "few come twice: {arrived:?}");
}

#[test]
fn rows_are_posted_until_they_are_taken_and_the_token_is_told_to_nobody_else() {
    let world = World::start();
    world.gk(&["config", "set", "audit.forward_token", TOKEN]).done();
    let sink = Sink::start(free_port(), http);
    send_to(&world, &format!("http://127.0.0.1:{}/in?source=gatekeeper", sink.port));
    add(&world, "posted");
    sink.wait_for("posted");
    let how = world.gk(&["audit", "forwarding"]).done();
    assert!(how.contains("arrived up to row") && !how.contains("Fails"), "{how}");
    let got = sink.kill();
    assert_eq!(ids(&got)[0], 1);
    let said = world.gk(&["--json", "audit", "list", "--limit", "1000"]).done() + &world.admin_talk();
    assert!(!said.contains(TOKEN) && !serde_json::to_string(&got).unwrap().contains(TOKEN));
    for bad in ["logs.example.com", "http://logs.example.com/", "tcp://x", "https://a:b@c.example/"] {
        world.gk(&["config", "set", "audit.forward_to", bad]).refused(2);
    }
}

/// Hands datagrams on from a thread of their own.
fn datagrams(receive: impl Fn(&mut [u8]) -> std::io::Result<usize> + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = vec![0; 65_536];
        while let Ok(length) = receive(&mut bytes) {
            if sender.send(String::from_utf8(bytes[..length].to_vec()).unwrap()).is_err() {
                break;
            }
        }
    });
    receiver
}

#[test]
fn rows_go_to_the_sockets_of_syslog_too() {
    let world = World::start();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = udp.local_addr().unwrap().port();
    let by_udp = datagrams(move |bytes| udp.recv(bytes));
    let path = world.folder().join("log.sock");
    let socket = UnixDatagram::bind(&path).unwrap();
    let by_socket = datagrams(move |bytes| socket.recv(bytes));
    let found = |from: &Receiver<String>, target: &str| {
        while let Ok(message) = from.recv_timeout(Duration::from_secs(PATIENCE.as_secs())) {
            if row_of(&message)["target"] == target {
                return true;
            }
        }
        false
    };
    send_to(&world, &format!("udp://127.0.0.1:{port}"));
    add(&world, "by-udp");
    assert!(found(&by_udp, "by-udp"));
    send_to(&world, &format!("unix:{}", path.display()));
    add(&world, "by-socket");
    assert!(found(&by_socket, "by-socket"));
}
