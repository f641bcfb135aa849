//! How the installation looks to everybody: its name, its colours and its logo.

use gk_shared::time::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::service::audit::Event;
use crate::service::op::{Op, View};
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::settings::Setting;
use crate::store::logos;

/// A logo is sent to everybody who signs in.
pub const MOST_LOGO_BYTES: usize = 128 * 1024;

/// Pictures that can hold no script: SVG is none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoKind {
    Png,
    Jpeg,
    WebP,
}

impl LogoKind {
    pub(crate) const ALL: [Self; 3] = [Self::Png, Self::Jpeg, Self::WebP];

    /// What browsers are told it is.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
        }
    }

    /// Whether the bytes begin, and as far as it can be told end, as such a picture does.
    fn has_form_of(self, bytes: &[u8]) -> bool {
        match self {
            Self::Png => {
                bytes.starts_with(b"\x89PNG\r\n\x1a\n")
                    && bytes.get(12..16) == Some(b"IHDR")
                    && bytes.ends_with(b"IEND\xaeB`\x82")
            }
            Self::Jpeg => bytes.starts_with(b"\xff\xd8\xff") && bytes.ends_with(b"\xff\xd9"),
            Self::WebP => {
                let length = bytes.get(4..8).and_then(|length| length.try_into().ok()).map(u32::from_le_bytes);
                let whole = length.and_then(|length| usize::try_from(length).ok()?.checked_add(8));
                bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") && whole == Some(bytes.len())
            }
        }
    }
}

/// The logo, as it was uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    pub kind: LogoKind,
    pub bytes: Vec<u8>,
    /// The beginning of its SHA-256 in hexadecimal digits: tells one logo from another.
    pub digest: String,
    pub updated_at: Timestamp,
}

/// What every page needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    pub name: String,
    /// On light pages; empty for the built-in one.
    pub accent: String,
    pub accent_dark: String,
    /// The digest of the logo, if there is one.
    pub logo: Option<String>,
}

/// The look now. Needs no permission: the sign-in page has it.
pub fn look(view: &View<'_>) -> Result<Look, Refusal> {
    let text = |setting| view.settings.text(setting).to_owned();
    Ok(Look {
        name: text(Setting::ServerName),
        accent: text(Setting::Accent),
        accent_dark: text(Setting::AccentDark),
        logo: logos::digest(view.connection)?,
    })
}

/// The logo itself. Needs no permission: the sign-in page has it.
pub fn logo(view: &View<'_>) -> Result<Option<Logo>, Refusal> {
    Ok(logos::read(view.connection)?)
}

/// Takes a picture as the logo.
pub fn set_logo(op: &Op<'_>, bytes: &[u8]) -> Result<Logo, Refusal> {
    permit(op.standing, Verb::ChangeSettings)?;
    if bytes.len() > MOST_LOGO_BYTES {
        return Err(Refusal::Invalid(format!("a logo has at most {} KiB", MOST_LOGO_BYTES / 1024)));
    }
    let kind = LogoKind::ALL.into_iter().find(|kind| kind.has_form_of(bytes)).ok_or_else(|| {
        Refusal::Invalid("a logo is a PNG, JPEG or WebP picture; SVG is not taken, since it can hold scripts".into())
    })?;
    let digest = Sha256::digest(bytes).iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    let logo = Logo { kind, bytes: bytes.to_vec(), digest, updated_at: op.now };
    let before = logos::read(op.connection)?;
    logos::set(op.transaction, &logo)?;
    audited(op, before.as_ref(), Some(&logo))?;
    Ok(logo)
}

/// Takes the logo away; the built-in one is shown again.
pub fn clear_logo(op: &Op<'_>) -> Result<(), Refusal> {
    permit(op.standing, Verb::ChangeSettings)?;
    let Some(before) = logos::read(op.connection)? else { return Ok(()) };
    logos::clear(op.transaction)?;
    audited(op, Some(&before), None)
}

fn audited(op: &Op<'_>, before: Option<&Logo>, after: Option<&Logo>) -> Result<(), Refusal> {
    let (before, after) = (described(before), described(after));
    op.audit(&Event { action: "logo_changed", target: "logo", before, after, app: "" })
}

fn described(logo: Option<&Logo>) -> Value {
    logo.map_or(
        Value::Null,
        |logo| json!({ "type": logo.kind.media_type(), "bytes": logo.bytes.len(), "digest": logo.digest }),
    )
}
