//! Every setting: key, type, default, meaning, whether it is secret, and the environment variable that pins it.
//!
//! `gk config list`, the settings page and the README print this table.

use super::colour::Scheme;
use super::kind::Kind;

/// A setting by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    ServerName,
    Accent,
    AccentDark,
    PublicUrl,
    TrustedProxies,
    CookieDomain,
    SessionDays,
    IdleDays,
    AcceptedDomains,
    DefaultApp,
    LinkSeconds,
    SelfRegistration,
    PendingLimit,
    AdminFreshMinutes,
    NewDeviceMail,
    AdminEmails,
    PersonalKeys,
    MailboxLimit,
    MailboxDailyLimit,
    AddressLimit,
    GlobalLimit,
    MailTransport,
    MailSender,
    MailLanguage,
    MailTemplateDir,
    MailTimeout,
    OutboxDatabase,
    OutboxUrl,
    OutboxKey,
    MailFolder,
    SmtpHost,
    SmtpPort,
    SmtpSecurity,
    SmtpUser,
    SmtpPassword,
    SmtpCaFile,
    DirectoryRefreshMinutes,
    DirectoryBrakePercent,
    BackupFolder,
    BackupHours,
    BackupKeep,
    BackupRecipient,
    PolicyHeartbeat,
    SqlConsole,
    AuditKeepDays,
    AuditForwardTo,
    AuditForwardToken,
}

/// Whether a value may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    Open,
    /// Sealed at rest, written but never shown.
    Secret,
}

/// One row of the table.
#[derive(Debug)]
pub struct Definition {
    pub setting: Setting,
    pub key: &'static str,
    pub alias: &'static str,
    pub kind: Kind,
    pub default: &'static str,
    pub secrecy: Secrecy,
    pub meaning: &'static str,
}

const fn open(
    setting: Setting,
    (key, alias): (&'static str, &'static str),
    kind: Kind,
    default: &'static str,
    meaning: &'static str,
) -> Definition {
    Definition { setting, key, alias, kind, default, secrecy: Secrecy::Open, meaning }
}

/// The table, in the order people read it.
pub const DEFINITIONS: &[Definition] = &[
    open(
        Setting::ServerName,
        ("server.name", "APP_NAME"),
        Kind::Text,
        "Gatekeeper",
        "Name of this installation, on its pages and in mails",
    ),
    open(
        Setting::Accent,
        ("server.accent", "APP_ACCENT"),
        Kind::Colour(Scheme::Light),
        "",
        "Colour of buttons and links on light pages, readable on them; empty: the built-in one",
    ),
    open(
        Setting::AccentDark,
        ("server.accent_dark", "APP_ACCENT_DARK"),
        Kind::Colour(Scheme::Dark),
        "",
        "The same on dark pages",
    ),
    open(
        Setting::PublicUrl,
        ("server.public_url", "GATEKEEPER_PUBLIC_URL"),
        Kind::Origin,
        "http://localhost:5100",
        "Where people reach the sign-in pages; mailed links start with it",
    ),
    open(
        Setting::TrustedProxies,
        ("server.trusted_proxies", "TRUSTED_PROXY_IPS"),
        Kind::Networks,
        "",
        "Networks whose X-Forwarded-For is believed over TCP; a Unix socket peer always is",
    ),
    open(
        Setting::CookieDomain,
        ("session.cookie_domain", "COOKIE_DOMAIN"),
        Kind::CookieDomain,
        "",
        "Domain of the session cookie, such as example.com; empty: the auth host alone",
    ),
    open(
        Setting::SessionDays,
        ("session.expiry_days", "SESSION_EXPIRY_DAYS"),
        Kind::Whole { least: 1, most: 365 },
        "30",
        "Days until a session ends, however much it is used",
    ),
    open(
        Setting::IdleDays,
        ("session.idle_days", "SESSION_IDLE_DAYS"),
        Kind::Whole { least: 0, most: 365 },
        "0",
        "Days without a request after which a session ends; 0: never",
    ),
    open(
        Setting::AcceptedDomains,
        ("access.accepted_domains", "ACCEPTED_DOMAINS"),
        Kind::Domains,
        "",
        "E-mail domains whose people are internal: approved at first sign-in, and let into every registered app",
    ),
    open(
        Setting::DefaultApp,
        ("access.default_app", "DEFAULT_APP_ACCESS"),
        Kind::Choice(&["deny", "allow"]),
        "deny",
        "What becomes of signed-in people at apps that are not registered",
    ),
    open(
        Setting::LinkSeconds,
        ("auth.magic_link_expiry_seconds", "AUTH_MAGIC_LINK_EXPIRY_SECONDS"),
        Kind::Whole { least: 60, most: 86_400 },
        "900",
        "Seconds a mailed sign-in link works",
    ),
    open(
        Setting::SelfRegistration,
        ("auth.self_registration", "AUTH_SELF_REGISTRATION"),
        Kind::Flag,
        "true",
        "Whether people without an account may make one: at once within an accepted domain, else by registering and waiting",
    ),
    open(
        Setting::PendingLimit,
        ("auth.pending_limit", "AUTH_PENDING_LIMIT"),
        Kind::Whole { least: 0, most: 100_000 },
        "100",
        "People who may wait for approval at once; more cannot register until some are decided",
    ),
    open(
        Setting::AdminFreshMinutes,
        ("auth.admin_fresh_minutes", "AUTH_ADMIN_FRESH_MINUTES"),
        Kind::Whole { least: 1, most: 43_200 },
        "60",
        "Minutes after a sign-in in which an administrator may change things in the console",
    ),
    open(
        Setting::NewDeviceMail,
        ("auth.new_device_mail", "AUTH_NEW_DEVICE_MAIL"),
        Kind::Flag,
        "true",
        "Whether people get a mail when a browser signs in that is new to their account; each may switch it off",
    ),
    open(
        Setting::AdminEmails,
        ("auth.admin_emails", "AUTH_ADMIN_EMAILS"),
        Kind::Emails,
        "",
        "Who shall be administrators: seen to at each start of gk-admin and by `gk ensure-admins`",
    ),
    open(
        Setting::PersonalKeys,
        ("auth.personal_keys", "AUTH_PERSONAL_KEYS"),
        Kind::Flag,
        "true",
        "Whether people may make API keys that open apps in their name; those that exist go on working",
    ),
    open(
        Setting::MailboxLimit,
        ("auth.mailbox_limit", "AUTH_MAILBOX_LIMIT"),
        Kind::Whole { least: 1, most: 1000 },
        "3",
        "Sign-in mails to one address in 15 minutes",
    ),
    open(
        Setting::MailboxDailyLimit,
        ("auth.mailbox_limit_daily", "AUTH_MAILBOX_LIMIT_DAILY"),
        Kind::Whole { least: 1, most: 10_000 },
        "10",
        "Sign-in mails to one address in a day",
    ),
    open(
        Setting::AddressLimit,
        ("auth.address_limit", "AUTH_ADDRESS_LIMIT"),
        Kind::Whole { least: 1, most: 100_000 },
        "10",
        "Sign-in mails asked for from one IPv4 address or IPv6 /64 in 15 minutes",
    ),
    open(
        Setting::GlobalLimit,
        ("auth.global_limit", "AUTH_GLOBAL_LIMIT"),
        Kind::Whole { least: 1, most: 1_000_000 },
        "1000",
        "Sign-in mails asked for by everybody in 15 minutes, and beside them by the server of each app",
    ),
    open(
        Setting::MailTransport,
        ("mail.transport", "MAIL_TRANSPORT"),
        Kind::Choice(&["auto", "outbox-database", "outbox-http", "smtp", "file"]),
        "auto",
        "How mail leaves; auto: the first of outbox.db_path, outbox.url with outbox.api_key, mail.smtp_host that is set, else files",
    ),
    open(
        Setting::MailSender,
        ("mail.mail_sender", "MAIL_SENDER"),
        Kind::Email,
        "gatekeeper@localhost",
        "From address of every mail",
    ),
    open(
        Setting::MailLanguage,
        ("mail.language", "MAIL_LANGUAGE"),
        Kind::Choice(&["en", "de"]),
        "en",
        "Language of mails to people who chose none and whose browser asks for none",
    ),
    open(
        Setting::MailTemplateDir,
        ("mail.template_dir", "MAIL_TEMPLATE_DIR"),
        Kind::Text,
        "",
        "Folder whose files replace templates of the same name; `gk mail templates` writes the built-in ones",
    ),
    open(
        Setting::MailTimeout,
        ("mail.timeout_seconds", "MAIL_TIMEOUT_SECONDS"),
        Kind::Whole { least: 2, most: 300 },
        "30",
        "Seconds one try to send a mail may take in all, whatever the other side does",
    ),
    open(
        Setting::MailFolder,
        ("mail.folder", "MAIL_FOLDER"),
        Kind::Text,
        "",
        "Folder of the file transport; empty: `mail` beside the database",
    ),
    open(Setting::SmtpHost, ("mail.smtp_host", "SMTP_HOST"), Kind::Text, "", "Mail server"),
    open(
        Setting::SmtpPort,
        ("mail.smtp_port", "SMTP_PORT"),
        Kind::Whole { least: 1, most: 65_535 },
        "587",
        "Port of the mail server",
    ),
    open(
        Setting::SmtpSecurity,
        ("mail.smtp_security", "SMTP_SECURITY"),
        Kind::Choice(&["starttls", "tls", "none"]),
        "starttls",
        "STARTTLS required, TLS from the first byte, or none (loopback only)",
    ),
    open(
        Setting::SmtpUser,
        ("mail.smtp_user", "SMTP_USER"),
        Kind::Text,
        "",
        "Name to sign in to the mail server with; empty: no sign-in",
    ),
    Definition {
        setting: Setting::SmtpPassword,
        key: "mail.smtp_password",
        alias: "SMTP_PASSWORD",
        kind: Kind::Text,
        default: "",
        secrecy: Secrecy::Secret,
        meaning: "Password to sign in to the mail server with",
    },
    open(
        Setting::SmtpCaFile,
        ("mail.smtp_ca_file", "SMTP_CA_FILE"),
        Kind::Text,
        "",
        "PEM file of a private CA that the mail server's certificate may come from",
    ),
    open(
        Setting::OutboxDatabase,
        ("outbox.db_path", "OUTBOX_DB"),
        Kind::Text,
        "",
        "Database of an Outbox (a service that queues and sends mail) on this machine, which then sends all mail",
    ),
    open(
        Setting::OutboxUrl,
        ("outbox.url", "OUTBOX_URL"),
        Kind::Text,
        "",
        "Address of an Outbox service that takes mail over HTTP, such as https://outbox.example.com",
    ),
    Definition {
        setting: Setting::OutboxKey,
        key: "outbox.api_key",
        alias: "OUTBOX_API_KEY",
        kind: Kind::Text,
        default: "",
        secrecy: Secrecy::Secret,
        meaning: "Key of the Outbox service",
    },
    open(
        Setting::DirectoryRefreshMinutes,
        ("directory.refresh_minutes", "DIRECTORY_REFRESH_MINUTES"),
        Kind::Whole { least: 0, most: 10_080 },
        "60",
        "How often everybody that a directory keeps is looked up again; 0: only when asked",
    ),
    open(
        Setting::DirectoryBrakePercent,
        ("directory.brake_percent", "DIRECTORY_BRAKE_PERCENT"),
        Kind::Whole { least: 0, most: 100 },
        "10",
        "A refresh that would disable more than this share of a directory's people, and more than one, asks first",
    ),
    open(
        Setting::BackupFolder,
        ("backup.folder", "BACKUP_FOLDER"),
        Kind::Text,
        "",
        "Folder that gk-admin writes backups to, which need backup.recipient; empty: it takes none",
    ),
    open(
        Setting::BackupHours,
        ("backup.every_hours", "BACKUP_EVERY_HOURS"),
        Kind::Whole { least: 1, most: 720 },
        "24",
        "Hours from one backup to the next",
    ),
    open(
        Setting::BackupKeep,
        ("backup.keep", "BACKUP_KEEP"),
        Kind::Whole { least: 1, most: 1000 },
        "14",
        "Backups that are kept in backup.folder; the oldest of more are deleted",
    ),
    open(
        Setting::BackupRecipient,
        ("backup.recipient", "BACKUP_RECIPIENT"),
        Kind::Recipient,
        "",
        "Public key that backups are sealed to; `gk backup-key` makes one with its secret key",
    ),
    open(
        Setting::PolicyHeartbeat,
        ("policy.heartbeat", "POLICY_HEARTBEAT"),
        Kind::Flag,
        "false",
        "Whether gk-admin says in the policy file every 5 seconds that nothing newer is published: for gk-validate on other hosts, see --max-stale",
    ),
    open(
        Setting::SqlConsole,
        ("console.sql", "SQL_CONSOLE"),
        Kind::Flag,
        "false",
        "Whether administrators may ask the database in SQL, read only and without secrets, at /admin/system/sql",
    ),
    open(
        Setting::AuditKeepDays,
        ("audit.keep_days", "AUDIT_KEEP_DAYS"),
        Kind::Whole { least: 0, most: 36_500 },
        "0",
        "Days after which rows of the audit are deleted, behind a signed checkpoint; 0: never",
    ),
    open(
        Setting::AuditForwardTo,
        ("audit.forward_to", "AUDIT_FORWARD_TO"),
        Kind::ForwardTo,
        "",
        "Where every row of the audit is sent on to, the oldest that is kept first; empty: nowhere",
    ),
    Definition {
        setting: Setting::AuditForwardToken,
        key: "audit.forward_token",
        alias: "AUDIT_FORWARD_TOKEN",
        kind: Kind::Text,
        default: "",
        secrecy: Secrecy::Secret,
        meaning: "What an HTTP receiver of the audit is shown, as a bearer token",
    },
];

/// The first word of every key, in the order of the table.
pub fn sections() -> Vec<&'static str> {
    let mut sections = DEFINITIONS.iter().map(Definition::section).collect::<Vec<_>>();
    sections.dedup();
    sections
}

impl Definition {
    /// The first word of its key.
    pub fn section(&self) -> &'static str {
        self.key.split('.').next().unwrap_or(self.key)
    }
}

impl Setting {
    /// This setting's row.
    pub fn definition(self) -> &'static Definition {
        let row = DEFINITIONS.iter().find(|definition| definition.setting == self);
        row.expect("every setting has a row: a test walks them all")
    }

    /// The setting with this key.
    pub fn named(key: &str) -> Option<Self> {
        DEFINITIONS.iter().find(|definition| definition.key == key).map(|definition| definition.setting)
    }

    /// Whether it decides who gets in.
    pub fn decides_access(self) -> bool {
        matches!(self, Self::AcceptedDomains | Self::DefaultApp | Self::IdleDays)
    }

    /// Whether the policy file has it, so that a change must be published.
    pub(crate) fn is_published(self) -> bool {
        self.decides_access() || self == Self::PolicyHeartbeat
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_value_of_its_kind() {
        for definition in DEFINITIONS {
            assert_eq!(
                definition.kind.parse(definition.default).as_deref(),
                Ok(definition.default),
                "{}",
                definition.key
            );
            assert_eq!(definition.setting.definition().key, definition.key);
        }
    }

    #[test]
    fn settings_of_a_section_stand_together() {
        let (mut once, sections) = (sections(), sections());
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), sections.len(), "{sections:?}");
    }

    /// The README's table is this one. `GK_BLESS=1` writes it there.
    #[test]
    fn the_readme_prints_this_table() {
        let row = |row: &Definition| {
            let default = if row.default.is_empty() { "(empty)".to_owned() } else { format!("`{}`", row.default) };
            let secret = if row.secrecy == Secrecy::Secret { " Secret." } else { "" };
            format!(
                "| `{}` | `{}` | {} | {default} | {}.{secret} |\n",
                row.key,
                row.alias,
                row.kind.description(),
                row.meaning
            )
        };
        let rows = DEFINITIONS.iter().map(row).collect::<String>();
        let table = format!("\n| setting | variable | value | default | meaning |\n|---|---|---|---|---|\n{rows}\n");
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
        let readme = std::fs::read_to_string(path).unwrap();
        let (before, rest) = readme.split_once("<!-- settings: written by the tests from the registry -->\n").unwrap();
        let (printed, after) = rest.split_once("<!-- end of settings -->").unwrap();
        if std::env::var_os("GK_BLESS").is_some() {
            let mark = "<!-- settings: written by the tests from the registry -->\n";
            std::fs::write(path, format!("{before}{mark}{table}<!-- end of settings -->{after}")).unwrap();
        } else {
            assert_eq!(printed, table, "run again with GK_BLESS=1");
        }
    }
}
