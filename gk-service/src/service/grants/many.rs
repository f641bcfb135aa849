//! Many people and groups into many apps at once: first what would come of it, then all of it or nothing.

use gk_shared::model::Slug;

use super::{Change, Give, News, Receiver, check, follow_up, give_to, holder};
use crate::model::{App, Grant, Holder, Status};
use crate::service::apps;
use crate::service::op::{Op, View};
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::store;

/// So many grants are given by name at once.
const MOST_AT_ONCE: usize = 10_000;

/// Who shall get grants.
#[derive(Clone, Debug)]
pub enum Whom {
    Named(Vec<Receiver>),
    /// Everybody who is approved now and whose account is on.
    AllApproved,
}

/// What giving many grants comes to, or would. Whoever has a grant keeps it as it is.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Everybody known with each app there is, in the order they were named, each once.
    pub pairs: Vec<Pair>,
    /// Names that are nobody's and no app's: with one, nothing is given.
    pub unknown: Vec<String>,
    /// Why apps do not take the role: with one, nothing is given.
    pub refused: Vec<String>,
    /// Apps whose open list of roles gets longer by it.
    pub new_role_in: Vec<Slug>,
}

/// Somebody and an app.
#[derive(Clone, Debug)]
pub struct Pair {
    pub app: Slug,
    pub holder: Holder,
    /// The holder's e-mail or group name.
    pub name: String,
    /// The grant they have already.
    pub has: Option<Grant>,
}

impl Plan {
    /// Those who get a grant.
    pub fn gaining(&self) -> impl Iterator<Item = &Pair> {
        self.pairs.iter().filter(|pair| pair.has.is_none())
    }

    /// How many grants are new.
    pub fn count(&self) -> usize {
        self.gaining().count()
    }

    /// Refuses a plan that cannot be carried out, naming everything that is in the way.
    pub fn check(&self) -> Result<(), Refusal> {
        let missing =
            (!self.unknown.is_empty()).then(|| format!("there is nothing called {}", self.unknown.join(", ")));
        let reasons = missing.into_iter().chain(self.refused.iter().cloned()).collect::<Vec<_>>();
        if reasons.is_empty() { Ok(()) } else { Err(Refusal::Invalid(reasons.join("; "))) }
    }
}

/// What [`give_new`] would do. Only what no grant may have at all is refused here.
pub fn plan(view: &View<'_>, slugs: &[Slug], whom: &Whom, give: &Give) -> Result<Plan, Refusal> {
    check(give.starts_at.over(None), give.expires_at.over(None), give.note.as_deref().unwrap_or_default())?;
    if slugs.is_empty() {
        // Who may do this is asked of each app: without one, anybody could ask which names there are.
        return Err(Refusal::Invalid("name at least one app".into()));
    }
    let mut plan = Plan::default();
    let apps = apps_of(view, slugs, give, &mut plan)?;
    let holders = holders_of(view, &apps, whom, &mut plan)?;
    for (holder, name) in &holders {
        for app in &apps {
            let has = store::grants::find(view.connection, app.id, *holder)?;
            plan.pairs.push(Pair { app: app.slug.clone(), holder: *holder, name: name.clone(), has });
        }
    }
    Ok(plan)
}

/// Gives each of them a grant of each app, except those who have one; gives what was planned. Each new one is told of by
/// mail; but if everybody gets one, only to those who had asked: a mail to everybody is for whoever gives it to write.
pub fn give_new(op: &Op<'_>, slugs: &[Slug], whom: &Whom, give: &Give) -> Result<Plan, Refusal> {
    let plan = plan(op, slugs, whom, give)?;
    plan.check()?;
    let news = match whom {
        Whom::Named(_) => News::Told,
        Whom::AllApproved => News::IfAsked,
    };
    for pair in plan.gaining() {
        let app = apps::named(op, &pair.app)?; // its list of roles may have got longer
        follow_up(op, &app, &give_to(op, &app, pair.holder, None, give)?, news)?;
    }
    Ok(plan)
}

/// The apps there are, and what is in the way.
fn apps_of(view: &View<'_>, slugs: &[Slug], give: &Give, plan: &mut Plan) -> Result<Vec<App>, Refusal> {
    let mut found: Vec<App> = Vec::new();
    for slug in slugs {
        match apps::permitted(view, slug, Verb::ChangeGrants) {
            Err(Refusal::NotFound { name, .. }) => plan.unknown.push(name),
            Err(other) => return Err(other),
            Ok(app) if found.iter().any(|one| one.id == app.id) => {}
            Ok(app) => {
                take_role(&app, give, plan)?;
                found.push(app);
            }
        }
    }
    Ok(found)
}

fn take_role(app: &App, give: &Give, plan: &mut Plan) -> Result<(), Refusal> {
    let Change::Set(role) = &give.role else { return Ok(()) };
    match apps::takes(app, role) {
        Err(Refusal::Invalid(why)) => plan.refused.push(why),
        Err(other) => return Err(other),
        Ok(()) if !app.roles.contains(role) => plan.new_role_in.push(app.slug.clone()),
        Ok(()) => {}
    }
    Ok(())
}

fn holders_of(view: &View<'_>, apps: &[App], whom: &Whom, plan: &mut Plan) -> Result<Vec<(Holder, String)>, Refusal> {
    let receivers = match whom {
        Whom::Named(receivers) => receivers,
        Whom::AllApproved => {
            permit(view.standing, Verb::ChangeGrants)?; // who they all are is not an app's to know
            let approved = store::users::list(view.connection, Some(Status::Approved))?;
            let on = approved.into_iter().filter(|user| user.enabled);
            return Ok(on.map(|user| (Holder::User(user.id), user.email.to_string())).collect());
        }
    };
    if receivers.len().saturating_mul(apps.len()) > MOST_AT_ONCE {
        return Err(Refusal::Invalid(format!("give at most {MOST_AT_ONCE} grants at once")));
    }
    let mut found: Vec<(Holder, String)> = Vec::new();
    for receiver in receivers {
        match holder(view, apps, receiver) {
            Ok((holder, _)) if found.iter().any(|(one, _)| *one == holder) => {}
            Ok(one) => found.push(one),
            Err(Refusal::NotFound { name, .. }) => plan.unknown.push(name),
            Err(other) => return Err(other),
        }
    }
    Ok(found)
}
