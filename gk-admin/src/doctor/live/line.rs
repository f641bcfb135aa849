//! One connection to a web server, and what it answers.

use std::time::Duration;

use gk_shared::caused::Caused;
use http_body_util::{BodyExt, Full, Limited};
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{DATE, LOCATION};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use url::Url;

use crate::dial::dial;

/// Whoever signs in would wait as long.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most that is read of an answer.
const MOST_ANSWER: usize = 1 << 20;

pub(super) type Body = Full<Bytes>;
pub(super) type Request = hyper::Request<Body>;

/// A connection that is open.
pub(super) struct Line(SendRequest<Body>);

/// What was answered.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) location: Option<String>,
    pub(super) date: Option<String>,
    pub(super) body: String,
}

impl Line {
    /// Connects to where a URL points, or to that machine under the URL's name.
    pub(super) async fn open(url: &Url, machine: Option<&str>) -> Result<Self, String> {
        let opened = async {
            let stream = TokioIo::new(dial(url, machine).await?);
            let (sender, connection) = http1::handshake(stream).await.map_err(|error| Caused(&error).to_string())?;
            // How a connection ends is told to whoever waits for an answer.
            tokio::spawn(connection);
            Ok(Self(sender))
        };
        within(opened).await
    }

    /// Asks, and reads the whole answer, so that the connection can be used again.
    pub(super) async fn ask(&mut self, request: Request) -> Result<Answer, String> {
        let answered = async {
            let response = self.0.send_request(request).await.map_err(|error| Caused(&error).to_string())?;
            let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
            let (status, location, date) = (response.status(), header(LOCATION), header(DATE));
            let body = Limited::new(response.into_body(), MOST_ANSWER).collect().await;
            let body = body.map_err(|error| error.to_string())?.to_bytes();
            Ok(Answer { status, location, date, body: String::from_utf8_lossy(&body).into_owned() })
        };
        within(answered).await
    }
}

async fn within<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let done = timeout(PATIENCE, work).await;
    done.unwrap_or_else(|_| Err(format!("no answer within {} seconds", PATIENCE.as_secs())))
}
