//! `gk apps …`

use clap::{Args, Subcommand};
use gk_service::model::{App, CallbackUrl, Grant, Holder, Origin};
use gk_service::service::apps;
use gk_service::service::grants::{self, Give, Given, Outcome, Receiver, RoleChange};
use gk_shared::model::{GroupName, Role, Slug, Username};
use gk_shared::time::Timestamp;
use serde_json::{Value, json};

use super::answer::{Answer, Failure, list, table};
use super::shell::Shell;
use super::time;

#[derive(Subcommand)]
pub(super) enum Apps {
    /// Register an app
    Add(Add),
    /// List apps
    List,
    /// Show an app and who may enter it
    Show(Named),
    /// Change an app
    Update(Update),
    /// Let a person, a group or everybody approved enter
    Grant(GrantFlags),
    /// Take a grant back: in force when this returns
    Revoke {
        #[command(flatten)]
        app: Named,
        #[command(flatten)]
        from: ReceiverFlags,
    },
    /// Remove an app with its grants
    Remove {
        #[command(flatten)]
        app: Named,
        /// Really
        #[arg(short, long)]
        force: bool,
    },
}

#[derive(Args)]
pub(super) struct Named {
    /// The app's slug: what nginx sends in X-GK-App
    #[arg(short, long, value_parser = Slug::parse)]
    slug: Slug,
}

#[derive(Args)]
pub(super) struct Add {
    #[command(flatten)]
    app: Named,
    /// Its name
    #[arg(short, long)]
    name: String,
    /// What it is
    #[arg(short, long, default_value = "")]
    description: String,
    /// Where it is reached, such as https://docs.example.com; may be repeated
    #[arg(long = "origin", value_parser = Origin::parse)]
    origins: Vec<Origin>,
    /// Its roles, weakest first, such as viewer,editor; without them any role may be granted
    #[arg(long, value_delimiter = ',', value_parser = Role::parse)]
    roles: Vec<Role>,
    /// The roles whose holders administer this app
    #[arg(long, value_delimiter = ',', value_parser = Role::parse)]
    admin_roles: Vec<Role>,
    /// Ask search engines to stay away
    #[arg(long)]
    noindex: bool,
    /// Where an app that is not behind nginx takes people back, such as https://app.example.com/callback; may be repeated
    #[arg(long = "callback", value_name = "URL", value_parser = CallbackUrl::parse)]
    callbacks: Vec<CallbackUrl>,
    /// Show it to people who may not enter, so that they can ask to
    #[arg(long)]
    listed: bool,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
pub(super) struct Changes {
    /// Where it takes people back: these URLs in place of those it has; may be repeated
    #[arg(long = "callback", value_name = "URL", value_parser = CallbackUrl::parse, conflicts_with = "no_callbacks")]
    callbacks: Vec<CallbackUrl>,
    /// It takes people back nowhere
    #[arg(long)]
    no_callbacks: bool,
    /// Show it to people who may not enter, so that they can ask to
    #[arg(long, conflicts_with = "no_listed")]
    listed: bool,
    /// Show it only to those who may enter
    #[arg(long)]
    no_listed: bool,
}

#[derive(Args)]
pub(super) struct Update {
    #[command(flatten)]
    app: Named,
    #[command(flatten)]
    changes: Changes,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct ReceiverFlags {
    /// A person's user name or e-mail
    #[arg(short = 'e', long = "email", alias = "user", value_parser = Username::parse)]
    user: Option<Username>,
    /// A group
    #[arg(short, long, value_parser = GroupName::parse)]
    group: Option<GroupName>,
}

#[derive(Args)]
#[group(id = "receiver", required = true, multiple = false, args = ["user", "group", "all_approved"])]
pub(super) struct GrantFlags {
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

impl Apps {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let (db, caller) = (shell.database()?, &shell.caller);
        match self {
            Self::Add(add) => add.run(shell),
            Self::List => Ok(listed(&db.read(caller, apps::list)?)),
            Self::Show(Named { slug }) => Ok(shown(&db.read(caller, |view| apps::show(view, &slug))?)),
            Self::Update(update) => update.run(shell),
            Self::Grant(flags) => flags.run(shell),
            Self::Revoke { app, from } => {
                let from = receiver(from.user, from.group)?;
                let done = db.write(caller, |op| grants::take(op, &app.slug, &from))?;
                let text = |grant: &Grant| format!("Revoked access of {} to {}.", grant.holder_name, app.slug);
                Ok(Answer::done(done, |grant| (grant_json(grant), text(grant))))
            }
            Self::Remove { force: false, app } => {
                Err(Failure::refused(format!("removing `{}` takes its grants with it: say --force", app.slug)))
            }
            Self::Remove { force: true, app } => {
                let done = db.write(caller, |op| apps::remove(op, &app.slug))?;
                Ok(Answer::done(done, |app| (app_json(app), format!("Removed app: {} ({})", app.slug, app.name))))
            }
        }
    }
}

impl Add {
    fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let add = apps::Add {
            slug: self.app.slug,
            name: self.name,
            description: self.description,
            origins: self.origins,
            roles: self.roles,
            admin_roles: self.admin_roles,
            noindex: self.noindex,
            callbacks: self.callbacks,
            listed: self.listed,
        };
        let done = shell.database()?.write(&shell.caller, |op| apps::add(op, add))?;
        Ok(Answer::done(done, |app| (app_json(app), format!("Created app: {} ({})", app.slug, app.name))))
    }
}

impl Update {
    fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let Changes { callbacks, no_callbacks, listed, no_listed } = self.changes;
        let update = apps::Update {
            callbacks: (no_callbacks || !callbacks.is_empty()).then_some(callbacks),
            listed: (listed || no_listed).then_some(listed),
        };
        let done = shell.database()?.write(&shell.caller, |op| apps::update(op, &self.app.slug, &update))?;
        Ok(Answer::done(done, |app| (app_json(app), format!("Updated app: {} ({})", app.slug, app.name))))
    }
}

impl GrantFlags {
    fn run(self, shell: &Shell) -> Result<Answer, Failure> {
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
                (json!({ "granted": given }), format!("Granted access to {given} user(s)."))
            }));
        }
        let to = receiver(self.user, self.group)?;
        let done = db.write(caller, |op| grants::give(op, slug, &to, &give))?;
        Ok(Answer::done(done, |given| (grant_json(&given.grant), given_text(given, slug))))
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

fn listed(apps: &[App]) -> Answer {
    let row = |app: &App| vec![app.slug.to_string(), app.name.clone(), roles(&app.roles), time::show(app.created_at)];
    let rows = apps.iter().map(row).collect::<Vec<_>>();
    Answer::seen(list("apps", apps.iter().map(app_json)), table(&["Slug", "Name", "Roles", "Created"], &rows))
}

fn shown((app, grants): &(App, Vec<Grant>)) -> Answer {
    let when = |at: Option<Timestamp>| at.map(time::show).unwrap_or_default();
    let row = |grant: &Grant| {
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
    };
    let rows = grants.iter().map(row).collect::<Vec<_>>();
    let origins = app.origins.iter().map(Origin::as_str).collect::<Vec<_>>().join(" ");
    let callbacks = app.callbacks.iter().map(CallbackUrl::as_str).collect::<Vec<_>>().join(" ");
    let list = format!("{} ({})", roles(&app.roles), app.role_list.word());
    let noindex = if app.noindex { "asked to stay away" } else { "welcome" };
    let lines = [
        format!("{} ({})", app.slug, app.name),
        app.description.clone(),
        format!("origins         {origins}"),
        format!("roles           {list}"),
        format!("admin roles     {}", roles(&app.admin_roles)),
        format!("search engines  {noindex}"),
        format!("listed          {}", if app.listed { "yes" } else { "no" }),
        format!("callbacks       {callbacks}"),
    ];
    let head = lines.iter().filter(|line| !line.is_empty()).map(|line| line.trim_end()).collect::<Vec<_>>().join("\n");
    let text = format!("{head}\n\n{}", table(&["Who", "Kind", "Role", "From", "Until", "Granted by"], &rows));
    let mut json = app_json(app);
    if let Some(object) = json.as_object_mut() {
        object.insert("grants".into(), grants.iter().map(grant_json).collect());
    }
    Answer::seen(json, text)
}

fn roles(roles: &[Role]) -> String {
    roles.iter().map(Role::as_str).collect::<Vec<_>>().join(",")
}

fn app_json(app: &App) -> Value {
    json!({
        "slug": app.slug.as_str(), "name": app.name, "description": app.description,
        "origins": app.origins.iter().map(Origin::as_str).collect::<Vec<_>>(),
        "roles": app.roles.iter().map(Role::as_str).collect::<Vec<_>>(),
        "role_list": app.role_list.word(),
        "admin_roles": app.admin_roles.iter().map(Role::as_str).collect::<Vec<_>>(),
        "callbacks": app.callbacks.iter().map(CallbackUrl::as_str).collect::<Vec<_>>(), "listed": app.listed,
        "noindex": app.noindex, "created_at": time::show(app.created_at),
    })
}

fn grant_json(grant: &Grant) -> Value {
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
