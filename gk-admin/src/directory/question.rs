//! Questions: the one place where what somebody typed becomes part of a filter, and where one is asked.

use std::fmt::Write as _;
use std::time::Duration;

use gk_service::model::Directory;
use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::{Ldap, Scope, SearchEntry, SearchOptions, ldap_escape};
use tokio::time::timeout;

use super::answer::Answer;
use super::trouble::{Step, Trouble};

/// Of somebody, what is read.
const ATTRIBUTES: [&str; 18] = [
    "givenName",
    "mailNickname",
    "title",
    "department",
    "manager",
    "telephoneNumber",
    "mobile",
    "physicalDeliveryOfficeName",
    "thumbnailPhoto",
    "jpegPhoto",
    "userPrincipalName",
    "memberOf",
    "objectGUID",
    "entryUUID",
    "userAccountControl",
    "accountExpires",
    "nsAccountLock",
    "pwdAccountLockedTime",
];

/// Who goes by this name.
pub(super) fn by_username(directory: &Directory, name: &str) -> String {
    directory.user_filter.replace("{username}", &ldap_escape(name))
}

/// Whose e-mail or UPN this is.
pub(super) fn by_address(directory: &Directory, address: &str) -> String {
    let address = ldap_escape(address);
    let email = if directory.email_filter.is_empty() {
        format!("(&(objectClass=user)({}={address}))", directory.email_attribute)
    } else {
        directory.email_filter.replace("{email}", &address)
    };
    format!("(|{email}(&{}(userPrincipalName={address})))", anybody(directory))
}

/// Whose lasting number this is, if they still are whom the directory is to let in; `None` for what is no number.
pub(super) fn by_unique_id(directory: &Directory, unique_id: &str) -> Option<String> {
    let (kind, value) = unique_id.split_once(':')?;
    let value = match kind {
        "objectGUID" => {
            let pairs = value.as_bytes().chunks(2).map(std::str::from_utf8).collect::<Result<Vec<_>, _>>().ok()?;
            pairs.iter().fold(String::new(), |mut escaped, pair| {
                _ = write!(escaped, "\\{pair}");
                escaped
            })
        }
        "entryUUID" => ldap_escape(value).into_owned(),
        _ => return None,
    };
    Some(format!("(&({kind}={value}){})", anybody(directory)))
}

/// Everybody the directory is to let in.
fn anybody(directory: &Directory) -> String {
    directory.user_filter.replace("{username}", "*")
}

/// Whose name, display name or e-mail has this text in it.
pub(super) fn by_part(directory: &Directory, text: &str) -> String {
    let text = ldap_escape(text);
    let attributes = [&directory.username_attribute, &directory.fullname_attribute, &directory.email_attribute];
    let parts = attributes.map(|attribute| format!("({attribute}=*{text}*)"));
    format!("(&{}(|{}))", anybody(directory), parts.concat())
}

/// Which groups an entry is in, those that these groups are in included, as Active Directory works it out.
pub(super) fn groups_in_chain(dn: &str) -> String {
    format!("(member:1.2.840.113556.1.4.1941:={})", ldap_escape(dn))
}

/// Which groups one of these entries is in.
pub(super) fn groups_of(dns: &[String]) -> String {
    let members = dns.iter().map(|dn| ldap_escape(dn.as_str())).map(|dn| format!("(member={dn})(uniqueMember={dn})"));
    format!("(|{})", members.collect::<String>())
}

/// What is read of somebody.
pub(super) fn attributes(directory: &Directory) -> Vec<&str> {
    let own = [&directory.username_attribute, &directory.email_attribute, &directory.fullname_attribute];
    ATTRIBUTES.into_iter().chain(own.into_iter().map(String::as_str)).collect()
}

/// What to ask, and how much of an answer to take.
pub(super) struct Question<'q> {
    pub(super) filter: &'q str,
    pub(super) attributes: Vec<&'q str>,
    /// More entries than this are no answer.
    pub(super) most: usize,
}

/// Asks below each base DN, page by page. An answer that is cut short is none. Where a directory says that others know
/// more, nobody is asked.
pub(super) async fn ask(
    ldap: &mut Ldap,
    directory: &Directory,
    question: &Question<'_>,
    limit: Duration,
) -> Result<Vec<SearchEntry>, Trouble> {
    let mut answer = Answer::default();
    for base in &directory.base_dns {
        let asked = ask_below(ldap, (directory, base), question, &mut answer);
        // Each page has its time-out; so has the whole, or an entry now and then would last for ever.
        timeout(limit * 4, asked).await.map_err(|_| Trouble::slow(Step::Search, limit.as_secs() * 4))??;
    }
    Ok(answer.into_entries())
}

/// Whether somebody who has bound may read a base DN's own entry.
pub(super) async fn is_readable(ldap: &mut Ldap, base: &str, limit: Duration) -> Result<bool, Trouble> {
    let search = ldap.with_timeout(limit).search(base, Scope::Base, "(objectClass=*)", vec!["1.1"]);
    let asked = timeout(limit * 2, search).await.map_err(|_| Trouble::slow(Step::Search, limit.as_secs() * 2))?;
    let (entries, _) =
        asked.and_then(ldap3::SearchResult::success).map_err(|error| Trouble::of(Step::Search, &error))?;
    Ok(entries.iter().any(|entry| !entry.is_ref()))
}

async fn ask_below(
    ldap: &mut Ldap,
    (directory, base): (&Directory, &str),
    question: &Question<'_>,
    answer: &mut Answer,
) -> Result<(), Trouble> {
    let failed = |error: ldap3::LdapError| Trouble::of(Step::Search, &error);
    let page = i32::try_from(directory.page_size).unwrap_or(500);
    let adapters: Vec<Box<dyn Adapter<_, _>>> = vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(page))];
    let limit = Duration::from_secs(u64::try_from(directory.timeout_seconds).unwrap_or(5));
    // One more than is taken, so that it shows that there are more.
    let most = i32::try_from(question.most + 1).unwrap_or(i32::MAX);
    let options = SearchOptions::new().sizelimit(most).timelimit(i32::try_from(limit.as_secs()).unwrap_or(5));
    ldap.with_timeout(limit).with_search_options(options);
    let attributes = question.attributes.clone();
    let stream = ldap.streaming_search_with(adapters, base, Scope::Subtree, question.filter, attributes);
    let mut stream = stream.await.map_err(failed)?;
    while let Some(entry) = stream.next().await.map_err(failed)? {
        answer.take(entry, question.most)?;
    }
    stream.finish().await.success().map(drop).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_stays_one_value_of_the_filter() {
        for typed in ["*", "a)(uid=*", "x*)(|(objectClass=*", "\\2a", "a\0b", "(", ")", "&", "ünal", "a\\29(b"] {
            let filter = format!("(uid={})", ldap_escape(typed));
            let inner = filter.strip_prefix("(uid=").and_then(|rest| rest.strip_suffix(')')).unwrap();
            assert!(!inner.contains(['(', ')', '*', '\0']), "{filter}");
        }
    }
}
