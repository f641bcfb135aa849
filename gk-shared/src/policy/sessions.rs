//! What is known of sessions beyond their tokens, 32 bytes each, found by session and by row of the file.

use super::load::LoadError;
use super::snapshot::SessionMark;
use crate::index::Index;
use crate::model::SessionId;
use crate::time::Timestamp;

/// The sessions of which something is known.
#[derive(Clone, Default)]
pub(super) struct Sessions {
    marks: Vec<Mark>,
    by_session: Index,
    by_row: Index,
}

#[derive(Clone, Copy)]
struct Mark {
    session: SessionId,
    /// That names it in the file.
    row: i64,
    seen: Timestamp,
}

/// In the place of when it was seen: it was ended. No clock says so.
const REVOKED: Timestamp = Timestamp(i64::MIN);

impl Sessions {
    /// Makes room for so many more.
    pub(super) fn reserve(&mut self, count: usize) {
        self.marks.reserve_exact(count);
        self.by_session.reserve(count);
        self.by_row.reserve(count);
    }

    /// What is known of this session.
    pub(super) fn get(&self, session: SessionId) -> Option<SessionMark> {
        let mark = self.marks.get(self.place(session)? as usize)?;
        Some(if mark.seen == REVOKED { SessionMark::Revoked } else { SessionMark::Seen(mark.seen) })
    }

    /// Puts what a row says in the place of what it said, and of what another said of the session.
    pub(super) fn set(&mut self, row: i64, session: SessionId, mark: SessionMark) -> Result<(), LoadError> {
        self.remove(row);
        if let Some(place) = self.place(session) {
            self.remove_at(place);
        }
        let seen = match mark {
            SessionMark::Revoked => REVOKED,
            SessionMark::Seen(at) => at,
        };
        let place = u32::try_from(self.marks.len()).map_err(|_| LoadError::TooLarge)?;
        self.marks.push(Mark { session, row, seen });
        self.by_session.add(&session, place, |place| Some(self.marks.get(place as usize)?.session));
        self.by_row.add(&row, place, |place| Some(self.marks.get(place as usize)?.row));
        Ok(())
    }

    /// Forgets what a row said.
    pub(super) fn remove(&mut self, row: i64) {
        if let Some(place) = self.by_row.find(&row, |place| Some(self.marks.get(place as usize)?.row)) {
            self.remove_at(place);
        }
    }

    fn place(&self, session: SessionId) -> Option<u32> {
        self.by_session.find(&session, |place| Some(self.marks.get(place as usize)?.session))
    }

    fn remove_at(&mut self, place: u32) {
        let gone = self.marks.swap_remove(place as usize);
        self.by_session.remove(&gone.session, place);
        self.by_row.remove(&gone.row, place);
        // Whoever was last is here now.
        if let Some(moved) = self.marks.get(place as usize) {
            let last = u32::try_from(self.marks.len()).unwrap_or(u32::MAX);
            self.by_session.moved(&moved.session, last, place);
            self.by_row.moved(&moved.row, last, place);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn whatever_is_set_and_removed_the_last_word_of_each_session_is_found() {
        let (mut sessions, mut expected) = (Sessions::default(), HashMap::new());
        sessions.reserve(16);
        for step in 0..5_000_i64 {
            let row = step * 7_919 % 251;
            let session = SessionId([u8::try_from(row).unwrap(); 16]);
            if step % 3 == 0 {
                sessions.remove(row);
                expected.remove(&row);
            } else {
                let mark = if step % 2 == 0 { SessionMark::Revoked } else { SessionMark::Seen(Timestamp(step)) };
                sessions.set(row, session, mark).unwrap();
                expected.insert(row, mark);
            }
        }
        for row in 0..251 {
            let session = SessionId([u8::try_from(row).unwrap(); 16]);
            assert_eq!(sessions.get(session), expected.get(&row).copied(), "row {row}");
        }
    }

    #[test]
    fn a_session_that_another_row_names_is_known_once() {
        let mut sessions = Sessions::default();
        let session = SessionId([7; 16]);
        sessions.set(1, session, SessionMark::Seen(Timestamp(5))).unwrap();
        sessions.set(2, session, SessionMark::Revoked).unwrap();
        assert_eq!(sessions.get(session), Some(SessionMark::Revoked));
        sessions.remove(1);
        assert_eq!(sessions.get(session), Some(SessionMark::Revoked), "the row that said otherwise is gone");
        sessions.remove(2);
        assert_eq!(sessions.get(session), None);
    }
}
