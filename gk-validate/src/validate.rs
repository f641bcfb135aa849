//! The product: verify, decide, answer. Everything else in this program serves these lines.

use std::sync::Arc;

use gk_shared::access::{Decision, Question, decide_with};
use gk_shared::policy::Snapshot;
use gk_shared::time::Timestamp;

use crate::activity::Activity;
use crate::answer::{Answer, Withheld};
use crate::panicked::Panicked;
use crate::question::Asked;
use crate::shown::Shown;
use crate::tokens::Tokens;
use crate::uses::Uses;
use crate::values::Values;

/// What an answer rests on.
pub(crate) struct Ground<'g> {
    pub(crate) snapshot: &'g Snapshot,
    pub(crate) panicked: &'g Panicked,
    /// Whether the snapshot may be older than it is allowed to be.
    pub(crate) is_stale: bool,
}

/// May this request pass, as of `now`?
pub(crate) fn validate(memory: &mut Memory, ground: &Ground<'_>, asked: &Asked<'_>, now: Timestamp) -> Answer {
    let Ground { snapshot, panicked, is_stale } = *ground;
    let Memory { tokens, uses, values, .. } = memory;
    let shown = Shown::by(asked, tokens, &snapshot.settings.keys);
    let seen = shown.token().and_then(|token| uses.seen(token, snapshot.settings.idle_limit, now));
    let question = Question { credential: shown.credential(seen), app: asked.app };
    let app = asked.app.registered_in(snapshot);
    if let Some(app) = app {
        uses.note_block(app, asked.block, now);
    }
    match decide_with(snapshot, &question, app, now) {
        Decision::Allow(pass) if panicked.denies(pass.id, || pass.user.email()) => Answer::Withhold(Withheld::Panic),
        Decision::Allow(_) if is_stale && !app.is_some_and(|app| app.stale_ok) => Answer::Withhold(Withheld::Stale),
        Decision::Allow(pass) => {
            uses.note(&shown, snapshot, now);
            uses.note_grant(pass.reason, shown.token(), now);
            Answer::Allow(pass.reason, values.headers(snapshot, &pass, shown.token()))
        }
        // Not a use: a session that has ended must not be revived by being shown.
        Decision::SignIn(reason) => Answer::SignIn(reason),
        Decision::Forbid(reason) => {
            uses.note(&shown, snapshot, now);
            Answer::Forbid(reason, shown.user(snapshot))
        }
    }
}

/// What one worker keeps between requests: signatures it has checked and header values it has built. Never a
/// decision.
pub(crate) struct Memory {
    tokens: Tokens,
    uses: Uses,
    values: Values,
    built_from: BuiltFrom,
}

/// Which snapshot, and which reading of its keys, a memory belongs to.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct BuiltFrom {
    /// Counts whole loads.
    pub(crate) load: u32,
    /// The snapshot's `settings.generation`.
    pub(crate) settings: u32,
}

impl Memory {
    /// Remembers nothing yet.
    pub(crate) fn new(activity: Arc<Activity>) -> Self {
        let (tokens, values, built_from) = (Tokens::default(), Values::default(), BuiltFrom::default());
        Self { tokens, uses: Uses::new(activity), values, built_from }
    }

    /// Forgets everything if it was built from another snapshot or with other keys.
    pub(crate) fn belong_to(&mut self, built_from: BuiltFrom) {
        if self.built_from != built_from {
            self.tokens.clear();
            self.values.clear();
            self.built_from = built_from;
        }
    }
}

#[cfg(test)]
mod tests {
    use gk_shared::access::{AllowReason, AskedApp, SignInReason};
    use gk_shared::activity::Used;
    use gk_shared::model::{AppId, BlockMark, GrantId, SessionId};
    use gk_shared::policy::PolicyReader;
    use gk_shared::token::Claims;

    use super::*;
    use crate::api_key::ShownKey;
    use crate::cookie::SessionCookie;
    use crate::metrics::Metrics;
    use crate::noted::Noted;
    use crate::trial::{PolicyFile, claims, signer};

    const MADE: i64 = 1_000_000;
    const LIMIT: i64 = 1_000;

    /// Two workers, and a session made at [`MADE`].
    struct Scene {
        folder: tempfile::TempDir,
        activity: Arc<Activity>,
        workers: [Memory; 2],
        file: PolicyFile,
        token: String,
        block: Option<BlockMark>,
    }

    impl Scene {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let file = PolicyFile::create(folder.path().join("policy.sqlite3"), 0);
            file.publish("settings", 0, &format!("UPDATE policy SET idle_seconds = {LIMIT}"));
            let activity = Arc::new(Activity::new());
            let workers = [0; 2].map(|_| Memory::new(Arc::clone(&activity)));
            let token = Claims { issued: Timestamp(MADE), ..claims() }.mint(&signer()).reveal().to_owned();
            Self { folder, activity, workers, file, token, block: None }
        }

        /// What that worker answers when the session is shown so many seconds after it was made.
        fn ask(&mut self, worker: usize, seconds: i64) -> Answer {
            let path = self.folder.path().join("policy.sqlite3");
            let (_, snapshot) = PolicyReader::open(&path).expect("a policy");
            let panicked = Panicked::beside(&path, Arc::new(Metrics::new(1).expect("metrics")));
            let session = SessionCookie::One(self.token.as_bytes());
            let asked = Asked { session, key: ShownKey::Absent, app: AskedApp::Named("docs"), block: self.block };
            let ground = Ground { snapshot: &snapshot, panicked: &panicked, is_stale: false };
            validate(&mut self.workers[worker], &ground, &asked, Timestamp(MADE + seconds))
        }

        /// When it was last used, as the whole process remembers.
        fn seen(&self) -> Option<i64> {
            self.activity.seen(Used::Session(SessionId([8; 16]))).map(|at| at.0 - MADE)
        }
    }

    fn is_idle(answer: &Answer) -> bool {
        matches!(answer, Answer::SignIn(SignInReason::Idle))
    }

    #[test]
    fn an_idle_session_stays_idle_however_often_it_is_shown() {
        let mut scene = Scene::new();
        for seconds in [LIMIT, LIMIT + 1, LIMIT + 60] {
            assert!(is_idle(&scene.ask(0, seconds)));
            assert_eq!(scene.seen(), None);
        }
    }

    #[test]
    fn each_use_lets_it_last_for_another_limit() {
        let mut scene = Scene::new();
        for seconds in [LIMIT - 1, 2 * LIMIT - 2, 3 * LIMIT - 3] {
            assert!(matches!(scene.ask(0, seconds), Answer::Allow(..)));
        }
        assert!(is_idle(&scene.ask(0, 4 * LIMIT - 3)));
    }

    #[test]
    fn a_refusal_of_an_app_is_a_use_too() {
        let mut scene = Scene::new();
        scene.file.publish("user", 7, "DELETE FROM access_grant");
        assert!(matches!(scene.ask(0, 5), Answer::Forbid(..)));
        assert_eq!(scene.seen(), Some(5));
    }

    #[test]
    fn a_worker_notes_a_session_at_most_once_in_ten_seconds() {
        let mut scene = Scene::new();
        for (worker, seconds, seen) in [(0, 0, 0), (0, 9, 0), (1, 9, 9), (0, 10, 10), (0, 19, 10), (0, 20, 20)] {
            scene.ask(worker, seconds);
            assert_eq!(scene.seen(), Some(seen), "worker {worker} at {seconds}");
        }
        // As often the grant and the block.
        assert_eq!(scene.activity.report(0).newest, 3 * 4);
    }

    /// There are more grants than the table of what was noted has room for.
    #[test]
    fn a_grant_that_was_noted_for_a_token_is_not_noted_again_when_the_table_was_emptied() {
        let mut scene = Scene::new();
        scene.ask(0, 0);
        assert_eq!(scene.activity.report(0).newest, 3, "session, grant and block");
        scene.workers[0].uses.noted = Noted::default();
        scene.ask(0, 9);
        assert_eq!(scene.activity.report(0).newest, 4, "the block only");
        scene.ask(0, 10);
        assert_eq!(scene.activity.report(0).newest, 6, "session and grant");
    }

    /// What was noted besides the session, in whichever order.
    fn noted(scene: &Scene) -> Vec<Used> {
        let uses = scene.activity.report(0).uses.into_iter().map(|(used, _)| used);
        let mut uses = uses.filter(|used| !matches!(used, Used::Session(_))).collect::<Vec<_>>();
        uses.sort_unstable();
        uses
    }

    #[test]
    fn the_grant_that_lets_somebody_in_is_noted_and_no_other() {
        let mut scene = Scene::new();
        let block = Used::Block(AppId(1), None);
        assert!(matches!(scene.ask(0, 0), Answer::Allow(AllowReason::OwnGrant(_), _)));
        assert_eq!(noted(&scene), [Used::Grant(GrantId(1)), block]);
        scene.file.publish("group", 3, "INSERT INTO access_grant VALUES (2, 1, NULL, 3, 'viewer', NULL, NULL)");
        scene.ask(0, 20);
        assert_eq!(noted(&scene), [Used::Grant(GrantId(1)), block], "one's own counts, and so the group's is unused");
        scene.file.publish("user", 7, "DELETE FROM access_grant WHERE id = 1");
        assert!(matches!(scene.ask(0, 21), Answer::Allow(AllowReason::GroupGrant(_), _)));
        assert_eq!(noted(&scene), [Used::Grant(GrantId(1)), Used::Grant(GrantId(2)), block]);
    }

    #[test]
    fn the_mark_of_a_block_is_noted_at_once_when_it_changes_and_whatever_the_answer_is() {
        let mut scene = Scene::new();
        scene.file.publish("user", 7, "DELETE FROM access_grant");
        let mark = |digest| Some(BlockMark { version: 1, digest });
        for (seconds, block) in [(0, None), (1, mark(1)), (2, mark(2)), (2 * LIMIT, mark(3))] {
            scene.block = block;
            assert!(!matches!(scene.ask(0, seconds), Answer::Allow(..)));
            assert_eq!(noted(&scene), [Used::Block(AppId(1), block)]);
        }
    }

    #[test]
    fn what_one_worker_saw_keeps_a_session_alive_for_the_others() {
        let mut scene = Scene::new();
        scene.ask(0, 0);
        scene.ask(1, LIMIT - 1);
        assert!(matches!(scene.ask(0, LIMIT), Answer::Allow(..)));
    }

    #[test]
    fn what_is_published_keeps_it_alive_too() {
        let mut scene = Scene::new();
        let seen = format!("INSERT INTO seen_session VALUES (1, x'{}', {MADE} + 500)", "08".repeat(16));
        scene.file.publish("session", 1, &seen);
        assert!(matches!(scene.ask(0, LIMIT), Answer::Allow(..)));
        let mut another_run = Scene { activity: Arc::new(Activity::new()), ..scene };
        another_run.workers = [0; 2].map(|_| Memory::new(Arc::clone(&another_run.activity)));
        assert!(is_idle(&another_run.ask(0, LIMIT + 500)));
    }
}
