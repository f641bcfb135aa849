//! `gk apps …`; granting and revoking is in `grants`.

use clap::{Args, Subcommand};
use gk_service::model::{App, CallbackUrl, Grant, OpenPath, Origin};
use gk_service::service::Op;
use gk_service::service::apps::{self, Roles};
use gk_shared::model::{Role, Slug};

use super::access::Who;
use super::answer::{Answer, Failure, counted, list, table};
use super::confirm::Confirmation;
use super::effects;
use super::grants::{self, GiveBackFlags, GiveFlags, ListFlags, TakeFlags};
use super::proxy::Nginx;
use super::shell::Shell;
use super::time;
use crate::app_json::app_json;
use crate::grant_json::grant_json;

#[derive(Subcommand)]
pub(super) enum Apps {
    /// Register an app
    Add(Add),
    /// List apps
    List,
    /// Show an app and its grants
    Show(Named),
    /// Who enters an app, by which grant or for what other reason
    Who(Who),
    /// Change an app
    #[command(override_usage = "gk apps update --slug <SLUG> <CHANGE>…")]
    Update(Update),
    /// Rename a role: whoever has it keeps it
    RenameRole(RenameRole),
    /// Print an app's finished nginx block, and what nginx needs once besides
    Nginx(Nginx),
    /// List grants: all, unused ones, or those that end soon
    Grants(ListFlags),
    /// Let people, groups or everybody approved enter; change the grant that somebody has
    Grant(GiveFlags),
    /// Take grants back: in force when this returns
    Revoke(TakeFlags),
    /// Give back grants that were taken by number, as they were
    GiveBack(GiveBackFlags),
    /// Remove an app with its grants
    Remove {
        #[command(flatten)]
        app: Named,
        #[command(flatten)]
        confirmation: Confirmation,
        /// The same as --yes
        #[arg(short, long)]
        force: bool,
    },
}

#[derive(Args)]
pub(super) struct Named {
    /// The app's slug: what nginx sends in X-GK-App
    #[arg(short, long, value_parser = Slug::parse)]
    pub(super) slug: Slug,
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag on the command line")]
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
    #[arg(long = "origin", value_name = "ORIGIN", value_parser = Origin::parse)]
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
    /// A path that is open without sign-in, to everybody or to some networks: /health, /static/* or /metrics=10.0.0.0/8,fd00::/8; may be repeated
    #[arg(long = "open", value_name = "PATH", value_parser = OpenPath::parse)]
    open_paths: Vec<OpenPath>,
    /// Show it to people who may not enter, so that they can ask to
    #[arg(long)]
    listed: bool,
    /// Tell it the groups of whoever enters, in X-Auth-Groups
    #[arg(long)]
    groups_header: bool,
    /// Keep it open when gk-validate has not heard of changes for longer than its --max-stale
    #[arg(long)]
    stale_ok: bool,
    /// Whom people may ask about it
    #[arg(long, default_value = "")]
    contact: String,
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag on the command line, turned into options below")]
#[group(required = true, multiple = true)]
pub(super) struct Changes {
    /// Its name
    #[arg(short, long)]
    name: Option<String>,
    /// What it is
    #[arg(short, long)]
    description: Option<String>,
    /// Whom people may ask about it
    #[arg(long)]
    contact: Option<String>,
    /// Where it is reached: these in place of those it has; may be repeated
    #[arg(long = "origin", value_name = "ORIGIN", value_parser = Origin::parse, conflicts_with = "no_origins")]
    origins: Vec<Origin>,
    /// It is reached nowhere
    #[arg(long)]
    no_origins: bool,
    /// Its roles, weakest first: these in place of those it has, and no others may be granted
    #[arg(long, value_delimiter = ',', value_parser = Role::parse, conflicts_with = "any_role")]
    roles: Vec<Role>,
    /// Any role may be granted
    #[arg(long)]
    any_role: bool,
    /// The roles whose holders administer this app, in place of those it has
    #[arg(long, value_delimiter = ',', value_parser = Role::parse, conflicts_with = "no_admin_roles")]
    admin_roles: Vec<Role>,
    /// Only super-admins administer this app
    #[arg(long)]
    no_admin_roles: bool,
    /// Where it takes people back: these URLs in place of those it has; may be repeated
    #[arg(long = "callback", value_name = "URL", value_parser = CallbackUrl::parse, conflicts_with = "no_callbacks")]
    callbacks: Vec<CallbackUrl>,
    /// It takes people back nowhere
    #[arg(long)]
    no_callbacks: bool,
    /// What is open without sign-in, in place of what is now: /health, /static/* or /metrics=10.0.0.0/8,fd00::/8; may be repeated. In force with the app's new nginx block
    #[arg(long = "open", value_name = "PATH", value_parser = OpenPath::parse, conflicts_with = "no_open")]
    open_paths: Vec<OpenPath>,
    /// Nothing is open without sign-in
    #[arg(long)]
    no_open: bool,
    /// Ask search engines to stay away
    #[arg(long, conflicts_with = "no_noindex")]
    noindex: bool,
    /// Welcome search engines
    #[arg(long)]
    no_noindex: bool,
    /// Show it to people who may not enter, so that they can ask to
    #[arg(long, conflicts_with = "no_listed")]
    listed: bool,
    /// Show it only to those who may enter
    #[arg(long)]
    no_listed: bool,
    /// Tell it the groups of whoever enters, in X-Auth-Groups
    #[arg(long, conflicts_with = "no_groups_header")]
    groups_header: bool,
    /// Tell it no groups
    #[arg(long)]
    no_groups_header: bool,
    /// Keep it open when gk-validate has not heard of changes for longer than its --max-stale
    #[arg(long, conflicts_with = "no_stale_ok")]
    stale_ok: bool,
    /// Close it then
    #[arg(long)]
    no_stale_ok: bool,
}

#[derive(Args)]
pub(super) struct RenameRole {
    #[command(flatten)]
    app: Named,
    /// The role as it is called now
    #[arg(long, value_name = "ROLE", value_parser = Role::parse)]
    from: Role,
    /// What it shall be called
    #[arg(long, value_name = "ROLE", value_parser = Role::parse)]
    to: Role,
}

#[derive(Args)]
pub(super) struct Update {
    #[command(flatten)]
    app: Named,
    #[command(flatten)]
    changes: Changes,
    /// Only say what would be done, and who would gain or lose by it
    #[arg(long)]
    dry_run: bool,
}

impl Apps {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let (db, caller) = (shell.database()?, &shell.caller);
        match self {
            Self::Add(add) => add.run(shell),
            Self::List => Ok(listed(&db.read(caller, apps::list)?)),
            Self::Show(Named { slug }) => Ok(shown(&db.read(caller, |view| apps::show(view, &slug))?)),
            Self::Who(who) => who.run(shell),
            Self::Update(update) => update.run(shell),
            Self::RenameRole(rename) => rename.run(shell),
            Self::Grants(flags) => flags.run(shell),
            Self::Nginx(nginx) => nginx.run(shell),
            Self::Grant(flags) => flags.run(shell),
            Self::GiveBack(flags) => flags.run(shell),
            Self::Revoke(flags) => flags.run(shell),
            Self::Remove { app, confirmation, force } => {
                if !force {
                    let (found, given) = db.read(caller, |view| apps::show(view, &app.slug))?;
                    let grants = counted(given.len(), "grant");
                    let question = format!("Remove the app {} ({}) with its {grants}", found.slug, found.name);
                    confirmation.or_ask(shell.listener, &question)?;
                }
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
            open_paths: self.open_paths,
            listed: self.listed,
            groups_header: self.groups_header,
            stale_ok: self.stale_ok,
            contact: self.contact,
        };
        let done = shell.database()?.write(&shell.caller, |op| apps::add(op, add))?;
        Ok(Answer::done(done, |app| (app_json(app), format!("Created app: {} ({})", app.slug, app.name))))
    }
}

impl RenameRole {
    fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let Self { app: Named { slug }, from, to } = self;
        let done = shell.database()?.write(&shell.caller, |op| apps::rename_role(op, &slug, (&from, &to)))?;
        Ok(Answer::done(done, |renamed| {
            let mut json = app_json(&renamed.app);
            if let Some(object) = json.as_object_mut() {
                object.insert("grants".into(), renamed.grants.into());
            }
            (json, format!("Renamed {from} to {to} in {slug}, with {}.", counted(renamed.grants, "grant")))
        }))
    }
}

impl Update {
    fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let update = self.changes.wanted();
        let verb = |op: &Op<'_>| apps::update(op, &self.app.slug, &update);
        let describe = |app: &App| (app_json(app), format!("Updated app: {} ({})", app.slug, app.name));
        if self.dry_run {
            return effects::tried(shell, verb, describe);
        }
        Ok(Answer::done(shell.database()?.write(&shell.caller, verb)?, describe))
    }
}

impl Changes {
    fn wanted(self) -> apps::Update {
        let roles = if self.any_role { Some(Roles::Any(None)) } else { list_of(self.roles, false).map(Roles::These) };
        apps::Update {
            version: None,
            name: self.name,
            description: self.description,
            contact: self.contact,
            origins: list_of(self.origins, self.no_origins),
            roles,
            admin_roles: list_of(self.admin_roles, self.no_admin_roles),
            callbacks: list_of(self.callbacks, self.no_callbacks),
            open_paths: list_of(self.open_paths, self.no_open),
            noindex: switch(self.noindex, self.no_noindex),
            listed: switch(self.listed, self.no_listed),
            groups_header: switch(self.groups_header, self.no_groups_header),
            stale_ok: switch(self.stale_ok, self.no_stale_ok),
        }
    }
}

/// What a flag that may be repeated and its opposite say: a new list, or nothing.
fn list_of<T>(given: Vec<T>, none: bool) -> Option<Vec<T>> {
    (none || !given.is_empty()).then_some(given)
}

/// What a flag and its opposite say.
fn switch(on: bool, off: bool) -> Option<bool> {
    (on || off).then_some(on)
}

fn listed(apps: &[App]) -> Answer {
    let row = |app: &App| vec![app.slug.to_string(), app.name.clone(), roles(&app.roles), time::show(app.created_at)];
    let rows = apps.iter().map(row).collect::<Vec<_>>();
    Answer::seen(list("apps", apps.iter().map(app_json)), table(&["Slug", "Name", "Roles", "Created"], &rows))
}

fn shown((app, given): &(App, Vec<Grant>)) -> Answer {
    let rows = given.iter().map(grants::row).collect::<Vec<_>>();
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
        format!("open paths      {}", app.open_paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
        format!("X-Auth-Groups   {}", if app.groups_header { "yes" } else { "no" }),
        format!("when stale      {}", if app.stale_ok { "open" } else { "closed" }),
        format!("contact         {}", app.contact),
        format!("proxy block     {}", block(app)),
    ];
    let head = lines.iter().filter(|line| !line.is_empty()).map(|line| line.trim_end()).collect::<Vec<_>>().join("\n");
    let text = format!("{head}\n\n{}", table(&grants::COLUMNS, &rows));
    let mut json = app_json(app);
    if let Some(object) = json.as_object_mut() {
        object.insert("grants".into(), given.iter().map(grant_json).collect());
    }
    Answer::seen(json, text)
}

/// What the block of the last check said of itself, and when that was.
fn block(app: &App) -> String {
    app.seen_block.map_or_else(
        || "not seen yet".to_owned(),
        |seen| {
            let mark = seen.mark.map_or_else(|| "without a mark".to_owned(), |mark| mark.to_string());
            format!("{mark}, seen {}", time::show(seen.at))
        },
    )
}

fn roles(roles: &[Role]) -> String {
    roles.iter().map(Role::as_str).collect::<Vec<_>>().join(",")
}
