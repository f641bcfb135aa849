//! What a form sent: fields by name, some of them several times.

use axum::Form;
use axum::extract::rejection::FormRejection;
use gk_service::service::Refusal;
use gk_shared::time::Timestamp;

use super::errors::UiError;
use super::time;

/// The fields of a form: nothing, or what was typed.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed(Vec<(String, String)>);

/// A form as it arrives.
pub(super) type Sent = Result<Form<Vec<(String, String)>>, FormRejection>;

impl Typed {
    /// What was sent.
    pub(super) fn of(sent: Sent) -> Result<Self, UiError> {
        sent.map(|Form(fields)| Self(fields)).map_err(|_| UiError::BadForm)
    }

    /// Every field as it was sent.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Every value of this name that says something, trimmed.
    pub(super) fn all<'t>(&'t self, name: &str) -> impl Iterator<Item = &'t str> {
        let named = self.0.iter().filter(move |(key, value)| key == name && !value.trim().is_empty());
        named.map(|(_, value)| value.trim())
    }

    /// The first value of this name that says something, trimmed.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The field as it was sent, if it was; it may be empty.
    pub(super) fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The field through a parser, if it says something.
    pub(super) fn parsed<T, E: Into<Refusal>>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Refusal> {
        self.one(name).map(parse).transpose().map_err(Into::into)
    }

    /// The field through a parser, which must say something.
    pub(super) fn needed<T, E: Into<Refusal>>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, Refusal> {
        self.parsed(name, parse)?.ok_or_else(|| Refusal::Invalid(format!("{} is needed", name.replace('_', " "))))
    }

    /// The end of a day, as a date field sends it.
    pub(super) fn end_of_day(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        time::end_of_day(self.one(name).unwrap_or_default())
    }
}
