//! Decision → response: a status and a few ready-made headers. Never a body: nginx drops a connection that sends one.

use bytes::Bytes;
use gk_shared::access::{AllowReason, ForbidReason, SignInReason};
use http_body_util::Empty;
use hyper::header::{CACHE_CONTROL, CONNECTION, HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

use crate::identity::Groups;
use crate::policy::Unavailable;
use crate::question::Refusal;

const X_AUTH_USER: HeaderName = HeaderName::from_static("x-auth-user");
const X_AUTH_NAME: HeaderName = HeaderName::from_static("x-auth-name");
const X_AUTH_ROLE: HeaderName = HeaderName::from_static("x-auth-role");
const X_AUTH_GROUPS: HeaderName = HeaderName::from_static("x-auth-groups");
const X_GK_REASON: HeaderName = HeaderName::from_static("x-gk-reason");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The reason of a 403 that `gk panic` made.
pub(crate) const PANIC: &str = "panic";

/// What nginx is told.
pub(crate) enum Answer {
    Allow(AllowReason, Headers),
    SignIn(SignInReason),
    Forbid(ForbidReason),
    /// `gk panic` denies it, whatever the policy says.
    Panic,
    Unavailable(Unavailable),
    Refuse(Refusal),
}

/// Who passes, for the app behind nginx.
pub(crate) struct Headers {
    pub(crate) user: HeaderValue,
    pub(crate) name: Option<HeaderValue>,
    pub(crate) role: Option<HeaderValue>,
    pub(crate) groups: Groups,
}

impl Answer {
    fn status(&self) -> StatusCode {
        match self {
            Self::Allow(..) => StatusCode::OK,
            Self::SignIn(_) => StatusCode::UNAUTHORIZED,
            Self::Forbid(_) | Self::Panic => StatusCode::FORBIDDEN,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Refuse(Refusal::Malformed) => StatusCode::BAD_REQUEST,
            Self::Refuse(Refusal::OtherPath) => StatusCode::NOT_FOUND,
            Self::Refuse(Refusal::OtherMethod) => StatusCode::METHOD_NOT_ALLOWED,
        }
    }

    /// Writes the answer into the request's header map, whose room is there already.
    pub(crate) fn into_response(self, mut headers: HeaderMap) -> Response<Empty<Bytes>> {
        let status = self.status();
        headers.clear();
        headers.insert(CACHE_CONTROL, NO_STORE);
        match self {
            Self::Allow(_, allowed) => allowed.write(&mut headers),
            Self::Forbid(reason) => {
                headers.insert(X_GK_REASON, HeaderValue::from_static(reason.word()));
            }
            Self::Panic => {
                headers.insert(X_GK_REASON, HeaderValue::from_static(PANIC));
            }
            Self::Refuse(Refusal::Malformed) => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Self::SignIn(_) | Self::Unavailable(_) | Self::Refuse(Refusal::OtherPath | Refusal::OtherMethod) => {}
        }
        let mut response = Response::new(Empty::new());
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }
}

impl Headers {
    fn write(self, headers: &mut HeaderMap) {
        headers.insert(X_AUTH_USER, self.user);
        if let Some(name) = self.name {
            headers.insert(X_AUTH_NAME, name);
        }
        if let Some(role) = self.role {
            headers.insert(X_AUTH_ROLE, role);
        }
        if let Groups::Listed(groups) = self.groups {
            headers.insert(X_AUTH_GROUPS, groups);
        }
    }
}
