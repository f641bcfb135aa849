//! Figures as people read them: each row's medians, then the ratios that mean something.

use crate::rounds::{Row, Sample};

/// Row `of` over row `over`, by index.
pub(crate) struct Comparison {
    pub(crate) of: usize,
    pub(crate) over: usize,
    /// What the ratio is to reach; none: it is for information.
    pub(crate) least: Option<f64>,
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
/// A ratio is the median of the rounds' own ratios: what slows a whole round down cancels out. Beside it stands the interval
/// that holds the true median in 95 of 100 runs; a bar is missed when all of that lies below it.
pub(crate) fn ratios(comparisons: &[Comparison], rows: &[Row], samples: &[Vec<Sample>]) -> bool {
    println!("  {:66} {:>10} {:14} {:>5}", "ratio of", "requests/s", "", "CPU");
    let mut enough = true;
    for comparison in comparisons {
        let (of, over) = (&samples[comparison.of], &samples[comparison.over]);
        let speed = Spread::of(of.iter().zip(over).map(|(of, over)| of.per_second / over.per_second));
        let cost = Spread::of(of.iter().zip(over).map(|(of, over)| of.cost / over.cost)).median;
        let verdict = match comparison.least {
            None => String::new(),
            Some(least) if speed.median >= least => format!("  at least {least:.2}: yes"),
            Some(least) if speed.likely.1 >= least => format!("  at least {least:.2}: within the interval"),
            Some(least) => format!("  at least {least:.2}: NO"),
        };
        enough &= comparison.least.is_none_or(|least| speed.likely.1 >= least);
        let name = format!("{} / {}", rows[comparison.of].name, rows[comparison.over].name);
        let range = format!("({:.2}..{:.2})", speed.likely.0, speed.likely.1);
        println!("  {name:66} {:>9.2}x {range:14} {cost:>5.2}x{verdict}", speed.median);
    }
    println!();
    enough
}

struct Spread {
    lowest: f64,
    median: f64,
    highest: f64,
    /// Holds the true median in 95 of 100 runs: by the order of the values alone, whatever they are spread like.
    likely: (f64, f64),
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let (middle, last) = (values.len() / 2, values.len() - 1);
        let median = if last % 2 == 0 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) };
        let aside = likely_rank(values.len());
        Self { lowest: values[0], median, highest: values[last], likely: (values[aside], values[last - aside]) }
    }
}

/// How many values lie outside the interval on each side: as many as half of so many coin tosses fall short of in at most
/// 2.5 of 100 cases.
fn likely_rank(count: usize) -> usize {
    let count = i32::try_from(count).unwrap();
    let mut chance = 0.5_f64.powi(count);
    let (mut sum, mut rank) = (chance, 0);
    while sum <= 0.025 {
        rank += 1;
        chance *= f64::from(count + 1 - rank) / f64::from(rank);
        sum += chance;
    }
    usize::try_from(rank - 1).unwrap_or(0)
}
