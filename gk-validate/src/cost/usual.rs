//! What deciding takes, and the whole answer, when nothing has changed and right after a change.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::{FIRST, ROUNDS, USUAL, cookie_of, cookies, each, filled, median, nanoseconds, request};
use crate::answer::Answer;
use crate::question;
use crate::trial::{Trial, run};

#[test]
#[ignore = "measures: `make bench`"]
fn bench_a_valid_request() {
    let trial = filled(USUAL);
    run(&trial.gate, async {
        let hot = vec![cookie_of(77); 20_000];
        let all = cookies(USUAL.users, USUAL.users);
        for (whose, cookies) in [("the same again", &hot), ("anybody of 100,000", &all)] {
            let (answered, decided) = (nanoseconds(&trial, cookies).await, deciding(&trial, cookies));
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

/// Nanoseconds from a head that was read to what its answer is, the median over rounds.
fn deciding(trial: &Trial, cookies: &[String]) -> f64 {
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let mut took = Duration::ZERO;
        for some in cookies.chunks(16) {
            let requests = some.iter().map(|cookie| request(cookie)).collect::<Vec<_>>();
            let mut answers = Vec::with_capacity(requests.len());
            let begun = Instant::now();
            for request in &requests {
                let asked = question::read(request).expect("a question");
                answers.push(trial.gate.judge_at_once(black_box(&asked), trial.gate.clock.now()));
            }
            took += begun.elapsed();
            assert!(answers.iter().all(|answer| matches!(answer, Some(Answer::Allow(..)))));
        }
        rounds.push(each(took, cookies));
    }
    median(rounds)
}
