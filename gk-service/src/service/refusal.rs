//! Why a verb was not done: a sentence for whoever asked. Each face renders it in one place.

use gk_shared::model::BadName;
use gk_shared::policy::LoadError;
use thiserror::Error;

use crate::model::{BadCallback, BadLabel, BadOrigin, BadProperty, BadRemark, BadUri};
use crate::proxy::{NotOffered, UnfitOrigin};
use crate::secret::SealError;
use crate::settings::BadValue;

/// A verb that was refused or could not be done. Nothing was changed.
#[derive(Debug, Error)]
pub enum Refusal {
    /// The caller may not do this.
    #[error("this needs {0}")]
    Forbidden(&'static str),
    /// The caller is a program, and its key is bound to another app. The sentence is the one that its clients know.
    #[error("API key is not valid for this app")]
    WrongApp,
    /// The caller may do this, but signed in too long ago.
    #[error("this needs a recent sign-in: sign in again, then repeat it")]
    SignInAgain,
    /// What was named does not exist.
    #[error("there is no {what} `{name}`")]
    NotFound { what: &'static str, name: String },
    /// What was given is not of its form.
    #[error("{0}")]
    Invalid(String),
    /// It cannot be done in the present state; the sentence says what would have to change.
    #[error("{0}")]
    Conflict(String),
    /// What was looked at has changed since.
    #[error("somebody else has changed this meanwhile: look at it again, then repeat what you want to change")]
    Outdated,
    /// The database refused or failed.
    #[error("the database cannot do this now")]
    Database(#[from] rusqlite::Error),
    /// Another file has taken the database's place under this process.
    #[error("another database was put in the place of the one that is open: start this program again")]
    Exchanged,
    /// The policy file could not be read.
    #[error("the policy file cannot be read now")]
    Policy(#[from] LoadError),
    /// The root key is missing or another one.
    #[error("{0}")]
    Key(String),
}

impl Refusal {
    /// A refusal for something that does not exist.
    pub(crate) fn missing(what: &'static str, name: impl std::fmt::Display) -> Self {
        Self::NotFound { what, name: name.to_string() }
    }
}

impl From<BadName> for Refusal {
    fn from(bad: BadName) -> Self {
        Self::Invalid(bad.to_string())
    }
}

impl From<UnfitOrigin> for Refusal {
    fn from(unfit: UnfitOrigin) -> Self {
        Self::Conflict(unfit.to_string())
    }
}

impl From<NotOffered> for Refusal {
    fn from(not: NotOffered) -> Self {
        Self::Invalid(not.to_string())
    }
}

impl From<BadOrigin> for Refusal {
    fn from(bad: BadOrigin) -> Self {
        Self::Invalid(bad.to_string())
    }
}

impl From<BadRemark> for Refusal {
    fn from(bad: BadRemark) -> Self {
        Self::Invalid(bad.to_string())
    }
}

impl From<BadCallback> for Refusal {
    fn from(bad: BadCallback) -> Self {
        Self::Invalid(bad.to_string())
    }
}

impl From<BadProperty> for Refusal {
    fn from(bad: BadProperty) -> Self {
        Self::Invalid(bad.to_string())
    }
}

impl From<BadValue> for Refusal {
    fn from(bad: BadValue) -> Self {
        Self::Invalid(bad.to_string())
    }
}

impl From<SealError> for Refusal {
    fn from(error: SealError) -> Self {
        Self::Key(error.to_string())
    }
}

impl From<BadLabel> for Refusal {
    fn from(bad: BadLabel) -> Self {
        Self::Invalid(bad.to_string())
    }
}

impl From<BadUri> for Refusal {
    fn from(bad: BadUri) -> Self {
        Self::Invalid(bad.to_string())
    }
}
