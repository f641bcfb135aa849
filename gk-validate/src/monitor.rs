//! /metrics, /livez and /readyz, on a listener of their own that nginx does not know. Bodies are fine here.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus::TEXT_FORMAT;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::spawn_local;
use tokio::time::sleep;

use crate::listeners::{Socket, Stream};
use crate::metrics::Metrics;
use crate::status::{FileState, News};

/// A monitor asks every few seconds; whoever is silent for longer has gone.
const IDLE: Duration = Duration::from_secs(30);
/// Before accepting again when there are no more file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// Answers on this socket for ever.
pub(crate) async fn serve(socket: Socket, metrics: Arc<Metrics>) {
    loop {
        let metrics = Arc::clone(&metrics);
        match socket.accept().await {
            Ok(Stream::Tcp(stream)) => drop(spawn_local(talk(stream, metrics))),
            Ok(Stream::Unix(stream)) => drop(spawn_local(talk(stream, metrics))),
            Err(_) => sleep(PAUSE).await,
        }
    }
}

async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin, metrics: Arc<Metrics>) {
    let answer = service_fn(|request| {
        let response = respond(&metrics, &request);
        async { Ok::<_, Infallible>(response) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(IDLE);
    let _ = http.serve_connection(TokioIo::new(stream), answer).await;
}

fn respond<B>(metrics: &Metrics, request: &Request<B>) -> Response<Full<Bytes>> {
    let (status, text) = match (request.uri().path(), request.method()) {
        ("/livez", &Method::GET | &Method::HEAD) => (StatusCode::OK, "alive\n".to_owned()),
        ("/readyz", &Method::GET | &Method::HEAD) => readiness(&metrics.news()),
        ("/metrics", &Method::GET | &Method::HEAD) => match metrics.text() {
            Ok(text) => (StatusCode::OK, text),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
        },
        ("/livez" | "/readyz" | "/metrics", _) => (StatusCode::METHOD_NOT_ALLOWED, "GET or HEAD\n".to_owned()),
        _ => (StatusCode::NOT_FOUND, "there are /metrics, /livez and /readyz\n".to_owned()),
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(TEXT_FORMAT));
    response
}

/// Ready when every worker has a snapshot, and the file is of a format this build knows.
fn readiness(news: &[News]) -> (StatusCode, String) {
    let Some(behind) = news.iter().find(|news| !news.is_ready()) else {
        let state = news.iter().filter_map(|news| news.state).max().map_or("ok", FileState::word);
        return (StatusCode::OK, format!("ready; policy file {state}\n"));
    };
    let state = behind.state.map_or("not looked at yet", FileState::word);
    let snapshot = behind.snapshot.map_or("no snapshot", |_| "answers come from an older snapshot");
    (StatusCode::SERVICE_UNAVAILABLE, format!("not ready; policy file {state}; {snapshot}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Known;
    use gk_shared::time::Timestamp;

    #[test]
    fn ready_means_a_snapshot_of_a_known_format_in_every_worker() {
        let known = Some(Known { revision: 1, users: 1, looked_at: Timestamp(0) });
        let good = News { state: Some(FileState::Ok), snapshot: known };
        let gone = News { state: Some(FileState::Missing), snapshot: known };
        let newer = News { state: Some(FileState::UnknownFormat), snapshot: known };
        let empty = News { state: Some(FileState::Missing), snapshot: None };
        let ready = |news: &[News]| readiness(news).0 == StatusCode::OK;
        assert!(ready(&[good, gone]));
        assert!(!ready(&[good, newer]));
        assert!(!ready(&[good, empty]));
    }
}
