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
const GARBAGE_EACH_SECOND: u32 = 50_000;

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

/// Prints the times of valid requests with and without garbage beside them.
pub(crate) fn beside_garbage(scene: &Scene) -> bool {
    let valid = scene.question(&scene.unix);
    let mut garbage = valid.clone();
    // A token's length and letters, and no signature that anybody made.
    let text = String::from_utf8(valid.head.clone()).unwrap();
    let (before, after) = text.split_once("gk_session=").unwrap();
    let rest = after.split_once("\r\n").unwrap().1;
    garbage.head = format!("{before}gk_session={}\r\n{rest}", "A".repeat(200)).into_bytes();
    garbage.status = 401;
    let (mut alone, mut beside, mut sent) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(times(&valid));
        let (enough, count) = (AtomicBool::new(false), AtomicU32::new(0));
        let (found, rate) = std::thread::scope(|scope| {
            let sender = scope.spawn(|| generator::send_at(&garbage, GARBAGE_EACH_SECOND, &enough, &count));
            let begun = Instant::now();
            std::thread::sleep(Duration::from_millis(50));
            let found = times(&valid);
            let rate = f64::from(count.load(Ordering::Relaxed)) / begun.elapsed().as_secs_f64();
            enough.store(true, Ordering::Relaxed);
            sender.join().unwrap();
            (found, rate)
        });
        beside.push(found);
        sent.push(Times { half: rate, almost_all: rate });
    }
    let rate = median(sent.into_iter()).half;
    let ratio = median(alone.iter().zip(&beside).map(|(alone, beside)| Times {
        half: beside.half / alone.half,
        almost_all: beside.almost_all / alone.almost_all,
    }));
    let [alone, beside] = [alone, beside].map(|times| median(times.into_iter()));
    let holds = ratio.almost_all <= 1.1;
    println!(
        "A valid request, one at a time, on {} cores: p50 {:.1}, p99 {:.1} microseconds; beside {rate:.0} garbage tokens a second \
         p50 {:.1}, p99 {:.1}\n  p99 {:.2}x  at most 1.10: {}\n",
        processor::cores(),
        alone.half,
        alone.almost_all,
        beside.half,
        beside.almost_all,
        ratio.almost_all,
        if holds { "yes" } else { "NO" }
    );
    holds
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
