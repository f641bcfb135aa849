//! The form a directory is set up with: one field for each of its words.

use gk_service::model::{Directory, DirectoryUri};
use maud::{Markup, html};

use crate::directory_given::Given;
use crate::ui::kit;
use crate::ui::typed::Typed;
use gk_service::service::Refusal;

const SECURITIES: [(&str, &str); 3] = [
    ("ldaps", "LDAPS: encrypted from the first byte"),
    ("starttls", "StartTLS: encrypted before anything is said"),
    ("plain", "Plain: not encrypted, passwords can be read on the way"),
];
const GROUPS: [(&str, &str); 4] = [
    ("in-chain", "Nested, as Active Directory works them out"),
    ("transitive", "Nested, looked for step by step: for other directories"),
    ("member-of", "Direct ones, as a person's entry names them"),
    ("none", "None"),
];

/// What was typed. A new directory starts with the usual values where nothing was; of one that is there, an empty field
/// empties what is kept.
pub(super) fn given(typed: &Typed, is_new: bool) -> Result<Given, Refusal> {
    let text = |name| typed.raw(name).map(str::trim).filter(|text| !is_new || !text.is_empty()).map(str::to_owned);
    let lines = |name| {
        let lines =
            |text: &str| text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        typed.raw(name).map(lines)
    };
    let number = |name: &str| {
        let whole =
            |text: &str| text.parse().map_err(|_| Refusal::Invalid(format!("{} is a number", name.replace('_', " "))));
        typed.parsed::<i64, Refusal>(name, whole)
    };
    let password = typed.raw("password").filter(|password| !password.is_empty()).map(str::to_owned);
    Ok(Given {
        enabled: typed.one("enabled").map(|word| word == "on"),
        uris: lines("uris"),
        security: text("security"),
        ca: text("ca"),
        bind_dn: text("bind_dn"),
        password: password.or_else(|| typed.one("forget").map(|_| String::new())),
        base_dns: lines("base_dns"),
        user_filter: text("user_filter"),
        email_filter: text("email_filter"),
        username_attribute: text("username_attribute"),
        email_attribute: text("email_attribute"),
        fullname_attribute: text("fullname_attribute"),
        groups: text("groups"),
        timeout_seconds: number("timeout_seconds")?,
        page_size: number("page_size")?,
        place: number("place")?,
    })
}

/// The fields, with what was typed or else what is kept.
pub(super) fn fields(one: Option<&Directory>, typed: Option<&Typed>) -> Markup {
    let kept = |name: &str| one.map(|one| word(one, name)).unwrap_or_default();
    let value = |name: &str| typed.and_then(|typed| typed.raw(name)).map_or_else(|| kept(name), str::to_owned);
    let line = |id: &str, label, hint: &str, usual: &str| {
        kit::field(
            id,
            label,
            Some(hint),
            &html! {
                input id=(id) type="text" name=(id) value=(value(id)) placeholder=(usual) autocomplete="off" spellcheck="false" aria-describedby={ (id) "-hint" };
            },
        )
    };
    let lines = |id: &str, label, hint: &str, rows: u8| {
        kit::field(
            id,
            label,
            Some(hint),
            &html! {
                textarea id=(id) name=(id) rows=(rows) spellcheck="false" aria-describedby={ (id) "-hint" } { (value(id)) }
            },
        )
    };
    html! {
        h2 { "Servers" }
        (lines("uris", "Addresses", "ldaps://host[:port] or ldap://host[:port], one a line; the next is tried when one does not answer.", 2))
        (kit::field("security", "Encryption", None, &kit::select("security", "security", &SECURITIES, &value("security"))))
        (lines("ca", "Authority", "The certificate of the authority that signed the servers', as PEM; empty: whom the system trusts.", 3))
        (line("timeout_seconds", "Time-out", "Seconds that each step may take.", "5"))
        h2 { "Who asks" }
        (line("bind_dn", "Bind DN", "Empty: anonymous.", ""))
        (password(one))
        h2 { "What is asked" }
        (lines("base_dns", "Base DNs", "Where people and groups are, such as dc=corp,dc=example, one a line.", 2))
        (line("user_filter", "By user name", "A filter with {username} in it.", "(&(objectClass=user)(sAMAccountName={username}))"))
        (line("email_filter", "By e-mail", "A filter with {email} in it; empty: the e-mail attribute of a user.", ""))
        (line("username_attribute", "User name attribute", "Holds the name people sign in with.", "sAMAccountName"))
        (line("email_attribute", "E-mail attribute", "Sign-in mails go there.", "mail"))
        (line("fullname_attribute", "Name attribute", "Shown to others.", "displayName"))
        (kit::field("groups", "Groups", None, &kit::select("groups", "groups", &GROUPS, &value("groups"))))
        (line("page_size", "Page", "So many entries are asked for at a time.", "500"))
    }
}

/// A password is never shown again.
fn password(one: Option<&Directory>) -> Markup {
    let kept = one.is_some_and(|one| one.has_password);
    html! {
        (kit::field("password", "Bind password", Some("Kept sealed. Another server, or plain instead of encrypted, forgets it."), &html! {
            input #password type="password" name="password" autocomplete="new-password" aria-describedby="password-hint"
                placeholder=(if kept { "Type a new one to change it" } else { "" });
        }))
        @if kept { label.choice for="forget" { input #forget type="checkbox" name="forget" value="yes"; "Forget the password" } }
    }
}

fn word(one: &Directory, name: &str) -> String {
    match name {
        "uris" => one.uris.iter().map(DirectoryUri::as_str).collect::<Vec<_>>().join("\n"),
        "security" => one.security.word().into(),
        "ca" => one.ca.clone(),
        "timeout_seconds" => one.timeout_seconds.to_string(),
        "bind_dn" => one.bind_dn.clone(),
        "base_dns" => one.base_dns.join("\n"),
        "user_filter" => one.user_filter.clone(),
        "email_filter" => one.email_filter.clone(),
        "username_attribute" => one.username_attribute.clone(),
        "email_attribute" => one.email_attribute.clone(),
        "fullname_attribute" => one.fullname_attribute.clone(),
        "groups" => one.group_mode.word().into(),
        "page_size" => one.page_size.to_string(),
        _ => String::new(),
    }
}
