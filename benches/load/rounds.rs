//! Rows measured in turns: every row once a round, in the opposite order each round, so that a machine
//! that slows down or speeds up does so for all of them.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

use crate::generator::{self, Question};
use crate::processor;

const CONNECTIONS: usize = 64;
const WARM: Duration = Duration::from_millis(200);
/// Above this share of the machine used by others, a figure is not begun yet, or taken once more.
const NOISY: f64 = 0.15;
/// How long a table waits, all in all, for others to finish.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many rounds, and how long each row runs in each.
pub(crate) struct Plan {
    rounds: usize,
    length: Duration,
}

/// One thing to measure.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) question: Question,
    /// The processes whose time is this row's cost.
    pub(crate) processes: Vec<u32>,
}

/// One row in one round.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) per_second: f64,
    /// Microseconds of processor time.
    pub(crate) cost: f64,
    /// What neither the servers nor the generator used, of the whole machine, 0 to 1.
    pub(crate) others: f64,
}

impl Plan {
    pub(crate) fn from_environment() -> Self {
        Self {
            rounds: setting("GK_BENCH_ROUNDS", 15_usize).max(1),
            length: Duration::from_secs_f64(setting("GK_BENCH_SECONDS", 1.0_f64).max(0.05)),
        }
    }

    /// Three times the rounds, each a third as long: where a connection lands among nginx's workers is chance, so
    /// a figure moves by a fifth from one set of connections to the next.
    pub(crate) fn of_shorter_rounds(&self) -> Self {
        Self { rounds: self.rounds * 3, length: self.length / 3 }
    }

    /// The samples of each row, in the rows' order, one for each round.
    pub(crate) fn measure(&self, rows: &[Row]) -> Vec<Vec<Sample>> {
        let mut patience = PATIENCE;
        let mut samples = vec![Vec::with_capacity(self.rounds); rows.len()];
        for round in 0..self.rounds {
            let mut order: Vec<usize> = (0..rows.len()).collect();
            if round % 2 == 1 {
                order.reverse();
            }
            for index in order {
                samples[index].push(self.quietest(&rows[index], &mut patience));
            }
        }
        samples
    }

    fn quietest(&self, row: &Row, patience: &mut Duration) -> Sample {
        wait_for_quiet(patience);
        let first = self.sample(row);
        if first.others <= NOISY {
            return first;
        }
        wait_for_quiet(patience);
        let second = self.sample(row);
        if second.others < first.others { second } else { first }
    }

    fn sample(&self, row: &Row) -> Sample {
        let mut start = Clocks::read(&row.processes);
        let answers = generator::run(&row.question, CONNECTIONS, WARM, self.length, || {
            start = Clocks::read(&row.processes);
        });
        let end = Clocks::read(&row.processes);
        end.since(&start, answers)
    }
}

/// Waits while others keep the machine busy, until patience is spent.
fn wait_for_quiet(patience: &mut Duration) {
    const GLANCE: Duration = Duration::from_millis(100);
    while !patience.is_zero() {
        let start = Clocks::read(&[]);
        std::thread::sleep(GLANCE);
        if Clocks::read(&[]).since(&start, 0).others <= NOISY {
            return;
        }
        *patience = patience.saturating_sub(GLANCE);
    }
}

struct Clocks {
    wall: Instant,
    servers: Duration,
    generator: Duration,
    all: Duration,
}

impl Clocks {
    fn read(servers: &[u32]) -> Self {
        Self {
            wall: Instant::now(),
            servers: processor::used_by(servers),
            generator: processor::used_by(&[std::process::id()]),
            all: processor::used_by_all(),
        }
    }

    fn since(&self, start: &Self, answers: u32) -> Sample {
        let answers = f64::from(answers);
        let wall = (self.wall - start.wall).as_secs_f64();
        let servers = self.servers.saturating_sub(start.servers).as_secs_f64();
        let generator = self.generator.saturating_sub(start.generator).as_secs_f64();
        let all = self.all.saturating_sub(start.all).as_secs_f64();
        let others = (all - servers - generator) / (wall * f64::from(processor::cores()));
        Sample { per_second: answers / wall, cost: servers * 1e6 / answers, others: others.clamp(0.0, 1.0) }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rounds, length } = self;
        write!(
            to,
            "{rounds} rounds, {length:?} each, {CONNECTIONS} connections kept alive, a new request at each answer"
        )
    }
}

fn setting<T: FromStr>(name: &str, default: T) -> T {
    std::env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}
