//! Small pages on listeners of their own, which nginx does not know. Bodies are fine here.

use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use gk_shared::listen::Listen;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::spawn_local;
use tokio::time::sleep;

use crate::listeners::{Listeners, Socket, Stream};

/// Whoever asks does so every few seconds; whoever is silent for longer has gone.
const IDLE: Duration = Duration::from_secs(30);
/// Before accepting again when there are no more file descriptors.
const PAUSE: Duration = Duration::from_millis(50);
/// What Prometheus wants to be told its text is, and true of any other.
const PLAIN_TEXT: HeaderValue = HeaderValue::from_static(prometheus::TEXT_FORMAT);

/// A page: its status and its text.
pub(crate) type Page = (StatusCode, String);

/// Listens there, and answers with these pages for as long as the process lives.
pub(crate) fn serve(
    address: &Listen,
    pages: impl Fn(&Request<Incoming>) -> Page + 'static,
) -> anyhow::Result<Listeners> {
    let bound = Listeners::bind(std::slice::from_ref(address))?;
    let pages = Rc::new(pages);
    for listener in bound.share()? {
        spawn_local(accept(Socket::new(listener)?, Rc::clone(&pages)));
    }
    Ok(bound)
}

async fn accept(socket: Socket, pages: Rc<impl Fn(&Request<Incoming>) -> Page + 'static>) {
    loop {
        let pages = Rc::clone(&pages);
        match socket.accept().await {
            Ok(Stream::Tcp(stream)) => drop(spawn_local(talk(stream, pages))),
            Ok(Stream::Unix(stream)) => drop(spawn_local(talk(stream, pages))),
            Err(_) => sleep(PAUSE).await,
        }
    }
}

async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin, pages: Rc<impl Fn(&Request<Incoming>) -> Page>) {
    let answer = service_fn(|request| {
        let response = response(pages(&request));
        async { Ok::<_, Infallible>(response) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(IDLE);
    let _ = http.serve_connection(TokioIo::new(stream), answer).await;
}

fn response((status, text): Page) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, PLAIN_TEXT);
    response
}
