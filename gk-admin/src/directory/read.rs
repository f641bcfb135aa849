//! What an entry of a directory says of somebody.

use std::fmt::Write as _;

use gk_service::model::{Account, Detail, Details, Directory, Dn, Found, FoundGroup, GroupMode};
use gk_shared::model::{Email, Username};
use gk_shared::time::Timestamp;
use ldap3::SearchEntry;

/// A larger photo is left out.
const MOST_OF_A_PHOTO: usize = 128 * 1024;
/// Further ones are left out.
const MOST_EMAILS: usize = 50;
/// In a second.
const TENTHS_OF_MICROSECONDS: i64 = 10_000_000;
/// In seconds.
const FROM_1601_TO_1970: i64 = 11_644_473_600;
/// Of `userAccountControl`: the account is disabled.
const ACCOUNT_DISABLED: i64 = 2;

/// An entry, read by attribute whatever case the directory writes it in.
struct Entry<'e>(&'e SearchEntry);

impl Entry<'_> {
    fn texts(&self, name: &str) -> &[String] {
        let found = self.0.attrs.iter().find(|(attribute, _)| attribute.eq_ignore_ascii_case(name));
        found.map(|(_, values)| values.as_slice()).unwrap_or_default()
    }

    fn text(&self, name: &str) -> &str {
        self.texts(name).first().map(String::as_str).unwrap_or_default()
    }

    /// Whether a part of the values is given only, as Active Directory does with very many.
    fn is_cut(&self, name: &str) -> bool {
        let cut = |attribute: &String| {
            attribute.split_once(';').is_some_and(|(of, option)| {
                of.eq_ignore_ascii_case(name) && option.to_ascii_lowercase().starts_with("range=")
            })
        };
        self.0.attrs.keys().any(cut)
    }

    /// Of one value: bytes that happen to be UTF-8 come as text.
    fn bytes(&self, name: &str) -> Option<&[u8]> {
        let binary = self.0.bin_attrs.iter().find(|(attribute, _)| attribute.eq_ignore_ascii_case(name));
        let binary = binary.and_then(|(_, values)| values.first()).map(Vec::as_slice);
        binary.or_else(|| self.texts(name).first().map(String::as_bytes))
    }
}

/// Whether an entry goes by this user name: a directory may take more for the same than we do.
pub(super) fn is_called(directory: &Directory, entry: &SearchEntry, name: &str) -> bool {
    let same = |value: &String| value.trim().to_lowercase() == name.to_lowercase();
    Entry(entry).texts(&directory.username_attribute).iter().any(same)
}

/// Whether this is an e-mail of the entry, or its UPN.
pub(super) fn is_reached_by(directory: &Directory, entry: &SearchEntry, address: &str) -> bool {
    let entry = Entry(entry);
    let wanted = Email::parse(address).ok();
    let email = |value: &String| wanted.is_some() && Email::parse(value).ok() == wanted;
    entry.texts(&directory.email_attribute).iter().any(email)
        || entry.text("userPrincipalName").eq_ignore_ascii_case(address)
}

/// Somebody, without their groups but those the entry itself names. Says what is missing if it is nobody.
pub(super) fn person(directory: &Directory, entry: &SearchEntry, now: Timestamp) -> Result<Found, String> {
    let read = Entry(entry);
    let name = read.text(&directory.username_attribute).trim();
    let username = Username::parse(&format!("{}\\{name}", directory.label));
    let username = username.map_err(|error| format!("{}: `{name}` cannot be a user name here: {error}", entry.dn))?;
    let unique_id = unique_id(&read).ok_or_else(|| format!("{} has neither objectGUID nor entryUUID", entry.dn))?;
    let emails = read.texts(&directory.email_attribute).iter().filter_map(|email| Email::parse(email).ok());
    if directory.group_mode == GroupMode::MemberOf && read.is_cut("memberOf") {
        return Err(format!(
            "{} is in more groups than the directory gives at once: choose another way to find groups",
            entry.dn
        ));
    }
    let photo = read.bytes("thumbnailPhoto").or_else(|| read.bytes("jpegPhoto"));
    Ok(Found {
        directory: directory.label.clone(),
        unique_id,
        dn: entry.dn.clone(),
        username,
        emails: emails.take(MOST_EMAILS).collect(),
        fullname: read.text(&directory.fullname_attribute).to_owned(),
        details: details(&read),
        office: read.text("physicalDeliveryOfficeName").to_owned(),
        photo: photo.filter(|photo| is_picture(photo)).map(<[u8]>::to_vec),
        account: account(&read, now),
        groups: groups(read.texts("memberOf")),
    })
}

/// The groups with these DNs; what is no DN is no group.
pub(super) fn groups(dns: &[String]) -> Vec<FoundGroup> {
    let group = |written: &String| Dn::parse(written).map(|dn| FoundGroup { dn, written: written.clone() });
    dns.iter().filter_map(group).collect()
}

fn unique_id(entry: &Entry<'_>) -> Option<String> {
    let guid = entry.bytes("objectGUID").filter(|guid| guid.len() == 16);
    let guid = guid.map(hex);
    let uuid = Some(entry.text("entryUUID")).filter(|uuid| !uuid.is_empty());
    guid.map(|guid| format!("objectGUID:{guid}")).or_else(|| uuid.map(|uuid| format!("entryUUID:{uuid}")))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        _ = write!(text, "{byte:02x}");
        text
    })
}

fn details(entry: &Entry<'_>) -> Details {
    let manager = Dn::parse(entry.text("manager")).map(|dn| dn.name().to_owned()).unwrap_or_default();
    let mut details = Details::default();
    for detail in Detail::ALL {
        let text = match detail {
            Detail::GivenName => entry.text("givenName"),
            Detail::MailNickname => entry.text("mailNickname"),
            Detail::Title => entry.text("title"),
            Detail::Department => entry.text("department"),
            Detail::Manager => manager.as_str(),
            Detail::TelephoneNumber => entry.text("telephoneNumber"),
            Detail::MobileNumber => entry.text("mobile"),
        };
        details.set(detail, text.to_owned());
    }
    details
}

fn account(entry: &Entry<'_>, now: Timestamp) -> Account {
    let control = entry.text("userAccountControl").parse::<i64>().unwrap_or(0);
    let locked = entry.text("nsAccountLock").eq_ignore_ascii_case("true");
    // What slapd's password policy calls locked for good; a lock after bad passwords has a time of its own and passes.
    let for_good = entry.text("pwdAccountLockedTime") == "000001010000Z";
    let disabled = control & ACCOUNT_DISABLED != 0 || locked || for_good;
    if disabled || is_over(entry.text("accountExpires"), now) { Account::Disabled } else { Account::Enabled }
}

/// Whether an account was to work until a time that has passed: in tenths of microseconds since 1601. Two numbers mean never.
fn is_over(expires: &str, now: Timestamp) -> bool {
    let until = expires.parse::<i64>().ok().filter(|&until| until != 0 && until != i64::MAX);
    until.is_some_and(|until| until / TENTHS_OF_MICROSECONDS - FROM_1601_TO_1970 <= now.0)
}

fn is_picture(bytes: &[u8]) -> bool {
    let kinds: [&[u8]; 2] = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"];
    bytes.len() <= MOST_OF_A_PHOTO && kinds.iter().any(|kind| bytes.starts_with(kind))
}
