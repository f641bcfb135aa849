//! How long one request takes, one after the other: through nginx with gk-validate, with a stub, and without a check; and
//! while somebody sends what is no token as fast as 50,000 a second.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::generator::{self, Question};
use crate::one_by_one;
use crate::processor;
use crate::rounds::Row;
use crate::scene::Scene;

const ROUNDS: usize = 15;
const REQUESTS: u32 = 2_000;
/// What gk-validate may add to what the stub adds.
const MORE: f64 = 10.0;
const OTHERS_EACH_SECOND: u32 = 50_000;

/// Microseconds at these parts of the requests.
#[derive(Clone, Copy, Default)]
struct Times {
    half: f64,
    almost_all: f64,
}

/// Prints the times of each row, in turns; the first two are gk-validate and the stub.
pub(crate) fn through_nginx(rows: &[Row]) -> bool {
    let rounds = (0..ROUNDS).map(|_| rows.iter().map(|row| times(&row.question)).collect::<Vec<_>>());
    let rounds = rounds.collect::<Vec<_>>();
    println!("One connection through nginx, microseconds (medians of {ROUNDS} interleaved rounds)");
    let medians = (0..rows.len()).map(|row| median(rounds.iter().map(|round| round[row]))).collect::<Vec<_>>();
    for (row, times) in rows.iter().zip(&medians) {
        println!("  {:34} p50 {:>7.1}  p99 {:>7.1}", row.name, times.half, times.almost_all);
    }
    let more = median(rounds.iter().map(|round| Times {
        half: round[0].half - round[1].half,
        almost_all: round[0].almost_all - round[1].almost_all,
    }));
    let holds = more.half <= MORE && more.almost_all <= MORE;
    println!(
        "  over the stub: p50 {:+.1}, p99 {:+.1}  at most +{MORE}: {}\n",
        more.half,
        more.almost_all,
        if holds { "yes" } else { "NO" }
    );
    holds
}

/// Prints the times of valid requests: alone, beside garbage, and beside as many that are valid.
pub(crate) fn beside_garbage(scene: &Scene) -> bool {
    let valid = scene.question(&scene.unix);
    let mut garbage = valid.clone();
    // The most that somebody without our keys can make us do: all of a token is right but its last letters.
    let text = String::from_utf8(valid.head.clone()).unwrap();
    let (before, after) = text.split_once("gk_session=").unwrap();
    let (token, rest) = after.split_once("\r\n").unwrap();
    let last = if token.ends_with("AAAA") { "BBBB" } else { "AAAA" };
    garbage.head = format!("{before}gk_session={}{last}\r\n{rest}", &token[..token.len() - 4]).into_bytes();
    garbage.status = 401;
    let (mut rounds, mut rates) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (beside, rate) = times_beside(&valid, &garbage);
        rounds.push([times(&valid), beside, times_beside(&valid, &valid).0]);
        rates.push(rate);
    }
    rates.sort_by(f64::total_cmp);
    let of = |which: usize| median(rounds.iter().map(|round| round[which]));
    let over = |which: usize, other: usize| {
        let ratio = |round: &[Times; 3]| Times {
            half: round[which].half / round[other].half,
            almost_all: round[which].almost_all / round[other].almost_all,
        };
        median(rounds.iter().map(ratio)).almost_all
    };
    println!("A valid request, one at a time, on {} cores, microseconds", processor::cores());
    for (which, name) in ["alone", "beside garbage", "beside valid ones"].iter().enumerate() {
        println!("  {name:34} p50 {:>7.1}  p99 {:>7.1}", of(which).half, of(which).almost_all);
    }
    let holds = over(1, 0) <= 1.1;
    println!(
        "  p99 beside {:.0} garbage tokens a second: {:.2}x  at most 1.10: {}; over beside as many valid requests: {:.2}x\n",
        rates[ROUNDS / 2],
        over(1, 0),
        if holds { "yes" } else { "NO" },
        over(1, 2)
    );
    holds
}

/// The times of a request while others are sent, and how many of those a second.
fn times_beside(question: &Question, others: &Question) -> (Times, f64) {
    let (enough, count) = (AtomicBool::new(false), AtomicU32::new(0));
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| generator::send_at(others, OTHERS_EACH_SECOND, &enough, &count));
        let begun = Instant::now();
        std::thread::sleep(Duration::from_millis(50));
        let found = times(question);
        let rate = f64::from(count.load(Ordering::Relaxed)) / begun.elapsed().as_secs_f64();
        enough.store(true, Ordering::Relaxed);
        sender.join().unwrap();
        (found, rate)
    })
}

fn times(question: &Question) -> Times {
    let mut times = one_by_one::timed(question, REQUESTS);
    times.sort_unstable();
    let at = |part: usize| times[times.len() * part / 100].as_secs_f64() * 1e6;
    Times { half: at(50), almost_all: at(99) }
}

fn median(times: impl Iterator<Item = Times>) -> Times {
    let times = times.collect::<Vec<_>>();
    let of = |part: fn(&Times) -> f64| {
        let mut figures = times.iter().map(part).collect::<Vec<_>>();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    Times { half: of(|times| times.half), almost_all: of(|times| times.almost_all) }
}
