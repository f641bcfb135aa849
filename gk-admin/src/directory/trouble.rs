//! What went wrong with a directory, in words for whoever set it up.

use std::error::Error;
use std::io;

use ldap3::LdapError;
use thiserror::Error;
use tokio_rustls::rustls::{self, CertificateError};

const TIME_LIMIT: u32 = 3;
const BUSY: u32 = 51;
const UNAVAILABLE: u32 = 52;
const CUT: &str = "the connection was cut";

/// A step of asking a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Resolve,
    Connect,
    Secure,
    Bind,
    Search,
}

impl Step {
    /// What is being done, in words.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Resolve => "find the host",
            Self::Connect => "connect",
            Self::Secure => "secure the connection",
            Self::Bind => "bind",
            Self::Search => "search",
        }
    }
}

/// Whether asking again, or asking another server, may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lasts {
    /// It may: this connection or this server is in the way.
    Passes,
    /// It does not: the directory has answered, and would answer so again.
    Stays,
}

/// Why a directory could not be asked, or gave no whole answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("could not {}: {why}", step.word())]
pub(crate) struct Trouble {
    pub(crate) step: Step,
    pub(crate) why: String,
    pub(super) lasts: Lasts,
}

impl Trouble {
    /// What may be over soon.
    pub(super) fn new(step: Step, why: impl Into<String>) -> Self {
        Self { step, why: why.into(), lasts: Lasts::Passes }
    }

    /// What stays until somebody changes something.
    pub(super) fn standing(step: Step, why: impl Into<String>) -> Self {
        Self { step, why: why.into(), lasts: Lasts::Stays }
    }

    /// A step that took too long.
    pub(super) fn slow(step: Step, seconds: u64) -> Self {
        Self::new(step, format!("no answer within {seconds} s"))
    }

    /// A result other than success.
    pub(super) fn answered(step: Step, code: u32, text: &str) -> Self {
        let lasts = if matches!(code, TIME_LIMIT | BUSY | UNAVAILABLE) { Lasts::Passes } else { Lasts::Stays };
        Self { step, why: answer(step, code, text), lasts }
    }

    /// An error of the connection.
    pub(super) fn io(step: Step, error: &io::Error) -> Self {
        Self::new(step, certificate_problem(error).unwrap_or_else(|| cut_or(error)))
    }

    /// An error of the client.
    pub(super) fn of(step: Step, error: &LdapError) -> Self {
        match error {
            LdapError::LdapResult { result } => Self::answered(step, result.rc, &result.text),
            LdapError::Timeout { .. } => Self::new(step, "no answer in time"),
            LdapError::Io { source } => Self::io(step, source),
            LdapError::EndOfStream | LdapError::OpSend { .. } | LdapError::ResultRecv { .. } => Self::new(step, CUT),
            // What the client does not even send would not be sent another time.
            other => Self::standing(step, other.to_string()),
        }
    }
}

fn cut_or(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof { CUT.into() } else { error.to_string() }
}

/// What a directory answered other than success.
fn answer(step: Step, code: u32, text: &str) -> String {
    let meaning = match code {
        49 => bind_problem(text),
        48 | 53 if step == Step::Bind => "the directory does not let this bind in",
        8 => "the directory wants a secured connection: choose ldaps or starttls",
        32 => "there is no such base DN",
        34 => "a DN is not written as it should be",
        50 => "the bind DN may not read this",
        1 => "the directory refuses this; without a bind DN it may want one",
        TIME_LIMIT | 4 | 11 => "the directory's own limits are too small for this",
        10 => "the directory sends elsewhere, which is not followed",
        BUSY | UNAVAILABLE => "the directory is busy or unavailable",
        2 if step == Step::Secure => "the directory does not do StartTLS",
        _ => "the directory refuses this",
    };
    let said = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
    let said: String = said.chars().filter(|c| !c.is_control()).take(200).collect();
    if said.is_empty() { format!("{meaning} (code {code})") } else { format!("{meaning} (code {code}: {said})") }
}

/// Why a bind was refused. Active Directory says it in a number of its own.
fn bind_problem(text: &str) -> &'static str {
    let number = text.split_once(", data ").and_then(|(_, rest)| rest.split(',').next()).unwrap_or_default();
    match number.trim() {
        "525" => "the bind DN names nobody there",
        "530" | "531" => "the account of the bind DN may not sign in now, or not from here",
        "532" => "the password of the bind DN has expired",
        "533" => "the account of the bind DN is disabled",
        "701" => "the account of the bind DN has expired",
        "773" => "the password of the bind DN has to be changed first",
        "775" => "the account of the bind DN is locked",
        _ => "the bind DN or its password is wrong",
    }
}

/// What is wrong with the server's certificate, if that is it.
fn certificate_problem(error: &io::Error) -> Option<String> {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(now) = cause {
        let inner =
            now.downcast_ref::<io::Error>().and_then(io::Error::get_ref).map(|inner| inner as &(dyn Error + 'static));
        if let Some(found) =
            now.downcast_ref::<rustls::Error>().or_else(|| inner.and_then(|inner| inner.downcast_ref()))
        {
            return Some(tls_sentence(found));
        }
        cause = now.source();
    }
    None
}

fn tls_sentence(error: &rustls::Error) -> String {
    let rustls::Error::InvalidCertificate(problem) = error else { return format!("TLS failed: {error}") };
    match problem {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired".into(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet".into()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another host name".into()
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "its certificate comes from an authority that is not trusted here: give its CA".into()
        }
        other => format!("its certificate is refused: {other}"),
    }
}
