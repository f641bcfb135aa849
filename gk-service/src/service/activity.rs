//! When sessions, keys, grants and proxy blocks were last used: noted by gk-validate and the pages, stored here, and published
//! as far as there is an idle limit to judge by.

use gk_shared::activity::Used;
use gk_shared::model::{IdleLimit, SessionId};
use gk_shared::policy::ChangeKind;
use gk_shared::time::Timestamp;

use super::op::Op;
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use crate::model::SeenBlock;
use crate::store::{api_keys, apps, grants, sessions};

/// Stores when what was last used, unless a later use is known; gives of how many that was news.
///
/// Not audited: a request is nobody's decision, and a row for each would bury those that are.
pub fn record(op: &Op<'_>, uses: &[(Used, Timestamp)]) -> Result<usize, Refusal> {
    permit(op.standing, Verb::Housekeep)?;
    let mut news = 0;
    for (used, at) in uses {
        // A clock that was ahead must not keep a session alive until the others have caught up with it.
        let at = (*at).min(op.now);
        news += match used {
            Used::Session(id) => record_session(op, *id, at)?,
            Used::Key(id) => api_keys::set_last_used(op.transaction, *id, at)?,
            Used::Grant(id) => grants::set_last_used(op.transaction, *id, at)?,
            Used::Block(app, mark) => apps::set_seen_block(op.transaction, *app, SeenBlock { mark: *mark, at })?,
        };
    }
    Ok(news)
}

fn record_session(op: &Op<'_>, id: SessionId, at: Timestamp) -> Result<usize, Refusal> {
    let limit = op.settings.idle_limit();
    let Some(row) = sessions::note_seen(op.transaction, id, at)? else { return Ok(0) };
    if limit.is_on() && sessions::tell_seen(op.transaction, row, limit.step())? > 0 {
        op.changed(ChangeKind::Session, row)?;
    }
    Ok(1)
}

/// Publishes what another limit takes: of every session that was used for a while, when it was last seen. Without a
/// limit, nothing.
pub(super) fn limit_changed(op: &Op<'_>, limit: IdleLimit) -> Result<(), Refusal> {
    let rows = if limit.is_on() {
        sessions::tell_all_seen(op.transaction, limit.step(), op.now)?
    } else {
        sessions::tell_nothing_seen(op.transaction)?
    };
    rows.into_iter().try_for_each(|row| op.changed(ChangeKind::Session, row))
}

#[cfg(test)]
mod tests {
    use gk_shared::access::SignInReason;
    use gk_shared::policy::{PolicyReader, SessionMark};

    use super::*;
    use crate::service::sessions::NewSession;
    use crate::service::trial::{Trial, name};
    use crate::service::users::{self, Rank, Seeded};
    use crate::service::{Caller, Who, sessions, settings};

    const DAY: i64 = 86_400;

    /// A session of alice's that was made so many days ago.
    fn session(trial: &Trial, days: i64) -> NewSession {
        if trial.count("SELECT count(*) FROM user WHERE email = 'alice@example.com'") == 0 {
            trial.user("alice@example.com", Rank::Person);
        }
        let new = trial.run(|op| sessions::create(op, &name("alice@example.com"), None, None)).unwrap();
        let connection = rusqlite::Connection::open(trial.folder.path().join("gatekeeper.sqlite3")).unwrap();
        let sql = "UPDATE session SET created_at = created_at - ?2, last_seen_at = last_seen_at - ?2 WHERE id = ?1";
        connection.execute(sql, [new.session.row, days * DAY]).unwrap();
        new
    }

    fn seen(trial: &Trial, new: &NewSession, at: Timestamp) -> usize {
        trial.run(|op| record(op, &[(Used::Session(new.session.id), at)])).unwrap()
    }

    fn limit(trial: &Trial, days: &str) {
        trial.run(|op| settings::set(op, "session.idle_days", days)).unwrap();
    }

    /// What gk-validate knows of the session.
    fn published(trial: &Trial, new: &NewSession) -> Option<SessionMark> {
        PolicyReader::open(trial.database.policy_path()).unwrap().1.session(new.session.id)
    }

    fn owner(trial: &Trial, new: &NewSession) -> Result<(), SignInReason> {
        let stranger = Caller { who: Who::Stranger, ip: None, user_agent: String::new() };
        let owner = |view: &crate::service::View<'_>| sessions::owner(view, new.token.reveal().as_bytes());
        trial.database.read(&stranger, owner).unwrap().map(drop)
    }

    #[test]
    fn last_seen_goes_forward_never_past_now_and_is_no_matter_for_the_audit() {
        let trial = Trial::new();
        let new = session(&trial, 3);
        let (now, audited) = (trial.database.now(), trial.count("SELECT count(*) FROM audit"));
        let stored = || Timestamp(trial.count("SELECT last_seen_at FROM session"));
        for (at, news, last) in [(now.plus(-DAY), 1, -DAY), (now.plus(-2 * DAY), 0, -DAY), (now.plus(DAY), 1, 0)] {
            assert_eq!(seen(&trial, &new, at), news);
            assert!((0..60).contains(&stored().since(now.plus(last))), "{:?} {last}", stored());
        }
        assert_eq!(
            trial.run(|op| record(op, &[(Used::Session(SessionId([0; 16])), now)])).unwrap(),
            0,
            "no session of ours"
        );
        assert_eq!(trial.count("SELECT count(*) FROM audit"), audited);
        assert_eq!(published(&trial, &new), None, "there is no limit");
    }

    #[test]
    fn it_is_published_when_it_has_moved_by_a_24th_of_the_limit() {
        let trial = Trial::new();
        let new = session(&trial, 3);
        let at = |hours: i64| trial.database.now().plus(hours * 3600);
        limit(&trial, "1");
        let newest = || trial.database.newest_revision().unwrap();
        let before = newest();
        seen(&trial, &new, new.session.created_at.plus(-3 * DAY + 3599));
        assert_eq!((newest(), published(&trial, &new)), (before, None));
        let first = at(-5);
        seen(&trial, &new, first);
        assert_eq!(published(&trial, &new), Some(SessionMark::Seen(first)));
        seen(&trial, &new, first.plus(3599));
        assert_eq!(published(&trial, &new), Some(SessionMark::Seen(first)));
        seen(&trial, &new, first.plus(3600));
        assert_eq!(published(&trial, &new), Some(SessionMark::Seen(first.plus(3600))));
    }

    #[test]
    fn another_limit_publishes_what_it_takes_and_none_takes_it_back() {
        let trial = Trial::new();
        let (used, unused) = (session(&trial, 3), session(&trial, 3));
        let ended = session(&trial, 3);
        let at = trial.database.now().plus(-7200);
        trial.run(|op| record(op, &[used.session.id, ended.session.id].map(|id| (Used::Session(id), at)))).unwrap();
        trial.run(|op| sessions::end(op, ended.session.id)).unwrap();
        limit(&trial, "30");
        assert_eq!(published(&trial, &used), Some(SessionMark::Seen(at)));
        assert_eq!(published(&trial, &unused), None);
        assert_eq!(published(&trial, &ended), Some(SessionMark::Revoked));
        let later = at.plus(3700);
        seen(&trial, &used, later);
        assert_eq!(published(&trial, &used), Some(SessionMark::Seen(at)), "no 24th of 30 days");
        limit(&trial, "1");
        assert_eq!(published(&trial, &used), Some(SessionMark::Seen(later)));
        trial.run(|op| sessions::end(op, used.session.id)).unwrap();
        assert_eq!(published(&trial, &used), Some(SessionMark::Revoked));
        limit(&trial, "0");
        assert_eq!(trial.count("SELECT count(*) FROM session WHERE seen_published_at IS NOT NULL"), 0);
        assert_eq!(published(&trial, &used), Some(SessionMark::Revoked));
    }

    #[test]
    fn the_auth_host_does_not_know_an_idle_session_either() {
        let trial = Trial::new();
        let (idle, used) = (session(&trial, 3), session(&trial, 3));
        limit(&trial, "2");
        seen(&trial, &used, trial.database.now().plus(-DAY));
        assert_eq!(owner(&trial, &idle), Err(SignInReason::Idle));
        assert_eq!(owner(&trial, &used), Ok(()));
        let listed = trial.run(|op| sessions::list(op, &name("alice@example.com"))).unwrap();
        assert_eq!(listed.iter().map(|session| session.id).collect::<Vec<_>>(), [used.session.id]);
    }

    #[test]
    fn what_is_published_of_a_session_goes_with_its_user() {
        let trial = Trial::new();
        let (used, ended) = (session(&trial, 3), session(&trial, 3));
        limit(&trial, "2");
        seen(&trial, &used, trial.database.now());
        trial.run(|op| sessions::end(op, ended.session.id)).unwrap();
        assert!(published(&trial, &used).is_some() && published(&trial, &ended).is_some());
        trial.run(|op| users::remove(op, &name("alice@example.com"), Seeded::Refuse)).unwrap();
        assert_eq!((published(&trial, &used), published(&trial, &ended)), (None, None));
    }
}
