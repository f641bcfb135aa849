//! Questions about people, and what a directory's entries make of the answer.

use gk_service::model::{Directory, Found, FoundGroup, GroupMode};
use gk_service::service::directories::Usable;
use gk_shared::time::wall;
use ldap3::{Ldap, SearchEntry};

use super::question::{self, Question};
use super::trouble::{Step, Trouble};
use super::{connect, read};

/// So many entries for one name are too many to say who is meant.
const MOST_OF_A_NAME: usize = 20;
/// So many groups of one person, and so deep, are looked at.
const MOST_GROUPS: usize = 2000;
const MOST_DEEP: usize = 10;
/// So many members are asked for at once.
const MEMBERS_AT_ONCE: usize = 40;

/// A question about people.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Who {
    Named(String),
    Address(String),
    Numbered(String),
    /// Whoever has it in a name or address.
    Part(String, usize),
}

/// Everybody who answers to a question. Whom the directory gives without having been asked for them is left out.
pub(super) async fn ask(ldap: &mut Ldap, usable: &Usable, who: &Who) -> Result<Vec<Found>, Trouble> {
    let directory = &usable.directory;
    let (filter, most) = match who {
        Who::Named(name) => (question::by_username(directory, name), MOST_OF_A_NAME),
        Who::Address(address) => (question::by_address(directory, address), MOST_OF_A_NAME),
        Who::Part(text, most) => (question::by_part(directory, text), *most),
        Who::Numbered(number) => {
            let filter = question::by_unique_id(directory, number);
            (filter.ok_or_else(|| Trouble::standing(Step::Search, "this account has no number in the directory"))?, 1)
        }
    };
    let attributes = question::attributes(directory);
    let question = Question { filter: &filter, attributes, most };
    let entries = question::ask(ldap, directory, &question, connect::limit(usable)).await?;
    let mut people: Vec<Found> = Vec::new();
    let now = wall();
    for entry in entries.iter().filter(|entry| answers(directory, entry, who)) {
        match read::person(directory, entry, now) {
            Ok(found) if people.iter().any(|known| known.unique_id == found.unique_id) => {}
            Ok(found) => people.push(found),
            Err(why) if matches!(who, Who::Numbered(_)) => return Err(Trouble::standing(Step::Search, why)),
            Err(why) => tracing::debug!(why, directory = %directory.label, "an entry is nobody"),
        }
    }
    if !matches!(who, Who::Part(..)) {
        for found in &mut people {
            found.groups = groups(ldap, usable, found).await?;
        }
    }
    Ok(people)
}

fn answers(directory: &Directory, entry: &SearchEntry, who: &Who) -> bool {
    match who {
        Who::Named(name) => read::is_called(directory, entry, name),
        Who::Address(address) => read::is_reached_by(directory, entry, address),
        Who::Numbered(_) | Who::Part(..) => true,
    }
}

/// The groups somebody is in.
async fn groups(ldap: &mut Ldap, usable: &Usable, found: &Found) -> Result<Vec<FoundGroup>, Trouble> {
    match usable.directory.group_mode {
        GroupMode::None => Ok(Vec::new()),
        GroupMode::MemberOf => Ok(found.groups.clone()),
        GroupMode::InChain => {
            let filter = question::groups_in_chain(&found.dn);
            Ok(read::groups(&names(ldap, usable, &filter).await?))
        }
        GroupMode::Transitive => step_by_step(ldap, usable, &found.dn).await,
    }
}

async fn step_by_step(ldap: &mut Ldap, usable: &Usable, dn: &str) -> Result<Vec<FoundGroup>, Trouble> {
    let mut found = Vec::new();
    let mut members = vec![dn.to_owned()];
    for _ in 0..MOST_DEEP {
        let mut next = Vec::new();
        for some in members.chunks(MEMBERS_AT_ONCE) {
            next.extend(read::groups(&names(ldap, usable, &question::groups_of(some)).await?));
        }
        // A group that was met before is not followed again, so that a circle ends.
        next.retain(|group| !found.contains(group));
        next.dedup_by(|one, other| one.dn == other.dn);
        if next.is_empty() {
            break;
        }
        members = next.iter().map(|group| group.written.clone()).collect();
        found.extend(next);
        if found.len() > MOST_GROUPS {
            return Err(Trouble::standing(Step::Search, format!("somebody is in more than {MOST_GROUPS} groups")));
        }
    }
    Ok(found)
}

/// The DNs of the groups that answer to a filter.
async fn names(ldap: &mut Ldap, usable: &Usable, filter: &str) -> Result<Vec<String>, Trouble> {
    let question = Question { filter, attributes: vec!["1.1"], most: MOST_GROUPS };
    let entries = question::ask(ldap, &usable.directory, &question, connect::limit(usable)).await?;
    Ok(entries.into_iter().map(|entry| entry.dn).collect())
}
