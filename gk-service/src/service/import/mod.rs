//! People from a list: each line is taken or skipped with its reason, and all that are taken are taken at once.

mod report;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use gk_shared::model::{Email, Username};
use serde_json::json;

pub use self::report::{Change, Line, Mode, Outcome, Reason, Report, Reported};
use super::audit::Event;
use super::op::{Op, View};
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use super::users::{self, AccountOrigin, Add, Approval, Fullname, Rank, Update};
use crate::model::{Status, User};
use crate::store;

/// A list may be so long.
pub const MOST_LINES: usize = 100_000;

/// Whether the caller may import now: said before they prepare a list.
pub fn offer(view: &View<'_>) -> Result<(), Refusal> {
    permit(view.standing, Verb::ChangeUsers)
}

/// Takes people from a list: approved, and in `standard`. A line that cannot be taken holds up no other.
pub fn import(op: &Op<'_>, lines: Vec<Line>, mode: Mode) -> Result<Report, Refusal> {
    permit(op.standing, Verb::ChangeUsers)?;
    if lines.len() > MOST_LINES {
        return Err(Refusal::Invalid(format!("a list has at most {MOST_LINES} lines")));
    }
    let (mut report, mut seen) = (Report::default(), HashMap::new());
    for line in lines {
        let outcome = take(op, &line, mode, &mut seen)?;
        report.add(line, outcome);
    }
    let after = json!({ "created": report.created, "updated": report.updated, "unchanged": report.unchanged,
        "skipped": report.skipped });
    op.audit(&Event { action: "users_imported", after, ..Event::default() })?;
    Ok(report)
}

/// The line that first had each name.
type Seen = HashMap<String, u64>;

/// Whom a line means.
struct Person {
    username: Username,
    email: Email,
    /// `None`: the list says nothing about it.
    fullname: Option<Fullname>,
}

fn take(op: &Op<'_>, line: &Line, mode: Mode, seen: &mut Seen) -> Result<Outcome, Refusal> {
    let person = match Person::of(line) {
        Ok(person) => person,
        Err(reason) => return Ok(Outcome::Skipped(reason)),
    };
    if let Some(first) = person.names().iter().find_map(|name| seen.get(*name)) {
        return Ok(Outcome::Skipped(Reason::Repeated(*first)));
    }
    let names = person.names().map(str::to_owned);
    let outcome = match account(op, &person)? {
        Ok(None) => create(op, person)?,
        Ok(Some(user)) => match mode {
            Mode::Create => Outcome::Skipped(Reason::Exists),
            Mode::CreateOrUpdate => update(op, &user, person.fullname)?,
        },
        Err(collision) => Outcome::Skipped(Reason::Refused(collision)),
    };
    // A line that was refused takes its names from nobody.
    if !matches!(outcome, Outcome::Skipped(Reason::Refused(_))) {
        seen.extend(names.map(|name| (name, line.number)));
    }
    Ok(outcome)
}

impl Person {
    /// By the one normaliser of all paths.
    fn of(line: &Line) -> Result<Self, Reason> {
        let refused = |sentence: &dyn ToString| Reason::Refused(sentence.to_string());
        let is_missing = |text: &String| text.trim().is_empty();
        if line.username.as_ref().is_some_and(is_missing) || is_missing(&line.email) {
            return Err(Reason::Incomplete);
        }
        let email = Email::parse(&line.email).map_err(|bad| refused(&bad))?;
        let username = line.username.as_deref().map(Username::parse).transpose().map_err(|bad| refused(&bad))?;
        let fullname = line.fullname.as_deref().filter(|name| !name.trim().is_empty());
        let fullname = fullname.map(Fullname::parse).transpose().map_err(|bad| refused(&bad))?;
        Ok(Self { username: username.unwrap_or_else(|| Username::from(&email)), email, fullname })
    }

    fn names(&self) -> [&str; 2] {
        [self.username.as_str(), self.email.as_str()]
    }
}

/// The account a line means, if there is one: both names must be its own, or else the sentence says whose they are.
fn account(op: &Op<'_>, person: &Person) -> Result<Result<Option<User>, String>, Refusal> {
    let [by_username, by_email] = person.names().map(|name| store::users::by_name(op.connection, name));
    let told = |user: &User| format!("{} ({})", user.username, user.email);
    let taken = |name: &str, user: &User| {
        let Person { username, email, .. } = person;
        format!("{username} ({email}) cannot be taken: `{name}` already belongs to the account {}", told(user))
    };
    Ok(match (by_username?, by_email?) {
        (None, None) => Ok(None),
        (Some(one), Some(other)) if one.id == other.id => Ok(Some(one)),
        (Some(one), Some(other)) => Err(format!(
            "`{}` is the account {}, and `{}` is {}",
            person.username,
            told(&one),
            person.email,
            told(&other)
        )),
        (Some(user), None) => Err(taken(person.username.as_str(), &user)),
        (None, Some(user)) => Err(taken(person.email.as_str(), &user)),
    })
}

fn create(op: &Op<'_>, person: Person) -> Result<Outcome, Refusal> {
    let add = Add {
        username: Some(person.username),
        email: person.email,
        fullname: person.fullname.unwrap_or_default(),
        approval: Approval::Given,
        rank: Rank::Person,
        origin: AccountOrigin::Added,
    };
    match users::create(op, add, "user_created") {
        Ok(_) => Ok(Outcome::Created),
        Err(refusal @ (Refusal::Invalid(_) | Refusal::Conflict(_))) => {
            Ok(Outcome::Skipped(Reason::Refused(refusal.to_string())))
        }
        Err(refusal) => Err(refusal),
    }
}

/// Approves who waits, and takes over the name. Nobody who was rejected or disabled is revived by a list.
fn update(op: &Op<'_>, user: &User, fullname: Option<Fullname>) -> Result<Outcome, Refusal> {
    let mut changes = Vec::new();
    match user.status {
        Status::Approved => {}
        Status::Pending => {
            users::approve(op, &user.username)?;
            changes.push(Change::Approved);
        }
        Status::Rejected => {
            let rejected = format!("the account {} was rejected: approve it by itself", user.username);
            return Ok(Outcome::Skipped(Reason::Refused(rejected)));
        }
    }
    if let Some(fullname) = fullname.filter(|fullname| fullname.as_str() != user.fullname) {
        match users::update(op, &user.username, &Update { fullname: Some(fullname), ..Update::default() }) {
            Ok(_) => changes.push(Change::Fullname),
            // A directory keeps it.
            Err(Refusal::Conflict(why)) if changes.is_empty() => return Ok(Outcome::Skipped(Reason::Refused(why))),
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(if changes.is_empty() { Outcome::Unchanged } else { Outcome::Updated(changes) })
}
