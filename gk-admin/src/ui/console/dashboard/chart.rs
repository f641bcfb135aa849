//! Bars over time, drawn as SVG here, so that they need no script; the same numbers stand in a table below.

use gk_service::service::figures::Bar;
use maud::{Markup, html};

use crate::ui::{kit, time};

/// As drawn; pages stretch it.
const HEIGHT: i64 = 100;
/// From one bar to the next, and between them.
const STEP: i64 = 10;
const GAP: i64 = 2;

/// One kind of thing that is counted.
pub(super) struct Series<'s> {
    pub(super) label: &'static str,
    /// Its class in the sheet of the pages.
    pub(super) class: &'static str,
    pub(super) bars: &'s [Bar],
}

/// A chart of several kinds, one upon the other.
pub(super) fn chart(id: &str, title: &str, series: &[Series<'_>]) -> Markup {
    let count = series.first().map_or(0, |one| one.bars.len());
    let columns = (0..count).map(|number| column(series, number)).collect::<Vec<_>>();
    let most = columns.iter().map(|column| column.iter().sum::<i64>()).max().unwrap_or(0);
    let width = i64::try_from(count).unwrap_or(0) * STEP;
    html! {
        figure.chart {
            figcaption { strong { (title) } " " (legend(series)) }
            p.scale { (most) }
            svg viewBox={ "0 0 " (width) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-labelledby={ (id) "-title " (id) "-text" } {
                title id={ (id) "-title" } { (title) }
                desc id={ (id) "-text" } { (summary(series, most)) }
                @for (number, column) in (0..).zip(&columns) { (stack(series, column, (number, most))) }
            }
            p.ends { (end(series, 0)) " " span { (end(series, count.saturating_sub(1))) } }
            (numbers(title, series, &columns))
        }
    }
}

/// The counts of one time, in the order of the series.
fn column(series: &[Series<'_>], number: usize) -> Vec<i64> {
    series.iter().map(|one| one.bars.get(number).map_or(0, |bar| bar.count)).collect()
}

fn stack(series: &[Series<'_>], column: &[i64], (number, most): (i64, i64)) -> Markup {
    let mut below = 0;
    let parts = series.iter().zip(column).filter(|(_, count)| **count > 0).map(|(one, count)| {
        // What there was is seen, however little beside the most.
        let height = (count * HEIGHT / most.max(1)).max(1);
        below += height;
        (one.class, HEIGHT - below, height)
    });
    let parts = parts.collect::<Vec<_>>();
    html! {
        @for (class, y, height) in parts {
            rect class=(class) x=(number * STEP + GAP / 2) y=(y) width=(STEP - GAP) height=(height) {}
        }
    }
}

fn legend(series: &[Series<'_>]) -> Markup {
    html! { span.legend { @for one in series { span class={ "key " (one.class) } { (one.label) " " b { (total(one)) } } } } }
}

fn total(one: &Series<'_>) -> i64 {
    one.bars.iter().map(|bar| bar.count).sum()
}

fn summary(series: &[Series<'_>], most: i64) -> String {
    let totals = series.iter().map(|one| format!("{}: {}", one.label, total(one))).collect::<Vec<_>>().join(", ");
    format!("{totals}. At most {most} at a time. The numbers are in the table below.")
}

fn end(series: &[Series<'_>], number: usize) -> Markup {
    html! { @if let Some(bar) = series.first().and_then(|one| one.bars.get(number)) { (time::at(bar.from)) } }
}

fn numbers(title: &str, series: &[Series<'_>], columns: &[Vec<i64>]) -> Markup {
    let headings = std::iter::once("From").chain(series.iter().map(|one| one.label)).collect::<Vec<_>>();
    let rows = columns.iter().enumerate().map(|(number, column)| {
        let counts = column.iter().map(|count| html! { (count) });
        std::iter::once(end(series, number)).chain(counts).collect::<Vec<_>>()
    });
    html! {
        details.more { summary { "As a table" } (kit::table(title, &headings, &rows.collect::<Vec<_>>())) }
    }
}

#[cfg(test)]
mod tests {
    use gk_shared::time::Timestamp;

    use super::*;

    fn bars(counts: &[i64]) -> Vec<Bar> {
        (0..).zip(counts).map(|(hour, count)| Bar { from: Timestamp(hour * 3600), count: *count }).collect()
    }

    #[test]
    fn bars_stand_on_each_other_and_fill_the_height_where_there_is_most() {
        let (good, bad) = (bars(&[3, 0, 1000]), bars(&[1, 0, 1]));
        let series =
            [Series { label: "in", class: "good", bars: &good }, Series { label: "out", class: "bad", bars: &bad }];
        let drawn = chart("x", "Sign-ins <b>", &series).into_string();
        assert!(drawn.contains(r#"<rect class="good" x="21" y="1" width="8" height="99">"#), "{drawn}");
        assert!(drawn.contains(r#"<rect class="bad" x="1" y="98" width="8" height="1">"#), "{drawn}");
        assert_eq!(drawn.matches("<rect").count(), 4, "nothing is drawn of nothing");
        assert!(drawn.contains("in: 1003, out: 2") && drawn.contains("Sign-ins &lt;b&gt;") && drawn.contains("<table"));
        let none = chart("x", "Nothing", &[Series { label: "in", class: "good", bars: &[] }]).into_string();
        assert!(!none.contains("<rect"), "{none}");
    }
}
