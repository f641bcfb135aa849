//! What an answer costs inside this process: no allocation, and how many nanoseconds as an installation grows.
//!
//! `make bench` measures, in a release build, and draws `target/growth.svg`; `make test` counts allocations only, since
//! it asserts no times.

mod growth;

use std::hint::black_box;
use std::time::{Duration, Instant};

use gk_shared::model::{SessionId, UserId};
use gk_shared::token::{Claims, Tag};
use hyper::Request;

use crate::answer::Answer;
use crate::question;
use crate::trial::{Trial, claims, run, signer};

/// The tag of everybody who is filled in.
const TAG: [u8; 8] = [1; 8];
/// The first of them.
const FIRST: i64 = 1_000;
/// Rounds of a figure, of which it is the median.
const ROUNDS: usize = 15;

/// How much there is of everything.
#[derive(Clone, Copy)]
struct Size {
    users: i64,
    grants_each: i64,
    groups_each: i64,
    /// Sessions that were ended before their time.
    revoked: i64,
}

const USUAL: Size = Size { users: 100_000, grants_each: 3, groups_each: 1, revoked: 0 };

/// A gate on a policy of that size. The first app is docs, which everybody has a grant of.
fn filled(size: Size) -> Trial {
    let trial = Trial::new();
    let Size { users, grants_each, groups_each, revoked } = size;
    let n = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 <";
    let last = FIRST + users;
    trial
        .file
        .writer
        .execute_batch(&format!(
            "PRAGMA synchronous = OFF; BEGIN;
             {n} {users}) INSERT INTO user SELECT {FIRST} + i, printf('person%d@example.com', i), printf('Person %d', i),
                 1, x'0101010101010101' FROM n;
             {n} {grants_each}) INSERT INTO app SELECT 10 + i, printf('app-%d', i), 'viewer,editor', 0 FROM n;
             {n} 1000) INSERT INTO groups SELECT 100 + i, printf('group-%d', i), 'local' FROM n;
             {n} {groups_each}) INSERT INTO membership SELECT user.id, 100 + (user.id * 7 + i) % 1000 FROM user, n
                 WHERE user.id BETWEEN {FIRST} AND {last};
             {n} {grants_each}) INSERT INTO access_grant SELECT NULL, iif(i = 0, 1, 10 + i), user.id, NULL, 'viewer', NULL, NULL
                 FROM user, n WHERE user.id BETWEEN {FIRST} AND {last};
             {n} {revoked}) INSERT INTO revoked_session SELECT 10 + i, CAST(printf('%016d', i) AS BLOB), 4000000000 FROM n
                 WHERE {revoked} > 0;
             COMMIT; PRAGMA wal_checkpoint(TRUNCATE);"
        ))
        .expect("rows");
    trial
}

/// The cookie of somebody who was filled in.
fn cookie_of(user: i64) -> String {
    let (user, user_tag) = (UserId(FIRST + user), Tag(TAG));
    let session = SessionId(u128::from(user.0.cast_unsigned()).to_be_bytes());
    format!("gk_session={}", Claims { user, user_tag, session, ..claims() }.mint(&signer()).reveal())
}

/// What nginx sends.
fn request(cookie: &str) -> Request<()> {
    let headers = [
        ("host", "auth.example.com"),
        ("cookie", cookie),
        ("x-gk-app", "docs"),
        ("x-gk-block", "2-0f3a9c2e"),
        ("x-original-uri", "/a/page?with=a&query=string"),
        ("x-original-method", "GET"),
    ];
    let request = Request::get("/api/v1/auth/validate");
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(()).expect("a request")
}

/// Cookies of so many people, each as likely as any other, in no order.
fn cookies(users: i64, count: i64) -> Vec<String> {
    // A step that has no divisor in common with any count of people here visits everybody before anybody twice.
    (0..count).map(|number| cookie_of(number * 7_919 % users)).collect()
}

/// Nanoseconds of one answer, the median over rounds of all these cookies, each known already.
async fn nanoseconds(trial: &Trial, cookies: &[String]) -> f64 {
    let mut rounds = Vec::with_capacity(ROUNDS);
    for round in 0..=ROUNDS {
        let mut took = Duration::ZERO;
        // Few at a time, as they come: what is measured is not how long it takes to fetch requests that were laid up.
        for some in cookies.chunks(16) {
            let requests = some.iter().map(|cookie| request(cookie)).collect::<Vec<_>>();
            let mut answers = Vec::with_capacity(requests.len());
            let begun = Instant::now();
            for request in requests {
                let came = trial.gate.clock.moment();
                let Ok(response) = trial.gate.answer(request, came).await;
                answers.push(black_box(response));
            }
            took += begun.elapsed();
            assert!(answers.iter().all(|answer| answer.status() == 200));
        }
        // In the first each signature is checked.
        if round > 0 {
            rounds.push(took.as_secs_f64() * 1e9 / f64::from(u32::try_from(cookies.len()).expect("not so many")));
        }
    }
    median(rounds)
}

/// Nanoseconds from a head that was read to what its answer is, the median over rounds.
async fn deciding(trial: &Trial, cookies: &[String]) -> f64 {
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let mut took = Duration::ZERO;
        for some in cookies.chunks(16) {
            let requests = some.iter().map(|cookie| request(cookie)).collect::<Vec<_>>();
            let mut answers = Vec::with_capacity(requests.len());
            let begun = Instant::now();
            for request in &requests {
                let asked = question::read(request).expect("a question");
                answers.push(trial.gate.judge(black_box(&asked), trial.gate.clock.now()).await);
            }
            took += begun.elapsed();
            assert!(answers.iter().all(|answer| matches!(answer, Answer::Allow(..))));
        }
        rounds.push(took.as_secs_f64() * 1e9 / f64::from(u32::try_from(cookies.len()).expect("not so many")));
    }
    median(rounds)
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

#[test]
fn a_valid_request_allocates_nothing() {
    assert_eq!(allocation_counter::measure(|| drop(black_box(vec![1]))).count_total, 1, "they are counted");
    let trial = filled(Size { users: 10, ..USUAL });
    run(&trial.gate, async {
        let cookies = cookies(10, 10);
        nanoseconds(&trial, &cookies).await;
        let request = request(&cookies[3]);
        let gate = &trial.gate;
        let mut response = None;
        let mut answer = Box::pin(async { response = Some(gate.answer(request, gate.clock.moment()).await) });
        let counted = allocation_counter::measure(|| {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(answer.as_mut().poll(&mut context).is_ready(), "nothing is waited for");
        });
        drop(answer);
        let Some(Ok(response)) = response else { panic!("an answer") };
        assert_eq!((response.status().as_u16(), response.headers().contains_key("x-auth-user")), (200, true));
        assert_eq!(counted.count_total, 0, "{counted:?}");
    });
}

#[test]
#[ignore = "measures: `make bench`"]
fn bench_a_valid_request() {
    let trial = filled(USUAL);
    run(&trial.gate, async {
        let hot = vec![cookie_of(77); 20_000];
        let all = cookies(USUAL.users, USUAL.users);
        for (whose, cookies) in [("the same again", &hot), ("anybody of 100,000", &all)] {
            let (answered, decided) = (nanoseconds(&trial, cookies).await, deciding(&trial, cookies).await);
            println!(
                "a valid request, {whose}: {decided:.0} ns to decide, {answered:.0} ns with its answer made and counted"
            );
        }
        let (usual, after) = after_a_change(&trial).await;
        let at = |figures: &[f64], part: usize| figures[figures.len() * part / 100];
        for part in [50, 99] {
            let (usual, after) = (at(&usual, part), at(&after, part));
            println!("the first request after a change of one row, p{part}: {after:.1} us, usually {usual:.1} us");
        }
    });
}

/// Microseconds of a request as usual, and of the first after a change of one row, both in order.
async fn after_a_change(trial: &Trial) -> (Vec<f64>, Vec<f64>) {
    let (mut usual, mut after) = (Vec::new(), Vec::new());
    for number in 0..2_000 {
        let id = FIRST + number * 13;
        trial.file.publish("user", id, &format!("UPDATE user SET fullname = 'Person {number} again' WHERE id = {id}"));
        for figures in [&mut after, &mut usual] {
            let (request, begun) = (request(&cookie_of(77)), Instant::now());
            let Ok(response) = trial.gate.answer(request, trial.gate.clock.moment()).await;
            assert_eq!(black_box(response).status(), 200);
            figures.push(begun.elapsed().as_secs_f64() * 1e6);
        }
    }
    usual.sort_by(f64::total_cmp);
    after.sort_by(f64::total_cmp);
    (usual, after)
}
