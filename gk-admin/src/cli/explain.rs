//! `gk explain`

use clap::Args;
use gk_service::service::explain;
use gk_shared::model::{Slug, Username};
use gk_shared::time::Timestamp;
use serde_json::json;

use super::answer::{Answer, Failure};
use super::shell::Shell;
use super::time;

/// Why somebody may or may not enter an app: the decision gk-validate makes, from the same file
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
        let found = db.in_force(|snapshot| {
            db.read(&shell.caller, |view| explain::explain(view, snapshot, &self.user, self.app.as_ref(), at))
        })??;
        let role = found.role.as_ref().map(|role| format!("\nrole   {role}")).unwrap_or_default();
        let text = format!("{} {} ({})\n{}{role}", found.status, found.verdict, found.reason, found.sentence);
        let json = json!({
            "status": found.status, "verdict": found.verdict, "reason": found.reason, "user": found.email,
            "name": found.fullname, "role": found.role, "app": found.app, "sentence": found.sentence,
        });
        Ok(Answer::seen(json, text))
    }
}
