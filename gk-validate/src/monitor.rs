//! /metrics, /livez and /readyz.

use hyper::{Method, Request, StatusCode};

use crate::metrics::Metrics;
use crate::pages::Page;
use crate::status::{FileState, News};

/// What is answered on the monitor's listener.
pub(crate) fn page<B>(metrics: &Metrics, request: &Request<B>) -> Page {
    match (request.uri().path(), request.method()) {
        ("/livez", &Method::GET | &Method::HEAD) => (StatusCode::OK, "alive\n".to_owned()),
        ("/readyz", &Method::GET | &Method::HEAD) => readiness(&metrics.news()),
        ("/metrics", &Method::GET | &Method::HEAD) => match metrics.text() {
            Ok(text) => (StatusCode::OK, text),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
        },
        ("/livez" | "/readyz" | "/metrics", _) => (StatusCode::METHOD_NOT_ALLOWED, "GET or HEAD\n".to_owned()),
        _ => (StatusCode::NOT_FOUND, "there are /metrics, /livez and /readyz\n".to_owned()),
    }
}

/// Ready when every worker has a snapshot, and the file is of a format this build knows.
fn readiness(news: &[News]) -> Page {
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
