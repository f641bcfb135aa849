//! An answer while it comes in, held to bounds.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ldap3::{ResultEntry, SearchEntry};

use super::trouble::{Step, Trouble};

/// Of one answer. Many people with photos fit.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// What has come so far. Where base DNs lie one in the other, an entry comes more than once and counts once.
#[derive(Default)]
pub(super) struct Answer {
    entries: Vec<SearchEntry>,
    dns: HashSet<String>,
    bytes: usize,
}

impl Answer {
    /// All of it.
    pub(super) fn into_entries(self) -> Vec<SearchEntry> {
        self.entries
    }

    /// Takes an entry, unless with it there is more than may be.
    pub(super) fn take(&mut self, entry: ResultEntry, most: usize) -> Result<(), Trouble> {
        let wide = |why: String| Err(Trouble::standing(Step::Search, why));
        // The client panics at an entry that is none.
        let Ok(entry) = catch_unwind(AssertUnwindSafe(|| SearchEntry::construct(entry))) else {
            return wide("the directory sends what is no entry".into());
        };
        self.bytes += weight(&entry);
        if !self.dns.insert(entry.dn.to_lowercase()) {
            return Ok(());
        }
        self.entries.push(entry);
        if self.entries.len() > most {
            return wide(format!("more than {most} entries answer to this: the filter or the base DN is too wide"));
        }
        if self.bytes > MOST_BYTES {
            return wide("the answer is too large".into());
        }
        Ok(())
    }
}

fn weight(entry: &SearchEntry) -> usize {
    let texts = entry.attrs.values().flatten().map(String::len);
    entry.dn.len() + texts.chain(entry.bin_attrs.values().flatten().map(Vec::len)).sum::<usize>()
}
