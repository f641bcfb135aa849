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
    println!("{title}\n  {:34} {:>10} {:>15} {:>8}", "", "requests/s", "CPU µs/request", "others");
    for (row, samples) in rows.iter().zip(samples) {
        let per_second = median(samples.iter().map(|sample| sample.per_second));
        let cost = median(samples.iter().map(|sample| sample.cost));
        let others = median(samples.iter().map(|sample| sample.others)) * 100.0;
        println!("  {:34} {per_second:>10.0} {cost:>15.2} {others:>6.0} %", row.name);
    }
}

/// Prints each comparison; whether all that were promised hold.
///
/// A ratio is the median of the rounds' own ratios: what slows a whole round down cancels out.
pub(crate) fn ratios(comparisons: &[Comparison], rows: &[Row], samples: &[Vec<Sample>]) -> bool {
    println!("  {:66} {:>10} {:>6}", "ratio", "requests/s", "CPU");
    let mut enough = true;
    for comparison in comparisons {
        let (of, over) = (&samples[comparison.of], &samples[comparison.over]);
        let speed = median(of.iter().zip(over).map(|(of, over)| of.per_second / over.per_second));
        let cost = median(of.iter().zip(over).map(|(of, over)| of.cost / over.cost));
        let verdict = match (comparison.promised, speed >= BAR) {
            (false, _) => String::new(),
            (true, true) => format!("  at least {BAR:.2}: yes"),
            (true, false) => format!("  at least {BAR:.2}: NO"),
        };
        enough &= !comparison.promised || speed >= BAR;
        let name = format!("{} / {}", rows[comparison.of].name, rows[comparison.over].name);
        println!("  {name:66} {speed:>9.2}x {cost:>5.2}x{verdict}");
    }
    println!();
    enough
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}
