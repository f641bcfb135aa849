//! `gk groups …`

use clap::{Args, Subcommand};
use gk_service::model::{Grant, Group, UserFilter, UserOrder};
use gk_service::service::{View, groups, users};
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
    /// Show a group: what it opens, and its first members
    Show(Named),
    /// Say what a group is for
    Describe {
        #[command(flatten)]
        group: Named,
        /// What the group is for
        #[arg(short, long)]
        description: String,
    },
    /// Remove a group with its grants
    Remove(Named),
    /// Put one person into every local group of another; never into the group of administrators
    Copy {
        /// Whose groups: user name or e-mail
        #[arg(long, value_parser = Username::parse)]
        from: Username,
        /// Who is put into them: user name or e-mail
        #[arg(long, value_parser = Username::parse)]
        to: Username,
    },
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
            Self::Show(group) => return shown(shell, &group.name),
            Self::Copy { from, to } => {
                let done = db.write(caller, |op| groups::copy_memberships(op, &from, &to))?;
                return Ok(Answer::done(done, |copied| {
                    let names = copied.iter().map(|group| group.name.as_str()).collect::<Vec<_>>();
                    let text = format!("Put {to} into {} group(s): {}.", names.len(), names.join(", "));
                    (list("groups", copied.iter().map(as_json)), text)
                }));
            }
            Self::Describe { group, description } => {
                (db.write(caller, |op| groups::describe(op, &group.name, &description))?, "Described")
            }
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

/// So many members are shown with a group.
const MOST_MEMBERS: i64 = 1000;

fn shown(shell: &Shell, name: &GroupName) -> Result<Answer, Failure> {
    let read = |view: &View<'_>| {
        let filter = UserFilter { group: Some(name.clone()), ..UserFilter::default() };
        let order = UserOrder { most: MOST_MEMBERS, ..UserOrder::default() };
        Ok((groups::find(view, name)?, groups::opens(view, name)?, users::search(view, &filter, &order)?))
    };
    let (group, opens, members) = shell.database()?.read(&shell.caller, read)?;
    let role = |grant: &Grant| grant.role.as_ref().map(ToString::to_string);
    let apps = opens.iter().map(|(grant, app)| json!({ "app": app.slug.as_str(), "role": role(grant) }));
    let mut json = as_json(&group);
    if let Some(fields) = json.as_object_mut() {
        fields.insert("apps".into(), apps.collect());
        fields.insert("people".into(), members.rows.iter().map(|user| user.email.as_str()).collect());
    }
    let apps = opens.iter().map(|(grant, app)| format!("{} {}", app.slug, role(grant).unwrap_or_default()));
    let apps = apps.map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join(", ");
    let rows = members.rows.iter().map(|user| vec![user.username.to_string(), user.email.to_string()]);
    let people = table(&["Username", "Email"], &rows.collect::<Vec<_>>());
    let head = format!(
        "{} ({}): {}\nOpens: {apps}\nMembers: {}",
        group.name,
        group.kind.word(),
        group.description,
        group.members
    );
    Ok(Answer::seen(json, format!("{head}\n\n{people}")))
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
