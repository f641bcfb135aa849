//! For tests: a policy file with a person, an app and a grant in it, a writer that changes it as a publisher does,
//! and a gate that answers from it.

use std::path::PathBuf;
use std::sync::Arc;

use gk_shared::model::{SessionId, UserId};
use gk_shared::policy::{FORMAT, SCHEMA, keep_wal_on_close};
use gk_shared::time::{Clock, Timestamp, wall};
use gk_shared::token::{Claims, FilterKey, KeyId, Kind, Signer, tag};
use hyper::Request;
use rusqlite::Connection;
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::activity::Activity;
use crate::gate::Gate;
use crate::metrics::Metrics;
use crate::panicked::Panicked;
use crate::policy::Policy;
use crate::status::FileState;

const ROWS: &str = "
    INSERT INTO accepted_domain VALUES ('internal.example');
    INSERT INTO groups VALUES (1, 'admin', 'admin'), (2, 'standard', 'standard'), (3, 'Écrivains', 'local');
    INSERT INTO app VALUES (1, 'docs', 'viewer,editor', 1, 0), (2, 'wiki', '', 0, 0);
    INSERT INTO access_grant VALUES (1, 1, 7, NULL, 'editor', NULL, NULL);
";

/// What an answer says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
}

/// A gate and the file it follows.
pub(crate) struct Trial {
    folder: TempDir,
    pub(crate) gate: Gate,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) file: PolicyFile,
}

/// A policy file and whoever writes it.
pub(crate) struct PolicyFile {
    pub(crate) path: PathBuf,
    pub(crate) writer: Connection,
}

impl Said {
    /// A header's value, once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_str());
        let first = values.next();
        assert_eq!(values.next(), None, "{name} is sent once");
        first
    }
}

impl PolicyFile {
    /// A new file at revision 1.
    pub(crate) fn create(path: PathBuf, restore: u8) -> Self {
        let writer = Connection::open(&path).expect("a new file");
        writer.pragma_update(None, "journal_mode", "wal").expect("a WAL file");
        keep_wal_on_close(&writer).expect("the control is known");
        writer.execute_batch(SCHEMA).expect("the schema");
        let salt_tag = tag(0, b"app salt").0;
        let head = "INSERT INTO policy VALUES (1, ?1, ?2, ?3, 1, x'00', 'deny', 0, ?4, ?5, NULL)";
        writer.execute(head, (FORMAT, [1; 16], [restore; 16], salt_tag, [9; 32])).expect("the head");
        writer.execute("INSERT INTO verify_key VALUES (1, ?1)", [signer().public()]).expect("a key");
        let user = "INSERT INTO user VALUES (7, 'alice@example.com', 'Alice Ångström', 1, ?1, '2,3')";
        writer.execute(user, [tag(7, b"salt").0]).expect("a user");
        writer.execute_batch(ROWS).expect("rows");
        writer.execute("INSERT INTO change VALUES (1, 'settings', 0)", ()).expect("a change");
        Self { path, writer }
    }

    /// Commits a change as a publisher does: rows, change row and revision in one transaction.
    pub(crate) fn publish(&self, kind: &str, id: i64, sql: &str) {
        let batch = format!(
            "BEGIN IMMEDIATE; {sql}; UPDATE policy SET revision = revision + 1;
             INSERT INTO change SELECT revision, '{kind}', {id} FROM policy; COMMIT"
        );
        self.writer.execute_batch(&batch).expect("a commit");
    }
}

impl Trial {
    /// A gate on a file that does not exist yet, and that file's path.
    pub(crate) fn before_the_file() -> (TempDir, PathBuf, Gate, Arc<Metrics>) {
        Self::before_the_file_with(None)
    }

    fn before_the_file_with(max_stale: Option<i64>) -> (TempDir, PathBuf, Gate, Arc<Metrics>) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("policy.sqlite3");
        let metrics = Arc::new(Metrics::new(1).expect("metrics"));
        let clock = Clock::start();
        let status = Arc::clone(metrics.statuses().first().expect("one worker"));
        let policy = Policy::new(path.clone(), max_stale, clock, status);
        let panicked = Panicked::beside(&path, Arc::clone(&metrics));
        let gate = Gate::new(clock, (policy, panicked, None), Arc::clone(&metrics), Arc::new(Activity::new()));
        (folder, path, gate, metrics)
    }

    /// A gate on a file that is there.
    pub(crate) fn new() -> Self {
        let (folder, path, gate, metrics) = Self::before_the_file();
        Self { folder, gate, metrics, file: PolicyFile::create(path, 0) }
    }

    /// A gate that goes on for so many seconds without hearing of changes.
    pub(crate) fn patient(max_stale: i64) -> Self {
        let (folder, path, gate, metrics) = Self::before_the_file_with(Some(max_stale));
        Self { folder, gate, metrics, file: PolicyFile::create(path, 0) }
    }

    /// A path beside the policy file.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn state(&self) -> Option<FileState> {
        self.metrics.news().first().and_then(|news| news.state)
    }

    /// Alice asks for docs.
    pub(crate) async fn ask(&self) -> Said {
        self.ask_with(&cookie(), "docs").await
    }

    pub(crate) async fn ask_with(&self, cookie: &str, app: &str) -> Said {
        ask(&self.gate, cookie, app).await
    }
}

/// One subrequest.
pub(crate) async fn ask(gate: &Gate, cookie: &str, app: &str) -> Said {
    ask_by(gate, &[("cookie", cookie), ("x-gk-app", app)]).await
}

/// One subrequest with these headers.
pub(crate) async fn ask_by(gate: &Gate, headers: &[(&str, &str)]) -> Said {
    let request = Request::get("/api/v1/auth/validate").header("host", "h");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let request = request.body(()).expect("a request");
    let Ok(response) = gate.answer(request, gate.clock.moment()).await;
    let text = |value: &hyper::header::HeaderValue| value.to_str().expect("ASCII").to_owned();
    let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    Said { status: response.status().as_u16(), headers }
}

/// Alice's session.
pub(crate) fn cookie() -> String {
    format!("gk_session={}", claims().mint(&signer()).reveal())
}

/// What Alice's session says.
pub(crate) fn claims() -> Claims {
    Claims {
        kind: Kind::Browser,
        app: None,
        user: UserId(7),
        session: SessionId([8; 16]),
        issued: wall(),
        expires: Timestamp(4_000_000_000),
        user_tag: tag(7, b"salt"),
        global_tag: tag(0, b"app salt"),
    }
}

pub(crate) fn signer() -> Signer {
    Signer::new(KeyId(1), &Zeroizing::new([7; 32]), FilterKey::new(&[9; 32]).expect("32 bytes"))
}

/// Runs a test beside what a worker does besides answering.
pub(crate) fn run<T>(gate: &Gate, test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        tokio::select! {
            ended = gate.follow() => unreachable!("following does not end: {ended:?}"),
            result = test => result,
        }
    })
}

/// Waits until `is_so`, for as long as a replaced file may go unnoticed.
pub(crate) async fn until(is_so: impl AsyncFn() -> bool) {
    for _ in 0..150 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("not within three seconds");
}
