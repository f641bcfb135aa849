//! `gk users …`

mod list;
mod many;

pub(super) use list::Filters;

use clap::{Args, Subcommand};
use gk_service::model::{Detail, Part, Status, User};
use gk_service::service::users::{self, AccountOrigin, Approval, Fullname, Rank, Seeded, Update};
use gk_shared::model::{Email, Username};
use serde_json::{Value, json};

use super::access::Where;
use super::answer::{Answer, Failure, counted, list, table};
use super::confirm::Confirmation;
use super::import::Import;
use super::shell::Shell;
use super::time;

#[derive(Subcommand)]
pub(super) enum Users {
    /// Add a person: pending, unless approved here or by an accepted domain
    Add(Add),
    /// Add people from a CSV file, line by line
    Import(Import),
    /// List people
    List(list::List),
    /// Show somebody: details, groups, what they enter, properties
    Show(Named),
    /// Where somebody can go: every app they enter, and why
    Where(Where),
    /// Do the same to several people: all of it, or nothing
    Many(many::Many),
    /// Approve somebody who waits or was rejected
    Approve {
        #[command(flatten)]
        who: OneOrAll,
    },
    /// Reject somebody and end their sessions
    Reject(Named),
    /// Change names, e-mail, details, rank, whether the account works, or what it hears of
    Update(Change),
    /// Remove a person with grants, memberships and sessions; the audit stays
    Remove {
        #[command(flatten)]
        who: Named,
        #[command(flatten)]
        confirmation: Confirmation,
        /// Also somebody made at installation, and without asking
        #[arg(short, long)]
        force: bool,
    },
}

#[derive(Args)]
pub(super) struct Named {
    /// User name or e-mail
    #[arg(short = 'e', long, alias = "email", value_parser = Username::parse)]
    user: Username,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct OneOrAll {
    /// User name or e-mail
    #[arg(short = 'e', long, alias = "email", value_parser = Username::parse)]
    user: Option<Username>,
    /// Everybody who waits
    #[arg(long)]
    all_pending: bool,
}

#[derive(Args)]
pub(super) struct Add {
    /// E-mail, which is the identity apps see
    #[arg(short, long, value_parser = Email::parse)]
    email: Email,
    /// User name; the e-mail itself unless given
    #[arg(long, value_parser = Username::parse)]
    username: Option<Username>,
    /// Display name
    #[arg(short, long, default_value = "")]
    name: String,
    /// Make them a super-admin; who waits still has to be approved
    #[arg(short, long)]
    admin: bool,
    /// Approved, and not removed by mistake
    #[arg(short, long)]
    seeded: bool,
    /// Approve at once
    #[arg(long)]
    approved: bool,
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag on the command line, turned into enums below")]
#[group(id = "change", required = true, multiple = true, args = ["admin", "no_admin", "name", "username", "new_email", "details", "enable", "disable", "notify", "no_notify"])]
pub(super) struct Change {
    #[command(flatten)]
    who: Named,
    /// Make them a super-admin
    #[arg(long, conflicts_with = "no_admin")]
    admin: bool,
    /// No longer a super-admin
    #[arg(long)]
    no_admin: bool,
    /// Display name
    #[arg(short, long)]
    name: Option<String>,
    /// Another user name
    #[arg(long, value_parser = Username::parse)]
    username: Option<Username>,
    /// Another e-mail; ends their sessions
    #[arg(long, value_parser = Email::parse)]
    new_email: Option<Email>,
    /// A detail, such as title=Reader; once for each
    #[arg(long = "set", value_name = "DETAIL=TEXT", value_parser = detail)]
    details: Vec<(Detail, String)>,
    /// Let the account work again
    #[arg(long, conflicts_with = "disable")]
    enable: bool,
    /// Stop the account and end its sessions
    #[arg(long)]
    disable: bool,
    /// Send this administrator a mail when somebody waits
    #[arg(long, conflicts_with = "no_notify")]
    notify: bool,
    /// No longer
    #[arg(long)]
    no_notify: bool,
}

fn status(word: &str) -> Result<list::Wanted, String> {
    let found = (word == "all").then_some(None).or_else(|| Status::parse(word).map(Some));
    found.ok_or_else(|| "write pending, approved, rejected or all".into())
}

fn detail(text: &str) -> Result<(Detail, String), String> {
    let words = || Detail::ALL.map(Detail::word).join(", ");
    let (word, value) = text.split_once('=').ok_or_else(|| format!("write DETAIL=TEXT with one of {}", words()))?;
    let detail = Detail::parse(word).ok_or_else(|| format!("there is no detail `{word}`, but {}", words()))?;
    Ok((detail, value.to_owned()))
}

impl Users {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let (db, caller) = (shell.database()?, &shell.caller);
        match self {
            Self::Add(add) => add.run(shell),
            Self::Import(import) => import.run(shell),
            Self::List(list) => list.run(shell),
            Self::Where(places) => places.run(shell),
            Self::Show(who) => list::show(shell, &who.user),
            Self::Many(many) => many.run(shell),
            Self::Approve { who: OneOrAll { user: Some(user), .. } } => {
                let done = db.write(caller, |op| users::approve(op, &user))?;
                Ok(Answer::done(done, |user| (as_json(user), format!("Approved {}.", user.email))))
            }
            Self::Approve { who: OneOrAll { user: None, .. } } => {
                let done = db.write(caller, users::approve_all_pending)?;
                let text = |users: &Vec<User>| format!("Approved {}.", counted(users.len(), "user"));
                Ok(Answer::done(done, |users| (list("users", users.iter().map(as_json)), text(users))))
            }
            Self::Reject(who) => {
                let done = db.write(caller, |op| users::reject(op, &who.user))?;
                Ok(Answer::done(done, |user| (as_json(user), format!("Rejected {}.", user.email))))
            }
            Self::Update(change) => change.run(shell),
            Self::Remove { who, confirmation, force } => {
                let seeded = if force { Seeded::Remove } else { Seeded::Refuse };
                if !force {
                    let found = db.read(caller, |view| users::find(view, &who.user))?;
                    let question = format!("Remove {} with grants, memberships and sessions", found.email);
                    confirmation.or_ask(shell.listener, &question)?;
                }
                let done = db.write(caller, |op| users::remove(op, &who.user, seeded))?;
                Ok(Answer::done(done, |user| (as_json(user), format!("Removed {}.", user.email))))
            }
        }
    }
}

impl Add {
    fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let add = users::Add {
            username: self.username,
            email: self.email,
            fullname: Fullname::parse(&self.name)?,
            approval: if self.approved { Approval::Given } else { Approval::ByDomain },
            rank: if self.admin { Rank::SuperAdmin } else { Rank::Person },
            origin: if self.seeded { AccountOrigin::Seeded } else { AccountOrigin::Added },
        };
        let done = shell.database()?.write(&shell.caller, |op| users::add(op, add))?;
        let text = |user: &User| format!("Created user {} ({}).", user.email, user.status.word());
        Ok(Answer::done(done, |user| (as_json(user), text(user))))
    }
}

impl Change {
    fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let update = Update {
            fullname: self.name.as_deref().map(Fullname::parse).transpose()?,
            rank: match (self.admin, self.no_admin) {
                (true, _) => Some(Rank::SuperAdmin),
                (false, true) => Some(Rank::Person),
                (false, false) => None,
            },
            enabled: if self.enable { Some(true) } else { self.disable.then_some(false) },
            notify: if self.notify { Some(true) } else { self.no_notify.then_some(false) },
            username: self.username,
            email: self.new_email,
            details: self.details,
            version: None,
        };
        let done = shell.database()?.write(&shell.caller, |op| users::update(op, &self.who.user, &update))?;
        Ok(Answer::done(done, |user| (as_json(user), format!("Updated {}.", user.email))))
    }
}

fn listed(part: &Part<User>) -> Answer {
    let users = &part.rows;
    let row = |user: &User| {
        let state = if user.enabled { user.status.word() } else { "disabled" };
        let rank = if user.admin { "admin" } else { "" };
        vec![user.username.to_string(), user.email.to_string(), user.fullname.clone(), state.into(), rank.into()]
    };
    let rows = users.iter().map(row).collect::<Vec<_>>();
    let approved = users.iter().filter(|user| user.status == Status::Approved).count();
    let text = table(&["Username", "Email", "Name", "Status", "Rank"], &rows);
    let json = json!({ "users": users.iter().map(as_json).collect::<Vec<_>>(), "total": part.total });
    let of_all =
        if i64::try_from(users.len()) == Ok(part.total) { String::new() } else { format!(" of {}", part.total) };
    Answer::seen(json, format!("{text}\n\n{}{of_all} ({approved} approved)", counted(users.len(), "user")))
}

/// A person as JSON.
pub(super) fn as_json(user: &User) -> Value {
    json!({
        "id": user.id.0, "username": user.username.as_str(), "email": user.email.as_str(), "fullname": user.fullname,
        "status": user.status.word(), "enabled": user.enabled, "admin": user.admin, "notify": user.notify, "seeded": user.seeded, "directory": user.directory, "version": user.version,
        "details": user.details.iter().map(|(detail, text)| (detail.word().to_owned(), json!(text))).collect::<serde_json::Map<_, _>>(),
        "created_at": time::show(user.created_at), "updated_at": time::show(user.updated_at),
    })
}
