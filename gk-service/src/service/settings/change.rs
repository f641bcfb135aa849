//! Several settings at once: all of them or none, each audited by itself.

use super::{is_stored, named, pinned, write};
use crate::service::op::{Op, View};
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::settings::{Effective, Secrecy, Setting};

/// What a setting shall be.
#[derive(Clone, Debug)]
pub struct Change {
    pub key: String,
    /// `None`: what was set is forgotten, so that the default counts.
    pub value: Option<String>,
}

/// Why one of them cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub key: String,
    /// Begins with what follows the name: "must be …", "is fixed by …".
    pub sentence: String,
}

/// A setting before and after.
#[derive(Clone, Debug)]
pub struct Changed {
    pub before: Effective,
    pub after: Effective,
}

/// Some of the settings.
#[derive(Clone, Debug)]
pub enum Part {
    All,
    /// Those whose keys begin with this word.
    Section(String),
    One(String),
}

/// What whoever changes something has looked at.
#[derive(Clone, Debug)]
pub struct Seen {
    pub part: Part,
    pub version: i64,
}

/// Why these changes cannot be made: empty when they can.
pub fn problems(view: &View<'_>, changes: &[Change]) -> Result<Vec<Problem>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let mut found = Vec::new();
    for change in changes {
        if let Some(sentence) = problem(view, change)? {
            found.push(Problem { key: change.key.clone(), sentence });
        }
    }
    Ok(found)
}

fn problem(view: &View<'_>, change: &Change) -> Result<Option<String>, Refusal> {
    let Some(setting) = Setting::named(&change.key) else { return Ok(Some("is no setting".into())) };
    let effective = view.settings.one(setting);
    let parsed = change.value.as_ref().map(|value| setting.definition().kind.parse(value)).transpose();
    Ok(match (parsed, effective.pinned_at()) {
        (Err(bad), _) => Some(bad.to_string()),
        (Ok(_), None) => None,
        (Ok(_), Some(_)) if is_as_it_is(view, effective, change)? => None,
        (Ok(_), Some(place)) => Some(pinned("", &place).trim_start().to_owned()),
    })
}

/// Makes changes, all of them or none. What changes nothing is passed over and leaves no trace. With `seen`, nothing is
/// done if somebody has changed that part since.
pub fn change(op: &Op<'_>, seen: Option<&Seen>, changes: &[Change]) -> Result<Vec<Changed>, Refusal> {
    permit(op.standing, Verb::ChangeSettings)?;
    if let Some(seen) = seen
        && super::version(&super::part(op, &seen.part)?) != seen.version
    {
        return Err(Refusal::Outdated);
    }
    let problems = problems(op, changes)?;
    if !problems.is_empty() {
        let sentences = problems.iter().map(|problem| format!("{} {}", problem.key, problem.sentence));
        let all = sentences.collect::<Vec<_>>().join("; ");
        let fixed = problems.iter().all(|problem| problem.sentence.starts_with("is fixed"));
        return Err(if fixed { Refusal::Conflict(all) } else { Refusal::Invalid(all) });
    }
    let mut made = Vec::new();
    for change in changes {
        let setting = named(&change.key)?;
        let before = op.settings.one(setting).clone();
        if !is_as_it_is(op, &before, change)? {
            made.push(Changed { before, after: write(op, setting, change.value.as_deref())? });
        }
    }
    Ok(made)
}

/// Whether a change would change nothing.
fn is_as_it_is(view: &View<'_>, effective: &Effective, change: &Change) -> Result<bool, Refusal> {
    let definition = effective.definition;
    let Some(value) = &change.value else { return Ok(!is_stored(effective)) };
    let value = definition.kind.parse(value)?;
    Ok(match definition.secrecy {
        Secrecy::Open => effective.open_text() == value,
        Secrecy::Secret => match view.settings.secret(definition.setting, view.root()?)? {
            Some(secret) => secret.reveal() == value,
            None => value.is_empty(),
        },
    })
}
