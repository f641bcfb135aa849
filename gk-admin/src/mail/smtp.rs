//! One letter to a mail server, in phases, so that it is known how far it came.
//!
//! Before the final dot nothing was delivered, whatever happens. After it, only the server knows, until it answers.
//! Each letter has a connection of its own: one that hangs holds up nobody.

use std::error::Error as _;
use std::fs;
use std::iter;
use std::net::IpAddr;
use std::time::Duration;

use gk_service::Secret;
use gk_service::service::mail::Delivery;
use gk_service::settings::{Setting, Settings};
use gk_shared::caused::Caused;
use lettre::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Severity;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::line_by_line::LineByLine;
use super::transport::Progress;

/// The mail server, as the settings name it.
pub(super) struct Server {
    host: String,
    port: u16,
    security: String,
    user: String,
    password: Option<Secret>,
    ca_file: String,
}

impl Server {
    pub(super) fn of(settings: &Settings, password: Option<Secret>) -> Self {
        Self {
            host: settings.text(Setting::SmtpHost).to_owned(),
            port: u16::try_from(settings.number(Setting::SmtpPort)).unwrap_or(587),
            security: settings.text(Setting::SmtpSecurity).to_owned(),
            user: settings.text(Setting::SmtpUser).to_owned(),
            password,
            ca_file: settings.text(Setting::SmtpCaFile).to_owned(),
        }
    }

    /// The server in words, or what is missing to speak to one.
    pub(super) fn check(&self) -> Result<String, String> {
        if self.host.is_empty() {
            return Err("mail.smtp_host is not set".into());
        }
        if self.security == "none" && !is_loopback(&self.host) {
            return Err("mail.smtp_security none is for a mail server on this machine only".into());
        }
        Ok(format!("by SMTP through {} ({})", self.name(), self.security))
    }

    /// Connects and signs in, as before a letter.
    pub(super) async fn reach(&self) -> Result<(), String> {
        let mut connection = self.connect().await?;
        let _ = timeout(Duration::from_secs(1), connection.quit()).await;
        Ok(())
    }

    /// Sends one message.
    pub(super) async fn send(&self, message: &Message, progress: &Progress<'_>) -> Delivery {
        let mut connection = match self.connect().await {
            Ok(connection) => connection,
            Err(error) => return Delivery::Delayed(error),
        };
        let delivery = hand_over(&mut connection, message, progress).await;
        // What became of the letter is known by now: a server that is slow to say goodbye changes nothing of it.
        tokio::spawn(async move { timeout(Duration::from_secs(1), connection.quit()).await });
        delivery
    }

    /// A connection on which mail may be sent. What fails here is between this program and the server, and not the
    /// letter's fault.
    async fn connect(&self) -> Result<AsyncSmtpConnection, String> {
        self.check()?;
        let name = ClientId::default();
        let address = (self.host.as_str(), self.port);
        let connected = match self.security.as_str() {
            "tls" => AsyncSmtpConnection::connect_tokio1(address, None, &name, Some(self.tls()?), None).await,
            "none" => AsyncSmtpConnection::connect_tokio1(address, None, &name, None, None).await,
            _ => self.upgraded(&name).await?,
        };
        let mut connection = connected.map_err(|error| self.failed(&error))?;
        if let Some(password) = self.password.as_ref().filter(|_| !self.user.is_empty()) {
            let credentials = Credentials::new(self.user.clone(), password.reveal().to_owned());
            let signed_in = connection.auth(DEFAULT_MECHANISMS, &credentials).await;
            signed_in.map_err(|error| format!("{}, signing in: {}", self.name(), Caused(&error)))?;
        }
        Ok(connection)
    }

    /// A connection that began in the clear and went on in TLS.
    async fn upgraded(&self, name: &ClientId) -> Result<Result<AsyncSmtpConnection, Error>, String> {
        let tls = self.tls()?;
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await;
        let stream = Box::new(LineByLine(stream.map_err(|error| format!("{}: {error}", self.name()))?));
        Ok(match AsyncSmtpConnection::connect_with_transport(stream, name).await {
            Ok(mut connection) => connection.starttls(tls, name).await.map(|()| connection),
            Err(error) => Err(error),
        })
    }

    fn failed(&self, error: &Error) -> String {
        format!("{}: {}", self.name(), Caused(error))
    }

    fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
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

/// Whether a host is this machine, without asking anybody.
pub(super) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

async fn hand_over(connection: &mut AsyncSmtpConnection, message: &Message, progress: &Progress<'_>) -> Delivery {
    let envelope = message.envelope();
    if let Err(error) = connection.command(Mail::new(envelope.from().cloned(), Vec::new())).await {
        return Delivery::Delayed(format!("the sender was refused: {}", Caused(&error)));
    }
    for recipient in envelope.to() {
        if let Err(error) = connection.command(Rcpt::new(recipient.clone(), Vec::new())).await {
            return recipient_refused(&error);
        }
    }
    match connection.command(Data).await {
        Ok(response) if response.has_code(354) => {}
        // The answers are out of step, so none of them can be believed.
        Ok(response) => return Delivery::Delayed(format!("DATA was answered with {}", response.code())),
        Err(error) => return not_taken(&error),
    }
    if let Err(why) = progress.may_arrive().await {
        return Delivery::Delayed(why);
    }
    content(connection, &message.formatted(), progress).await
}

/// Sends the message itself. The last piece is an empty one: to be asked for it means that all the others were sent.
async fn content(connection: &mut AsyncSmtpConnection, message: &[u8], progress: &Progress<'_>) -> Delivery {
    let end = iter::from_fn(|| {
        progress.complete();
        None
    });
    match connection.message_iter(iter::once(message).chain(end)).await {
        Ok(response) if response.has_code(250) => {
            Delivery::Sent(format!("250 {}", response.message().collect::<Vec<_>>().join(" ")))
        }
        Ok(response) => Delivery::Unclear(format!("the message was answered with {}", response.code())),
        Err(error) if error.status().is_some() => not_taken(&error),
        Err(error) => progress.broken_off(&Caused(&error).to_string()),
    }
}

/// The server's word that it did not take the message: for good, or for now.
fn not_taken(error: &Error) -> Delivery {
    let said = Caused(error).to_string();
    if error.is_permanent() { Delivery::Refused(said) } else { Delivery::Delayed(said) }
}

fn recipient_refused(error: &Error) -> Delivery {
    let text = error.source().map(ToString::to_string).unwrap_or_default();
    let code = error.status().filter(|code| code.severity == Severity::PermanentNegativeCompletion);
    match code {
        Some(code) if speaks_of_recipient(&code.to_string(), &text) => Delivery::Bounced(Caused(error).to_string()),
        Some(_) | None => not_taken(error),
    }
}

/// Words of a refusal that is not about whether there is such a mailbox: the server dislikes us, the sender or what it
/// takes for spam, has had too much of us, or wants it tried again.
#[rustfmt::skip]
const OTHER_REASONS: [&str; 22] = [
    "relay", "policy", "spam", "block", "denied", "sender", "authent", "rate", "limit", "too many", "quota", "greylist",
    "graylist", "later", "try again", "temporar", "full", "reputation", "dns", "spf", "dkim", "dmarc",
];

/// Whether a refusal for good says that there is no such mailbox. An enhanced code (RFC 3463) says it best; many servers
/// give none, and one suppressed for nothing is worse than one mail in vain.
fn speaks_of_recipient(code: &str, text: &str) -> bool {
    let enhanced =
        text.split_whitespace().next().filter(|word| word.starts_with("5.") && word.matches('.').count() == 2);
    if let Some(enhanced) = enhanced {
        // 5.1.7 and 5.1.8 are about the sender's address.
        let address = enhanced.starts_with("5.1.") && !matches!(enhanced, "5.1.7" | "5.1.8");
        return address || enhanced == "5.2.1";
    }
    let text = text.to_ascii_lowercase();
    matches!(code, "550" | "551" | "553") && OTHER_REASONS.iter().all(|word| !text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::{is_loopback, speaks_of_recipient};

    #[test]
    fn only_what_speaks_of_the_recipient_suppresses_an_address() {
        for (code, text) in [
            ("550", "5.1.1 No such user"),
            ("553", "5.1.3 bad destination"),
            ("550", "5.1.10 null MX"),
            ("550", "No such user here"),
            ("551", "User not local"),
            ("554", "5.1.1 unknown"),
            ("550", "5.2.1 mailbox disabled"),
        ] {
            assert!(speaks_of_recipient(code, text), "{code} {text}");
        }
        for (code, text) in [
            ("550", "5.7.1 Relaying denied"),
            ("550", "relay not permitted"),
            ("550", "5.1.8 sender's domain does not exist"),
            ("550", "5.7.26 unauthenticated mail"),
            ("554", "5.7.1 blocked using a list"),
            ("554", "Transaction failed"),
            ("552", "5.2.2 mailbox full"),
            ("530", "Authentication required"),
            ("550", "Access denied"),
            ("550", "Rate of mail exceeded"),
            ("550", "Connection limit reached"),
            ("550", "Too many messages"),
            ("550", "Over quota"),
            ("550", "Greylisted"),
            ("550", "Graylisted"),
            ("550", "come back later"),
            ("550", "Please try again"),
            ("550", "temporarily unavailable"),
            ("550", "Mailbox is full"),
            ("550", "Bad reputation"),
            ("550", "no reverse DNS"),
            ("550", "SPF check failed"),
            ("550", "DKIM signature missing"),
            ("550", "DMARC alignment failed"),
            ("550", ""),
        ] {
            assert_eq!(speaks_of_recipient(code, text), text.is_empty(), "{code} {text}");
        }
    }

    #[test]
    fn this_machine_is_known_without_asking() {
        assert!(["localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]"].iter().all(|host| is_loopback(host)));
        assert!(!["mail.example.com", "localhost.example.com", "10.0.0.1"].iter().any(|host| is_loopback(host)));
    }
}
