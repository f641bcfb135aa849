//! The processes a figure needs: started, waited for, and gone when dropped.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::generator::Address;
use crate::processor;

/// A running server.
pub(crate) struct Server {
    child: Child,
    /// Its configuration, when it is nginx: needed to tell its workers to go.
    nginx: Option<(PathBuf, PathBuf)>,
}

impl Server {
    /// Starts `command` and waits until every address takes a connection.
    pub(crate) fn start(command: &mut Command, addresses: &[&Address]) -> Self {
        let child = command.stdin(Stdio::null()).spawn();
        let child = child.unwrap_or_else(|error| panic!("starting {command:?}: {error}"));
        let mut server = Self { child, nginx: None };
        for address in addresses {
            server.wait_for(address);
        }
        server
    }

    /// Starts this benchmark again as another server, on a TCP address and a socket.
    pub(crate) fn itself(argument: &str, addresses: &[Address; 2], more: &[String]) -> Self {
        let [Address::Tcp(tcp), Address::Unix(unix)] = addresses else {
            panic!("one address of each kind");
        };
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(argument).arg(tcp.to_string()).arg(unix).args(more);
        Self::start(&mut command, &[&addresses[0], &addresses[1]])
    }

    /// Starts nginx in `folder` with these lines as its `http` block and this many workers.
    pub(crate) fn nginx(folder: &Path, http: &str, workers: usize, addresses: &[&Address]) -> Self {
        fs::create_dir_all(folder).unwrap();
        let file = folder.join("nginx.conf");
        fs::write(&file, configuration(folder, http, workers)).unwrap();
        let mut command = nginx(folder, &file);
        let mut server = Self::start(&mut command, addresses);
        server.nginx = Some((folder.to_owned(), file));
        server.wait_for_workers(workers);
        server
    }

    /// The server and its workers.
    pub(crate) fn processes(&self) -> Vec<u32> {
        processor::family(self.child.id())
    }

    /// nginx listens before its workers exist, and their time is what counts.
    fn wait_for_workers(&self, workers: usize) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.processes().len() < 1 + workers {
            assert!(Instant::now() < deadline, "nginx has too few workers");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn wait_for(&mut self, address: &Address) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !answers(address) {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("a server ended with {status} before it listened on {address:?}");
            }
            assert!(Instant::now() < deadline, "nobody listens on {address:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let quit = self.nginx.as_ref().map(|(folder, file)| nginx(folder, file).args(["-s", "stop"]).status());
        if quit.is_none() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// A loopback address nobody listens on now.
pub(crate) fn free_address() -> (SocketAddr, Address) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (address, Address::Tcp(address))
}

/// An address as nginx writes it.
pub(crate) fn place(address: &Address) -> String {
    match address {
        Address::Tcp(address) => address.to_string(),
        Address::Unix(path) => format!("unix:{}", path.display()),
    }
}

/// nginx answering 204 to everything on both addresses.
pub(crate) fn always_204([first, second]: [&Address; 2]) -> String {
    let (first, second) = (place(first), place(second));
    format!("server {{ listen {first}; listen {second}; location / {{ return 204; }} }}")
}

fn answers(address: &Address) -> bool {
    match address {
        Address::Tcp(address) => TcpStream::connect(address).is_ok(),
        Address::Unix(path) => UnixStream::connect(path).is_ok(),
    }
}

fn nginx(folder: &Path, file: &Path) -> Command {
    let mut command = Command::new("nginx");
    // Where Debian has it, which is not on everybody's path.
    command.env("PATH", std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin");
    command.arg("-e").arg(folder.join("error.log")).arg("-p").arg(folder).arg("-c").arg(file);
    command
}

fn configuration(folder: &Path, http: &str, workers: usize) -> String {
    let folder = folder.display();
    format!(
        "daemon off; pid {folder}/pid; worker_processes {workers}; {user}
events {{ worker_connections 4096; }}
http {{
  access_log off; server_names_hash_bucket_size 128; keepalive_requests 1000000000; default_type text/html; sendfile on; tcp_nopush on;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
{http}
}}
",
        user = user()
    )
}

/// As root, nginx would give its workers to another user, who cannot enter a private temporary folder.
fn user() -> &'static str {
    use std::os::unix::fs::MetadataExt;
    if fs::metadata("/proc/self").unwrap().uid() == 0 { "user root;" } else { "" }
}
