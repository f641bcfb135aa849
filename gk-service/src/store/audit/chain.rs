//! The keyed hashes that hold the audit together: over each row and the one before it, the head, and checkpoints.

use gk_shared::token::KeyId;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// What a row or a head is chained with.
pub(crate) type Chained = [u8; 32];

/// What comes before the first row.
pub(crate) const BEGINNING: Chained = [0; 32];
/// What comes before a row that follows a break: nothing that could be there.
pub(crate) const BROKEN: Chained = [0xFF; 32];
/// The form new rows are chained in.
pub(crate) const FORM: i64 = 2;

/// A key of the chain, ready to use.
pub(crate) struct AuditKey {
    pub(crate) id: KeyId,
    mac: Hmac<Sha256>,
}

/// Everything of a row that its chain value is made over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chainable<'r> {
    pub(crate) form: i64,
    pub(crate) id: i64,
    pub(crate) at: i64,
    pub(crate) key: i64,
    pub(crate) actor_id: Option<i64>,
    pub(crate) target_user: Option<i64>,
    /// Kind of actor, actor, action, target, app, IP, user agent, before, after.
    pub(crate) texts: [&'r [u8]; 9],
}

impl AuditKey {
    pub(crate) fn new(id: KeyId, bytes: &[u8]) -> Self {
        Self { id, mac: Hmac::new_from_slice(bytes).expect("HMAC takes keys of any length") }
    }

    /// The chain value of a row after that of the row before. `buffer` is only room to work in.
    pub(crate) fn chain(&self, row: &Chainable<'_>, previous: &Chained, buffer: &mut Vec<u8>) -> Chained {
        buffer.clear();
        match row.form {
            1 => first_form(row, previous, buffer),
            _ => second_form(row, previous, buffer),
        }
        self.over(buffer)
    }

    /// Signs that this row is the newest.
    pub(crate) fn sign_head(&self, id: i64, chain: &Chained) -> Chained {
        self.over(&[b"gk1/audit-head\0".as_slice(), &id.to_be_bytes(), chain].concat())
    }

    /// Signs that the rows up to this one were taken away for their age.
    pub(crate) fn sign_checkpoint(&self, through: i64, chain: &Chained) -> Chained {
        self.over(&[b"gk1/audit-checkpoint\0".as_slice(), &through.to_be_bytes(), chain].concat())
    }

    fn over(&self, bytes: &[u8]) -> Chained {
        self.mac.clone().chain_update(bytes).finalize().into_bytes().into()
    }
}

/// Whether two are the same, in constant time.
pub(crate) fn same(one: &Chained, other: &[u8]) -> bool {
    one.as_slice().ct_eq(other).into()
}

/// Every field with its length, so that no two rows read alike.
fn second_form(row: &Chainable<'_>, previous: &Chained, buffer: &mut Vec<u8>) {
    buffer.extend_from_slice(b"gk1/audit-row\0");
    buffer.extend_from_slice(previous);
    for number in [row.form, row.id, row.at, row.key] {
        buffer.extend_from_slice(&number.to_be_bytes());
    }
    for number in [row.actor_id, row.target_user] {
        buffer.push(u8::from(number.is_some()));
        buffer.extend_from_slice(&number.unwrap_or(0).to_be_bytes());
    }
    texts(row, buffer);
}

/// As rows were chained before schema 10.
fn first_form(row: &Chainable<'_>, previous: &Chained, buffer: &mut Vec<u8>) {
    buffer.extend_from_slice(previous);
    for number in [row.id, row.at, row.actor_id.unwrap_or(0), row.key] {
        buffer.extend_from_slice(&number.to_be_bytes());
    }
    texts(row, buffer);
}

fn texts(row: &Chainable<'_>, buffer: &mut Vec<u8>) {
    for text in row.texts {
        buffer.extend_from_slice(&(text.len() as u64).to_be_bytes());
        buffer.extend_from_slice(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_makes_another_chain_value() {
        let key = AuditKey::new(KeyId(1), &[7; 32]);
        let row = Chainable {
            form: FORM,
            id: 1,
            at: 2,
            key: 3,
            actor_id: None,
            target_user: None,
            texts: [b"ab", b"c", b"", b"", b"", b"", b"", b"", b""],
        };
        let of = |row: &Chainable<'_>| key.chain(row, &BEGINNING, &mut Vec::new());
        let mut shifted = row;
        shifted.texts[0] = b"a";
        shifted.texts[1] = b"bc";
        let changed = [
            row,
            shifted,
            Chainable { form: 1, ..row },
            Chainable { id: 2, ..row },
            Chainable { at: 3, ..row },
            Chainable { key: 4, ..row },
            Chainable { actor_id: Some(0), ..row },
            Chainable { target_user: Some(0), ..row },
        ];
        let mut all = changed.iter().map(of).collect::<Vec<_>>();
        all.push(key.chain(&row, &BROKEN, &mut Vec::new()));
        all.push(AuditKey::new(KeyId(1), &[8; 32]).chain(&row, &BEGINNING, &mut Vec::new()));
        all.push(key.sign_head(1, &BEGINNING));
        all.push(key.sign_checkpoint(1, &BEGINNING));
        let different = all.iter().collect::<std::collections::BTreeSet<_>>().len();
        assert_eq!(different, all.len());
    }
}
