//! `gk init-db` and `gk create-admin`.

use std::path::Path;

use clap::Args;
use gk_service::Database;
use gk_service::model::{Status, User};
use gk_service::service::settings::{self, OlderPins};
use gk_service::service::users::{self, AccountOrigin, Approval, Ensured, Fullname, Rank, Update};
use gk_service::service::{Caller, Op, Refusal};
use gk_shared::model::{Email, Username};
use serde_json::json;

use super::answer::{Answer, Failure, list};
use super::shell::Shell;
use crate::place::INSTALLED;

/// Makes what is missing, and records what this environment fixes.
pub(super) fn init_db(shell: &Shell) -> Result<Answer, Failure> {
    let there = shell.paths.database.exists();
    if shell.paths.database.starts_with(INSTALLED) && !Path::new(INSTALLED).exists() {
        return Err(Failure::refused(format!(
            "{INSTALLED} does not exist, and would belong to whoever makes it: run `systemd-sysusers && systemd-tmpfiles --create` first, or name another database with --db"
        )));
    }
    let database = Database::initialise(&shell.paths)?;
    let variable = |name: &str| shell.environment.get(name).map(str::to_owned);
    // A server that runs has recorded its own environment, and goes on with it.
    let force = if let Ok(_free) = shell.paths.lock() {
        let record = |op: &Op<'_>| settings::record_pins(op, &variable, OlderPins::Keep);
        database.write(&Caller::system("init-db"), record)?.force
    } else {
        database.read(&shell.caller, |view| settings::refuse_another_environment(view, &variable))?;
        database.publish()?
    };
    let (db, policy, key) =
        (database.path().display(), database.policy_path().display(), shell.paths.key.path().display());
    Ok(Answer {
        json: json!({ "database": db.to_string(), "policy": policy.to_string(), "key": key.to_string() }),
        text: format!(
            "{}\n  database  {db}\n  policy    {policy}\n  root key  {key}  (keep a copy of it elsewhere: nothing sealed opens without it)",
            if there { "There is a database already: nothing was overwritten." } else { "Database initialized." }
        ),
        force,
    })
}

/// Sees to everybody in `auth.admin_emails`.
pub(super) fn ensure_admins(shell: &Shell) -> Result<Answer, Failure> {
    let done = shell.database()?.write(&shell.caller, users::ensure_admins)?;
    Ok(Answer::done(done, |ensured| {
        let word = |ensured: &Ensured| match ensured {
            Ensured::Created => "created",
            Ensured::Promoted => "made an administrator",
            Ensured::NotUsable => "is an administrator, but may not sign in: approve or enable the account yourself",
            Ensured::AlreadyThere => "already an administrator",
        };
        let lines = ensured.iter().map(|(email, ensured)| format!("{email}: {}", word(ensured))).collect::<Vec<_>>();
        let json = ensured.iter().map(|(email, ensured)| json!({ "email": email.as_str(), "outcome": word(ensured) }));
        (list("admins", json), format!("{}\nAdmin accounts ensured.", lines.join("\n")).trim_start().to_owned())
    }))
}

/// Make the first administrator, or make an existing person one
#[derive(Args)]
pub(super) struct CreateAdmin {
    /// User name, such as jsmith; may be the e-mail itself
    #[arg(long, value_parser = Username::parse, required_unless_present = "username_first")]
    username: Option<Username>,
    /// E-mail, which is the identity apps see
    #[arg(long, value_parser = Email::parse, required_unless_present = "email_second")]
    email: Option<Email>,
    /// The same as --username
    #[arg(value_name = "USERNAME", value_parser = Username::parse, conflicts_with = "username", requires = "email_second")]
    username_first: Option<Username>,
    /// The same as --email
    #[arg(value_name = "EMAIL", value_parser = Email::parse, conflicts_with = "email")]
    email_second: Option<Email>,
    /// Display name
    #[arg(long, default_value = "")]
    fullname: String,
}

impl CreateAdmin {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let fullname = Fullname::parse(&self.fullname)?;
        let username = self.username.or(self.username_first).ok_or_else(|| Failure::usage("say which user name"))?;
        let email = self.email.or(self.email_second).ok_or_else(|| Failure::usage("say which e-mail"))?;
        let done = shell.database()?.write(&shell.caller, |op| {
            if let Ok(found) = users::find(op, &username) {
                return promote(op, &found, &email);
            }
            let add = users::Add {
                username: Some(username.clone()),
                email: email.clone(),
                fullname,
                approval: Approval::Given,
                rank: Rank::SuperAdmin,
                origin: AccountOrigin::Seeded,
            };
            let user = users::add(op, add)?;
            Ok((format!("Created user: {}\nAdded {} to admin group.", user.username, user.username), user))
        })?;
        Ok(Answer::done(done, |(text, user)| (super::users::as_json(user), text.clone())))
    }
}

/// An account that exists becomes an administrator, if it is the one that was meant.
fn promote(op: &Op<'_>, found: &User, email: &Email) -> Result<(String, User), Refusal> {
    if found.email != *email {
        let other = format!("`{}` already belongs to {}", found.username, found.email);
        return Err(Refusal::Conflict(other));
    }
    if found.admin && found.is_usable() {
        let there = format!("User {0} already exists.\n{0} is already in admin group.", found.username);
        return Ok((there, found.clone()));
    }
    if found.status != Status::Approved {
        users::approve(op, &found.username)?;
    }
    let update = Update { rank: Some(Rank::SuperAdmin), enabled: Some(true), ..Update::default() };
    let user = users::update(op, &found.username, &update)?;
    Ok((format!("User {0} already exists.\nAdded {0} to admin group.", user.username), user))
}
