//! E-mail addresses and the other names people type.

use crate::model::{Domain, Email, GroupName, Role, Slug, Username};

/// The input is one text, read as each kind of name.
pub fn names(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    let email = Email::parse(text).ok();
    if let Some(email) = &email {
        address(text, email);
    }
    if let Ok(domain) = Domain::parse(text) {
        host(domain.as_str());
        assert_eq!(Domain::parse(domain.as_str()), Ok(domain));
    }
    username(text, email.as_ref());
    let slug = data.iter().all(|byte| b"abcdefghijklmnopqrstuvwxyz0123456789-".contains(byte));
    assert_eq!(Slug::parse(text).is_ok(), slug && !data.is_empty() && data.len() < 64);
    assert!(!Slug::parse(text).is_ok_and(|slug| slug.as_str() != text), "a slug is kept as it is");
    if let Ok(role) = Role::parse(text) {
        assert!(role.as_str() == text && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b','));
    }
    if let Ok(group) = GroupName::parse(text) {
        assert!(group.as_str() == text && !text.contains([',', '\r', '\n']) && text.trim() == text);
    }
}

/// What an address has to be, by the words of the specification.
fn address(typed: &str, email: &Email) {
    let kept = email.as_str();
    let (local, domain) = kept.split_once('@').expect("an address has an @");
    assert!(kept.len() <= 254 && !local.is_empty() && !domain.contains('@'));
    assert!(kept.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase()));
    assert!(!kept.contains(['"', '(', ')', ',', ';', ':', '<', '>', '\\', '[', ']']));
    host(domain);
    assert_eq!(email.domain(), domain);
    assert!(local.starts_with(email.mailbox()));
    // One address has one spelling, however it is typed again.
    for again in [kept.to_owned(), format!("  {kept} "), kept.to_ascii_uppercase(), typed.to_ascii_uppercase()] {
        assert_eq!(Email::parse(&again).as_ref(), Ok(email), "{again:?}");
    }
    // The local part is what was typed, up to the case of ASCII letters.
    let before = typed.trim_matches(' ').split('@').next().unwrap_or_default();
    assert!(before.eq_ignore_ascii_case(local));
}

fn host(domain: &str) {
    assert!((1..=253).contains(&domain.len()));
    for label in domain.split('.') {
        assert!((1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-'), "{domain}");
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(label.bytes().all(plain), "{domain}");
    }
}

/// A user name with an @ is that address and nothing else; any other is what was typed, in lower case.
fn username(text: &str, email: Option<&Email>) {
    let name = Username::parse(text).ok();
    if text.contains('@') {
        assert_eq!(name.as_ref().map(Username::as_str), email.map(Email::as_str));
    }
    let Some(name) = name else { return };
    assert_eq!(Username::parse(name.as_str()).as_ref(), Ok(&name));
    assert!(text.contains('@') || name.as_str().eq_ignore_ascii_case(text.trim_matches(' ')));
}
