//! Decision → response: a status and a few ready-made headers. Never a body: nginx drops a connection that sends one.

use bytes::Bytes;
use gk_shared::access::{AllowReason, ForbidReason, SignInReason};
use gk_shared::model::UserId;
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

/// What nginx is told.
pub(crate) enum Answer {
    Allow(AllowReason, Headers),
    SignIn(SignInReason),
    /// And who it is, where that is known.
    Forbid(ForbidReason, Option<UserId>),
    /// Whatever the policy says.
    Withhold(Withheld),
    Unavailable(Unavailable),
    Refuse(Refusal),
}

/// Why nobody, or not this one, is let in whatever the policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Withheld {
    /// `gk panic` denies it.
    Panic,
    /// The policy may have changed, and nobody knows: for longer than `--max-stale`.
    Stale,
}

impl Withheld {
    /// Each once, in the order of their numbers.
    pub(crate) const ALL: [Self; 2] = [Self::Panic, Self::Stale];

    /// The label of this reason, and what X-GK-Reason says.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Panic => "panic",
            Self::Stale => "stale",
        }
    }
}

/// Who passes, for the app behind nginx.
pub(crate) struct Headers {
    pub(crate) user: HeaderValue,
    pub(crate) name: Option<HeaderValue>,
    pub(crate) role: Option<HeaderValue>,
    pub(crate) groups: Groups,
}

impl Answer {
    /// What is answered, and why: the labels of its counter.
    pub(crate) fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Allow(reason, _) => ("allow", reason.word()),
            Self::SignIn(reason) => ("sign-in", reason.word()),
            Self::Forbid(reason, _) => ("forbid", reason.word()),
            Self::Withhold(reason) => ("forbid", reason.word()),
            Self::Unavailable(reason) => ("unavailable", reason.word()),
            Self::Refuse(_) => ("refused", "no-question"),
        }
    }

    /// The status nginx sees.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Allow(..) => StatusCode::OK,
            Self::SignIn(_) => StatusCode::UNAUTHORIZED,
            Self::Forbid(..) | Self::Withhold(_) => StatusCode::FORBIDDEN,
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
            Self::Forbid(reason, _) => {
                headers.insert(X_GK_REASON, HeaderValue::from_static(reason.word()));
            }
            Self::Withhold(reason) => {
                headers.insert(X_GK_REASON, HeaderValue::from_static(reason.word()));
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
