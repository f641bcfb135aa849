//! Figures as people read them: each row's medians, then the ratios that mean something.

use crate::rounds::{Row, Sample};

/// What the first milestone promises of a ratio of requests per second.
pub(crate) const BAR: f64 = 0.85;

/// Row `of` over row `over`, by index.
pub(crate) struct Comparison {
    pub(crate) of: usize,
    pub(crate) over: usize,
    /// Whether the ratio is held to [`BAR`]; the others are for information.
    pub(crate) promised: bool,
}

pub(crate) fn rows(title: &str, rows: &[Row], samples: &[Vec<Sample>]) {
    println!(
        "{title}\n  {:34} {:>10}  {:17} {:>14} {:>8}",
        "", "requests/s", "(lowest..highest)", "CPU µs/request", "others"
    );
    for (row, samples) in rows.iter().zip(samples) {
        let speed = Spread::of(samples.iter().map(|sample| sample.per_second));
        let cost = Spread::of(samples.iter().map(|sample| sample.cost)).median;
        let others = Spread::of(samples.iter().map(|sample| sample.others)).median * 100.0;
        let range = format!("({:.0}..{:.0})", speed.lowest, speed.highest);
        println!("  {:34} {:>10.0}  {range:17} {cost:>14.2} {others:>6.0} %", row.name, speed.median);
    }
}

/// Prints each comparison; whether all that were promised hold.
///
/// A ratio is the median of the rounds' own ratios: what slows a whole round down cancels out.
pub(crate) fn ratios(comparisons: &[Comparison], rows: &[Row], samples: &[Vec<Sample>]) -> bool {
    println!("  {:66} {:>10} {:14} {:>5}", "ratio of", "requests/s", "", "CPU");
    let mut enough = true;
    for comparison in comparisons {
        let (of, over) = (&samples[comparison.of], &samples[comparison.over]);
        let speed = Spread::of(of.iter().zip(over).map(|(of, over)| of.per_second / over.per_second));
        let cost = Spread::of(of.iter().zip(over).map(|(of, over)| of.cost / over.cost)).median;
        let verdict = match (comparison.promised, speed.median >= BAR) {
            (false, _) => String::new(),
            (true, true) => format!("  at least {BAR:.2}: yes"),
            (true, false) => format!("  at least {BAR:.2}: NO"),
        };
        enough &= !comparison.promised || speed.median >= BAR;
        let name = format!("{} / {}", rows[comparison.of].name, rows[comparison.over].name);
        let range = format!("({:.2}..{:.2})", speed.lowest, speed.highest);
        println!("  {name:66} {:>9.2}x {range:14} {cost:>5.2}x{verdict}", speed.median);
    }
    println!();
    enough
}

struct Spread {
    lowest: f64,
    median: f64,
    highest: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let (middle, last) = (values.len() / 2, values.len() - 1);
        let median = if last % 2 == 0 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) };
        Self { lowest: values[0], median, highest: values[last] }
    }
}
