//! What an answer costs inside this process: no allocation, and how many nanoseconds as an installation grows.
//!
//! `make bench` measures, in a release build, and draws `target/growth.svg`; `make test` counts allocations only, since
//! it asserts no times.

mod growth;
mod usual;

use std::hint::black_box;
use std::time::{Duration, Instant};

use gk_shared::model::{SessionId, UserId};
use gk_shared::token::{Claims, Tag};
use hyper::Request;

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
                 1, x'0101010101010101', '' FROM n;
             {n} {grants_each}) INSERT INTO app SELECT 10 + i, printf('app-%d', i), 'viewer,editor', 0, 0 FROM n;
             {n} 1000) INSERT INTO groups SELECT 100 + i, printf('group-%d', i), 'local' FROM n;
             UPDATE user SET group_ids = ({n} {groups_each}) SELECT group_concat(100 + (user.id * 7 + i) % 1000, ',') FROM n)
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

/// What hyper gives of what nginx sends, without a decision log.
fn request(cookie: &str) -> Request<()> {
    let headers =
        [("host", "auth.example.com"), ("cookie", cookie), ("x-gk-app", "docs"), ("x-gk-block", "2-0f3a9c2e")];
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
    all_once(trial, cookies).await;
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        rounds.push(all_once(trial, cookies).await);
    }
    median(rounds)
}

/// Nanoseconds of one answer, over all these cookies. The first time each signature is checked.
async fn all_once(trial: &Trial, cookies: &[String]) -> f64 {
    // A large file takes longer to read than a request waits.
    while trial.gate.policy.catch_up().await.is_err() {}
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
    each(took, cookies)
}

/// Nanoseconds of one of these.
fn each(took: Duration, cookies: &[String]) -> f64 {
    took.as_secs_f64() * 1e9 / f64::from(u32::try_from(cookies.len()).expect("not so many"))
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
