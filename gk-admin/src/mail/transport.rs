//! The two ways a mail leaves: SMTP, and files in a folder for trying things out.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gk_service::Database;
use gk_service::Secret;
use gk_service::service::mail::{Delivery, Letter};
use gk_service::service::{Caller, Refusal};
use gk_service::settings::{Setting, Settings};
use gk_shared::caused::Caused;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use moka::sync::Cache;

use super::message;

type Smtp = AsyncSmtpTransport<Tokio1Executor>;

/// Chooses the transport for each letter by the settings of that moment.
pub(super) struct Transports {
    database: Arc<Database>,
    /// Connections to a mail server are worth keeping for a minute, under exactly the settings they were made with.
    servers: Cache<Server, Smtp>,
}

/// What a connection to a mail server depends on.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Server {
    host: String,
    port: u16,
    security: String,
    user: String,
    password: String,
    ca_file: String,
}

/// Where the next letter goes.
enum Route {
    Folder(PathBuf),
    Smtp(Server),
}

impl Transports {
    pub(super) fn new(database: Arc<Database>) -> Self {
        Self { database, servers: Cache::builder().max_capacity(4).time_to_idle(Duration::from_secs(60)).build() }
    }

    /// Sends one letter.
    pub(super) async fn send(&self, letter: &Letter) -> Delivery {
        let route = match self.route() {
            Ok(route) => route,
            Err(error) => return Delivery::Delayed(error.to_string()),
        };
        let message = match message::build(letter) {
            Ok(message) => message,
            Err(error) => return Delivery::Refused(error),
        };
        match route {
            Route::Folder(folder) => into_folder(&folder, letter, &message.formatted()),
            Route::Smtp(server) => match self.server(server) {
                Ok(smtp) => by_smtp(&smtp, message).await,
                Err(error) => Delivery::Delayed(error),
            },
        }
    }

    fn route(&self) -> Result<Route, Refusal> {
        let database = &self.database;
        database.read(&Caller::system("courier"), |view| {
            let settings = &view.settings;
            if settings.text(Setting::MailTransport) == "smtp" {
                let password = database.root().map(|root| settings.secret(Setting::SmtpPassword, root)).transpose()?;
                return Ok(Route::Smtp(Server::of(settings, password.flatten().as_ref())));
            }
            let named = settings.text(Setting::MailFolder);
            let beside = || database.path().parent().unwrap_or(Path::new(".")).join("mail");
            Ok(Route::Folder(if named.is_empty() { beside() } else { named.into() }))
        })
    }

    fn server(&self, server: Server) -> Result<Smtp, String> {
        if let Some(known) = self.servers.get(&server) {
            return Ok(known);
        }
        let smtp = server.connect()?;
        self.servers.insert(server, smtp.clone());
        Ok(smtp)
    }
}

impl Server {
    fn of(settings: &Settings, password: Option<&Secret>) -> Self {
        Self {
            host: settings.text(Setting::SmtpHost).to_owned(),
            port: u16::try_from(settings.number(Setting::SmtpPort)).unwrap_or(587),
            security: settings.text(Setting::SmtpSecurity).to_owned(),
            user: settings.text(Setting::SmtpUser).to_owned(),
            password: password.map(|secret| secret.reveal().to_owned()).unwrap_or_default(),
            ca_file: settings.text(Setting::SmtpCaFile).to_owned(),
        }
    }

    /// Prepares a pool; nothing is connected before the first letter.
    fn connect(&self) -> Result<Smtp, String> {
        if self.host.is_empty() {
            return Err("mail.smtp_host is not set".into());
        }
        let tls = match self.security.as_str() {
            "tls" => Tls::Wrapper(self.tls()?),
            "none" if is_loopback(&self.host) => Tls::None,
            "none" => return Err("mail.smtp_security none is for a mail server on this machine only".into()),
            _ => Tls::Required(self.tls()?),
        };
        let builder =
            Smtp::builder_dangerous(&self.host).port(self.port).tls(tls).timeout(Some(Duration::from_secs(10)));
        let credentials = || Credentials::new(self.user.clone(), self.password.clone());
        Ok(if self.user.is_empty() { builder.build() } else { builder.credentials(credentials()).build() })
    }

    fn tls(&self) -> Result<TlsParameters, String> {
        let mut builder = TlsParameters::builder(self.host.clone());
        if !self.ca_file.is_empty() {
            let pem = fs::read(&self.ca_file).map_err(|error| format!("mail.smtp_ca_file: {error}"))?;
            let ca = Certificate::from_pem(&pem).map_err(|error| format!("mail.smtp_ca_file: {error}"))?;
            builder = builder.add_root_certificate(ca);
        }
        builder.build_rustls().map_err(|error| error.to_string())
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

async fn by_smtp(smtp: &Smtp, message: lettre::Message) -> Delivery {
    match smtp.send(message).await {
        Ok(_) => Delivery::Sent,
        Err(error) if error.is_permanent() => Delivery::Refused(error.to_string()),
        // Whatever is not the server's final word may work later: no connection, a certificate about to be changed.
        Err(error) => Delivery::Delayed(Caused(&error).to_string()),
    }
}

/// Writes the mail to a file. Where only this machine is served, its links also go to the terminal, which is where
/// somebody trying Gatekeeper looks; elsewhere that would be a log full of ways in.
fn into_folder(folder: &Path, letter: &Letter, message: &[u8]) -> Delivery {
    let path = folder.join(format!("{:06}-{}.eml", letter.id, letter.recipient.as_str().replace('/', "_")));
    if let Err(error) = fs::create_dir_all(folder).and_then(|()| fs::write(&path, message)) {
        return Delivery::Delayed(format!("{}: {error}", path.display()));
    }
    eprintln!("mail to {}: {}", letter.recipient, letter.subject);
    letter.body.reveal().lines().filter(|line| line.starts_with("http:")).for_each(|link| eprintln!("  {link}"));
    Delivery::Sent
}
