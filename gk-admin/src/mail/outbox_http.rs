//! One letter to an Outbox service over HTTP. Only 201 means that it was taken.

use std::time::Duration;

use gk_service::Secret;
use gk_service::service::mail::{Delivery, Letter};
use gk_shared::caused::Caused;
use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::time::timeout;
use url::Url;

use super::smtp::is_loopback;
use super::transport::Progress;
use super::wording::Worded;
use crate::dial::dial;

/// No answer of the service is longer than a line or two.
const MOST_ANSWER: usize = 16 * 1024;
/// The status says what became of the letter; what else the answer holds is not worth waiting for.
const MOST_WAITING: Duration = Duration::from_secs(2);

/// The service, as the settings name it.
pub(super) struct Service {
    pub(super) url: String,
    pub(super) key: Option<Secret>,
}

impl Service {
    /// The service in words, or what is missing to speak to it.
    pub(super) fn check(&self) -> Result<String, String> {
        let url = endpoint(&self.url)?;
        self.key.as_ref().ok_or("outbox.api_key is not set")?;
        Ok(format!("to the Outbox at {}", url.origin().ascii_serialization()))
    }

    /// Connects to it, and says nothing.
    pub(super) async fn reach(&self) -> Result<(), String> {
        dial(&endpoint(&self.url)?, None).await.map(drop).map_err(|why| format!("{}: {why}", self.url))
    }

    /// Hands one letter over.
    pub(super) async fn send(&self, letter: &Letter, worded: &Worded, progress: &Progress<'_>) -> Delivery {
        let prepared = self.request(letter, worded);
        let (url, request) = match prepared {
            Ok(prepared) => prepared,
            Err(why) => return Delivery::Delayed(why),
        };
        let stream = match dial(&url, None).await {
            Ok(stream) => stream,
            Err(why) => return Delivery::Delayed(format!("{}: {why}", self.url)),
        };
        let (mut sender, connection) = match http1::handshake(TokioIo::new(stream)).await {
            Ok(pair) => pair,
            Err(error) => return Delivery::Delayed(format!("{}: {}", self.url, Caused(&error))),
        };
        if let Err(why) = progress.may_arrive().await {
            return Delivery::Delayed(why);
        }
        progress.complete();
        let exchange = async {
            let response = sender.send_request(request).await.map_err(|error| Caused(&error).to_string())?;
            Ok::<_, String>(judge(response).await)
        };
        tokio::pin!(exchange);
        tokio::select! {
            judged = &mut exchange => judged.unwrap_or_else(|why| progress.broken_off(&why)),
            ended = connection => match exchange.await {
                Ok(delivery) => delivery,
                Err(why) => progress.broken_off(&ended.err().map_or(why, |error| Caused(&error).to_string())),
            },
        }
    }

    fn request(&self, letter: &Letter, worded: &Worded) -> Result<(Url, Request<Full<Bytes>>), String> {
        let url = endpoint(&self.url)?;
        let key = self.key.as_ref().ok_or("outbox.api_key is not set")?;
        let mut key = HeaderValue::from_str(key.reveal()).map_err(|_| "outbox.api_key cannot stand in a header")?;
        key.set_sensitive(true);
        let body = json!({
            "from_address": letter.sender.as_str(), "to": [letter.recipient.as_str()], "subject": worded.subject,
            "body": worded.html, "body_type": "html", "source_app": "gatekeeper",
        });
        let request = Request::post(url.path())
            .header(HOST, url.authority())
            .header(CONTENT_TYPE, "application/json")
            .header("X-API-Key", key)
            .body(Full::new(Bytes::from(body.to_string())));
        Ok((url, request.map_err(|error| error.to_string())?))
    }
}

fn endpoint(base: &str) -> Result<Url, String> {
    if base.is_empty() {
        return Err("outbox.url is not set".into());
    }
    let wrong = || "outbox.url must be an address such as https://outbox.example.com".to_owned();
    let url = Url::parse(&format!("{}/api/v1/messages", base.trim_end_matches('/'))).map_err(|_| wrong())?;
    let host = url.host_str().ok_or_else(wrong)?;
    let plain =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    match url.scheme() {
        "https" if plain => Ok(url),
        "http" if plain && is_loopback(host) => Ok(url),
        "http" if plain => Err("outbox.url must begin with https:// unless the service is on this machine".into()),
        _ => Err(wrong()),
    }
}

/// What the service's answer says. Redirects are not followed: the key goes to the address in the settings only.
async fn judge(response: Response<Incoming>) -> Delivery {
    let status = response.status();
    if status == StatusCode::CREATED {
        return Delivery::Sent("the Outbox answered 201".into());
    }
    let body = timeout(MOST_WAITING, Limited::new(response.into_body(), MOST_ANSWER).collect()).await;
    let body = body.ok().and_then(Result::ok).map(Collected::to_bytes).unwrap_or_default();
    let said = String::from_utf8_lossy(&body).chars().take(200).collect::<String>();
    let answer = format!("the Outbox answered {} {said}", status.as_u16()).trim_end().to_owned();
    match status {
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
            Delivery::Refused(answer)
        }
        StatusCode::SERVICE_UNAVAILABLE => Delivery::Delayed(answer),
        other if other.is_redirection() || other.is_client_error() => Delivery::Delayed(answer),
        // Another kind of success, or a failure on the way back: it may have been taken.
        _ => Delivery::Unclear(answer),
    }
}

#[cfg(test)]
mod tests {
    use super::endpoint;

    #[test]
    fn the_key_goes_over_https_or_stays_on_this_machine() {
        assert_eq!(endpoint("https://outbox.example.com/").unwrap().path(), "/api/v1/messages");
        assert_eq!(endpoint("http://127.0.0.1:5200").unwrap().port(), Some(5200));
        assert!(endpoint("http://[::1]:5200").is_ok());
        for bad in
            ["", "outbox", "http://outbox.example.com", "ftp://localhost", "https://a:b@c.example", "https://a/?x=1"]
        {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }
}
