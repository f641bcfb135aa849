//! What went wrong with a directory, in words for whoever set it up.

use std::error::Error;
use std::io;

use ldap3::LdapError;
use thiserror::Error;
use tokio_rustls::rustls::{self, CertificateError};

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

/// Why a directory could not be asked, or gave no whole answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("could not {}: {why}", step.word())]
pub(crate) struct Trouble {
    pub(crate) step: Step,
    pub(crate) why: String,
}

impl Trouble {
    pub(super) fn new(step: Step, why: impl Into<String>) -> Self {
        Self { step, why: why.into() }
    }

    /// A step that took too long.
    pub(super) fn slow(step: Step, seconds: u64) -> Self {
        Self::new(step, format!("no answer within {seconds} s"))
    }

    /// An error of the client.
    pub(super) fn of(step: Step, error: &LdapError) -> Self {
        Self::new(step, sentence(step, error))
    }
}

fn sentence(step: Step, error: &LdapError) -> String {
    if let Some(certificate) = certificate_problem(error) {
        return certificate;
    }
    match error {
        LdapError::LdapResult { result } => answer(step, result.rc, &result.text),
        LdapError::Timeout { .. } => "no answer in time".into(),
        LdapError::Io { source } => source.to_string(),
        LdapError::EndOfStream | LdapError::OpSend { .. } | LdapError::ResultRecv { .. } => {
            "the connection was cut".into()
        }
        other => other.to_string(),
    }
}

/// What a directory answered other than success.
fn answer(step: Step, code: u32, text: &str) -> String {
    let meaning = match code {
        49 if text.contains("data 533") => "the account of the bind DN is disabled",
        49 if text.contains("data 532") || text.contains("data 773") => "the password of the bind DN has expired",
        49 if text.contains("data 775") => "the account of the bind DN is locked",
        49 => "the bind DN or its password is wrong",
        48 | 53 if step == Step::Bind => "the directory does not let this bind in",
        8 => "the directory wants a secured connection: choose ldaps or starttls",
        32 => "there is no such base DN",
        34 => "a DN is not written as it should be",
        50 => "the bind DN may not read this",
        1 => "the directory refuses this; without a bind DN it may want one",
        3 | 4 | 11 => "the directory's own limits are too small for this",
        10 => "the directory sends elsewhere, which is not followed",
        51 | 52 => "the directory is busy or unavailable",
        2 if step == Step::Secure => "the directory does not do StartTLS",
        _ => "the directory refuses this",
    };
    let said = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
    let said: String = said.chars().filter(|c| !c.is_control()).take(200).collect();
    if said.is_empty() { format!("{meaning} (code {code})") } else { format!("{meaning} (code {code}: {said})") }
}

/// What is wrong with the server's certificate, if that is it.
fn certificate_problem(error: &LdapError) -> Option<String> {
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
