//! `gk directory search` and `gk directory provision`.

use gk_service::model::{DirectoryLabel, Found};
use gk_service::service::directories;
use serde_json::json;

use super::asking;
use crate::cli::answer::{Answer, Failure, list, table};
use crate::cli::shell::Shell;
use crate::directory::Sought;
use crate::directory_json::found_json;

/// So many people are found at most.
const MOST_FOUND: usize = 50;

pub(super) fn search(shell: &Shell, label: &DirectoryLabel, text: &str) -> Result<Answer, Failure> {
    shell.database()?.read(&shell.caller, directories::may_look)?;
    let (directories, runtime) = asking(shell)?;
    let people = runtime.block_on(directories.search(label, text, MOST_FOUND))?;
    let email = |found: &Found| found.emails.first().map(ToString::to_string).unwrap_or_default();
    let row = |found: &Found| {
        vec![
            found.username.to_string(),
            email(found),
            found.fullname.clone(),
            found.account.word().into(),
            found.dn.clone(),
        ]
    };
    let rows = people.iter().map(row).collect::<Vec<_>>();
    let json = list("people", people.iter().map(found_json));
    Ok(Answer::seen(json, table(&["Username", "Email", "Name", "Account", "DN"], &rows)))
}

pub(super) fn provision(shell: &Shell, label: Option<&DirectoryLabel>, typed: &str) -> Result<Answer, Failure> {
    shell.database()?.read(&shell.caller, directories::may_look)?;
    let (asked, runtime) = asking(shell)?;
    let found = match runtime.block_on(asked.find(label, typed))? {
        Sought::Found(found) => found,
        other => return Err(Failure::refused(other.refusal(typed).to_string())),
    };
    let done = shell.database()?.write(&shell.caller, |op| directories::provision(op, &found))?;
    Ok(Answer::done(done, |user| {
        let json =
            json!({ "username": user.username.as_str(), "email": user.email.as_str(), "directory": user.directory });
        (json, format!("Created {} ({}) from {}.", user.username, user.email, user.directory))
    }))
}
