//! What the settings are right now: a pin wins over the database, and the database over the default.

use gk_shared::model::IdleLimit;
use ipnet::IpNet;

use super::registry::{DEFINITIONS, Definition, Setting};
use crate::secret::{Purpose, RootKey, SealError, Secret};

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Default,
    Database,
    /// The environment of the server, through this variable. Only a new start of the server changes it.
    Pin(String),
}

/// A value as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    Open(String),
    Sealed(Vec<u8>),
}

/// One setting's value now.
#[derive(Clone, Debug)]
pub struct Effective {
    pub definition: &'static Definition,
    pub value: Stored,
    pub source: Source,
}

impl Effective {
    /// The value as text; empty for a sealed one.
    pub fn open_text(&self) -> &str {
        match &self.value {
            Stored::Open(text) => text,
            Stored::Sealed(_) => "",
        }
    }

    /// Whether a secret has a value.
    pub fn is_set(&self) -> bool {
        match &self.value {
            Stored::Open(text) => !text.is_empty(),
            Stored::Sealed(_) => true,
        }
    }

    /// Where the value is fixed, in words, if it is.
    pub fn pinned_at(&self) -> Option<String> {
        match &self.source {
            Source::Pin(variable) => {
                Some(format!("{variable} in the environment of gk-admin (/etc/gatekeeper/environment or its unit)"))
            }
            Source::Default | Source::Database => None,
        }
    }
}

/// All settings at one moment. Read anew for every request and verb, so that a change needs no restart.
#[derive(Clone, Debug)]
pub struct Settings(Vec<Effective>);

impl Settings {
    /// Combines pins and stored values, each looked up by key.
    pub(crate) fn combine(
        pin: impl Fn(&str) -> Option<(Stored, String)>,
        stored: impl Fn(&str) -> Option<Stored>,
    ) -> Self {
        let one = |definition: &'static Definition| {
            let (value, source) = match (pin(definition.key), stored(definition.key)) {
                (Some((value, variable)), _) => (value, Source::Pin(variable)),
                (None, Some(value)) => (value, Source::Database),
                (None, None) => (Stored::Open(definition.default.to_owned()), Source::Default),
            };
            Effective { definition, value, source }
        };
        Self(DEFINITIONS.iter().map(one).collect())
    }

    /// Every setting, in the order of the registry.
    pub fn all(&self) -> &[Effective] {
        &self.0
    }

    /// One setting with its source.
    pub fn one(&self, setting: Setting) -> &Effective {
        let found = self.0.iter().find(|effective| effective.definition.setting == setting);
        found.expect("the list was made from the registry, which has every setting")
    }

    /// The value as text; empty for a sealed one.
    pub fn text(&self, setting: Setting) -> &str {
        self.one(setting).open_text()
    }

    /// A whole number. Stored values were parsed when they were set; the default answers for any that were not.
    pub fn number(&self, setting: Setting) -> i64 {
        self.text(setting).parse().or_else(|_| setting.definition().default.parse()).unwrap_or_default()
    }

    /// How long a session may go without a request.
    pub fn idle_limit(&self) -> IdleLimit {
        IdleLimit::of_seconds(self.number(Setting::IdleDays) * 86_400)
    }

    /// A flag.
    pub fn flag(&self, setting: Setting) -> bool {
        self.text(setting) == "true"
    }

    /// The parts of a list.
    pub fn list(&self, setting: Setting) -> impl Iterator<Item = &str> {
        self.text(setting).split(',').filter(|part| !part.is_empty())
    }

    /// The parts of a list of networks.
    pub fn networks(&self, setting: Setting) -> Vec<IpNet> {
        self.list(setting).filter_map(|part| part.parse().ok()).collect()
    }

    /// A secret's value; `None` when none is set.
    pub fn secret(&self, setting: Setting, root: &RootKey) -> Result<Option<Secret>, SealError> {
        match &self.one(setting).value {
            Stored::Open(text) if text.is_empty() => Ok(None),
            Stored::Open(text) => Ok(Some(Secret::new(text.clone()))),
            Stored::Sealed(sealed) => {
                let plain = root.open(Purpose::Setting, sealed)?;
                let text = std::str::from_utf8(&plain).map_err(|_| SealError)?;
                Ok(Some(Secret::new(text)))
            }
        }
    }
}
