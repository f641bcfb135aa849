//! Who asks the database in SQL: off unless it is turned on, and every question is in the audit before it is asked.

use serde_json::{Value, json};

use super::audit::Event;
use super::op::{Op, View, Who};
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use crate::settings::Setting;
use crate::store::audit;

const ACTION: &str = "sql_query";
/// Questions of one's own that are offered again.
const MOST_REMEMBERED: i64 = 20;

/// Notes a question that is about to be asked. The question itself is `query::Answer::of`, in a process of its own.
pub fn begin(op: &Op<'_>, question: &str) -> Result<(), Refusal> {
    permit(op.standing, Verb::AskDatabase)?;
    if !is_on(op) {
        return Err(Refusal::Conflict("the SQL console is off: the setting console.sql turns it on".into()));
    }
    op.audit(&Event { action: ACTION, after: json!({ "sql": question }), ..Event::default() })
}

/// Notes that the rows of a question leave as a file.
pub fn take_away(op: &Op<'_>, question: &str, rows: usize) -> Result<(), Refusal> {
    permit(op.standing, Verb::AskDatabase)?;
    let after = json!({ "sql": question, "rows": rows });
    op.audit(&Event { action: "sql_export", after, ..Event::default() })
}

/// Whether questions are answered.
pub fn is_on(view: &View<'_>) -> bool {
    view.settings.flag(Setting::SqlConsole)
}

/// The caller's own last questions, the newest first, each once.
pub fn remembered(view: &View<'_>) -> Result<Vec<String>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    let Who::Person(id, _) = &view.caller.who else { return Ok(Vec::new()) };
    let entries = audit::of_person(view.connection, (ACTION, *id), MOST_REMEMBERED)?;
    let asked = entries.iter().filter_map(|entry| serde_json::from_str::<Value>(&entry.after).ok());
    let mut questions: Vec<String> = Vec::new();
    for question in asked.filter_map(|after| Some(after.get("sql")?.as_str()?.to_owned())) {
        if !questions.contains(&question) {
            questions.push(question);
        }
    }
    Ok(questions)
}
