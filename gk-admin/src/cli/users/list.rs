//! Which people, in which order: for lists and for what is exported.

use clap::{Args, ValueEnum};
use gk_service::model::{Direction, Status, User, UserFilter, UserOrder, UserSort};
use gk_service::service::users;
use gk_service::service::users::Overview;
use gk_shared::model::{GroupName, Role, Username};
use serde_json::{Value, json};

use super::{as_json, listed};
use crate::cli::answer::{Answer, Failure, plain};
use crate::cli::shell::Shell;
use crate::sheets::{Format, Sheet};
use crate::time;

/// Which people.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag on the command line, turned into a filter below")]
pub(in crate::cli) struct Filters {
    /// Part of a name, user name, e-mail or group; every character stands for itself
    #[arg(long)]
    search: Option<String>,
    /// Only these: pending, approved or rejected; all, like none given
    #[arg(long, value_parser = super::status)]
    status: Option<Wanted>,
    /// Only accounts that work
    #[arg(long, conflicts_with = "disabled")]
    enabled: bool,
    /// Only those that are disabled
    #[arg(long)]
    disabled: bool,
    /// Only administrators
    #[arg(long, alias = "admins-only")]
    admins: bool,
    /// Only people of accepted domains
    #[arg(long, conflicts_with = "external")]
    internal: bool,
    /// Only people of other domains
    #[arg(long)]
    external: bool,
    /// Only people a directory keeps
    #[arg(long)]
    directory: bool,
    /// Only members of this group
    #[arg(long, value_parser = GroupName::parse)]
    group: Option<GroupName>,
}

/// A status, or the word for any.
pub(in crate::cli) type Wanted = Option<Status>;

impl Filters {
    pub(in crate::cli) fn filter(self) -> UserFilter {
        let either = |yes: bool, no: bool| if yes { Some(true) } else { no.then_some(false) };
        UserFilter {
            text: self.search,
            status: self.status.flatten(),
            enabled: either(self.enabled, self.disabled),
            admin: self.admins.then_some(true),
            internal: either(self.internal, self.external),
            directory: self.directory.then_some(true),
            group: self.group,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum By {
    Username,
    Email,
    Name,
    Created,
    Updated,
}

#[derive(Args)]
pub(in crate::cli) struct List {
    #[command(flatten)]
    filters: Filters,
    /// Sort by
    #[arg(long, value_enum, default_value = "username")]
    sort: By,
    /// The last first
    #[arg(long)]
    descending: bool,
    /// At most so many
    #[arg(long, default_value_t = i64::MAX, hide_default_value = true, value_parser = clap::value_parser!(i64).range(0..))]
    limit: i64,
    /// Pass over so many first
    #[arg(long, default_value_t = 0, hide_default_value = true, value_parser = clap::value_parser!(i64).range(0..))]
    offset: i64,
    /// As CSV: email, name, status, admin, created; `gk export users` has more columns
    #[arg(long)]
    csv: bool,
}

impl List {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let order = UserOrder {
            sort: match self.sort {
                By::Username => UserSort::Username,
                By::Email => UserSort::Email,
                By::Name => UserSort::Fullname,
                By::Created => UserSort::Created,
                By::Updated => UserSort::Updated,
            },
            direction: if self.descending { Direction::Descending } else { Direction::Ascending },
            skip: self.offset,
            most: self.limit,
        };
        let filter = self.filters.filter();
        let part = shell.database()?.read(&shell.caller, |view| users::search(view, &filter, &order))?;
        if self.csv {
            return Ok(Answer::seen(listed(&part).json, as_csv(&part.rows)?));
        }
        Ok(listed(&part))
    }
}

fn as_csv(people: &[User]) -> Result<String, Failure> {
    let row = |user: &User| {
        let admin = if user.admin { "yes" } else { "no" };
        let (email, status) = (user.email.as_str().to_owned(), user.status.word().to_owned());
        vec![email, user.fullname.clone(), status, admin.to_owned(), time::show(user.created_at)]
    };
    let rows = people.iter().map(row).collect();
    let sheet = Sheet::new("users", &["email", "name", "status", "admin", "created"], std::iter::once(Ok(rows)));
    let mut file = Vec::new();
    sheet.write(Format::Csv, &mut file).map_err(|error| Failure::refused(error.to_string()))?;
    Ok(String::from_utf8_lossy(&file).trim_end().to_owned())
}

/// Everything about one person.
pub(super) fn show(shell: &Shell, user: &Username) -> Result<Answer, Failure> {
    let read = |view: &gk_service::service::View<'_>| users::overview(view, users::find(view, user)?.id);
    let about = shell.database()?.read(&shell.caller, read)?;
    let mut text = facts(&about.user);
    let groups = about.groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>().join(", ");
    text.push(format!("Groups: {groups}"));
    text.extend(about.grants.iter().map(|(grant, app)| {
        let role = grant.role.as_ref().map(|role| format!(" as {role}")).unwrap_or_default();
        let until = grant.expires_at.map(|at| format!(" until {}", time::show(at))).unwrap_or_default();
        format!("Enters {}{role}{until} by {}", app.slug, grant.holder_name)
    }));
    text.extend(about.properties.iter().map(|property| {
        format!(
            "Property {}/{}: {}",
            property.app,
            property.key,
            property.value.as_deref().map_or_else(|| "(no value)".to_owned(), plain)
        )
    }));
    text.push(format!("Open sessions: {}", about.sessions.len()));
    Ok(Answer::seen(whole(&about), text.join("\n")))
}

fn facts(user: &User) -> Vec<String> {
    let state = if user.enabled { user.status.word() } else { "disabled" };
    let rank = if user.admin { ", administrator" } else { "" };
    let mut lines = vec![format!("{} <{}>, user name {} ({state}{rank})", user.fullname, user.email, user.username)];
    let known = user.details.iter().filter(|(_, text)| !text.is_empty());
    lines.extend(known.map(|(detail, text)| format!("{}: {text}", detail.label())));
    lines
}

fn whole(about: &Overview) -> Value {
    let mut json = as_json(&about.user);
    let grants = about.grants.iter().map(|(grant, app)| {
        json!({ "app": app.slug.as_str(), "role": grant.role.as_ref().map(Role::as_str), "by": grant.holder_name,
            "expires_at": grant.expires_at.map(time::show) })
    });
    let properties = about
        .properties
        .iter()
        .map(|property| json!({ "app": property.app.as_str(), "key": property.key.as_str(), "value": property.value }));
    if let Some(fields) = json.as_object_mut() {
        fields.insert("groups".into(), about.groups.iter().map(|group| group.name.as_str()).collect());
        fields.insert("grants".into(), grants.collect());
        fields.insert("properties".into(), properties.collect());
        fields.insert("sessions".into(), about.sessions.len().into());
    }
    json
}
