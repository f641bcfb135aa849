//! A relay between Gatekeeper and a directory that passes bytes on as they are until it is told to cut connections, or to
//! hold them, after so many bytes of answers.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// What becomes of a connection's answers.
#[derive(Default)]
struct State {
    /// Of each connection so many bytes are passed.
    most: AtomicU64,
    /// Whether it is then cut; else nothing more comes until more may pass.
    cuts: AtomicBool,
    /// Of all connections together.
    passed: AtomicU64,
    over: AtomicBool,
}

/// A running relay; dropping it ends its connections.
pub(super) struct Relay {
    address: SocketAddr,
    state: Arc<State>,
}

impl Relay {
    /// Passes what comes at a free port of `host` to `target`.
    pub(super) fn to(target: &str, host: &str) -> Self {
        let listener = TcpListener::bind((host, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State { most: AtomicU64::new(u64::MAX), ..State::default() });
        let (shared, target) = (Arc::clone(&state), target.to_owned());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if shared.over.load(Ordering::SeqCst) {
                    break;
                }
                let (state, target) = (Arc::clone(&shared), target.clone());
                thread::spawn(move || connection(&state, &stream, &target));
            }
        });
        Self { address, state }
    }

    /// `host:port`.
    pub(super) fn address(&self) -> String {
        self.address.to_string()
    }

    /// How many bytes of answers have passed.
    pub(super) fn passed(&self) -> u64 {
        self.state.passed.load(Ordering::SeqCst)
    }

    /// Lets so much of each connection's answers pass from now on, and then says nothing more.
    pub(super) fn holds_after(&self, bytes: u64) {
        self.state.cuts.store(false, Ordering::SeqCst);
        self.state.most.store(bytes, Ordering::SeqCst);
    }

    /// The same, and then cuts it.
    pub(super) fn cuts_after(&self, bytes: u64) {
        self.state.cuts.store(true, Ordering::SeqCst);
        self.state.most.store(bytes, Ordering::SeqCst);
    }

    /// Lets everything pass again.
    pub(super) fn passes(&self) {
        self.state.most.store(u64::MAX, Ordering::SeqCst);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::SeqCst);
        // Wakes who accepts.
        drop(TcpStream::connect(self.address));
    }
}

fn connection(state: &Arc<State>, client: &TcpStream, target: &str) {
    let Ok(server) = TcpStream::connect(target) else { return };
    for stream in [client, &server] {
        stream.set_nodelay(true).unwrap();
    }
    let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        drop(std::io::copy(&mut &from, &mut &to));
        drop(to.shutdown(Shutdown::Both));
    });
    drop(answers(state, &server, client));
    for stream in [client, &server] {
        drop(stream.shutdown(Shutdown::Both));
    }
}

/// Passes answers on until the connection ends or is cut.
fn answers(state: &State, mut server: &TcpStream, mut client: &TcpStream) -> std::io::Result<()> {
    let (mut bytes, mut passed) = ([0; 16 * 1024], 0);
    loop {
        let length = server.read(&mut bytes)?;
        if length == 0 {
            return Ok(());
        }
        let mut rest = &bytes[..length];
        while !rest.is_empty() {
            let most = usize::try_from(state.most.load(Ordering::SeqCst).saturating_sub(passed)).unwrap();
            let (now, later) = rest.split_at(rest.len().min(most));
            client.write_all(now)?;
            passed += now.len() as u64;
            state.passed.fetch_add(now.len() as u64, Ordering::SeqCst);
            rest = later;
            if !rest.is_empty() {
                if state.cuts.load(Ordering::SeqCst) || state.over.load(Ordering::SeqCst) {
                    return Ok(());
                }
                thread::sleep(Duration::from_millis(5));
            }
        }
    }
}
