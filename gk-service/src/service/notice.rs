//! Mails that tell somebody what happened, as far as they asked to hear of it.

use gk_shared::model::Email;

use super::mail;
use super::op::{Op, View};
use super::refusal::Refusal;
use crate::model::User;
use crate::settings::Setting;
use crate::store::users;

/// News is worth sending for two days.
const WORTH_SENDING_SECONDS: i64 = 2 * 86_400;

/// Tells the person that they wait, and administrators that somebody does.
pub(super) fn registration_waits(op: &Op<'_>, user: &User) -> Result<(), Refusal> {
    let (name, email) = (name(op), &user.email);
    let text = format!(
        "Your registration at {name} as {email} has arrived. An administrator looks at it, and a mail tells you what\n\
         came of it.\n"
    );
    send(op, email, &format!("{name} - Registration pending approval"), &text)?;
    // Quoted for a shell: an address may hold characters that mean something there, but no quote.
    let text = format!(
        "{email} has registered at {name} and waits for approval.\n\n\
         Approve or reject them on the server:\n\n    gk users approve --user '{email}'\n    gk users reject --user '{email}'\n"
    );
    let subject = format!("{name} - New registration pending approval");
    users::notified_admins(op.connection)?.iter().try_for_each(|admin| send(op, admin, &subject, &text))
}

/// Tells the person that they may come in.
pub(super) fn registration_approved(op: &Op<'_>, user: &User) -> Result<(), Refusal> {
    let (name, url) = (name(op), op.settings.text(Setting::PublicUrl));
    let text = format!("Your registration at {name} was approved. Sign in here:\n\n{url}/signin\n");
    send(op, &user.email, &format!("{name} - Registration approved"), &text)
}

fn name<'v>(view: &'v View<'_>) -> &'v str {
    view.settings.text(Setting::ServerName)
}

fn send(op: &Op<'_>, to: &Email, subject: &str, text: &str) -> Result<(), Refusal> {
    mail::queue(op, to, subject, text, op.now.plus(WORTH_SENDING_SECONDS))
}
