//! The ways a mail leaves: an Outbox service's database or its HTTP interface, SMTP, and files in a folder.
//!
//! Chosen for each letter by the settings of that moment. Whatever the other side does, a letter takes no longer than
//! `mail.timeout_seconds`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gk_service::Database;
use gk_service::outbox::{self, OutboxMail};
use gk_service::service::mail::{self, Delivery, Letter};
use gk_service::service::{Caller, Refusal, View};
use gk_service::settings::{Setting, Settings};
use gk_shared::caused::Caused;
use gk_shared::time::Timestamp;
use lettre::Message;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::outbox_http::Service;
use super::smtp::Server;
use super::wording::Worded;
use super::{message, wording};

/// A server that takes longer to greet would hold up whoever waits for a code.
const REACHED_WITHIN: Duration = Duration::from_secs(10);

/// Sends letters.
pub(crate) struct Transports {
    database: Arc<Database>,
}

/// Where a letter goes, and how it is worded.
struct Way {
    route: Route,
    templates: Option<PathBuf>,
    patience: Duration,
    now: Timestamp,
}

enum Route {
    OutboxDatabase(PathBuf),
    OutboxHttp(Service),
    Smtp(Server),
    Folder(PathBuf),
}

/// How far a letter came: until it may have arrived, a failure is just that.
pub(super) struct Progress<'l> {
    database: &'l Arc<Database>,
    letter: &'l Letter,
    complete: AtomicBool,
}

impl Progress<'_> {
    /// Notes, before the last word is said, that an end of this process from now on leaves it open what became of
    /// the letter.
    pub(super) async fn may_arrive(&self) -> Result<(), String> {
        let (database, letter) = (Arc::clone(self.database), self.letter.clone());
        let note = move || database.write(&courier(), |op| mail::note_unclear(op, &letter)).map(drop);
        match spawn_blocking(note).await {
            Ok(noted) => noted.map_err(|error| Caused(&error).to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// All of it was sent; only the other side's word is missing.
    pub(super) fn complete(&self) {
        self.complete.store(true, Ordering::Relaxed);
    }

    /// What an end without an answer means now.
    pub(super) fn broken_off(&self, why: &str) -> Delivery {
        let why = why.to_owned();
        if self.complete.load(Ordering::Relaxed) { Delivery::Unclear(why) } else { Delivery::Delayed(why) }
    }
}

fn courier() -> Caller {
    Caller::system("courier")
}

impl Transports {
    pub(crate) fn new(database: Arc<Database>) -> Self {
        Self { database }
    }

    /// Sends one letter.
    pub(crate) async fn send(&self, letter: &Letter) -> Delivery {
        self.try_to_send(letter).await.printable()
    }

    async fn try_to_send(&self, letter: &Letter) -> Delivery {
        let (database, worded) = (Arc::clone(&self.database), letter.clone());
        let prepared = spawn_blocking(move || prepare(&database, &worded)).await;
        let (way, worded, message) = match prepared {
            Ok(Ok(prepared)) => prepared,
            Ok(Err(delivery)) => return delivery,
            Err(error) => return Delivery::Delayed(error.to_string()),
        };
        let progress = Progress { database: &self.database, letter, complete: AtomicBool::new(false) };
        match timeout(way.patience, way.route.take(letter, (worded, &message), (way.now, &progress))).await {
            Ok(delivery) => delivery,
            Err(_) => progress.broken_off(&format!("there was no answer within {} seconds", way.patience.as_secs())),
        }
    }
}

/// Where mail goes as the settings are now, in words; or what is missing for it. Asks nobody: `gk mail test` does.
pub(crate) fn check(database: &Database) -> Result<String, String> {
    let route = database.read(&courier(), |view| Route::of(&view.settings, database));
    route.map_err(|error| Caused(&error).to_string())?.check()
}

/// The same, having asked there whether mail would be taken. Sends nothing.
pub(crate) async fn reach(database: &Database) -> Result<String, String> {
    let route = database.read(&courier(), |view| Route::of(&view.settings, database));
    let route = route.map_err(|error| Caused(&error).to_string())?;
    let said = route.check()?;
    match timeout(REACHED_WITHIN, route.reach()).await {
        Ok(reached) => reached.map(|()| said),
        Err(_) => Err(format!("{said}: no answer within {} seconds", REACHED_WITHIN.as_secs())),
    }
}

/// Reads where the letter goes, and words it.
fn prepare(database: &Database, letter: &Letter) -> Result<(Way, Worded, Message), Delivery> {
    let way = database.read(&courier(), |view| Way::of(view, database));
    let way = way.map_err(|error| Delivery::Delayed(Caused(&error).to_string()))?;
    let worded = wording::word(letter.template, letter.values.reveal(), way.templates.as_deref());
    let worded = worded.map_err(Delivery::Refused)?;
    let message = message::build(letter, &worded).map_err(Delivery::Refused)?;
    Ok((way, worded, message))
}

impl Way {
    fn of(view: &View<'_>, database: &Database) -> Result<Self, Refusal> {
        let folder = view.settings.text(Setting::MailTemplateDir);
        let seconds = u64::try_from(view.settings.number(Setting::MailTimeout)).unwrap_or(30);
        Ok(Self {
            route: Route::of(&view.settings, database)?,
            templates: (!folder.is_empty()).then(|| folder.into()),
            patience: Duration::from_secs(seconds),
            now: view.now,
        })
    }
}

impl Route {
    fn of(settings: &Settings, database: &Database) -> Result<Self, Refusal> {
        let secret = |setting| match database.root() {
            Some(root) => settings.secret(setting, &root),
            None => Ok(None),
        };
        let set = |setting| !settings.text(setting).is_empty();
        let key = secret(Setting::OutboxKey)?;
        let wanted = match settings.text(Setting::MailTransport) {
            "auto" if set(Setting::OutboxDatabase) => "outbox-database",
            "auto" if set(Setting::OutboxUrl) && key.is_some() => "outbox-http",
            "auto" if set(Setting::SmtpHost) => "smtp",
            named => named,
        };
        Ok(match wanted {
            "outbox-database" => Self::OutboxDatabase(settings.text(Setting::OutboxDatabase).into()),
            "outbox-http" => Self::OutboxHttp(Service { url: settings.text(Setting::OutboxUrl).to_owned(), key }),
            "smtp" => Self::Smtp(Server::of(settings, secret(Setting::SmtpPassword)?)),
            _ => Self::Folder(folder(settings.text(Setting::MailFolder), database)),
        })
    }

    /// Where mail goes, in words; or what is missing for it.
    fn check(&self) -> Result<String, String> {
        match self {
            Self::OutboxDatabase(path) if path.is_file() => Ok(format!("into the Outbox database {}", path.display())),
            Self::OutboxDatabase(path) => Err(format!("outbox.db_path: there is no database at `{}`", path.display())),
            Self::OutboxHttp(service) => service.check(),
            Self::Smtp(server) => server.check(),
            Self::Folder(path) => Ok(format!("into files in {}: nothing is sent", path.display())),
        }
    }

    async fn reach(&self) -> Result<(), String> {
        match self {
            Self::OutboxHttp(service) => service.reach().await,
            Self::Smtp(server) => server.reach().await,
            Self::OutboxDatabase(_) | Self::Folder(_) => Ok(()),
        }
    }

    async fn take(
        self,
        letter: &Letter,
        (worded, message): (Worded, &Message),
        (now, progress): (Timestamp, &Progress<'_>),
    ) -> Delivery {
        match self {
            Self::OutboxHttp(service) => service.send(letter, &worded, progress).await,
            Self::Smtp(server) => server.send(message, progress).await,
            Self::OutboxDatabase(path) => {
                blocking(letter, move |letter| into_outbox(&path, letter, &worded, now)).await
            }
            Self::Folder(path) => {
                let message = message.formatted();
                blocking(letter, move |letter| into_folder(&path, letter, &worded, &message)).await
            }
        }
    }
}

/// Both of these may be done twice: the second time changes nothing.
async fn blocking(letter: &Letter, work: impl FnOnce(&Letter) -> Delivery + Send + 'static) -> Delivery {
    let letter = letter.clone();
    let done = spawn_blocking(move || work(&letter)).await;
    done.unwrap_or_else(|error| Delivery::Delayed(error.to_string()))
}

fn folder(named: &str, database: &Database) -> PathBuf {
    let beside = || database.path().parent().unwrap_or(Path::new(".")).join("mail");
    if named.is_empty() { beside() } else { named.into() }
}

fn into_outbox(path: &Path, letter: &Letter, worded: &Worded, now: Timestamp) -> Delivery {
    let (sender, recipient) = (&letter.sender, &letter.recipient);
    let mail = OutboxMail { uuid: &letter.uuid, sender, recipient, subject: &worded.subject, html: &worded.html, now };
    if path.as_os_str().is_empty() {
        return Delivery::Delayed("outbox.db_path is not set".into());
    }
    match outbox::put(path, &mail) {
        Ok(()) => Delivery::Sent(format!("queued in {} as {}", path.display(), letter.uuid)),
        Err(error) => Delivery::Delayed(format!("the Outbox database {}: {}", path.display(), Caused(&error))),
    }
}

/// Writes the mail to a file. Where only this machine is served, its links and code also go to the terminal, which is
/// where somebody trying Gatekeeper looks; elsewhere that would be a log full of ways in.
fn into_folder(folder: &Path, letter: &Letter, worded: &Worded, message: &[u8]) -> Delivery {
    let path = folder.join(format!("{:06}-{}.eml", letter.id, letter.recipient.as_str().replace('/', "_")));
    let part = path.with_extension("part");
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&part, message));
    if let Err(error) = written.and_then(|()| fs::rename(&part, &path)) {
        return Delivery::Delayed(format!("{}: {error}", path.display()));
    }
    eprintln!("mail to {}: {}", letter.recipient, worded.subject);
    for line in ways_in(letter.values.reveal(), &worded.text) {
        eprintln!("  {line}");
    }
    Delivery::Sent(format!("written to {}", path.display()))
}

/// The lines of a mail that sign somebody in on this machine: its link, and its code if there is such a link.
fn ways_in<'t>(values: &str, text: &'t str) -> Vec<&'t str> {
    let values = serde_json::from_str::<serde_json::Value>(values).unwrap_or_default();
    let code = values.get("code").and_then(serde_json::Value::as_str);
    let is_link = |line: &&str| line.starts_with("http:");
    if !text.lines().any(|line| is_link(&line)) {
        return Vec::new();
    }
    text.lines().filter(|line| is_link(line) || code == Some(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::ways_in;

    #[test]
    fn only_ways_into_this_machine_go_to_the_terminal() {
        let values = r#"{"code": "ABCD-2345"}"#;
        let text = |link: &str| format!("Open this:\n\n{link}\n\nOr type:\n\nABCD-2345\n");
        let here = text("http://auth.gk.localhost/signin/link/x");
        assert_eq!(ways_in(values, &here), ["http://auth.gk.localhost/signin/link/x", "ABCD-2345"]);
        assert!(ways_in(values, &text("https://auth.example.com/signin/link/x")).is_empty());
        assert_eq!(ways_in("{}", &here), ["http://auth.gk.localhost/signin/link/x"]);
    }
}
