//! Using an invitation: at the sign-in that was asked for on its page, and in the same transaction.

use gk_shared::model::{Email, GrantId, GroupName};
use serde_json::json;

use super::super::audit::Event;
use super::super::grants::{self, News, RoleChange};
use super::super::op::Op;
use super::super::refusal::Refusal;
use super::super::users::{self, AccountOrigin, Add, Approval, Fullname, Rank};
use super::super::{apps, groups};
use crate::model::{App, Grant, Holder, Invitation, InvitedApp, Status, User};
use crate::store;
use crate::store::invitations;

/// Counts a use of the invitation, unless it has no more or has ended.
pub(in super::super) fn take_up(op: &Op<'_>, id: i64) -> Result<Option<Invitation>, Refusal> {
    if invitations::count_use(op.transaction, id, op.now)? == 0 {
        return Ok(None);
    }
    Ok(invitations::by_id(op.connection, id)?)
}

/// Lets somebody in: a new account, or the one there is, which gains what it lacks and loses nothing. Whoever gains
/// nothing has used nothing.
pub(in super::super) fn admit(
    op: &Op<'_>,
    invitation: &Invitation,
    known: Option<User>,
    email: &Email,
) -> Result<User, Refusal> {
    let was_approved = known.as_ref().is_some_and(|user| user.status == Status::Approved);
    let user = account(op, known, email)?;
    let mut gained = Vec::new();
    for name in &invitation.groups {
        if groups::enter(op, &GroupName::parse(name)?, &user)? > 0 {
            gained.push(name.clone());
        }
    }
    for invited in &invitation.apps {
        if let Some(given) = give(op, invitation, invited, &user)? {
            gained.push(given);
        }
    }
    if was_approved && gained.is_empty() {
        invitations::give_use_back(op.transaction, invitation.id)?;
        return Ok(user);
    }
    let after = json!({ "invitation": invitation.id, "by": invitation.created_by, "gained": gained });
    op.audit(&Event { action: "invitation_used", target: user.username.as_str(), after, ..Event::default() })?;
    Ok(user)
}

fn account(op: &Op<'_>, known: Option<User>, email: &Email) -> Result<User, Refusal> {
    match known {
        Some(user) if user.status == Status::Approved => Ok(user),
        Some(user) => users::approve_unasked(op, &user),
        None => {
            let add = Add {
                username: None,
                email: email.clone(),
                fullname: Fullname::default(),
                approval: Approval::Given,
                rank: Rank::Person,
                origin: AccountOrigin::Added,
            };
            users::create(op, add, "user_registered")
        }
    }
}

/// Gives the grant an invitation holds out, unless what the person has is as strong or stronger: a grant of their own
/// would count before a group's, so it is compared with those too. Gives what was given.
fn give(op: &Op<'_>, by: &Invitation, invited: &InvitedApp, user: &User) -> Result<Option<String>, Refusal> {
    let change = invited.role.clone().map_or(RoleChange::Clear, RoleChange::Set);
    let app = apps::named(op, &invited.slug)?;
    // A closed list may have lost the role since; then nothing is given rather than the sign-in refused.
    let new_role = match grants::admit_role(op, &app, &change) {
        Ok(new_role) => new_role,
        Err(Refusal::Invalid(_)) => return Ok(None),
        Err(refusal) => return Err(refusal),
    };
    let app = apps::named(op, &invited.slug)?; // its list may have got longer
    let holder = Holder::User(user.id);
    let before = store::grants::find(op.connection, app.id, holder)?;
    if strongest(op, &app, user)?.is_some_and(|held| held >= app.rank(invited.role.as_ref())) {
        return Ok(None);
    }
    let grant = Grant {
        id: before.as_ref().map_or(GrantId(0), |grant| grant.id),
        app: app.id,
        holder,
        holder_name: user.email.to_string(),
        role: invited.role.clone(),
        starts_at: None,
        expires_at: None,
        note: before.as_ref().map(|grant| grant.note.clone()).unwrap_or_default(),
        granted_by: by.created_by.clone(),
        granted_at: op.now,
        last_used_at: before.as_ref().and_then(|grant| grant.last_used_at),
    };
    let given = grants::put(op, &app, before.as_ref(), grant, new_role)?;
    grants::follow_up(op, &app, &given, News::IfAsked)?;
    Ok(Some(app.slug.to_string()))
}

/// The rank of the strongest role somebody holds in an app, by themselves or through a group, now or from a time to
/// come.
fn strongest(op: &Op<'_>, app: &App, user: &User) -> Result<Option<usize>, Refusal> {
    let groups = store::groups::of_user(op.connection, user.id)?.into_iter().map(Holder::Group);
    let mut strongest = None;
    for holder in groups.chain([Holder::User(user.id)]) {
        let grant = store::grants::find(op.connection, app.id, holder)?;
        let open = grant.filter(|grant| grant.expires_at.is_none_or(|end| end > op.now));
        strongest = strongest.max(open.map(|grant| app.rank(grant.role.as_ref())));
    }
    Ok(strongest)
}
