//! The floor: hyper with nothing behind it, on one thread like gk-validate and with tokio's usual runtime and sockets,
//! answering every request with the same head. This benchmark starts itself again to be that server.

use std::convert::Infallible;
use std::path::Path;

use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, UnixListener};
use tokio::task::LocalSet;

use crate::generator::{self, Address};
use crate::scene::Scene;
use crate::servers::Server;

/// The first argument that makes this executable the bare server. Then: a TCP address, a socket path,
/// and the headers of every answer as `name: value`.
pub(crate) const ARGUMENT: &str = "serve-bare";

pub(crate) fn serve(arguments: &[String]) {
    let headers: HeaderMap = arguments[2..].iter().map(|line| header(line)).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, listen(&arguments[0], Path::new(&arguments[1]), headers));
}

/// The headers of gk-validate's answer, as arguments: hyper itself adds the two that are left out.
pub(crate) fn headers(scene: &Scene) -> Vec<String> {
    let answer = String::from_utf8(generator::ask(&scene.question(&scene.tcp))).unwrap();
    let own = |line: &&str| !line.is_empty() && !line.starts_with("date:") && !line.starts_with("content-length:");
    answer.lines().skip(1).filter(own).map(str::to_owned).collect()
}

/// A bare server that answers with the head gk-validate answers with, whatever that is.
pub(crate) fn server(scene: &Scene, addresses: &[Address; 2]) -> Server {
    Server::itself(ARGUMENT, addresses, &headers(scene))
}

fn header(line: &str) -> (HeaderName, HeaderValue) {
    let (name, value) = line.split_once(": ").unwrap();
    (name.parse().unwrap(), value.parse().unwrap())
}

async fn listen(address: &str, path: &Path, headers: HeaderMap) {
    let tcp = TcpListener::bind(address).await.unwrap();
    let unix = UnixListener::bind(path).unwrap();
    loop {
        tokio::select! {
            Ok((stream, _)) = tcp.accept() => {
                stream.set_nodelay(true).unwrap();
                tokio::task::spawn_local(answer(TokioIo::new(stream), headers.clone()));
            }
            Ok((stream, _)) = unix.accept() => {
                tokio::task::spawn_local(answer(TokioIo::new(stream), headers.clone()));
            }
        }
    }
}

async fn answer(stream: impl Read + Write + Unpin, headers: HeaderMap) {
    let service = service_fn(|_: Request<Incoming>| {
        let mut response = Response::new(Empty::<Bytes>::new());
        response.headers_mut().clone_from(&headers);
        async { Ok::<_, Infallible>(response) }
    });
    // The generator hangs up at the end of each figure; that is not worth a word.
    let _ = http1::Builder::new().max_headers(64).max_buf_size(64 * 1024).serve_connection(stream, service).await;
}
