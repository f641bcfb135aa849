//! How the cost of an answer grows with an installation: a table, and a drawing of it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::{ROUNDS, Size, USUAL, all_once, cookies, filled, median};
use crate::trial::run;

/// One thing that grows.
struct Line {
    name: &'static str,
    /// How many there are, the nanoseconds of a request, and how many times as long it takes as with the fewest.
    points: Vec<(i64, f64, f64)>,
}

#[test]
#[ignore = "measures: `make bench`"]
fn bench_growth() {
    let usual = Size { users: 10_000, ..USUAL };
    let lines = [
        line("people", &[1_000, 10_000, 100_000, 1_000_000], |users| Size { users, ..USUAL }),
        line("grants each", &[1, 10, 100, 1_000], |grants_each| Size { users: 1_000, grants_each, ..USUAL }),
        line("groups each", &[1, 10, 100, 500], |groups_each| Size { users: 1_000, groups_each, ..USUAL }),
        line("ended sessions", &[0, 1_000, 10_000, 100_000], |revoked| Size { revoked, ..usual }),
    ];
    println!("| what grows | | | | |\n|---|---|---|---|---|");
    for Line { name, points } in &lines {
        let cell = |(count, cost, times): &(i64, f64, f64)| format!(" {count}: {cost:.0} ns, {times:.2}x |");
        println!("| {name} |{}", points.iter().map(cell).collect::<String>());
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/growth.svg");
    fs::write(file, drawing(&lines)).expect("target is there");
}

/// All counts in turns, so that a machine that slows down slows all of them.
fn line(name: &'static str, counts: &[i64], size: impl Fn(i64) -> Size) -> Line {
    let scenes = counts.iter().map(|count| {
        let size = size(*count);
        (filled(size), cookies(size.users, size.users.clamp(20_000, 100_000)))
    });
    let scenes = scenes.collect::<Vec<_>>();
    let round = || scenes.iter().map(|(trial, asked)| run(&trial.gate, all_once(trial, asked))).collect::<Vec<_>>();
    // Signatures are checked in the first.
    round();
    let rounds = (0..ROUNDS).map(|_| round()).collect::<Vec<_>>();
    let point = |(number, count): (usize, &i64)| {
        let cost = median(rounds.iter().map(|round| round[number]).collect());
        (*count, cost, median(rounds.iter().map(|round| round[number] / round[0]).collect()))
    };
    Line { name, points: counts.iter().enumerate().map(point).collect() }
}

const WIDE: f64 = 640.0;
const HIGH: f64 = 320.0;
const MARGIN: f64 = 48.0;
const COLOURS: [&str; 4] = ["#2f6f5e", "#b4541f", "#3b5ba5", "#8a4f9e"];

/// Counts to the right in powers of ten, upwards how many times as long as with the fewest.
fn drawing(lines: &[Line]) -> String {
    let most = lines.iter().flat_map(|line| &line.points).map(|(.., times)| *times).fold(0.0, f64::max) * 1.1;
    let right = |count: i64| {
        MARGIN + f64::from(u32::try_from(count.max(1)).unwrap_or(u32::MAX)).log10() / 6.0 * (WIDE - 2.0 * MARGIN)
    };
    let up = |times: f64| HIGH - MARGIN - times / most * (HIGH - 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDE} {HIGH}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>What a request costs as an installation grows</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    for power in 0..=6 {
        let (x, floor) = (right(10_i64.pow(power)), HIGH - MARGIN);
        _ = writeln!(svg, "<path d=\"M{x:.0} {floor}V{MARGIN}\" stroke=\"#ddd\"/>");
        _ = writeln!(
            svg,
            "<text x=\"{x:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
            floor + 16.0,
            10_i64.pow(power)
        );
    }
    for part in 0..=4 {
        let times = most * f64::from(part) / 4.0;
        _ = writeln!(svg, "<text x=\"4\" y=\"{:.0}\">{times:.1}x</text>", up(times) + 4.0);
    }
    for (number, (Line { name, points }, colour)) in lines.iter().zip(COLOURS).enumerate() {
        let path = points
            .iter()
            .map(|(count, _, times)| format!("{:.0},{:.0}", right(*count), up(*times)))
            .collect::<Vec<_>>();
        _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            path.join(" ")
        );
        _ = writeln!(svg, "<text x=\"{}\" y=\"{}\" fill=\"{colour}\">{name}</text>", 60 + number * 150, 24);
    }
    svg + "</svg>\n"
}
