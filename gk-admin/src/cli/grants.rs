//! `gk apps grant`, `revoke`, `give-back` and `grants`: who may enter an app.

use clap::{ArgGroup, Args};
use gk_service::model::{Grant, Holder, WhichGrants};
use gk_service::service::grants::{self, Change, Give, Given, Outcome, Plan, Receiver, Taken, Tell, Whom};
use gk_shared::model::{GrantId, GroupName, Role, Slug, Username};
use gk_shared::time::Timestamp;
use serde_json::{Value, json};

use super::answer::{Answer, Failure, counted, table};
use super::effects;
use super::shell::Shell;
use super::time;
use crate::grant_json::{grant_json, grant_of_app_json};

#[derive(Args)]
#[command(group = ArgGroup::new("whom").required(true).multiple(true).args(["users", "groups", "all_approved"]))]
pub(super) struct GiveFlags {
    /// The app's slug; may be repeated
    #[arg(short, long = "slug", value_name = "SLUG", value_parser = Slug::parse, required = true)]
    slugs: Vec<Slug>,
    /// A person's user name or e-mail; may be repeated. Of several people, groups or apps whoever has a grant keeps it
    #[arg(short = 'e', long = "email", alias = "user", value_name = "USER", value_parser = Username::parse)]
    users: Vec<Username>,
    /// A group; may be repeated
    #[arg(short, long = "group", value_name = "GROUP", value_parser = GroupName::parse)]
    groups: Vec<GroupName>,
    /// Everybody approved now who has no grant
    #[arg(long, conflicts_with_all = ["users", "groups"])]
    all_approved: bool,
    #[command(flatten)]
    what: WhatFlags,
    /// Only say what would be done, and of one grant who would gain or lose by it
    #[arg(long)]
    dry_run: bool,
}

/// What the grant shall be like.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag on the command line")]
struct WhatFlags {
    /// The role the app is told
    #[arg(short, long, value_parser = Role::parse, conflicts_with = "clear_role")]
    role: Option<Role>,
    /// Take the role away
    #[arg(long)]
    clear_role: bool,
    /// From when
    #[arg(long, value_name = "TIME", value_parser = time::parse, conflicts_with = "no_start")]
    starts_at: Option<Timestamp>,
    /// From now on
    #[arg(long)]
    no_start: bool,
    /// Until when
    #[arg(long = "expires", alias = "expires-at", value_name = "TIME", value_parser = time::parse, conflicts_with = "no_expiry")]
    expires_at: Option<Timestamp>,
    /// For good
    #[arg(long)]
    no_expiry: bool,
    /// Why
    #[arg(long)]
    note: Option<String>,
    /// Tell the person by mail of another role, start or end, too
    #[arg(long)]
    notify: bool,
}

#[derive(Args)]
#[command(group = ArgGroup::new("which").required(true).args(["user", "group", "ids"]))]
pub(super) struct TakeFlags {
    /// The app's slug
    #[arg(short, long, value_parser = Slug::parse, required_unless_present = "ids", conflicts_with = "ids")]
    slug: Option<Slug>,
    /// A person's user name or e-mail
    #[arg(short = 'e', long = "email", alias = "user", value_parser = Username::parse)]
    user: Option<Username>,
    /// A group
    #[arg(short, long, value_parser = GroupName::parse)]
    group: Option<GroupName>,
    /// A grant by its number; may be repeated: all are taken, or none
    #[arg(long = "id", value_name = "N")]
    ids: Vec<i64>,
}

#[derive(Args)]
pub(super) struct GiveBackFlags {
    /// The number that taking them said
    #[arg(long, value_name = "N")]
    taking: i64,
}

#[derive(Args)]
pub(super) struct ListFlags {
    /// The app's slug; without it, all apps
    #[arg(short, long, value_parser = Slug::parse)]
    slug: Option<Slug>,
    /// Only those nobody has used for so long, and that were given longer ago, such as 90d
    #[arg(long, value_name = "DAYS", value_parser = time::days, conflicts_with = "expiring")]
    unused: Option<i64>,
    /// Only those that end within so long, such as 30d
    #[arg(long, value_name = "DAYS", value_parser = time::days)]
    expiring: Option<i64>,
}

impl GiveFlags {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let give = self.what.give();
        let people = self.users.into_iter().map(Receiver::User);
        let named = people.chain(self.groups.into_iter().map(Receiver::Group)).collect::<Vec<_>>();
        if let ([slug], [to]) = (self.slugs.as_slice(), named.as_slice()) {
            return give_one(shell, (slug, to, &give), self.dry_run);
        }
        let whom = if self.all_approved { Whom::AllApproved } else { Whom::Named(named) };
        let (db, caller) = (shell.database()?, &shell.caller);
        if self.dry_run {
            let plan = db.read(caller, |view| grants::plan(view, &self.slugs, &whom, &give))?;
            return Ok(Answer::seen(plan_json(&plan), plan_text(&plan)));
        }
        let done = db.write(caller, |op| grants::give_new(op, &self.slugs, &whom, &give))?;
        let thing = if self.all_approved { "user" } else { "grant" };
        let text = |plan: &Plan| match whom {
            Whom::AllApproved => format!("Granted access to {}.", counted(plan.count(), thing)),
            Whom::Named(_) => format!("Gave {}.", counted(plan.count(), thing)),
        };
        Ok(Answer::done(done, |plan| (json!({ "granted": plan.count() }), text(plan))))
    }
}

fn give_one(shell: &Shell, (slug, to, give): (&Slug, &Receiver, &Give), dry_run: bool) -> Result<Answer, Failure> {
    let (db, caller) = (shell.database()?, &shell.caller);
    if dry_run {
        let describe = |given: &Given| (grant_json(&given.grant), given_text(given, slug));
        return effects::tried(shell, |op| grants::give(op, slug, to, give), describe);
    }
    let done = db.write(caller, |op| grants::give(op, slug, to, give))?;
    Ok(Answer::done(done, |given| (grant_json(&given.grant), given_text(given, slug))))
}

impl WhatFlags {
    fn give(&self) -> Give {
        Give {
            role: change(self.role.clone(), self.clear_role),
            starts_at: change(self.starts_at, self.no_start),
            expires_at: change(self.expires_at, self.no_expiry),
            note: self.note.clone(),
            tell: if self.notify { Tell::OfChanges } else { Tell::OfNew },
        }
    }
}

/// What a flag with a value and its opposite say.
fn change<T>(value: Option<T>, none: bool) -> Change<T> {
    if none { Change::Clear } else { value.into() }
}

fn plan_json(plan: &Plan) -> Value {
    let pair = |pair: &grants::Pair| json!({ "app": pair.app.as_str(), "who": pair.name, "new": pair.has.is_none() });
    let longer = plan.new_role_in.iter().map(Slug::as_str).collect::<Vec<_>>();
    json!({
        "would_grant": plan.count(), "pairs": plan.pairs.iter().map(pair).collect::<Vec<_>>(),
        "unknown": plan.unknown, "refused": plan.refused, "new_role_in": longer,
    })
}

fn plan_text(plan: &Plan) -> String {
    let row = |pair: &grants::Pair| {
        let held = |grant: &Grant| format!("has one{}", as_role(grant));
        let comes = pair.has.as_ref().map_or_else(|| "gets one".to_owned(), held);
        vec![pair.app.to_string(), pair.name.clone(), comes]
    };
    let rows = plan.pairs.iter().map(row).collect::<Vec<_>>();
    let unknown = plan.unknown.iter().map(|name| format!("There is nothing called {name}."));
    let longer = plan.new_role_in.iter().map(|slug| format!("The role is new to {slug}."));
    let said = unknown.chain(plan.refused.iter().cloned()).chain(longer).collect::<Vec<_>>();
    let lines = [
        table(&["App", "Who", "Comes to"], &rows),
        said.join("\n"),
        format!("{} would be new.", counted(plan.count(), "grant")),
    ];
    lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

impl TakeFlags {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let (db, caller) = (shell.database()?, &shell.caller);
        let Some(slug) = self.slug else {
            let ids = self.ids.into_iter().map(GrantId).collect::<Vec<_>>();
            return Ok(Answer::done(db.write(caller, |op| grants::take_many(op, &ids))?, |taken: &Taken| {
                let (count, number) = (counted(taken.grants.len(), "grant"), taken.number);
                let json =
                    json!({ "taking": number, "revoked": taken.grants.iter().map(grant_json).collect::<Vec<_>>() });
                (json, format!("Revoked {count}. Until tomorrow `gk apps give-back --taking {number}` undoes it."))
            }));
        };
        let from = receiver(self.user, self.group)?;
        let done = db.write(caller, |op| grants::take(op, &slug, &from))?;
        let text = |grant: &Grant| format!("Revoked access of {} to {slug}.", grant.holder_name);
        Ok(Answer::done(done, |grant| (grant_json(grant), text(grant))))
    }
}

impl GiveBackFlags {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let done = shell.database()?.write(&shell.caller, |op| grants::give_back(op, self.taking))?;
        Ok(Answer::done(done, |given: &Vec<Grant>| {
            let json = json!({ "given_back": given.iter().map(grant_json).collect::<Vec<_>>() });
            (json, format!("Gave back {}.", counted(given.len(), "grant")))
        }))
    }
}

impl ListFlags {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let db = shell.database()?;
        let now = db.now();
        let which = match (self.unused, self.expiring) {
            (Some(span), _) => WhichGrants::Unused { since: now.plus(-span) },
            (None, Some(span)) => WhichGrants::Expiring { after: now, until: now.plus(span) },
            (None, None) => WhichGrants::All,
        };
        let listed = db.read(&shell.caller, |view| grants::list(view, self.slug.as_ref(), which, (0, i64::MAX)))?;
        let line = |(grant, slug): &(Grant, Slug)| {
            let id = [grant.id.to_string(), slug.to_string()];
            id.into_iter().chain(row(grant)).chain([grant.note.clone()]).collect::<Vec<_>>()
        };
        let rows = listed.grants.iter().map(line).collect::<Vec<_>>();
        let heading = ["Id", "App"].into_iter().chain(COLUMNS).chain(["Note"]).collect::<Vec<_>>();
        let json =
            json!({ "total": listed.total, "grants": listed.grants.iter().map(grant_of_app_json).collect::<Vec<_>>() });
        Ok(Answer::seen(json, table(&heading, &rows)))
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
    let role = as_role(&given.grant);
    let new = given.new_role.as_ref().map(|role| format!(" The role {role} is new to {slug}.")).unwrap_or_default();
    format!("{verb} access of {} to {slug}{role}.{new}", given.grant.holder_name)
}

fn as_role(grant: &Grant) -> String {
    grant.role.as_ref().map(|role| format!(" as {role}")).unwrap_or_default()
}

/// The columns of a table of grants.
pub(super) const COLUMNS: [&str; 7] = ["Who", "Kind", "Role", "From", "Until", "Granted by", "Last used"];

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
        when(grant.last_used_at),
    ]
}
