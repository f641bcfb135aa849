//! How many sign-in mails are sent: to one mailbox, for one network, and in all. Counted in the database, so that a
//! restart forgets nothing. Over a limit the answer is the same and no mail goes out; nobody is ever locked out.

use std::net::IpAddr;

use gk_shared::model::{AppId, Email};

use crate::model::Status;
use crate::service::{Op, Refusal, users};
use crate::settings::Setting;
use crate::store::challenges;

/// What came of asking for a sign-in mail. For logs and metrics only: the person is told the same in every case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    Mailed,
    NotAName,
    Unknown,
    Disabled,
    /// More than one person in directories goes by that name.
    Ambiguous,
    /// A directory that may know them does not answer.
    Unavailable,
    Over(Limit),
}

/// A limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    Mailbox,
    MailboxDaily,
    Network,
    Everybody,
    /// More wait for approval than may.
    Pending,
    /// More requests wait to be worked off than there is room for.
    Queue,
}

/// Who asks for a mail to a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service) enum Asker {
    /// A browser this account has signed in with before. It has shares of its own, so that strangers who use up the
    /// mailbox's, their common network's, or everybody's, keep nobody out.
    KnownBrowser,
    /// An app's server, for somebody who may enter the app. It asks for many from one place, and has shares of its own:
    /// neither can its key keep people from signing in here, nor can strangers keep its people from signing in there.
    App(AppId),
    Anybody,
}

impl Asked {
    pub const ALL: [Self; 12] = [
        Self::Mailed,
        Self::NotAName,
        Self::Unknown,
        Self::Disabled,
        Self::Ambiguous,
        Self::Unavailable,
        Self::Over(Limit::Mailbox),
        Self::Over(Limit::MailboxDaily),
        Self::Over(Limit::Network),
        Self::Over(Limit::Everybody),
        Self::Over(Limit::Pending),
        Self::Over(Limit::Queue),
    ];

    /// The label of this outcome.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mailed => "mailed",
            Self::NotAName => "not-a-name",
            Self::Unknown => "unknown",
            Self::Disabled => "disabled",
            Self::Ambiguous => "ambiguous",
            Self::Unavailable => "directory-unavailable",
            Self::Over(Limit::Mailbox) => "over-mailbox",
            Self::Over(Limit::MailboxDaily) => "over-mailbox-daily",
            Self::Over(Limit::Network) => "over-network",
            Self::Over(Limit::Everybody) => "over-everybody",
            Self::Over(Limit::Pending) => "over-pending",
            Self::Over(Limit::Queue) => "over-queue",
        }
    }
}

/// The first limit that asking for this name would go beyond; counts the request if there is none.
///
/// Counted whoever is asked for, so that the count tells nothing either; but not what was refused, or one network
/// could use up everybody's share.
pub(in crate::service) fn reached(op: &Op<'_>, name: &str, asker: Asker) -> Result<Option<Limit>, Refusal> {
    let (mailbox, network) = counted(mailbox(name), network(op.caller.ip), asker);
    let network_limit = match asker {
        Asker::Anybody | Asker::KnownBrowser => Setting::AddressLimit,
        Asker::App(_) => Setting::GlobalLimit,
    };
    let made = challenges::attempts(op.connection, (&mailbox, &network), op.now)?;
    let over = |made: i64, setting| made >= op.settings.number(setting);
    let limit = if over(made.mailbox, Setting::MailboxLimit) {
        Some(Limit::Mailbox)
    } else if over(made.mailbox_daily, Setting::MailboxDailyLimit) {
        Some(Limit::MailboxDaily)
    } else if !network.is_empty() && over(made.network, network_limit) {
        Some(Limit::Network)
    } else if asker == Asker::Anybody && over(made.everybody, Setting::GlobalLimit) {
        Some(Limit::Everybody)
    } else {
        challenges::note_attempt(op.transaction, (&mailbox, &network), op.now)?;
        None
    };
    Ok(limit)
}

/// What is counted for a mailbox and a network, whoever asks. No mailbox, and no network, is itself called like the
/// shares that are kept apart.
fn counted(mailbox: String, network: String, asker: Asker) -> (String, String) {
    match asker {
        Asker::Anybody => (mailbox, network),
        Asker::KnownBrowser if network.is_empty() => (format!("{mailbox} from a known browser"), network),
        Asker::KnownBrowser => (format!("{mailbox} from a known browser"), known_browsers(&network)),
        Asker::App(app) => (format!("{mailbox} from app {app}"), format!("app {app}")),
    }
}

/// What is counted for the browsers of a network that are known.
pub fn known_browsers(network: &str) -> String {
    format!("{network} from known browsers")
}

/// Whether somebody who would have to wait for approval finds the waiting room full.
pub(super) fn too_many_wait(op: &Op<'_>, email: &Email) -> Result<bool, Refusal> {
    if users::is_internal(op, email) {
        return Ok(false);
    }
    let waiting = crate::store::users::count(op.connection, Status::Pending)?;
    Ok(waiting >= op.settings.number(Setting::PendingLimit))
}

/// What is counted for a name: plus-tags all end in one mailbox.
fn mailbox(name: &str) -> String {
    let email = Email::parse(name);
    email.map_or_else(|_| name.to_owned(), |email| format!("{}@{}", email.mailbox(), email.domain()))
}

/// What is counted for an address: IPv4 whole, IPv6 by its first 64 bits, since a site has that many to spend.
pub fn network(ip: Option<IpAddr>) -> String {
    match ip.map(|ip| ip.to_canonical()) {
        None => String::new(),
        Some(IpAddr::V4(ip)) => ip.to_string(),
        Some(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{mailbox, network};

    #[test]
    fn an_ipv4_address_counts_whole_however_it_is_written_and_an_ipv6_one_by_its_site() {
        let of = |ip: &str| network(Some(ip.parse().unwrap()));
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7", "as a socket that listens for both shows it");
        assert_eq!(of("::ffff:c000:208"), "192.0.2.8");
        assert_eq!(of("2001:db8:0:1::1"), of("2001:db8:0:1:ffff:ffff:ffff:ffff"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8:0:2::1"));
        assert_ne!(of("::1"), of("127.0.0.1"));
        assert_eq!(network(None), "");
    }

    #[test]
    fn plus_tags_are_one_mailbox() {
        assert_eq!(mailbox("alice+a@example.com"), "alice@example.com");
        assert_eq!(mailbox("alice+a+b@example.com"), "alice@example.com");
        assert_eq!(mailbox("alice"), "alice");
    }
}
