//! Properties: what apps keep about people, as text under a name of their own.

use gk_shared::model::is_plain_line;
use thiserror::Error;

/// Why a property was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadProperty {
    #[error("an app or key of a property is one line of 1 to 100 characters, without spaces at its ends")]
    Name,
    #[error("the value of a property is at most 4000 characters")]
    Value,
}

/// The app that keeps a property, or the key it keeps it under: one line of 1 to 100 characters, case-sensitive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PropertyName(String);

impl PropertyName {
    /// Takes it as it is, or refuses it.
    pub fn parse(text: &str) -> Result<Self, BadProperty> {
        let sound = (1..=100).contains(&text.chars().count()) && text.trim() == text && is_plain_line(text);
        if sound { Ok(Self(text.to_owned())) } else { Err(BadProperty::Name) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for PropertyName {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(out)
    }
}

/// What one app keeps about one person under one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    pub app: PropertyName,
    pub key: PropertyName,
    /// `None`: it is there, and says nothing.
    pub value: Option<String>,
}

impl Property {
    /// Refuses a value that is too long.
    pub fn new(app: PropertyName, key: PropertyName, value: Option<String>) -> Result<Self, BadProperty> {
        if value.as_ref().is_some_and(|value| value.chars().count() > 4000) {
            return Err(BadProperty::Value);
        }
        Ok(Self { app, key, value })
    }
}

/// A kind of property, and how many people have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyType {
    pub app: PropertyName,
    pub key: PropertyName,
    pub people: i64,
}
