//! The recorder against a gk-validate of the tests' own, and a real database.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use gk_service::service::users::{self, AccountOrigin, Add, Approval, Fullname, Rank};
use gk_service::service::{Caller, sessions};
use gk_service::{Database, KeyFile, Paths};
use gk_shared::activity::{Answers, Report, Used};
use gk_shared::environment::Environment;
use gk_shared::model::{Email, SessionId, Username};
use gk_shared::time::Timestamp;
use tempfile::TempDir;

use super::*;

/// Told by one answer of the tests' gk-validate.
const MOST: usize = 2;

/// What stands for gk-validate: uses in the order they were noted, numbered from 1.
#[derive(Clone)]
struct Validate {
    instance: u64,
    uses: Vec<(Used, Timestamp)>,
    /// Said instead of anything sensible.
    nonsense: Option<String>,
    answers: Option<Answers>,
}

struct Trial {
    folder: TempDir,
    database: Arc<Database>,
    validate: Arc<Mutex<Validate>>,
}

impl Validate {
    fn answer(&self, after: usize) -> String {
        let told: Vec<_> = self.uses.iter().skip(after).take(MOST).copied().collect();
        let newest = self.uses.len();
        let through = if told.is_empty() { newest } else { after + told.len() };
        let (through, newest) = (through as u64, newest as u64);
        let body = Report { instance: self.instance, through, newest, state: None, answers: self.answers, uses: told }
            .to_string();
        let whole = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        self.nonsense.clone().unwrap_or(whole)
    }
}

impl Trial {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyFile::at(folder.path().join("gatekeeper.key"));
        let paths = Paths { database: folder.path().join("gatekeeper.sqlite3"), policy: None, key };
        let database = Arc::new(Database::initialise(&paths).unwrap());
        let add = Add {
            username: None,
            email: Email::parse("alice@example.com").unwrap(),
            fullname: Fullname::default(),
            approval: Approval::Given,
            rank: Rank::Person,
            origin: AccountOrigin::Added,
        };
        database.write(&Caller::operator("root"), |op| users::add(op, add)).unwrap();
        let validate = Validate { instance: 1, uses: Vec::new(), nonsense: None, answers: None };
        Self { folder, database, validate: Arc::new(Mutex::new(validate)) }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("activity.sock")
    }

    /// A session that was last used an hour ago.
    fn session(&self) -> SessionId {
        let alice = Username::parse("alice@example.com").unwrap();
        let new = self.database.write(&Caller::operator("root"), |op| sessions::create(op, &alice, None, None));
        let id = new.unwrap().value.session.id;
        let sql = "UPDATE session SET last_seen_at = last_seen_at - 3600 WHERE sid = ?1";
        let file = self.folder.path().join("gatekeeper.sqlite3");
        rusqlite::Connection::open(file).unwrap().execute(sql, [id.0]).unwrap();
        id
    }

    /// How many seconds ago a session was last seen, as stored.
    fn seen(&self, id: SessionId) -> i64 {
        let alice = Username::parse("alice@example.com").unwrap();
        let list = self.database.read(&Caller::operator("root"), |view| sessions::list(view, &alice)).unwrap();
        let session = list.into_iter().find(|session| session.id == id).unwrap();
        self.database.now().since(session.last_seen_at)
    }

    fn recorder(&self) -> Recorder {
        let (database, pool) = (Arc::clone(&self.database), Pool::default());
        Recorder { database, pool, sources: vec![Source::at(self.socket())] }
    }

    /// Notes that a session was used so many seconds ago.
    fn used(&self, id: SessionId, ago: i64) {
        self.validate.lock().unwrap().uses.push((Used::Session(id), self.database.now().plus(-ago)));
    }

    /// Answers for as long as the tests run.
    fn serve(&self) {
        let (listener, validate) = (UnixListener::bind(self.socket()).unwrap(), Arc::clone(&self.validate));
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut head = vec![0; 4096];
                let length = stream.read(&mut head).unwrap();
                let head = String::from_utf8_lossy(&head[..length]).into_owned();
                let after = head.split("after=").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
                let answer = validate.lock().unwrap().answer(after.parse().unwrap());
                let _ = stream.write_all(answer.as_bytes());
            }
        });
    }
}

#[tokio::test]
async fn every_use_is_asked_for_until_there_is_no_more_and_again_in_the_next_round() {
    let trial = Trial::new();
    let ids = [0; 5].map(|_| trial.session());
    for id in ids {
        trial.used(id, 100);
    }
    trial.serve();
    let (stop, stopping) = oneshot::channel();
    let recorder = tokio::spawn(trial.recorder().work(Duration::from_millis(5), stopping));
    let all = |ago: std::ops::Range<i64>| ids.iter().all(|id| ago.contains(&trial.seen(*id)));
    until(|| all(100..200)).await;
    for id in ids {
        trial.used(id, 10);
    }
    until(|| all(10..100)).await;
    // Another run, whose numbers begin again.
    *trial.validate.lock().unwrap() = Validate { instance: 2, uses: Vec::new(), nonsense: None, answers: None };
    trial.used(ids[0], 0);
    until(|| trial.seen(ids[0]) < 10).await;
    drop(stop);
    recorder.await.unwrap();
}

#[tokio::test]
async fn visits_and_the_last_uses_are_stored_when_it_stops() {
    let trial = Trial::new();
    let (visited, used) = (trial.session(), trial.session());
    trial.serve();
    let recorder = trial.recorder();
    let pool = recorder.pool.clone();
    let (stop, stopping) = oneshot::channel();
    let recorder = tokio::spawn(recorder.work(Duration::from_secs(3600), stopping));
    tokio::task::yield_now().await;
    pool.add([(Used::Session(visited), trial.database.now())]);
    trial.used(used, 0);
    drop(stop);
    recorder.await.unwrap();
    assert!(trial.seen(visited) < 60 && trial.seen(used) < 60);
}

#[tokio::test]
async fn what_cannot_be_understood_is_passed_over_and_asked_for_again() {
    let trial = Trial::new();
    let id = trial.session();
    trial.used(id, 0);
    let mut recorder = trial.recorder();
    recorder.round().await.unwrap();
    trial.serve();
    let long = "x".repeat(2 << 20);
    for nonsense in [
        "no HTTP at all\r\n\r\n".to_owned(),
        "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello".to_owned(),
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{long}", long.len()),
        String::new(),
    ] {
        trial.validate.lock().unwrap().nonsense = Some(nonsense);
        recorder.round().await.unwrap();
        assert!(trial.seen(id) >= 3600);
    }
    trial.validate.lock().unwrap().nonsense = None;
    recorder.round().await.unwrap();
    assert!(trial.seen(id) < 60);
}

#[tokio::test]
async fn what_was_answered_is_counted_once_whoever_starts_anew() {
    let trial = Trial::new();
    trial.serve();
    let mut recorder = trial.recorder();
    let allowed = || {
        let read = |view: &gk_service::service::View<'_>| figures::bars(view, Happening::Allowed, figures::Span::Day);
        let bars = trial.database.read(&Caller::operator("root"), read).unwrap();
        bars.iter().map(|bar| bar.count).sum::<i64>()
    };
    let told = |instance, allow| {
        let mut validate = trial.validate.lock().unwrap();
        (validate.instance, validate.answers) = (instance, Some(Answers { allow, ..Answers::default() }));
    };
    for (instance, allow, counted) in [(7, 100, 0), (7, 105, 5), (7, 105, 5), (8, 3, 8), (8, 4, 9)] {
        told(instance, allow);
        recorder.round().await.unwrap();
        assert_eq!(allowed(), counted, "run {instance} has answered {allow}");
    }
}

#[tokio::test]
async fn whoever_does_not_answer_is_not_waited_for() {
    let trial = Trial::new();
    let _listener = UnixListener::bind(trial.socket()).unwrap();
    let started = Instant::now();
    trial.recorder().round().await.unwrap();
    assert!((1900..4000).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
}

#[test]
fn only_unix_sockets_are_asked() {
    let sources = |value: &str| {
        let own = [("GATEKEEPER_ACTIVITY".to_owned(), value.to_owned())];
        sources(&Environment::of("", own).unwrap()).map(|sources| sources.len())
    };
    assert_eq!(sources("unix:/a unix:/b,mode=0660").ok(), Some(2));
    assert_eq!((sources("").ok(), sources("off").ok()), (Some(1), Some(0)));
    assert!(sources("127.0.0.1:1").is_err() && sources("/a").is_err());
}

async fn until(is_so: impl Fn() -> bool) {
    for _ in 0..1000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not within ten seconds");
}
