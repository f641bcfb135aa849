//! What hyper costs: a server that only looks for the end of each head and sends the same bytes back, on one thread like the
//! others. It parses nothing and is no part of the product; this benchmark starts itself again to be it.

use std::path::Path;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::task::LocalSet;

/// The first argument that makes this executable the raw server. Then a TCP address, a socket path and the answer.
pub(crate) const ARGUMENT: &str = "serve-raw";

const END: &[u8] = b"\r\n\r\n";

pub(crate) fn serve(arguments: &[String]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, listen(&arguments[0], Path::new(&arguments[1]), arguments[2].clone()));
}

async fn listen(address: &str, path: &Path, head: String) {
    let tcp = TcpListener::bind(address).await.unwrap();
    let unix = UnixListener::bind(path).unwrap();
    loop {
        tokio::select! {
            Ok((stream, _)) = tcp.accept() => {
                stream.set_nodelay(true).unwrap();
                tokio::task::spawn_local(answer(stream, head.clone()));
            }
            Ok((stream, _)) = unix.accept() => {
                tokio::task::spawn_local(answer(stream, head.clone()));
            }
        }
    }
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, head: String) {
    let (mut buffer, mut length) = (vec![0; 16 * 1024], 0);
    loop {
        match stream.read(&mut buffer[length..]).await {
            Ok(read) if read > 0 => length += read,
            // The generator hangs up at the end of each figure.
            _ => return,
        }
        if buffer[..length].ends_with(END) {
            length = 0;
            if stream.write_all(head.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}
