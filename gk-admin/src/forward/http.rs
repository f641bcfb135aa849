//! Rows as JSON, a line each, by POST. Any 2xx says that they have arrived.

use std::pin::pin;

use gk_service::service::audit::Load;
use gk_shared::caused::Caused;
use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper_util::rt::TokioIo;
use url::{Position, Url};

use crate::audit_asked::entry_json;
use crate::dial::dial;

/// Sends all rows in one request. Redirects are not followed: the token goes to the address in the settings only.
pub(super) async fn post(load: &Load, url: &Url) -> Result<(), String> {
    let request = request(load, url)?;
    let stream = dial(url, None).await?;
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| Caused(&error).to_string())?;
    let mut exchange = pin!(sender.send_request(request));
    let response = tokio::select! {
        response = &mut exchange => response,
        // Also one that answers and closes at once has answered.
        _ended = connection => exchange.await,
    };
    let response = response.map_err(|error| Caused(&error).to_string())?;
    let status = response.status();
    if status.is_success() { Ok(()) } else { Err(format!("it answered {}", status.as_u16())) }
}

fn request(load: &Load, url: &Url) -> Result<Request<Full<Bytes>>, String> {
    let lines = load.entries.iter().map(|entry| format!("{}\n", entry_json(entry))).collect::<Vec<_>>().concat();
    let mut request = Request::post(&url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, url.authority())
        .header(CONTENT_TYPE, "application/x-ndjson");
    if let Some(token) = &load.token {
        let shown = HeaderValue::from_str(&format!("Bearer {}", token.reveal()));
        let mut shown = shown.map_err(|_| "audit.forward_token cannot stand in a header")?;
        shown.set_sensitive(true);
        request = request.header(AUTHORIZATION, shown);
    }
    request.body(Full::new(Bytes::from(lines))).map_err(|error| error.to_string())
}
