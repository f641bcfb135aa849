//! Invitations: make them, look at them, withdraw them. What using one gives is in `admit`.
//!
//! An invitation stands for itself, like a grant: it goes on when whoever made it is disabled or leaves. The list says
//! who that was, and any administrator can withdraw it.

mod admit;

pub(super) use admit::{admit, take_up};

use gk_shared::model::{Email, GroupName, Role, Slug};
use gk_shared::time::Timestamp;
use serde_json::{Value, json};

use super::audit::Event;
use super::mail::{self, Mail};
use super::op::{Op, View};
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use super::{apps, groups, notice};
use crate::model::{Group, GroupKind, Invitation, InvitationState, MailKind};
use crate::secret::{Secret, hash, random_link};
use crate::settings::Setting;
use crate::store::invitations::{self, NewInvitation};

/// An invitation to make.
#[derive(Clone, Debug)]
pub struct Create {
    /// Whom it is for, and mailed to; `None`: whoever has the link.
    pub email: Option<Email>,
    pub groups: Vec<GroupName>,
    pub apps: Vec<(Slug, Option<Role>)>,
    /// How many accounts may get in by it.
    pub uses: i64,
    pub expires_at: Timestamp,
    /// For whoever is invited.
    pub note: String,
}

/// An invitation as it is shown to whoever opens its link.
#[derive(Clone, Debug)]
pub struct Invited {
    pub invitation: Invitation,
    /// Who invites.
    pub by: String,
}

const MOST_USES: i64 = 1000;
const MOST_DAYS: i64 = 90;
/// Of groups, and of apps.
const MOST_GIVEN: usize = 50;
const MOST_SHOWN: i64 = 500;

/// Makes an invitation; gives it with its link, which is shown this once.
pub fn create(op: &Op<'_>, new: &Create) -> Result<(Invitation, Secret), Refusal> {
    permit(op.standing, Verb::ChangeInvitations)?;
    check(op, new)?;
    let groups = new.groups.iter().map(|name| invitable(op, name)).collect::<Result<Vec<_>, _>>()?;
    let link = random_link();
    let row = NewInvitation {
        link_hash: hash(&link),
        email: new.email.as_ref(),
        note: new.note.trim(),
        uses: new.uses,
        created_by: &op.label,
        inviter: op.person().ok(),
        created_at: op.now,
        expires_at: new.expires_at,
    };
    let id = invitations::insert(op.transaction, &row)?;
    groups.iter().try_for_each(|group| invitations::add_group(op.transaction, id, group.id))?;
    for (slug, role) in &new.apps {
        let app = apps::named(op, slug)?;
        role.as_ref().map_or(Ok(()), |role| apps::takes(&app, role))?;
        invitations::add_app(op.transaction, id, app.id, role.as_ref())?;
    }
    let invitation = numbered(op, id)?;
    let link = Secret::new(notice::at(op, &format!("/invitation/{}", link.reveal())));
    mail_link(op, &invitation, &link)?;
    let (target, after) = (id.to_string(), described(&invitation));
    op.audit(&Event { action: "invitation_created", target: &target, after, ..Event::default() })?;
    Ok((invitation, link))
}

fn check(op: &Op<'_>, new: &Create) -> Result<(), Refusal> {
    if !(1..=MOST_USES).contains(&new.uses) {
        return Err(Refusal::Invalid(format!("an invitation has 1 to {MOST_USES} uses")));
    }
    if new.email.is_some() && new.uses > 1 {
        return Err(Refusal::Invalid(
            "an invitation for one e-mail lets one account in; for several people leave the e-mail out".into(),
        ));
    }
    let lasts = new.expires_at.since(op.now);
    if !(1..=MOST_DAYS * 86_400).contains(&lasts) {
        return Err(Refusal::Invalid(format!("an invitation ends within {MOST_DAYS} days")));
    }
    if new.groups.len() > MOST_GIVEN || new.apps.len() > MOST_GIVEN {
        return Err(Refusal::Invalid(format!("an invitation gives at most {MOST_GIVEN} groups and as many apps")));
    }
    apps::lines("a note", &new.note, 500)
}

/// Administrators are made by name, never by a link that goes from hand to hand.
fn invitable(view: &View<'_>, name: &GroupName) -> Result<Group, Refusal> {
    let group = groups::named(view, name)?;
    match group.kind {
        GroupKind::Local => Ok(group),
        GroupKind::Admin => Err(Refusal::Conflict("nobody becomes an administrator by an invitation".into())),
        GroupKind::Standard => Err(Refusal::Conflict("everybody who is approved is in `standard` anyway".into())),
        GroupKind::Directory => Err(Refusal::Conflict(format!("who is in `{name}` is said by the directory"))),
    }
}

fn mail_link(op: &Op<'_>, invitation: &Invitation, link: &Secret) -> Result<(), Refusal> {
    let Some(to) = &invitation.email else { return Ok(()) };
    let known = crate::store::users::by_name(op.connection, to.as_str())?;
    let values = json!({
        "link": link.reveal(), "by": inviter(op, invitation)?, "until": notice::written(invitation.expires_at),
        "note": invitation.note,
    });
    let (kind, language) = (MailKind::Invitation, known.and_then(|user| user.language));
    mail::queue(op, Mail { kind, to, language, values, challenge: None, give_up_at: invitation.expires_at })
}

/// Who invites, as people know them; an operator, or somebody whose account is gone, in the name of the installation.
fn inviter(view: &View<'_>, invitation: &Invitation) -> Result<String, Refusal> {
    let person = invitation.inviter.map(|id| crate::store::users::by_id(view.connection, id)).transpose()?.flatten();
    let installation = || view.settings.text(Setting::ServerName).to_owned();
    Ok(person.map_or_else(installation, |person| person.display_name().to_owned()))
}

/// Every invitation, the newest first.
pub fn list(view: &View<'_>) -> Result<Vec<Invitation>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    Ok(invitations::list(view.connection, MOST_SHOWN)?)
}

/// Withdraws an invitation. Whoever got in by it stays.
pub fn withdraw(op: &Op<'_>, id: i64) -> Result<Invitation, Refusal> {
    permit(op.standing, Verb::ChangeInvitations)?;
    let before = numbered(op, id)?;
    if invitations::withdraw(op.transaction, id, op.now)? == 0 {
        return Err(Refusal::Conflict(format!("invitation {id} was withdrawn already")));
    }
    let (target, before) = (id.to_string(), described(&before));
    op.audit(&Event { action: "invitation_withdrawn", target: &target, before, ..Event::default() })?;
    numbered(op, id)
}

/// What a link invites to, while it works. Looking uses nothing up.
pub fn look(view: &View<'_>, link: &Secret) -> Result<Option<Invited>, Refusal> {
    permit(view.standing, Verb::SignIn)?;
    let Some(invitation) = open(view, Some(link))? else { return Ok(None) };
    Ok(Some(Invited { by: inviter(view, &invitation)?, invitation }))
}

/// The invitation of a link, while it works.
pub(super) fn open(view: &View<'_>, link: Option<&Secret>) -> Result<Option<Invitation>, Refusal> {
    let Some(link) = link else { return Ok(None) };
    let found = invitations::by_link(view.connection, hash(link))?;
    Ok(found.filter(|invitation| invitation.state(view.now) == InvitationState::Open))
}

fn numbered(view: &View<'_>, id: i64) -> Result<Invitation, Refusal> {
    invitations::by_id(view.connection, id)?.ok_or_else(|| Refusal::missing("invitation", id))
}

fn described(invitation: &Invitation) -> Value {
    let apps = invitation
        .apps
        .iter()
        .map(|app| json!({ "app": app.slug.as_str(), "role": app.role.as_ref().map(Role::as_str) }));
    json!({
        "email": invitation.email.as_ref().map(Email::as_str), "uses": invitation.uses, "used": invitation.used,
        "expires_at": invitation.expires_at.0, "groups": invitation.groups, "apps": apps.collect::<Vec<_>>(),
    })
}
