//! Whether a directory can be set up so.

use gk_shared::model::is_plain_line;

use crate::model::{Directory, Dn, Security};
use crate::service::Refusal;

pub(super) fn check(directory: &Directory) -> Result<(), Refusal> {
    check_server(directory)?;
    check_questions(directory)
}

fn check_server(directory: &Directory) -> Result<(), Refusal> {
    let refuse = |sentence: &str| Err(Refusal::Invalid(sentence.to_owned()));
    if directory.uris.is_empty() || directory.uris.len() > 10 {
        return refuse("a directory has 1 to 10 addresses");
    }
    let tls = directory.security == Security::Ldaps;
    if directory.uris.iter().any(|uri| uri.is_tls() != tls) {
        return refuse("ldaps:// goes with the security ldaps, ldap:// with starttls, or with plain if that is meant");
    }
    if !directory.ca.is_empty() && !directory.ca.contains("-----BEGIN CERTIFICATE-----") {
        return refuse("the CA is one or several certificates as PEM");
    }
    if !is_plain_line(&directory.bind_dn) || directory.bind_dn.len() > 1000 {
        return refuse("a bind DN is one line of at most 1,000 characters");
    }
    if !(1..=60).contains(&directory.timeout_seconds) {
        return refuse("a time-out is 1 to 60 seconds");
    }
    if !(1..=5000).contains(&directory.page_size) {
        return refuse("a page is 1 to 5,000 entries");
    }
    Ok(())
}

fn check_questions(directory: &Directory) -> Result<(), Refusal> {
    let refuse = |sentence: String| Err(Refusal::Invalid(sentence));
    let bases = &directory.base_dns;
    if bases.is_empty() || bases.len() > 20 || bases.iter().any(|base| Dn::parse(base).is_none()) {
        return refuse("a directory has 1 to 20 base DNs, such as dc=corp,dc=example".into());
    }
    let filters = [(&directory.user_filter, "{username}"), (&directory.email_filter, "{email}")];
    for (filter, place) in filters.into_iter().filter(|(filter, place)| !filter.is_empty() || *place == "{username}") {
        let open = filter.chars().filter(|c| *c == '(').count();
        let whole =
            filter.starts_with('(') && filter.ends_with(')') && open == filter.chars().filter(|c| *c == ')').count();
        if !whole || !filter.contains(place) || !is_plain_line(filter) || filter.len() > 1000 {
            return refuse(format!("a filter is in parentheses and has {place} in it"));
        }
    }
    let attribute =
        |name: &String| (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let attributes = [&directory.username_attribute, &directory.email_attribute, &directory.fullname_attribute];
    if !attributes.into_iter().all(attribute) {
        return refuse("an attribute's name is letters, digits and hyphens".into());
    }
    Ok(())
}
