//! How a directory is to be set up, as the API and the console's form are given it.

use gk_service::Secret;
use gk_service::model::{DirectoryUri, GroupMode, Security};
use gk_service::service::Refusal;
use gk_service::service::directories::Setup;
use serde::Deserialize;

/// What to set, in words; what is left out stays as it is.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    pub(crate) enabled: Option<bool>,
    pub(crate) uris: Option<Vec<String>>,
    pub(crate) security: Option<String>,
    pub(crate) ca: Option<String>,
    pub(crate) bind_dn: Option<String>,
    /// An empty one forgets what is kept.
    pub(crate) password: Option<String>,
    pub(crate) base_dns: Option<Vec<String>>,
    pub(crate) user_filter: Option<String>,
    pub(crate) email_filter: Option<String>,
    pub(crate) username_attribute: Option<String>,
    pub(crate) email_attribute: Option<String>,
    pub(crate) fullname_attribute: Option<String>,
    pub(crate) groups: Option<String>,
    pub(crate) timeout_seconds: Option<i64>,
    pub(crate) page_size: Option<i64>,
    pub(crate) place: Option<i64>,
}

impl Given {
    /// The same for the verb, or what is wrong with it.
    pub(crate) fn setup(self) -> Result<Setup, Refusal> {
        let uris = self.uris.map(|uris| uris.iter().map(|uri| DirectoryUri::parse(uri)).collect::<Result<Vec<_>, _>>());
        Ok(Setup {
            enabled: self.enabled,
            uris: uris.transpose()?,
            security: word(self.security, Security::parse, "the security is ldaps, starttls or plain")?,
            ca: self.ca,
            bind_dn: self.bind_dn,
            password: self.password.map(Secret::new),
            base_dns: self.base_dns,
            user_filter: self.user_filter,
            email_filter: self.email_filter,
            username_attribute: self.username_attribute,
            email_attribute: self.email_attribute,
            fullname_attribute: self.fullname_attribute,
            group_mode: word(self.groups, GroupMode::parse, "groups are in-chain, transitive, member-of or none")?,
            timeout_seconds: self.timeout_seconds,
            page_size: self.page_size,
            place: self.place,
        })
    }
}

fn word<T>(given: Option<String>, parse: fn(&str) -> Option<T>, else_say: &str) -> Result<Option<T>, Refusal> {
    given.map(|word| parse(&word).ok_or_else(|| Refusal::Invalid(else_say.into()))).transpose()
}
