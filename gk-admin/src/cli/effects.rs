//! What `--dry-run` says of a change: what would be done, and who would gain and who would lose by it.

use gk_service::service::whatif::{Affected, Effects, Names};
use gk_service::service::{Op, Refusal};
use serde_json::Value;

use super::answer::{Answer, Failure, plain};
use super::shell::Shell;
use crate::access_json::effects_json;

/// Tries a verb, takes it back, and tells what it would have come to.
pub(super) fn tried<T>(
    shell: &Shell,
    verb: impl FnOnce(&Op<'_>) -> Result<T, Refusal>,
    describe: impl FnOnce(&T) -> (Value, String),
) -> Result<Answer, Failure> {
    let (value, effects) = shell.database()?.what_if(&shell.caller, verb)?;
    let (mut json, said) = describe(&value);
    if let Some(object) = json.as_object_mut() {
        object.insert("effects".into(), effects_json(&effects));
    }
    Ok(Answer::seen(json, format!("Would be done: {said}\n{}", text(&effects))))
}

fn text(effects: &Effects) -> String {
    if effects.is_empty() {
        return "Nobody would gain or lose anything by it.".to_owned();
    }
    let (gain, lose, roles) = effects.totals();
    let mut lines = vec![format!("{gain} would gain entry, {lose} would lose it, {roles} would have another role.")];
    for place in &effects.places {
        lines.push(format!("{}:", place.place.words()));
        let told = place.kinds().into_iter().filter(|(_, names)| names.total > 0);
        lines.extend(told.flat_map(|(kind, names)| kind_lines(kind, names)));
    }
    lines.join("\n")
}

fn kind_lines(kind: &str, names: &Names) -> Vec<String> {
    let one = |one: &Affected| {
        format!("    {}: {} → {}", plain(&one.email), plain(&one.before.phrase()), plain(&one.after.phrase()))
    };
    let head = format!("  {} {kind}", names.total);
    let more = (names.unnamed() > 0).then(|| format!("    and {} more", names.unnamed()));
    std::iter::once(head).chain(names.people.iter().map(one)).chain(more).collect()
}
