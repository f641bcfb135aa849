//! `gk apps grant` and `gk apps revoke`: who may enter an app.

use clap::Args;
use gk_service::model::{Grant, Holder};
use gk_service::service::grants::{self, Give, Given, Outcome, Receiver, RoleChange};
use gk_shared::model::{GroupName, Role, Slug, Username};
use gk_shared::time::Timestamp;
use serde_json::{Value, json};

use super::answer::{Answer, Failure, counted};
use super::apps::Named;
use super::shell::Shell;
use super::time;

#[derive(Args)]
#[group(id = "receiver", required = true, multiple = false, args = ["user", "group", "all_approved"])]
pub(super) struct GiveFlags {
    #[command(flatten)]
    app: Named,
    /// A person's user name or e-mail
    #[arg(short = 'e', long = "email", alias = "user", value_parser = Username::parse)]
    user: Option<Username>,
    /// A group
    #[arg(short, long, value_parser = GroupName::parse)]
    group: Option<GroupName>,
    /// Everybody approved now who has no grant
    #[arg(long)]
    all_approved: bool,
    /// The role the app is told
    #[arg(short, long, value_parser = Role::parse, conflicts_with = "clear_role")]
    role: Option<Role>,
    /// Take the role away
    #[arg(long)]
    clear_role: bool,
    /// From when
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    starts_at: Option<Timestamp>,
    /// Until when
    #[arg(long = "expires", alias = "expires-at", value_name = "TIME", value_parser = time::parse)]
    expires_at: Option<Timestamp>,
    /// Why
    #[arg(long)]
    note: Option<String>,
}

#[derive(Args)]
pub(super) struct TakeFlags {
    #[command(flatten)]
    app: Named,
    #[command(flatten)]
    from: ReceiverFlags,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct ReceiverFlags {
    /// A person's user name or e-mail
    #[arg(short = 'e', long = "email", alias = "user", value_parser = Username::parse)]
    user: Option<Username>,
    /// A group
    #[arg(short, long, value_parser = GroupName::parse)]
    group: Option<GroupName>,
}

impl GiveFlags {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let (db, caller, slug) = (shell.database()?, &shell.caller, &self.app.slug);
        let role = match self.role {
            Some(role) => RoleChange::Set(role),
            None if self.clear_role => RoleChange::Clear,
            None => RoleChange::Keep,
        };
        let give = Give { role, starts_at: self.starts_at, expires_at: self.expires_at, note: self.note };
        if self.all_approved {
            let done = db.write(caller, |op| grants::give_all_approved(op, slug, &give))?;
            return Ok(Answer::done(done, |given| {
                (json!({ "granted": given }), format!("Granted access to {}.", counted(*given, "user")))
            }));
        }
        let to = receiver(self.user, self.group)?;
        let done = db.write(caller, |op| grants::give(op, slug, &to, &give))?;
        Ok(Answer::done(done, |given| (as_json(&given.grant), given_text(given, slug))))
    }
}

impl TakeFlags {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let (slug, from) = (&self.app.slug, receiver(self.from.user, self.from.group)?);
        let done = shell.database()?.write(&shell.caller, |op| grants::take(op, slug, &from))?;
        let text = |grant: &Grant| format!("Revoked access of {} to {slug}.", grant.holder_name);
        Ok(Answer::done(done, |grant| (as_json(grant), text(grant))))
    }
}

fn receiver(user: Option<Username>, group: Option<GroupName>) -> Result<Receiver, Failure> {
    user.map(Receiver::User).or(group.map(Receiver::Group)).ok_or_else(|| Failure::usage("say --email or --group"))
}

fn given_text(given: &Given, slug: &Slug) -> String {
    let verb = match given.outcome {
        Outcome::Granted => "Granted",
        Outcome::Updated => "Updated",
        Outcome::Unchanged => "Unchanged:",
    };
    let role = given.grant.role.as_ref().map(|role| format!(" as {role}")).unwrap_or_default();
    let new = given.new_role.as_ref().map(|role| format!(" The role {role} is new to {slug}.")).unwrap_or_default();
    format!("{verb} access of {} to {slug}{role}.{new}", given.grant.holder_name)
}

/// The columns of a table of grants.
pub(super) const COLUMNS: [&str; 6] = ["Who", "Kind", "Role", "From", "Until", "Granted by"];

/// A row of it.
pub(super) fn row(grant: &Grant) -> Vec<String> {
    let when = |at: Option<Timestamp>| at.map(time::show).unwrap_or_default();
    let kind = match grant.holder {
        Holder::User(_) => "user",
        Holder::Group(_) => "group",
    };
    let role = grant.role.as_ref().map(ToString::to_string).unwrap_or_default();
    vec![
        grant.holder_name.clone(),
        kind.into(),
        role,
        when(grant.starts_at),
        when(grant.expires_at),
        grant.granted_by.clone(),
    ]
}

/// A grant as JSON.
pub(super) fn as_json(grant: &Grant) -> Value {
    let (email, group) = match grant.holder {
        Holder::User(_) => (Some(&grant.holder_name), None),
        Holder::Group(_) => (None, Some(&grant.holder_name)),
    };
    json!({
        "email": email, "group": group, "role": grant.role.as_ref().map(Role::as_str),
        "starts_at": grant.starts_at.map(time::show), "expires_at": grant.expires_at.map(time::show),
        "note": grant.note, "granted_by": grant.granted_by, "granted_at": time::show(grant.granted_at),
    })
}
