//! How the cost of a request grows with the connections it comes over.

use std::time::Duration;

use crate::generator;
use crate::processor;
use crate::scene::Scene;

const COUNTS: [usize; 5] = [1, 10, 100, 1_000, 9_900];
const ROUNDS: usize = 5;
const WARM: Duration = Duration::from_millis(300);
const LENGTH: Duration = Duration::from_millis(700);

/// Prints the figures; there is no bar.
pub(crate) fn run(scene: &Scene) -> bool {
    let processes = scene.validate.processes();
    let question = scene.question(&scene.unix);
    let mut costs = vec![Vec::new(); COUNTS.len()];
    for _ in 0..ROUNDS {
        for (count, costs) in COUNTS.iter().zip(&mut costs) {
            let mut before = Duration::ZERO;
            let answers = generator::run(&question, *count, WARM, LENGTH, || before = processor::used_by(&processes));
            let used = processor::used_by(&processes).saturating_sub(before);
            costs.push(used.as_secs_f64() * 1e6 / f64::from(answers));
        }
    }
    let cells = COUNTS.iter().zip(&mut costs).map(|(count, costs)| {
        costs.sort_by(f64::total_cmp);
        format!(" {count}: {:.1} us |", costs[ROUNDS / 2])
    });
    println!("CPU of a request by connections (Unix socket)\n  |{}\n", cells.collect::<Vec<_>>().concat());
    true
}
