//! `gk keys …` and `gk generate-api-key`.

use clap::{Args, Subcommand};
use gk_service::model::{ApiKey, Scopes};
use gk_service::service::keys;
use gk_shared::model::Slug;
use gk_shared::time::Timestamp;
use serde_json::{Value, json};

use super::answer::{Answer, Failure, list, table};
use super::shell::Shell;
use super::time;

#[derive(Subcommand)]
pub(super) enum Keys {
    /// Make a key and print its secret, which is shown this once
    Add(Add),
    /// List keys; of each secret only the first characters are known
    List,
    /// Put a key out of use for ever: in force when this returns
    Revoke {
        /// Its number, from `gk keys list`
        #[arg(long)]
        id: i64,
    },
}

#[derive(Args)]
pub(super) struct Add {
    /// What it is for
    #[arg(short, long)]
    name: String,
    /// What it may do: read looks at everything, write changes people, groups and grants, mint signs people in to apps
    #[arg(long, value_parser = scopes, value_name = "read,write,mint")]
    scope: Scopes,
    /// The one app it may act on
    #[arg(long, value_parser = Slug::parse)]
    app: Option<Slug>,
    /// Until when it works; for ever unless given
    #[arg(long = "expires", alias = "expires-at", value_parser = time::parse, value_name = "TIME")]
    expires_at: Option<Timestamp>,
}

/// Make a key that may do everything a key may, and print its secret
#[derive(Args)]
pub(super) struct GenerateApiKey {
    /// What it is for
    #[arg(short, long)]
    description: String,
}

fn scopes(text: &str) -> Result<Scopes, String> {
    Scopes::parse(text).ok_or_else(|| "write read, write and mint, separated by commas".into())
}

impl Keys {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let (db, caller) = (shell.database()?, &shell.caller);
        match self {
            Self::Add(Add { name, scope, app, expires_at }) => {
                added(shell, &keys::Add { name, scopes: scope, app, expires_at })
            }
            Self::List => Ok(listed(&db.read(caller, keys::list)?)),
            Self::Revoke { id } => {
                let done = db.write(caller, |op| keys::revoke(op, id))?;
                Ok(Answer::done(done, |key| (key_json(key, None), format!("Revoked key {}: {}", key.id, key.name))))
            }
        }
    }
}

impl GenerateApiKey {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let scopes = Scopes { read: true, write: true, mint: true };
        added(shell, &keys::Add { name: self.description, scopes, app: None, expires_at: None })
    }
}

/// The secret alone, so that a script can take it as it comes.
fn added(shell: &Shell, add: &keys::Add) -> Result<Answer, Failure> {
    let done = shell.database()?.write(&shell.caller, |op| keys::add(op, add))?;
    Ok(Answer::done(done, |new| {
        let mut json = key_json(&new.key, add.app.as_ref());
        if let Some(object) = json.as_object_mut() {
            object.insert("key".into(), json!(new.secret.reveal()));
        }
        (json, new.secret.reveal().to_owned())
    }))
}

fn listed(all: &[(ApiKey, Option<Slug>)]) -> Answer {
    let when = |at: Option<Timestamp>, never: &str| at.map_or_else(|| never.to_owned(), time::show);
    let row = |(key, app): &(ApiKey, Option<Slug>)| {
        vec![
            key.id.to_string(),
            key.name.clone(),
            format!("{}…", key.prefix),
            key.scopes.words(),
            app.as_ref().map_or_else(|| "all".to_owned(), ToString::to_string),
            if key.enabled { when(key.expires_at, "never") } else { "revoked".into() },
            when(key.last_used_at, "never"),
        ]
    };
    let rows = all.iter().map(row).collect::<Vec<_>>();
    let json = list("keys", all.iter().map(|(key, app)| key_json(key, app.as_ref())));
    Answer::seen(json, table(&["Id", "Name", "Key", "Scope", "App", "Expires", "Last used"], &rows))
}

fn key_json(key: &ApiKey, app: Option<&Slug>) -> Value {
    json!({
        "id": key.id, "name": key.name, "prefix": key.prefix, "scopes": key.scopes.words(),
        "app": app.map(Slug::as_str), "enabled": key.enabled, "created_by": key.created_by,
        "created_at": time::show(key.created_at), "expires_at": key.expires_at.map(time::show),
        "last_used_at": key.last_used_at.map(time::show),
    })
}
