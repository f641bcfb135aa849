//! What is sent of an app: all of a new one, or what to change of one there is.

use std::fmt::Display;

use gk_service::model::{CallbackUrl, OpenPath, Origin};
use gk_service::service::apps::{Add, Roles, Update};
use gk_shared::model::{Role, Slug};
use serde::Deserialize;

use crate::api::problem::Problem;

/// What is not there, or null, stays, or is as it usually is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Asked {
    slug: Option<String>,
    name: Option<String>,
    description: Option<String>,
    contact: Option<String>,
    /// The same as one origin.
    app_url: Option<String>,
    origins: Option<Vec<String>>,
    roles: Option<Words>,
    role_list: Option<String>,
    admin_roles: Option<Words>,
    callbacks: Option<Vec<String>>,
    open_paths: Option<Vec<String>>,
    noindex: Option<bool>,
    listed: Option<bool>,
    groups_header: Option<bool>,
    stale_ok: Option<bool>,
}

/// A list, or one text with commas.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    List(Vec<String>),
    Line(String),
}

impl Asked {
    /// A new app.
    pub(super) fn new_app(mut self) -> Result<Add, Problem> {
        let needed = || Problem::wrong_shape("slug and name are needed");
        let slug = self.slug.take().ok_or_else(needed)?;
        let slug = Slug::parse(&slug).map_err(|bad| Problem::wrong_shape(bad.to_string()))?;
        let new = self.changes(None)?;
        Ok(Add {
            slug,
            name: new.name.ok_or_else(needed)?,
            description: new.description.unwrap_or_default(),
            origins: new.origins.unwrap_or_default(),
            roles: match new.roles {
                Some(Roles::These(roles)) => roles,
                Some(Roles::Any(_)) | None => Vec::new(),
            },
            admin_roles: new.admin_roles.unwrap_or_default(),
            noindex: new.noindex.unwrap_or_default(),
            callbacks: new.callbacks.unwrap_or_default(),
            open_paths: new.open_paths.unwrap_or_default(),
            listed: new.listed.unwrap_or_default(),
            groups_header: new.groups_header.unwrap_or_default(),
            stale_ok: new.stale_ok.unwrap_or_default(),
            contact: new.contact.unwrap_or_default(),
        })
    }

    /// Changes to an app, which had this version when it was looked at.
    pub(super) fn changes(self, version: Option<i64>) -> Result<Update, Problem> {
        if self.slug.is_some() {
            return Err(Problem::wrong_shape("the slug of an app stays as it is"));
        }
        Ok(Update {
            version,
            roles: roles(self.role_list.as_deref(), self.roles)?,
            admin_roles: self.admin_roles.map(Words::roles).transpose()?,
            origins: all(self.origins.or_else(|| self.app_url.map(|url| vec![url])), Origin::parse)?,
            callbacks: all(self.callbacks, CallbackUrl::parse)?,
            open_paths: all(self.open_paths, OpenPath::parse)?,
            name: self.name,
            description: self.description,
            contact: self.contact,
            noindex: self.noindex,
            listed: self.listed,
            groups_header: self.groups_header,
            stale_ok: self.stale_ok,
        })
    }
}

impl Words {
    fn roles(self) -> Result<Vec<Role>, Problem> {
        let words = match self {
            Self::List(words) => words,
            Self::Line(line) => {
                line.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
            }
        };
        words
            .iter()
            .map(|word| Role::parse(word))
            .collect::<Result<_, _>>()
            .map_err(|bad| Problem::wrong_shape(bad.to_string()))
    }
}

fn roles(list: Option<&str>, roles: Option<Words>) -> Result<Option<Roles>, Problem> {
    match (list, roles) {
        (None, None) => Ok(None),
        (Some("open"), None) => Ok(Some(Roles::Any(None))),
        (None | Some("closed"), Some(words)) => words.roles().map(Roles::These).map(Some),
        (Some(_), _) => Err(Problem::wrong_shape("role_list is open, without roles, or closed, with them")),
    }
}

fn all<T, E: Display>(texts: Option<Vec<String>>, parse: fn(&str) -> Result<T, E>) -> Result<Option<Vec<T>>, Problem> {
    let each = |texts: Vec<String>| texts.iter().map(|text| parse(text)).collect::<Result<Vec<_>, _>>();
    texts.map(each).transpose().map_err(|bad| Problem::wrong_shape(bad.to_string()))
}
