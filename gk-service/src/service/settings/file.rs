//! Settings as a file: written for people to read and keep, and read back, all of it or nothing.

use serde_json::json;

use super::change::{Change, Changed, change};
use super::is_stored;
use crate::service::audit::Event;
use crate::service::op::Op;
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::settings::ini::{self, Entry};
use crate::settings::{Effective, Setting};

/// Whether a file holds secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    LeftOut,
    Written,
}

/// What came of a file.
#[derive(Clone, Debug)]
pub struct Imported {
    pub changed: Vec<Changed>,
    /// How many settings have the file's value already.
    pub unchanged: usize,
    /// Lines that older files have and that mean nothing here.
    pub passed_over: Vec<PassedOver>,
}

/// A line that means nothing here, and what does instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    pub key: String,
    pub instead: &'static str,
}

/// What older files say and is no setting any more: the key, or the section with a dot behind it.
const FORMER: &[(&str, &str)] = &[
    ("server.host", "GATEKEEPER_LISTEN says where gk-admin listens"),
    ("server.port", "GATEKEEPER_LISTEN says where gk-admin listens"),
    ("server.dev_host", "there is one kind of server"),
    ("server.dev_port", "there is one kind of server"),
    ("server.debug", "RUST_LOG=debug has the servers say more"),
    ("server.login_url", "server.public_url says where people sign in"),
    ("proxy.", "server.trusted_proxies says whom to believe"),
    ("database.", "--db says where the database is"),
    ("ldap.", "directories are no settings"),
];

/// The settings as a file. Secrets are written for an operator at the command line only.
pub fn export(op: &Op<'_>, secrets: Secrets) -> Result<String, Refusal> {
    permit(op.standing, Verb::ChangeSettings)?;
    let secret = |effective: &Effective| match secrets {
        Secrets::Written if is_stored(effective) => {
            let found = op.settings.secret(effective.definition.setting, op.root)?;
            Ok::<_, Refusal>(found.map(|secret| secret.reveal().to_owned()))
        }
        Secrets::Written | Secrets::LeftOut => Ok(None),
    };
    if secrets == Secrets::Written {
        permit(op.standing, Verb::MintSession)?;
    }
    let file = ini::write(op.settings.all(), secret)?;
    let after = json!({ "secrets": secrets == Secrets::Written });
    op.audit(&Event { action: "settings_exported", after, ..Event::default() })?;
    Ok(file)
}

/// Sets what a file says, all of it or nothing. What it does not name stays.
pub fn import(op: &Op<'_>, text: &str) -> Result<Imported, Refusal> {
    permit(op.standing, Verb::ChangeSettings)?;
    let entries = ini::parse(text).map_err(|bad| Refusal::Invalid(bad.to_string()))?;
    let (mut wanted, mut passed_over, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for Entry { line, key, value } in entries {
        match (Setting::named(&key), former(&key)) {
            (Some(_), _) => wanted.push(Change { key, value: Some(value) }),
            (None, Some(instead)) => passed_over.push(PassedOver { key, instead }),
            (None, None) => unknown.push(format!("line {line}: {key} is no setting")),
        }
    }
    if !unknown.is_empty() {
        return Err(Refusal::Invalid(unknown.join("; ")));
    }
    let changed = change(op, None, &wanted)?;
    Ok(Imported { unchanged: wanted.len() - changed.len(), changed, passed_over })
}

fn former(key: &str) -> Option<&'static str> {
    let is = |former: &str| if former.ends_with('.') { key.starts_with(former) } else { key == former };
    // Older files have a section for each directory, such as [ldap.CORP].
    FORMER.iter().find(|(former, _)| is(former)).map(|(_, instead)| *instead)
}
