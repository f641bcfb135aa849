//! `gk mail …`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use gk_service::model::{MailEntry, MailState, Suppression};
use gk_service::service::mail::{self, Delivery, Retried};
use gk_shared::model::Email;
use serde_json::{Value, json};

use super::answer::{Answer, Failure, list, table};
use super::shell::Shell;
use super::time;
use crate::mail::{Transports, write_templates};

#[derive(Subcommand)]
pub(super) enum Mail {
    /// Send a mail now, from this command, and say what the other side answered
    Test {
        /// Whom to
        #[arg(long, value_name = "EMAIL", value_parser = Email::parse)]
        to: Email,
    },
    /// Show mails that wait, are dead, were sent or dropped: the newest thousand
    Queue {
        /// Only those that are queued, dead, sent or dropped
        #[arg(long, value_parser = state)]
        state: Option<MailState>,
    },
    /// Try a dead mail again, or one that waits at once; a running gk-admin sends it
    Retry(Which),
    /// Drop a mail that waits or is dead
    Drop {
        /// Its number in `gk mail queue`
        #[arg(long)]
        id: i64,
    },
    /// Send no mail to an address any more, whatever it is for
    Suppress {
        #[command(flatten)]
        address: Address,
        /// Why, for whoever wonders later
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Send mail to an address again
    Unsuppress(Address),
    /// Show the addresses no mail goes to, and why
    Suppressed,
    /// Write the built-in texts into a folder for mail.template_dir; overwrites nothing
    Templates {
        /// The folder
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct Which {
    /// Its number in `gk mail queue`
    #[arg(long)]
    id: Option<i64>,
    /// Every dead mail that is still worth it
    #[arg(long)]
    all: bool,
}

#[derive(Args)]
pub(super) struct Address {
    /// The address
    #[arg(short, long, value_parser = Email::parse)]
    email: Email,
}

fn state(text: &str) -> Result<MailState, String> {
    MailState::parse(text).ok_or_else(|| "write queued, dead, sent or dropped".into())
}

impl Mail {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let (db, caller) = (shell.database()?, &shell.caller);
        match self {
            Self::Templates { to } => templates(&to),
            Self::Test { to } => test(shell, &to),
            Self::Queue { state } => Ok(listed(&db.read(caller, |view| mail::list(view, state))?)),
            Self::Retry(Which { id: Some(id), .. }) => {
                let done = db.write(caller, |op| mail::retry(op, id))?;
                Ok(Answer::done(done, |entry| (as_json(entry), format!("Mail {id} to {} is queued.", entry.to))))
            }
            Self::Retry(Which { id: None, .. }) => Ok(Answer::done(db.write(caller, mail::retry_all)?, retried)),
            Self::Drop { id } => {
                let done = db.write(caller, |op| mail::discard(op, id))?;
                Ok(Answer::done(done, |entry| (as_json(entry), format!("Dropped mail {id} to {}.", entry.to))))
            }
            Self::Suppress { address, reason } => {
                let done = db.write(caller, |op| mail::suppress(op, &address.email, &reason))?;
                Ok(Answer::done(done, |set| (suppression(set), format!("No mail goes to {} from now on.", set.email))))
            }
            Self::Unsuppress(Address { email }) => {
                let done = db.write(caller, |op| mail::unsuppress(op, &email))?;
                let text = format!("Mail goes to {email} again.");
                Ok(Answer::done(done, |()| (json!({ "email": email.as_str() }), text)))
            }
            Self::Suppressed => Ok(all_suppressed(&db.read(caller, mail::suppressed)?)),
        }
    }
}

/// Sends a mail outside the queue.
fn test(shell: &Shell, to: &Email) -> Result<Answer, Failure> {
    let db = shell.shared_database()?;
    let letter = db.write(&shell.caller, |op| mail::test_letter(op, to))?.value;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::refused(error.to_string()))?;
    match runtime.block_on(Transports::new(db).send(&letter)) {
        Delivery::Sent(answer) => {
            let json = json!({ "to": to.as_str(), "answer": answer });
            Ok(Answer::seen(json, format!("A mail to {to} was taken: {answer}.")))
        }
        Delivery::Unclear(why) => {
            Err(Failure::refused(format!("a mail to {to} was sent, but whether it was taken is not known: {why}")))
        }
        Delivery::Delayed(why) | Delivery::Refused(why) | Delivery::Bounced(why) | Delivery::Dropped(why) => {
            Err(Failure::refused(format!("no mail was sent to {to}: {why}")))
        }
    }
}

fn templates(to: &Path) -> Result<Answer, Failure> {
    let (written, there) = write_templates(to).map_err(Failure::refused)?;
    let text = format!("Wrote {} templates to {}; {} were there.", written.len(), to.display(), there.len());
    Ok(Answer::seen(json!({ "written": written, "there": there }), text))
}

fn retried(retried: &Retried) -> (Value, String) {
    let left = retried.left.iter().map(|(id, why)| json!({ "id": id, "reason": why }));
    let queued = retried.queued.iter().map(as_json).collect::<Vec<_>>();
    let mut lines = match (queued.len(), retried.left.len()) {
        (0, 0) => vec!["There is no dead mail.".to_owned()],
        (queued, left) => vec![format!("{queued} queued again, {left} not worth it any more.")],
    };
    lines.extend(retried.left.iter().map(|(_, why)| why.clone()));
    (json!({ "queued": queued, "left": left.collect::<Vec<_>>() }), lines.join("\n"))
}

fn listed(mails: &[MailEntry]) -> Answer {
    let row = |mail: &MailEntry| {
        let next = if mail.state == MailState::Queued { time::show(mail.next_try_at) } else { String::new() };
        let (state, tries) = (mail.state.word().into(), mail.tries.to_string());
        vec![mail.id.to_string(), mail.kind.clone(), mail.to.clone(), state, tries, next, mail.last_error.clone()]
    };
    let rows = mails.iter().map(row).collect::<Vec<_>>();
    let heading = ["Id", "Kind", "To", "State", "Tries", "Next try", "Last error"];
    Answer::seen(list("mails", mails.iter().map(as_json)), table(&heading, &rows))
}

fn as_json(mail: &MailEntry) -> Value {
    json!({
        "id": mail.id, "kind": mail.kind, "to": mail.to, "state": mail.state.word(), "tries": mail.tries,
        "created_at": time::show(mail.created_at), "last_error": mail.last_error,
        "next_try_at": (mail.state == MailState::Queued).then(|| time::show(mail.next_try_at)),
    })
}

fn all_suppressed(found: &[Suppression]) -> Answer {
    let row = |one: &Suppression| {
        vec![one.email.clone(), one.source.word().into(), time::show(one.created_at), one.reason.clone()]
    };
    let rows = found.iter().map(row).collect::<Vec<_>>();
    Answer::seen(list("suppressed", found.iter().map(suppression)), table(&["E-mail", "By", "Since", "Reason"], &rows))
}

fn suppression(one: &Suppression) -> Value {
    let at = time::show(one.created_at);
    json!({ "email": one.email, "source": one.source.word(), "reason": one.reason, "created_at": at })
}
