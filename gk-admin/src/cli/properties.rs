//! `gk properties …`

use clap::{Args, Subcommand};
use gk_service::model::{Property, PropertyName, PropertyType, User};
use gk_service::service::properties;
use gk_shared::model::Username;
use serde_json::{Value, json};

use super::answer::{Answer, Failure, list, table};
use super::shell::Shell;

#[derive(Subcommand)]
pub(super) enum Properties {
    /// List the kinds of properties, with how many people have each
    Types,
    /// List what apps keep about somebody
    List {
        /// User name or e-mail
        #[arg(short = 'e', long, alias = "email", value_parser = Username::parse)]
        user: Username,
    },
    /// List who has a kind of property, each with the value
    Holders {
        #[command(flatten)]
        kind: Kind,
        /// At most so many
        #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(i64).range(1..=100_000))]
        limit: i64,
        /// Pass over so many first
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
        offset: i64,
    },
    /// Set a property of somebody
    Set {
        /// User name or e-mail
        #[arg(short = 'e', long, alias = "email", value_parser = Username::parse)]
        user: Username,
        #[command(flatten)]
        kind: Kind,
        /// The value; without one the property is there and says nothing
        #[arg(long)]
        value: Option<String>,
    },
    /// Delete a property of somebody
    Unset {
        /// User name or e-mail
        #[arg(short = 'e', long, alias = "email", value_parser = Username::parse)]
        user: Username,
        #[command(flatten)]
        kind: Kind,
    },
    /// Give a kind of property another name, for everybody
    Rename {
        #[command(flatten)]
        kind: Kind,
        /// The new app; the old one unless given
        #[arg(long, value_parser = PropertyName::parse)]
        new_app: Option<PropertyName>,
        /// The new key
        #[arg(long = "new-name", value_name = "KEY", value_parser = PropertyName::parse)]
        new_key: PropertyName,
    },
    /// Delete a kind of property of everybody
    Remove(Kind),
}

#[derive(Args)]
pub(super) struct Kind {
    /// The app that keeps it
    #[arg(long, value_parser = PropertyName::parse)]
    app: PropertyName,
    /// The key it is kept under
    #[arg(id = "kept_under", long = "name", value_name = "KEY", value_parser = PropertyName::parse)]
    key: PropertyName,
}

impl Properties {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let (db, caller) = (shell.database()?, &shell.caller);
        match self {
            Self::Types => Ok(types(&db.read(caller, properties::types)?)),
            Self::List { user } => Ok(of_user(&db.read(caller, |view| properties::of_user(view, &user))?.1)),
            Self::Holders { kind: Kind { app, key }, limit, offset } => {
                let found = db.read(caller, |view| properties::holders(view, (&app, &key), (offset, limit)))?;
                Ok(holders(&found.rows, found.total))
            }
            Self::Set { user, kind: Kind { app, key }, value } => {
                let property = Property::new(app, key, value).map_err(|error| Failure::usage(error.to_string()))?;
                let done = db.write(caller, |op| properties::set(op, &user, std::slice::from_ref(&property)))?;
                let text = |user: &User| format!("Set {}/{} of {}.", property.app, property.key, user.email);
                Ok(Answer::done(done, |user| (as_json(&property), text(user))))
            }
            Self::Unset { user, kind: Kind { app, key } } => {
                let done = db.write(caller, |op| properties::unset(op, &user, &app, Some(&key)))?;
                if done.value.1 == 0 {
                    return Err(Failure::refused(format!("{} has no property {app}/{key}", done.value.0.email)));
                }
                Ok(Answer::done(done, |(user, deleted)| {
                    (json!({ "deleted": deleted }), format!("Deleted {app}/{key} of {}.", user.email))
                }))
            }
            Self::Rename { kind: Kind { app, key }, new_app, new_key } => {
                let new_app = new_app.unwrap_or_else(|| app.clone());
                let done = db.write(caller, |op| properties::rename_type(op, (&app, &key), (&new_app, &new_key)))?;
                let text = |count: &usize| format!("Renamed {app}/{key} to {new_app}/{new_key}, of {count} people.");
                Ok(Answer::done(done, |count| (json!({ "renamed": count }), text(count))))
            }
            Self::Remove(Kind { app, key }) => {
                let done = db.write(caller, |op| properties::delete_type(op, &app, &key))?;
                Ok(Answer::done(done, |count| {
                    (json!({ "deleted": count }), format!("Deleted {app}/{key} of {count} people."))
                }))
            }
        }
    }
}

fn types(kinds: &[PropertyType]) -> Answer {
    let row = |kind: &PropertyType| vec![kind.app.to_string(), kind.key.to_string(), kind.people.to_string()];
    let rows = kinds.iter().map(row).collect::<Vec<_>>();
    let json =
        kinds.iter().map(|kind| json!({ "app": kind.app.as_str(), "key": kind.key.as_str(), "people": kind.people }));
    Answer::seen(list("types", json), table(&["App", "Key", "People"], &rows))
}

fn of_user(all: &[Property]) -> Answer {
    let row = |property: &Property| {
        vec![property.app.to_string(), property.key.to_string(), property.value.clone().unwrap_or_default()]
    };
    let rows = all.iter().map(row).collect::<Vec<_>>();
    Answer::seen(list("properties", all.iter().map(as_json)), table(&["App", "Key", "Value"], &rows))
}

fn holders(found: &[(User, Option<String>)], total: i64) -> Answer {
    let row = |(user, value): &(User, Option<String>)| {
        vec![user.username.to_string(), user.email.to_string(), value.clone().unwrap_or_default()]
    };
    let rows = found.iter().map(row).collect::<Vec<_>>();
    let one = |(user, value): &(User, Option<String>)| json!({ "username": user.username.as_str(), "email": user.email.as_str(), "value": value });
    let json = json!({ "people": found.iter().map(one).collect::<Vec<_>>(), "total": total });
    Answer::seen(json, table(&["Username", "Email", "Value"], &rows))
}

fn as_json(property: &Property) -> Value {
    json!({ "app": property.app.as_str(), "key": property.key.as_str(), "value": property.value })
}
