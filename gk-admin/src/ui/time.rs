//! Times on pages: in words, with the exact one, in UTC, beside it.

use gk_service::service::Refusal;
use gk_shared::time::Timestamp;
use maud::{Markup, html};

/// How long ago something was, as a `<time>` element.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> Markup {
    html! { time datetime=(machine(at)) title=(exact(at)) { (in_words(now.since(at))) } }
}

/// The exact time as a `<time>` element.
pub(super) fn at(at: Timestamp) -> Markup {
    html! { time datetime=(machine(at)) { (exact(at)) } }
}

fn exact(at: Timestamp) -> String {
    let time = jiff::Timestamp::from_second(at.0).map(|time| time.strftime("%Y-%m-%d %H:%M UTC").to_string());
    time.unwrap_or_else(|_| at.0.to_string())
}

fn machine(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.0).map_or_else(|_| String::new(), |time| time.to_string())
}

fn in_words(seconds: i64) -> String {
    let (count, unit) = match seconds {
        ..60 => return "just now".to_owned(),
        60..3600 => (seconds / 60, "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        86_400..2_592_000 => (seconds / 86_400, "day"),
        2_592_000.. => (seconds / 2_592_000, "month"),
    };
    let many = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{many} ago")
}

/// The day of a time, as a date field shows it.
pub(super) fn day(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.0).map(|time| time.strftime("%Y-%m-%d").to_string()).unwrap_or_default()
}

/// The beginning of a day such as 2026-12-31, in UTC.
pub(super) fn start_of_day(day: &str) -> Result<Option<Timestamp>, Refusal> {
    Ok(end_of_day(day)?.map(|end| Timestamp(end.0 - 86_400)))
}

/// The end of a day such as 2026-12-31, in UTC.
pub(super) fn end_of_day(day: &str) -> Result<Option<Timestamp>, Refusal> {
    if day.is_empty() {
        return Ok(None);
    }
    let end = day.parse::<jiff::civil::Date>().ok().and_then(|day| day.tomorrow().ok());
    let end = end.and_then(|next| next.to_zoned(jiff::tz::TimeZone::UTC).ok());
    let end = end.ok_or_else(|| Refusal::Invalid("write a day such as 2026-12-31".into()))?;
    Ok(Some(Timestamp(end.timestamp().as_second())))
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn spans_are_said_in_their_largest_unit() {
        for (seconds, words) in [
            (-5, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (7_199, "1 hour ago"),
            (172_800, "2 days ago"),
            (7_776_000, "3 months ago"),
        ] {
            assert_eq!(in_words(seconds), words);
        }
    }
}
