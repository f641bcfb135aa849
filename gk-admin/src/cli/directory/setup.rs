//! `gk directory add` and `gk directory update`.

use clap::Args;
use gk_service::Secret;
use gk_service::model::{DirectoryUri, GroupMode, Security};
use gk_service::service::directories::{self, Setup};

use super::{Named, set_up};
use crate::cli::answer::{Answer, Failure};
use crate::cli::given::Given;
use crate::cli::shell::Shell;

/// A file with more is no password, and no CA.
const MOST_OF_A_FILE: usize = 64 * 1024;

#[derive(Args)]
pub(in crate::cli) struct Add {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    what: What,
}

#[derive(Args)]
pub(in crate::cli) struct Update {
    #[command(flatten)]
    named: Named,
    /// Switch it on
    #[arg(long, conflicts_with = "disable")]
    enable: bool,
    /// Switch it off: nobody is looked up there
    #[arg(long)]
    disable: bool,
    /// Its place in the order, 1 being the first
    #[arg(long)]
    place: Option<i64>,
    #[command(flatten)]
    what: What,
}

#[derive(Args)]
pub(in crate::cli) struct What {
    /// Address of a server, ldaps://host[:port] or ldap://host[:port]; several are tried in this order
    #[arg(long = "uri", value_name = "URI", value_parser = DirectoryUri::parse)]
    uris: Vec<DirectoryUri>,
    /// How the connection is secured: ldaps (from the first byte; as a directory starts), starttls, or plain (not at all)
    #[arg(long, value_parser = security)]
    security: Option<Security>,
    /// PEM file of the authority its certificate comes from; else whom the system trusts. An empty file takes that back
    #[arg(long, value_name = "FILE", value_parser = Given::parser())]
    ca_file: Option<Given>,
    /// Who asks; empty: anonymous
    #[arg(long, value_name = "DN")]
    bind_dn: Option<String>,
    /// File with that account's password on its first line
    #[arg(long, value_name = "FILE", value_parser = Given::parser())]
    bind_password_file: Option<Given>,
    /// Where people and groups are, such as dc=corp,dc=example; several are all looked through
    #[arg(long = "base-dn", value_name = "DN")]
    base_dns: Vec<String>,
    /// Who goes by a user name: a filter with {username} in it [(&(objectClass=user)(sAMAccountName={username}))]
    #[arg(long, value_name = "FILTER")]
    user_filter: Option<String>,
    /// Whose an e-mail is: a filter with {email} in it [empty: (&(objectClass=user)(mail={email}))]
    #[arg(long, value_name = "FILTER")]
    email_filter: Option<String>,
    /// Attribute with the user name [sAMAccountName]
    #[arg(long, value_name = "NAME")]
    username_attribute: Option<String>,
    /// Attribute with the e-mail [mail]
    #[arg(long, value_name = "NAME")]
    email_attribute: Option<String>,
    /// Attribute with the display name [displayName]
    #[arg(long, value_name = "NAME")]
    fullname_attribute: Option<String>,
    /// Whose groups: in-chain (nested, Active Directory), transitive (nested, others), member-of (direct), none [in-chain]
    #[arg(long, value_parser = groups)]
    groups: Option<GroupMode>,
    /// How many seconds each step may take [5]
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<i64>,
    /// So many entries are asked for at a time [500]
    #[arg(long, value_name = "ENTRIES")]
    page_size: Option<i64>,
}

fn security(text: &str) -> Result<Security, String> {
    Security::parse(text).ok_or_else(|| "write ldaps, starttls or plain".into())
}

fn groups(text: &str) -> Result<GroupMode, String> {
    GroupMode::parse(text).ok_or_else(|| "write in-chain, transitive, member-of or none".into())
}

impl Add {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let (label, setup) = (self.named.label, self.what.setup()?);
        let done = shell.database()?.write(&shell.caller, |op| directories::add(op, &label, &setup))?;
        Ok(Answer::done(done, |one| set_up(one, "Added")))
    }
}

impl Update {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let enabled = (self.enable || self.disable).then_some(self.enable);
        let setup = Setup { enabled, place: self.place, ..self.what.setup()? };
        let label = self.named.label;
        let done = shell.database()?.write(&shell.caller, |op| directories::update(op, &label, &setup))?;
        Ok(Answer::done(done, |one| set_up(one, "Changed")))
    }
}

impl What {
    fn setup(self) -> Result<Setup, Failure> {
        let password = self.bind_password_file.as_ref().map(first_line).transpose()?;
        Ok(Setup {
            uris: Some(self.uris).filter(|uris| !uris.is_empty()),
            security: self.security,
            ca: self.ca_file.as_ref().map(text).transpose()?,
            bind_dn: self.bind_dn,
            password: password.map(Secret::new),
            base_dns: Some(self.base_dns).filter(|bases| !bases.is_empty()),
            user_filter: self.user_filter,
            email_filter: self.email_filter,
            username_attribute: self.username_attribute,
            email_attribute: self.email_attribute,
            fullname_attribute: self.fullname_attribute,
            group_mode: self.groups,
            timeout_seconds: self.timeout,
            page_size: self.page_size,
            ..Setup::default()
        })
    }
}

fn text(file: &Given) -> Result<String, Failure> {
    let bytes = file.read(MOST_OF_A_FILE)?;
    if bytes.len() > MOST_OF_A_FILE {
        return Err(Failure::usage("that file is too long for this"));
    }
    String::from_utf8(bytes).map_err(|_| Failure::usage("that file is not text"))
}

fn first_line(file: &Given) -> Result<String, Failure> {
    Ok(text(file)?.lines().next().unwrap_or_default().to_owned())
}
