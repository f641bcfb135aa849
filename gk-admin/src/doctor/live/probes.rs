//! What is asked of an app's host by somebody who is not signed in, and what it has to answer.

use hyper::body::Bytes;
use hyper::header::{ACCEPT, CONNECTION, COOKIE, HOST, UPGRADE};
use hyper::http::request::Builder;
use hyper::{Method, StatusCode};
use url::Url;

use super::super::finding::{Finding, Group, Outcome};
use super::line::{Answer, Body, Request};

/// An address no app has, and which is no open path.
pub(super) const PATH: &str = "/gk-doctor";
/// More than nginx takes unless it is told to.
const LARGE: usize = 2 << 20;

/// A question, and whether the answer is as it should be.
pub(super) struct Probe {
    pub(super) check: &'static str,
    request: fn(Builder) -> Request,
    path: &'static str,
    judge: fn(&Answer, &Asked<'_>) -> Option<Complaint>,
}

/// Who was asked.
pub(super) struct Asked<'a> {
    /// The app's, such as `https://docs.example.com`.
    pub(super) origin: &'a Url,
    /// Where people sign in.
    pub(super) auth: &'a Url,
}

/// How bad it is, what was answered, and what to do.
struct Complaint(Outcome, String, &'static str);

/// In the order in which they are asked; what the first finds mostly explains the others.
pub(super) const PROBES: [Probe; 6] = [
    Probe { check: "live-no-session", request: bare, path: PATH, judge: refused },
    Probe { check: "live-forged-names", request: forged, path: PATH, judge: refused },
    Probe { check: "live-forged-session", request: with_forged_session, path: PATH, judge: refused },
    Probe { check: "live-large-body", request: large, path: PATH, judge: refused },
    Probe { check: "live-upgrade", request: upgrade, path: PATH, judge: refused },
    Probe { check: "live-return-address", request: page, path: "/gk-doctor?a=1&b=2", judge: led_to_sign_in },
];

const CHECKING: &str = "Is gk-validate running (gk-validate health), and the block as gk apps nginx prints it? nginx's error log says what it could not do.";

impl Probe {
    /// What is asked of this host.
    pub(super) fn request(&self, asked: &Asked<'_>) -> Request {
        (self.request)(hyper::Request::get(self.path).header(HOST, asked.origin.authority()))
    }

    /// What is wrong with the answer.
    pub(super) fn judge(&self, answer: &Answer, asked: &Asked<'_>) -> Option<Finding> {
        let Complaint(outcome, what, mend) = (self.judge)(answer, asked)?;
        let what = format!("{}: {what}", asked.origin.origin().ascii_serialization());
        Some(Finding::line(Group::Live, self.check, outcome, what).mended_by(mend))
    }
}

fn with_body(builder: Builder, body: impl Into<Bytes>) -> Request {
    builder.body(Body::new(body.into())).expect("the headers are plain text")
}

fn bare(builder: Builder) -> Request {
    with_body(builder, "")
}

/// What a visitor would claim who knows how Gatekeeper and others name people.
fn forged(builder: Builder) -> Request {
    let claims = [
        ("X-Auth-User", "gk-doctor"),
        ("X-Auth-Role", "admin"),
        ("X-Auth-Groups", "admin"),
        ("Remote-User", "gk-doctor"),
        ("X-Forwarded-User", "gk-doctor"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-Uri", "/"),
        ("X-Original-URI", "/"),
        ("X-Original-Method", "OPTIONS"),
        ("X-GK-App", "gk-doctor"),
        ("X-GK-Token", "gk-doctor"),
    ];
    bare(claims.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value)))
}

fn with_forged_session(builder: Builder) -> Request {
    bare(builder.header(COOKIE, "gk_session=gk-doctor"))
}

fn large(builder: Builder) -> Request {
    with_body(builder.method(Method::POST), vec![b'.'; LARGE])
}

fn upgrade(builder: Builder) -> Request {
    let builder = builder.header(CONNECTION, "Upgrade").header(UPGRADE, "websocket");
    bare(builder.header("Sec-WebSocket-Version", "13").header("Sec-WebSocket-Key", "Z2F0ZWtlZXBlcg=="))
}

fn page(builder: Builder) -> Request {
    bare(builder.header(ACCEPT, "text/html").header("Sec-Fetch-Mode", "navigate"))
}

fn refused(answer: &Answer, asked: &Asked<'_>) -> Option<Complaint> {
    let status = answer.status;
    let complaint = |outcome, what: String, mend| Some(Complaint(outcome, what, mend));
    match status {
        StatusCode::UNAUTHORIZED => None,
        _ if status.is_redirection() && leads_to_sign_in(answer, asked).is_some() => None,
        _ if status.is_informational() || status.is_success() || status.is_redirection() => {
            let mend = "Nobody checks this host, or another server answers for it: put the app's block in, and let nginx -T | gk doctor look.";
            complaint(Outcome::Wrong, format!("lets in who is not signed in, with {}", status.as_u16()), mend)
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            let mend = "Raise client_max_body_size if the app takes uploads of that size.";
            complaint(Outcome::Warning, "takes no 2 MB at once".into(), mend)
        }
        _ if status.is_server_error() => {
            complaint(Outcome::Wrong, format!("cannot check anybody, and answers {}", status.as_u16()), CHECKING)
        }
        StatusCode::FORBIDDEN => {
            let mend = "Sends the block the app's own slug? gk apps list has them.";
            complaint(Outcome::Wrong, "refuses everybody with 403".into(), mend)
        }
        _ => {
            let mend = "Expected was 401. Does another server answer for this host?";
            complaint(Outcome::Warning, format!("answers {} to who is not signed in", status.as_u16()), mend)
        }
    }
}

/// What stands behind `redirect=` in the address of the sign-in page.
fn leads_to_sign_in<'a>(answer: &'a Answer, asked: &Asked<'_>) -> Option<&'a str> {
    let location = answer.location.as_deref()?;
    let to = Url::parse(location).ok()?;
    let (_, back) = location.split_once("redirect=")?;
    (to.origin() == asked.auth.origin()).then_some(back)
}

fn led_to_sign_in(answer: &Answer, asked: &Asked<'_>) -> Option<Complaint> {
    let wanted = format!("{}{PATH}?a=1&b=2", asked.origin.origin().ascii_serialization());
    let Some(back) = leads_to_sign_in(answer, asked) else {
        let mend = "Put error_page 401 and location @gk_signin in as gk apps nginx prints them.";
        let what = format!("does not lead who opens a page to sign in, but answers {}", answer.status.as_u16());
        return Some(Complaint(Outcome::Warning, what, mend));
    };
    let query = format!("redirect={back}");
    let decoded = url::form_urlencoded::parse(query.as_bytes()).next();
    if back == wanted || decoded.is_some_and(|(_, value)| value == wanted) {
        return None;
    }
    let mend = "Let redirect be the last of the address, with $request_uri behind the app's own origin.";
    let what = format!("leads back to {back} after signing in, where {wanted} was asked for");
    Some(Complaint(Outcome::Wrong, what, mend))
}
