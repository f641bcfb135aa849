//! `gk explain`

use clap::Args;
use gk_service::service::explain::{self, Explanation};
use gk_shared::model::{Slug, Username};
use gk_shared::time::Timestamp;

use super::answer::{Answer, Failure, plain};
use super::shell::Shell;
use super::time;
use crate::access_json::explanation_json;

/// Why somebody may or may not enter an app: the decision gk-validate makes, from the same file, with what it rests on and what would change it
#[derive(Args)]
pub(super) struct Explain {
    /// User name or e-mail
    #[arg(short = 'e', long, alias = "email", value_parser = Username::parse)]
    user: Username,
    /// The app; without it, a request that names none
    #[arg(long, alias = "slug", value_parser = Slug::parse)]
    app: Option<Slug>,
    /// At another time than now
    #[arg(long, value_parser = time::parse)]
    at: Option<Timestamp>,
}

impl Explain {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let db = shell.database()?;
        let at = self.at.unwrap_or_else(|| db.now());
        let said = db.in_force(|snapshot| {
            db.read(&shell.caller, |view| explain::explain(view, snapshot, &self.user, self.app.as_ref(), at))
        })??;
        Ok(Answer::seen(explanation_json(&said), text(&said)))
    }
}

fn text(said: &Explanation) -> String {
    let outcome = &said.outcome;
    let mut lines =
        vec![format!("{} {} ({})", outcome.status, outcome.verdict, outcome.reason.word()), said.sentence()];
    lines.extend(outcome.role.as_ref().map(|role| format!("role   {role}")));
    lines.push("\nIt rests on".to_owned());
    lines.extend(said.facts.iter().map(|fact| format!("  {:17} {}", fact.label(), plain(&fact.sentence()))));
    if !said.changes.is_empty() {
        lines.push("\nWhat would change it".to_owned());
        lines.extend(said.changes.iter().map(|change| format!("  - {}", plain(&change.sentence()))));
    }
    lines.join("\n")
}
