//! `gk ops …`

use std::path::PathBuf;

use clap::Subcommand;
use gk_service::model::{Status, UserFilter, UserOrder};
use gk_service::service::{Refusal, apps, backups, mail, users};
use gk_service::{Database, Force};
use gk_shared::caused::Caused;
use serde_json::{Value, json};

use super::answer::{Answer, Failure};
use super::confirm::Confirmation;
use super::rotation;
use super::shell::Shell;
use super::time;

#[derive(Subcommand)]
pub(super) enum Ops {
    /// Look whether everything is there and in force; `gk-validate health` asks the other half
    Healthcheck,
    /// Publish what is saved but not yet in force
    Publish,
    /// Bring an older database up to date, with gk-admin stopped
    Migrate,
    /// Publish to another policy file from now on; start gk-validate on it first
    MovePolicy {
        /// The new path
        #[arg(long, value_name = "PATH")]
        to: PathBuf,
    },
    /// Say which keys there are, and whom exchanging them would touch
    Keys,
    /// Sign sessions with a new key from now on: nobody is signed out, and the old one's tokens are believed until they run out
    RotateSigningKey,
    /// Sign everybody out, by a new salt that all tokens are made with; `gk sessions revoke --user` does it to one person
    RotateAppSalt(Confirmation),
    /// Seal with a new root key whatever is sealed, gk-admin running or not: nobody notices, and what was killed in between is finished by the next verb
    RotateRootKey,
}

impl Ops {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        match self {
            Self::Healthcheck => healthcheck(shell),
            Self::Publish => Ok(forced(shell.database()?.publish()?, "Everything is in force.")),
            Self::Migrate => {
                Database::upgrade(&shell.paths, &shell.paths.lock()?)?;
                Ok(Answer::seen(json!({ "schema": gk_service::SCHEMA_VERSION }), "The database is up to date."))
            }
            Self::MovePolicy { to } => {
                let force = shell.database()?.move_policy(&shell.caller, &to)?;
                let text = format!("The policy file is {} from now on.", to.display());
                Ok(Answer { json: json!({ "policy": to }), text, force })
            }
            Self::Keys => rotation::keys(shell),
            Self::RotateSigningKey => rotation::signing_key(shell),
            Self::RotateAppSalt(sure) => rotation::app_salt(shell, sure),
            Self::RotateRootKey => rotation::root_key(shell),
        }
    }
}

fn forced(force: Force, text: &str) -> Answer {
    let in_force = force == Force::Now;
    Answer {
        json: json!({ "in_force": in_force }),
        text: if in_force { text.to_owned() } else { String::new() },
        force,
    }
}

/// One line a part; fails if a part does.
fn healthcheck(shell: &Shell) -> Result<Answer, Failure> {
    let db = shell.database()?;
    let counted = |filter: UserFilter| {
        db.read(&shell.caller, |view| users::search(view, &filter, &UserOrder::default()).map(|part| part.total))
    };
    let people = counted(UserFilter::default())?;
    let usable =
        UserFilter { admin: Some(true), status: Some(Status::Approved), enabled: Some(true), ..UserFilter::default() };
    let admins = counted(usable)?;
    let (apps, mails) = db.read(&shell.caller, |view| Ok((apps::list(view)?.len(), mail::counts(view)?)))?;
    let mails = mails.iter().map(|(state, count)| format!("{count} {}", state.word())).collect::<Vec<_>>().join(", ");
    let key = db.key_problem();
    let newest = db.newest_revision()?;
    let revision = db.in_force(|snapshot| (snapshot.revision, snapshot.user_count()));
    let lines = [
        (true, "Database", format!("{}, schema {}", db.path().display(), gk_service::SCHEMA_VERSION)),
        (key.is_none(), "Root key", key.unwrap_or_else(|| "opens what this database sealed".to_owned())),
        (
            revision.as_ref().is_ok_and(|(published, _)| *published >= newest),
            "Policy",
            described(db, &revision, newest),
        ),
        (admins > 0, "Admins", format!("{admins} who can sign in")),
        (true, "Users", format!("{people} people, {apps} apps")),
        mail_line(db, &mails),
        backup_line(shell, db)?,
    ];
    let sound = lines.iter().all(|(sound, ..)| *sound);
    let line = |(sound, part, text): &(bool, &str, String)| {
        format!("{:<5} {part:<9} {text}", if *sound { "ok" } else { "FAIL" })
    };
    let text = lines.iter().map(line).collect::<Vec<_>>().join("\n");
    if !sound {
        return Err(Failure::refused(format!("not healthy\n{text}")));
    }
    let parts =
        lines.iter().map(|(_, part, text)| ((*part).to_lowercase(), json!(text))).collect::<serde_json::Map<_, _>>();
    Ok(Answer::seen(Value::Object(parts), text))
}

fn mail_line(db: &Database, counts: &str) -> (bool, &'static str, String) {
    match crate::mail::check(db) {
        Ok(way) => (true, "Mail", format!("{way}; {counts}")),
        Err(missing) => (false, "Mail", format!("{missing}; {counts}")),
    }
}

/// Whether backups are as new as the settings want them; with one to spare, since the newest may just be due.
fn backup_line(shell: &Shell, db: &Database) -> Result<(bool, &'static str, String), Failure> {
    let (plan, stored) = db.read(&shell.caller, backups::list)?;
    let Some(folder) = &plan.folder else {
        return Ok((true, "Backups", "none are taken: backup.folder is not set".to_owned()));
    };
    let newest = stored.iter().map(|stored| stored.made_at).find(|at| *at <= db.now());
    let recent = newest.is_some_and(|at| at.plus(2 * plan.hours * 3600) > db.now());
    let when = newest.map_or_else(|| "none".to_owned(), |at| format!("the newest of {}", time::show(at)));
    Ok((recent, "Backups", format!("{when} in {}", folder.display())))
}

fn described(db: &Database, revision: &Result<(i64, usize), Refusal>, newest: i64) -> String {
    match revision {
        Ok((published, _)) if *published < newest => {
            format!(
                "{}, revision {published} of {newest}: not everything is in force, see `gk ops publish`",
                db.policy_path().display()
            )
        }
        Ok((revision, users)) => format!("{}, revision {revision}, {users} people", db.policy_path().display()),
        Err(error) => format!("{}: {}", db.policy_path().display(), Caused(error)),
    }
}
