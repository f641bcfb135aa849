//! `gk users many`: the same for several people, all of it or nothing.

use clap::Args;
use gk_service::service::Op;
use gk_service::service::grants::Give;
use gk_service::service::users::{self, Bulk, Many as Done};
use gk_shared::model::{GroupName, Role, Slug, Username};
use gk_shared::time::Timestamp;
use serde_json::json;

use crate::cli::answer::{Answer, Failure};
use crate::cli::shell::Shell;
use crate::time;

#[derive(Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(false).args(["approve", "enable", "disable", "join", "grant"]))]
pub(in crate::cli) struct Many {
    /// User name or e-mail; once for each, at most 1000
    #[arg(short = 'e', long = "user", alias = "email", value_parser = Username::parse, required = true)]
    users: Vec<Username>,
    /// Approve them
    #[arg(long)]
    approve: bool,
    /// Let their accounts work again
    #[arg(long)]
    enable: bool,
    /// Stop their accounts and end their sessions
    #[arg(long)]
    disable: bool,
    /// Put them into this group
    #[arg(long, value_name = "GROUP", value_parser = GroupName::parse)]
    join: Option<GroupName>,
    /// Let them into this app
    #[arg(long, value_name = "SLUG", value_parser = Slug::parse)]
    grant: Option<Slug>,
    /// The role there
    #[arg(long, requires = "grant", value_parser = Role::parse)]
    role: Option<Role>,
    /// Until when
    #[arg(long = "expires", requires = "grant", value_name = "TIME", value_parser = time::parse)]
    expires_at: Option<Timestamp>,
}

impl Many {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let give = Give { role: self.role.into(), expires_at: self.expires_at.into(), ..Give::default() };
        let bulk = match (self.join, self.grant) {
            (Some(group), _) => Bulk::Join(group),
            (None, Some(slug)) => Bulk::Grant(slug, give),
            (None, None) if self.approve => Bulk::Approve,
            (None, None) if self.enable => Bulk::Enable,
            (None, None) => Bulk::Disable,
        };
        let verb = |op: &Op<'_>| {
            let ids = self.users.iter().map(|name| users::find(op, name).map(|user| user.id));
            users::many(op, &ids.collect::<Result<Vec<_>, _>>()?, &bulk)
        };
        let done = shell.database()?.write(&shell.caller, verb)?;
        Ok(Answer::done(done, |Done { changed, unchanged }| {
            let json = json!({ "changed": changed.len(), "unchanged": unchanged.len() });
            (json, format!("Changed {}, {} were so already.", changed.len(), unchanged.len()))
        }))
    }
}
