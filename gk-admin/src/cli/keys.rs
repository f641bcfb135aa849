//! `gk keys …` and `gk generate-api-key`.

use clap::{Args, Subcommand};
use gk_service::model::{KeyState, Scopes};
use gk_service::service::keys::{self, KeyEntry, NamedReach, NewReach};
use gk_service::service::{Op, Refusal};
use gk_shared::model::{ApiKeyId, Slug, Username};
use gk_shared::time::Timestamp;

use super::answer::{Answer, Failure, list, table};
use super::shell::Shell;
use super::time;
use crate::key_json::{key_json, new_key_json};

#[derive(Subcommand)]
pub(super) enum Keys {
    /// Make a key and print its secret, which is shown this once
    Add(Add),
    /// List keys; of each secret only the first characters are known
    List,
    /// Put a key into use again
    Enable(One),
    /// Put a key out of use, until it is enabled again: in force when this returns
    #[command(visible_alias = "revoke")]
    Disable(One),
    /// Delete a key for good
    Delete(One),
}

#[derive(Args)]
pub(super) struct One {
    /// Its number, from `gk keys list`
    #[arg(long)]
    id: i64,
}

#[derive(Args)]
pub(super) struct Add {
    /// What it is for
    #[arg(short, long)]
    name: String,
    /// What a program may do: read looks at everything, write changes people, groups and grants, mint signs people in to apps
    #[arg(long, value_parser = scopes, value_name = "read,write,mint", required_unless_present = "owner", conflicts_with = "owner")]
    scope: Option<Scopes>,
    /// Whose key it is, by user name or e-mail: it opens the named apps as this person does
    #[arg(long, value_parser = Username::parse, requires = "app")]
    owner: Option<Username>,
    /// The one app a program may act on; or each app a person's key opens
    #[arg(long, value_parser = Slug::parse)]
    app: Vec<Slug>,
    /// Until when it works; for ever unless given
    #[arg(long = "expires", alias = "expires-at", value_parser = time::parse, value_name = "TIME")]
    expires_at: Option<Timestamp>,
}

/// Make a key that may do everything a program's key may, and print its secret
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
        match self {
            Self::Add(add) => added(shell, &add.wanted()?),
            Self::List => {
                let all = shell.database()?.read(&shell.caller, |view| keys::list(view, 0, i64::MAX))?;
                Ok(listed(&all.keys))
            }
            Self::Enable(one) => one.change(shell, "Enabled", keys::enable),
            Self::Disable(one) => one.change(shell, "Disabled", keys::disable),
            Self::Delete(one) => one.change(shell, "Deleted", keys::remove),
        }
    }
}

impl One {
    fn change(
        &self,
        shell: &Shell,
        done: &str,
        verb: impl Fn(&Op<'_>, ApiKeyId) -> Result<KeyEntry, Refusal>,
    ) -> Result<Answer, Failure> {
        let changed = shell.database()?.write(&shell.caller, |op| verb(op, ApiKeyId(self.id)))?;
        Ok(Answer::done(changed, |entry| (key_json(entry), format!("{done} key {}: {}", entry.key.id, entry.key.name))))
    }
}

impl Add {
    fn wanted(self) -> Result<keys::Add, Failure> {
        let Self { name, scope, owner, app: mut apps, expires_at } = self;
        let reach = match (owner, scope) {
            (Some(owner), _) => NewReach::Person { owner, apps },
            (None, _) if apps.len() > 1 => return Err(Failure::usage("a program's key is for one app, or for all")),
            (None, scope) => NewReach::Program { scopes: scope.unwrap_or_default(), app: apps.pop() },
        };
        Ok(keys::Add { name, reach, expires_at })
    }
}

impl GenerateApiKey {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let scopes = Scopes { read: true, write: true, mint: true };
        let reach = NewReach::Program { scopes, app: None };
        added(shell, &keys::Add { name: self.description, reach, expires_at: None })
    }
}

/// The secret alone, so that a script can take it as it comes.
fn added(shell: &Shell, add: &keys::Add) -> Result<Answer, Failure> {
    let done = shell.database()?.write(&shell.caller, |op| keys::add(op, add))?;
    Ok(Answer::done(done, |new| {
        let secret = new.secret.reveal();
        (new_key_json(&new.entry, secret), secret.to_owned())
    }))
}

fn listed(all: &[KeyEntry]) -> Answer {
    let when = |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), time::show);
    let joined = |apps: &[Slug]| apps.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let row = |entry: &KeyEntry| {
        let key = &entry.key;
        let (whose, apps) = match &entry.reach {
            NamedReach::Program { scopes, app } => {
                (scopes.words(), app.as_ref().map_or_else(|| "all".to_owned(), ToString::to_string))
            }
            NamedReach::Person { owner, apps } => (owner.to_string(), joined(apps)),
        };
        let ends = match entry.state {
            KeyState::InUse | KeyState::Expired => when(key.expires_at),
            state @ (KeyState::Disabled | KeyState::MakerLeft) => state.word().to_owned(),
        };
        let prefix = format!("{}…", key.prefix);
        vec![key.id.to_string(), key.name.clone(), prefix, whose, apps, ends, when(key.last_used_at)]
    };
    let rows = all.iter().map(row).collect::<Vec<_>>();
    let json = list("keys", all.iter().map(key_json));
    Answer::seen(json, table(&["Id", "Name", "Key", "Scope or owner", "Apps", "Expires", "Last used"], &rows))
}
