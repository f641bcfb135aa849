//! What there is to write about. Each kind has a template in each language, and the values it is filled with.

use gk_shared::time::Timestamp;

use super::Language;

/// A mail by what it is for. Every template also knows `name` (of this installation), `url` (of the auth host) and
/// `email` (whom it goes to); `link`, where there is one, is the mail's only link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// `link`, `code`, `minutes`, `code_minutes`, `app` (a name, or empty).
    SignIn,
    /// For an app's own server: `link`, `code`, `minutes`, `app`.
    CentralSignIn,
    /// To the person: nothing more.
    RegistrationWaits,
    /// To administrators: `person`, `link` (to the console).
    RegistrationToApprove,
    /// To the person: `link`.
    RegistrationApproved,
    /// To the person: nothing more.
    RegistrationRejected,
    /// To the person: `by` (a name, or empty), `link` (to the console).
    MadeAdmin,
    /// To administrators: `person`, `fullname`, `app`, `message`, `link`.
    AccessRequested,
    /// To the person: `app`, `description`, `role`, `until`, `by`, `link` (to the app); all but `app` may be empty.
    AccessGranted,
    /// To the person, of a grant of theirs: `app`, `role`, `from`, `until`, `by`, `link` (to the app); all but `app` may be
    /// empty.
    AccessChanged,
    /// To the person, of a grant of theirs: `app`, `role`, `until`, `contact`, `link` (to the app).
    AccessEnds,
    /// To the person: `app`, `reason`.
    AccessRejected,
    /// `browser`, `ip`, `at`, `link` (to their sessions).
    NewDevice,
    /// To the new address: `link`, `old`, `minutes`.
    EmailChange,
    /// To the old address: `new`.
    EmailChanged,
    /// `link`, `by`, `until`, `note`.
    Invitation,
    /// To a key's owner, or to administrators: `key`, `prefix`, `until`, `apps` (of a person's key), `link`.
    KeyExpires,
    /// `at`.
    Test,
}

impl MailKind {
    pub const ALL: [Self; 18] = [
        Self::SignIn,
        Self::CentralSignIn,
        Self::RegistrationWaits,
        Self::RegistrationToApprove,
        Self::RegistrationApproved,
        Self::RegistrationRejected,
        Self::MadeAdmin,
        Self::AccessRequested,
        Self::AccessGranted,
        Self::AccessChanged,
        Self::AccessEnds,
        Self::AccessRejected,
        Self::NewDevice,
        Self::EmailChange,
        Self::EmailChanged,
        Self::Invitation,
        Self::KeyExpires,
        Self::Test,
    ];

    /// The stored word, which is also how its template is called.
    pub fn word(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::CentralSignIn => "central-sign-in",
            Self::RegistrationWaits => "registration-waits",
            Self::RegistrationToApprove => "registration-to-approve",
            Self::RegistrationApproved => "registration-approved",
            Self::RegistrationRejected => "registration-rejected",
            Self::MadeAdmin => "made-admin",
            Self::AccessRequested => "access-requested",
            Self::AccessGranted => "access-granted",
            Self::AccessChanged => "access-changed",
            Self::AccessEnds => "access-ends",
            Self::AccessRejected => "access-rejected",
            Self::NewDevice => "new-device",
            Self::EmailChange => "email-change",
            Self::EmailChanged => "email-changed",
            Self::Invitation => "invitation",
            Self::KeyExpires => "key-expires",
            Self::Test => "test",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The values its template may name besides `name`, `url` and `email`. One that is missing is empty.
    pub fn values(self) -> &'static [&'static str] {
        match self {
            Self::SignIn => &["link", "code", "minutes", "code_minutes", "app"],
            Self::CentralSignIn => &["link", "code", "minutes", "app"],
            Self::RegistrationWaits | Self::RegistrationRejected => &[],
            Self::RegistrationToApprove => &["person", "link"],
            Self::RegistrationApproved => &["link"],
            Self::MadeAdmin => &["by", "link"],
            Self::AccessRequested => &["person", "fullname", "app", "message", "link"],
            Self::AccessGranted => &["app", "description", "role", "until", "by", "link"],
            Self::AccessChanged => &["app", "role", "from", "until", "by", "link"],
            Self::AccessEnds => &["app", "role", "until", "contact", "link"],
            Self::AccessRejected => &["app", "reason"],
            Self::NewDevice => &["browser", "ip", "at", "link"],
            Self::EmailChange => &["link", "old", "minutes"],
            Self::EmailChanged => &["new"],
            Self::Invitation => &["link", "by", "until", "note"],
            Self::KeyExpires => &["key", "prefix", "until", "apps", "link"],
            Self::Test => &["at"],
        }
    }

    /// Whether somebody waits for what only this mail carries. All others are news: later is better than never, and
    /// never is no harm to the state.
    pub fn carries_a_purpose(self) -> bool {
        match self {
            Self::SignIn | Self::CentralSignIn | Self::EmailChange | Self::Invitation => true,
            Self::RegistrationWaits
            | Self::RegistrationToApprove
            | Self::RegistrationApproved
            | Self::RegistrationRejected
            | Self::MadeAdmin
            | Self::AccessRequested
            | Self::AccessGranted
            | Self::AccessChanged
            | Self::AccessEnds
            | Self::AccessRejected
            | Self::NewDevice
            | Self::EmailChanged
            | Self::KeyExpires
            | Self::Test => false,
        }
    }
}

/// Which text a mail is worded by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Template {
    pub kind: MailKind,
    pub language: Language,
}

/// Where a mail is between being queued and being forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailState {
    /// It is sent when its next try is due.
    Queued,
    Sent,
    /// It was given up, and can be tried again.
    Dead,
    /// Nobody needs it any more.
    Dropped,
}

impl MailState {
    pub const ALL: [Self; 4] = [Self::Queued, Self::Sent, Self::Dead, Self::Dropped];

    /// The stored word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Dead => "dead",
            Self::Dropped => "dropped",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// A mail as the queue shows it: everything but what it says.
#[derive(Clone, Debug)]
pub struct MailEntry {
    pub id: i64,
    /// A kind's word; an older schema knew others.
    pub kind: String,
    pub to: String,
    pub state: MailState,
    pub tries: i64,
    pub created_at: Timestamp,
    /// Of a queued one.
    pub next_try_at: Timestamp,
    /// Why it did not go; empty if nothing was in the way.
    pub last_error: String,
}

/// An address no mail goes to.
#[derive(Clone, Debug)]
pub struct Suppression {
    pub email: String,
    pub source: SuppressedBy,
    pub reason: String,
    pub created_at: Timestamp,
}

/// Who put an address on the suppression list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuppressedBy {
    /// A mail server, by refusing the recipient for good.
    Bounce,
    /// An administrator.
    Hand,
}

impl SuppressedBy {
    /// The stored word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bounce => "bounce",
            Self::Hand => "hand",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Bounce, Self::Hand].into_iter().find(|source| source.word() == word)
    }
}
