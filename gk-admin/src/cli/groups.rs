//! `gk groups …`

use clap::{Args, Subcommand};
use gk_service::model::Group;
use gk_service::service::groups;
use gk_shared::model::{GroupName, Username};
use serde_json::{Value, json};

use super::answer::{Answer, Failure, list, table};
use super::shell::Shell;

#[derive(Subcommand)]
pub(super) enum Groups {
    /// List groups
    List,
    /// Add a group
    Add {
        #[command(flatten)]
        group: Named,
        /// What the group is for
        #[arg(short, long, default_value = "")]
        description: String,
    },
    /// Remove a group with its grants
    Remove(Named),
    /// Put somebody into a group
    Join(Member),
    /// Take somebody out of a group
    Leave(Member),
}

#[derive(Args)]
pub(super) struct Named {
    /// The group's name
    #[arg(short, long, value_parser = GroupName::parse)]
    name: GroupName,
}

#[derive(Args)]
pub(super) struct Member {
    #[command(flatten)]
    group: Named,
    /// User name or e-mail
    #[arg(short = 'e', long, alias = "email", value_parser = Username::parse)]
    user: Username,
}

impl Groups {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let (db, caller) = (shell.database()?, &shell.caller);
        let (done, verb) = match self {
            Self::List => return Ok(listed(&db.read(caller, groups::list)?)),
            Self::Add { group, description } => {
                (db.write(caller, |op| groups::add(op, &group.name, &description))?, "Created")
            }
            Self::Remove(group) => (db.write(caller, |op| groups::remove(op, &group.name))?, "Removed"),
            Self::Join(Member { group, user }) => {
                (db.write(caller, |op| groups::join(op, &group.name, &user))?, "Added a member to")
            }
            Self::Leave(Member { group, user }) => {
                (db.write(caller, |op| groups::leave(op, &group.name, &user))?, "Removed a member from")
            }
        };
        Ok(Answer::done(done, |group| (as_json(group), format!("{verb} group {}.", group.name))))
    }
}

fn listed(groups: &[Group]) -> Answer {
    let row = |group: &Group| {
        vec![group.name.clone(), group.kind.word().into(), group.members.to_string(), group.description.clone()]
    };
    let rows = groups.iter().map(row).collect::<Vec<_>>();
    let json = list("groups", groups.iter().map(as_json));
    Answer::seen(json, table(&["Name", "Kind", "Members", "Description"], &rows))
}

fn as_json(group: &Group) -> Value {
    json!({ "name": group.name, "kind": group.kind.word(), "description": group.description, "members": group.members })
}
