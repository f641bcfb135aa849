//! Setting directories up.

use gk_shared::policy::ChangeKind;
use serde_json::{Value, json};

use super::check::check;
use super::labelled;
use crate::model::{Directory, DirectoryLabel, DirectoryUri, GroupMode, Security};
use crate::secret::{Purpose, Secret};
use crate::service::audit::Event;
use crate::service::permit::{Verb, permit};
use crate::service::{Op, Refusal};
use crate::store::{directories, groups};

/// What to set of a directory; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    pub enabled: Option<bool>,
    pub uris: Option<Vec<DirectoryUri>>,
    pub security: Option<Security>,
    pub ca: Option<String>,
    pub bind_dn: Option<String>,
    /// An empty one forgets what is kept.
    pub password: Option<Secret>,
    pub base_dns: Option<Vec<String>>,
    pub user_filter: Option<String>,
    pub email_filter: Option<String>,
    pub username_attribute: Option<String>,
    pub email_attribute: Option<String>,
    pub fullname_attribute: Option<String>,
    pub group_mode: Option<GroupMode>,
    pub timeout_seconds: Option<i64>,
    pub page_size: Option<i64>,
    /// Where in the order, 1 being the first.
    pub place: Option<i64>,
}

/// What a new directory starts with: as an Active Directory is usually set up.
fn unset(id: i64, label: &DirectoryLabel) -> Directory {
    Directory {
        id,
        label: label.clone(),
        enabled: true,
        uris: Vec::new(),
        security: Security::Ldaps,
        ca: String::new(),
        bind_dn: String::new(),
        has_password: false,
        base_dns: Vec::new(),
        user_filter: "(&(objectClass=user)(sAMAccountName={username}))".into(),
        email_filter: String::new(),
        username_attribute: "sAMAccountName".into(),
        email_attribute: "mail".into(),
        fullname_attribute: "displayName".into(),
        group_mode: GroupMode::InChain,
        timeout_seconds: 5,
        page_size: 500,
        version: 0,
    }
}

/// Adds a directory at the end of the order.
pub fn add(op: &Op<'_>, label: &DirectoryLabel, setup: &Setup) -> Result<Directory, Refusal> {
    permit(op.standing, Verb::ChangeDirectories)?;
    if directories::by_label(op.connection, label)?.is_some() {
        return Err(Refusal::Conflict(format!("there is already a directory `{label}`")));
    }
    let id = directories::insert(op.transaction, label, op.now)?;
    let after = write(op, &unset(id, label), setup)?;
    if !after.bind_dn.is_empty() && !after.has_password {
        return Err(Refusal::Invalid("a bind DN needs a password: an empty one binds as nobody".into()));
    }
    let event =
        Event { action: "directory_added", target: label.as_str(), after: described(&after), ..Event::default() };
    op.audit(&event)?;
    Ok(after)
}

/// Changes a directory, unless it is another version than the one that was looked at.
pub fn update_seen(
    op: &Op<'_>,
    label: &DirectoryLabel,
    setup: &Setup,
    seen: Option<i64>,
) -> Result<Directory, Refusal> {
    permit(op.standing, Verb::ChangeDirectories)?;
    let now = labelled(op, label)?.version;
    if seen.is_some_and(|seen| seen != now) {
        return Err(Refusal::Outdated);
    }
    update(op, label, setup)
}

/// Changes a directory. A password is not sent to a server it was not given for: another host forgets it.
pub fn update(op: &Op<'_>, label: &DirectoryLabel, setup: &Setup) -> Result<Directory, Refusal> {
    permit(op.standing, Verb::ChangeDirectories)?;
    let before = labelled(op, label)?;
    let after = write(op, &before, setup)?;
    let (before, after_json) = (described(&before), described(&after));
    op.audit(&Event { action: "directory_updated", target: label.as_str(), before, after: after_json, app: "" })?;
    Ok(after)
}

/// Removes a directory with its groups. Those whose accounts it keeps stay as they are, and are kept here from now on.
pub fn remove(op: &Op<'_>, label: &DirectoryLabel, people: People) -> Result<Directory, Refusal> {
    permit(op.standing, Verb::ChangeDirectories)?;
    let directory = labelled(op, label)?;
    let kept = directories::people::count(op.connection, label)?;
    if kept > 0 && people == People::Refuse {
        return Err(Refusal::Conflict(format!(
            "{label} keeps {kept} account(s), which would be kept here from then on: say that they are to be released"
        )));
    }
    for group in directories::people::groups_of(op.connection, label)? {
        for member in groups::members(op.connection, group)? {
            op.changed(ChangeKind::User, member.0)?;
        }
        groups::delete(op.transaction, group)?;
        op.changed(ChangeKind::Group, group.0)?;
    }
    directories::people::release_all(op.transaction, label)?;
    directories::delete(op.transaction, directory.id)?;
    let before = json!({ "people": kept, "directory": described(&directory) });
    op.audit(&Event { action: "directory_removed", target: label.as_str(), before, ..Event::default() })?;
    Ok(directory)
}

/// What becomes of the accounts of a directory that is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum People {
    Refuse,
    Release,
}

fn write(op: &Op<'_>, before: &Directory, setup: &Setup) -> Result<Directory, Refusal> {
    let after = combined(before.clone(), setup);
    check(&after)?;
    directories::save(op.transaction, &after, op.now)?;
    let sealed = match &setup.password {
        Some(password) if password.reveal().is_empty() => Some(None),
        Some(password) => Some(Some(op.root.seal(Purpose::Directory, password.reveal().as_bytes()))),
        None => sends_elsewhere(before, &after).then_some(None),
    };
    if let Some(sealed) = sealed {
        directories::set_password(op.transaction, after.id, sealed.as_deref())?;
    }
    if let Some(place) = setup.place {
        put_at(op, after.id, place)?;
    }
    labelled(op, &after.label)
}

fn put_at(op: &Op<'_>, id: i64, place: i64) -> Result<(), Refusal> {
    let mut order =
        directories::list(op.connection)?.iter().map(|one| one.id).filter(|one| *one != id).collect::<Vec<_>>();
    let place = usize::try_from(place - 1).unwrap_or(0).min(order.len());
    order.insert(place, id);
    for (position, id) in (1..).zip(order) {
        directories::set_position(op.transaction, id, position)?;
    }
    Ok(())
}

/// Whether a password would go where it did not go before, or could be read on its way.
fn sends_elsewhere(before: &Directory, after: &Directory) -> bool {
    let knows =
        |uri: &DirectoryUri| before.uris.iter().any(|known| known.host() == uri.host() && known.port() == uri.port());
    let opened = after.security == Security::Plain && before.security != Security::Plain;
    opened || !after.uris.iter().all(knows)
}

fn combined(mut directory: Directory, setup: &Setup) -> Directory {
    fn set<T: Clone>(place: &mut T, value: Option<&T>) {
        if let Some(value) = value {
            place.clone_from(value);
        }
    }
    let trimmed = |text: &Option<String>| text.as_deref().map(str::trim).map(str::to_owned);
    set(&mut directory.enabled, setup.enabled.as_ref());
    set(&mut directory.uris, setup.uris.as_ref());
    set(&mut directory.security, setup.security.as_ref());
    set(&mut directory.ca, trimmed(&setup.ca).as_ref());
    set(&mut directory.bind_dn, trimmed(&setup.bind_dn).as_ref());
    set(&mut directory.base_dns, setup.base_dns.as_ref());
    set(&mut directory.user_filter, trimmed(&setup.user_filter).as_ref());
    set(&mut directory.email_filter, trimmed(&setup.email_filter).as_ref());
    set(&mut directory.username_attribute, trimmed(&setup.username_attribute).as_ref());
    set(&mut directory.email_attribute, trimmed(&setup.email_attribute).as_ref());
    set(&mut directory.fullname_attribute, trimmed(&setup.fullname_attribute).as_ref());
    set(&mut directory.group_mode, setup.group_mode.as_ref());
    set(&mut directory.timeout_seconds, setup.timeout_seconds.as_ref());
    set(&mut directory.page_size, setup.page_size.as_ref());
    directory
}

fn described(directory: &Directory) -> Value {
    json!({
        "enabled": directory.enabled,
        "uris": directory.uris.iter().map(DirectoryUri::as_str).collect::<Vec<_>>(),
        "security": directory.security.word(),
        "ca": !directory.ca.is_empty(),
        "bind_dn": directory.bind_dn,
        "password": directory.has_password,
        "base_dns": directory.base_dns,
        "user_filter": directory.user_filter,
        "email_filter": directory.email_filter,
        "attributes": [directory.username_attribute, directory.email_attribute, directory.fullname_attribute],
        "groups": directory.group_mode.word(),
        "timeout_seconds": directory.timeout_seconds,
        "page_size": directory.page_size,
    })
}
