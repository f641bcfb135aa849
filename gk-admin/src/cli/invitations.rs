//! `gk invitations …`

use clap::{Args, Subcommand};
use gk_service::model::Invitation;
use gk_service::service::invitations::{self, Create};
use gk_shared::model::{Email, GroupName, Role, Slug};
use gk_shared::time::Timestamp;
use serde_json::{Value, json};

use super::answer::{Answer, Failure, list, table};
use super::shell::Shell;
use crate::time;

#[derive(Subcommand)]
pub(super) enum Invitations {
    /// Make an invitation and print its link: it is shown this once
    ///
    /// Whoever opens the link signs in by mail as always, and is approved with these groups and apps, whether they are
    /// from outside or have an account already. Nobody becomes an administrator by it.
    #[command(
        after_help = "For one person:  gk invitations add --email alice@example.org --app docs=editor\nFor a course:    gk invitations add --uses 30 --days 7 --group students --app wiki"
    )]
    Add(Add),
    /// List invitations, the newest first
    List,
    /// Withdraw an invitation; whoever got in by it stays
    Withdraw {
        /// Its number, as `gk invitations list` shows it
        #[arg(long)]
        id: i64,
    },
}

#[derive(Args)]
pub(super) struct Add {
    /// Whom alone it is for; the link is mailed there
    #[arg(short = 'e', long, value_parser = Email::parse)]
    email: Option<Email>,
    /// A group to be in; may be repeated
    #[arg(short, long, value_parser = GroupName::parse)]
    group: Vec<GroupName>,
    /// An app to enter, with a role if wanted: docs or docs=editor; may be repeated
    #[arg(short, long, value_name = "SLUG[=ROLE]", value_parser = app)]
    app: Vec<(Slug, Option<Role>)>,
    /// How many people may get in by it, at most 1000
    #[arg(long, default_value_t = 1)]
    uses: i64,
    /// How many days it works, at most 90
    #[arg(long, default_value_t = 14, conflicts_with = "expires_at")]
    days: i64,
    /// Until when it works, such as 2026-12-31T18:00:00Z
    #[arg(long = "expires", alias = "until", value_name = "TIME", value_parser = time::parse)]
    expires_at: Option<Timestamp>,
    /// What to tell whoever is invited
    #[arg(long, default_value = "")]
    note: String,
}

fn app(text: &str) -> Result<(Slug, Option<Role>), String> {
    let (slug, role) = text.split_once('=').map_or((text, None), |(slug, role)| (slug, Some(role)));
    let slug = Slug::parse(slug).map_err(|error| error.to_string())?;
    let role = role.map(Role::parse).transpose().map_err(|error| error.to_string())?;
    Ok((slug, role))
}

impl Invitations {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let (db, caller) = (shell.database()?, &shell.caller);
        match self {
            Self::Add(add) => add.run(shell),
            Self::List => Ok(listed(&db.read(caller, invitations::list)?, db.now())),
            Self::Withdraw { id } => {
                let done = db.write(caller, |op| invitations::withdraw(op, id))?;
                let now = db.now();
                Ok(Answer::done(done, |gone| (as_json(gone, now), format!("Withdrew invitation {}.", gone.id))))
            }
        }
    }
}

impl Add {
    fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let db = shell.database()?;
        let now = db.now();
        let expires_at = self.expires_at.unwrap_or_else(|| now.plus(self.days.saturating_mul(86_400)));
        let Self { email, group: groups, app: apps, uses, note, .. } = self;
        let create = Create { email, groups, apps, uses, expires_at, note };
        let done = db.write(&shell.caller, |op| invitations::create(op, &create))?;
        Ok(Answer::done(done, |(invitation, link)| {
            let mut json = as_json(invitation, now);
            if let Some(fields) = json.as_object_mut() {
                fields.insert("link".into(), json!(link.reveal()));
            }
            (json, link.reveal().to_owned())
        }))
    }
}

fn listed(invitations: &[Invitation], now: Timestamp) -> Answer {
    let row = |invitation: &Invitation| {
        let email = invitation.email.as_ref().map_or("whoever has the link", Email::as_str);
        vec![
            invitation.id.to_string(),
            email.to_owned(),
            invitation.state(now).word().to_owned(),
            format!("{} of {}", invitation.used, invitation.uses),
            time::show(invitation.expires_at),
            gives(invitation),
            invitation.created_by.clone(),
        ]
    };
    let rows = invitations.iter().map(row).collect::<Vec<_>>();
    let json = list("invitations", invitations.iter().map(|invitation| as_json(invitation, now)));
    Answer::seen(json, table(&["Number", "For", "State", "Used", "Until", "Gives", "By"], &rows))
}

/// Its groups and apps; it always gives an account.
fn gives(invitation: &Invitation) -> String {
    let given = [invitation.groups.join(", "), apps(invitation)];
    let given = given.join(" ").trim().to_owned();
    if given.is_empty() { "an approved account".to_owned() } else { given }
}

fn apps(invitation: &Invitation) -> String {
    let apps = invitation.apps.iter().map(|app| match &app.role {
        Some(role) => format!("{}={role}", app.slug),
        None => app.slug.to_string(),
    });
    apps.collect::<Vec<_>>().join(", ")
}

fn as_json(invitation: &Invitation, now: Timestamp) -> Value {
    let apps = invitation
        .apps
        .iter()
        .map(|app| json!({ "app": app.slug.as_str(), "role": app.role.as_ref().map(Role::as_str) }));
    json!({
        "id": invitation.id, "email": invitation.email.as_ref().map(Email::as_str),
        "state": invitation.state(now).word(), "uses": invitation.uses, "used": invitation.used,
        "note": invitation.note, "groups": invitation.groups, "apps": apps.collect::<Vec<_>>(),
        "created_by": invitation.created_by, "created_at": time::show(invitation.created_at),
        "expires_at": time::show(invitation.expires_at),
    })
}
