//! Why somebody enters, who does, and where, as JSON: the same at the command line and at the API.

use gk_service::service::explain::{Change, Destination, Entrant, Explanation, Fact, GrantFact, Held, Outcome};
use gk_service::service::whatif::{Affected, Effects, Names, Place, PlaceEffects};
use gk_shared::model::Slug;
use gk_shared::policy::DefaultAccess;
use gk_shared::time::Timestamp;
use serde_json::{Value, json};

use crate::time;

/// A decision with all it rests on and what would change it.
pub(crate) fn explanation_json(said: &Explanation) -> Value {
    let mut value = outcome_json(&said.outcome);
    let name = (!said.user.fullname.is_empty()).then_some(said.user.fullname.as_str());
    let facts = said.facts.iter().map(fact_json).collect::<Vec<_>>();
    let changes = said.changes.iter().map(change_json).collect::<Vec<_>>();
    let more = json!({
        "user": said.user.email.as_str(), "name": name, "app": said.app.as_ref().map(Slug::as_str),
        "at": time::show(said.at), "sentence": said.sentence(), "facts": facts, "changes": changes,
    });
    merge(&mut value, more);
    value
}

/// Somebody who enters an app.
pub(crate) fn entrant_json(one: &Entrant) -> Value {
    let mut value = outcome_json(&one.outcome);
    let name = (!one.fullname.is_empty()).then_some(one.fullname.as_str());
    let more = json!({
        "id": one.id.0, "user": one.email, "name": name, "group": one.group, "until": one.until.map(time::show),
    });
    merge(&mut value, more);
    value
}

/// An app, and what somebody is answered there.
pub(crate) fn destination_json(place: &Destination) -> Value {
    let mut value = outcome_json(&place.outcome);
    let more = json!({
        "app": place.app.slug.as_str(), "name": place.app.name, "group": place.group,
        "until": place.until.map(time::show),
    });
    merge(&mut value, more);
    value
}

/// Status, verdict, reason and role.
fn outcome_json(outcome: &Outcome) -> Value {
    json!({
        "status": outcome.status, "verdict": outcome.verdict, "reason": outcome.reason.word(), "role": outcome.role,
    })
}

fn fact_json(fact: &Fact) -> Value {
    let mut value = json!({ "label": fact.label(), "sentence": fact.sentence() });
    let data = match fact {
        Fact::NotYetInForce => json!({ "fact": "not-yet-in-force" }),
        Fact::Account { status, enabled } => json!({ "fact": "account", "status": status.word(), "enabled": enabled }),
        Fact::SuperAdmin { member } => json!({ "fact": "super-admin", "member": member }),
        Fact::Domain { domain, accepted } => json!({ "fact": "domain", "domain": domain, "accepted": accepted }),
        Fact::NoApp => json!({ "fact": "no-app" }),
        Fact::App { slug, registered } => json!({ "fact": "app", "app": slug.as_str(), "registered": registered }),
        Fact::DefaultAccess(DefaultAccess::Allow) => json!({ "fact": "default-access", "default": "allow" }),
        Fact::DefaultAccess(DefaultAccess::Deny) => json!({ "fact": "default-access", "default": "deny" }),
        Fact::NoGrants => json!({ "fact": "no-grants" }),
        Fact::Grant(grant) => grant_json(grant),
    };
    merge(&mut value, data);
    value
}

fn grant_json(grant: &GrantFact) -> Value {
    let shown = |at: Option<Timestamp>| at.map(time::show);
    let group = match &grant.held {
        Held::Own => None,
        Held::ByGroup(name) => Some(name),
    };
    json!({
        "fact": "grant", "id": grant.id.0, "group": group, "role": grant.role, "rank": grant.rank,
        "starts_at": shown(grant.starts_at), "expires_at": shown(grant.expires_at),
        "granted_by": grant.given.as_ref().map(|given| &given.by),
        "granted_at": shown(grant.given.as_ref().map(|given| given.at)),
        "note": grant.given.as_ref().map(|given| &given.note), "weight": grant.weight.word(),
    })
}

fn change_json(change: &Change) -> Value {
    let mut value = json!({ "change": change.word(), "sentence": change.sentence() });
    if let Change::Starts { at, grant, then } | Change::Ends { at, grant, then } = change {
        merge(&mut value, json!({ "at": time::show(*at), "grant": grant.0, "then": outcome_json(then) }));
    }
    value
}

/// Who gains and who loses by a change.
pub(crate) fn effects_json(effects: &Effects) -> Value {
    let (gain, lose, role) = effects.totals();
    let places = effects.places.iter().map(place_json).collect::<Vec<_>>();
    json!({ "gain": gain, "lose": lose, "other_role": role, "compared": effects.compared, "places": places })
}

fn place_json(effects: &PlaceEffects) -> Value {
    let app = match &effects.place {
        Place::App(slug) => Some(slug),
        Place::Unregistered | Place::NoApp => None,
    };
    json!({
        "app": app, "place": effects.place.words(), "lose": names_json(&effects.losses),
        "gain": names_json(&effects.gains), "other_role": names_json(&effects.roles),
        "administer_no_longer": names_json(&effects.admins_lost), "administer": names_json(&effects.admins_gained),
    })
}

fn names_json(names: &Names) -> Value {
    let one = |one: &Affected| json!({ "user": one.email, "before": outcome_json(&one.before), "after": outcome_json(&one.after) });
    json!({ "total": names.total, "people": names.people.iter().map(one).collect::<Vec<_>>() })
}

/// Adds the members of one object to another.
fn merge(object: &mut Value, more: Value) {
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
}
