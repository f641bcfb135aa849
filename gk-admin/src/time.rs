//! Times as people and programs write them: RFC 3339 in, RFC 3339 in UTC out.

use gk_shared::time::Timestamp;

/// Reads a time such as `2026-12-31T18:00:00Z`.
pub(crate) fn parse(text: &str) -> Result<Timestamp, String> {
    let parsed = text.parse::<jiff::Timestamp>();
    parsed.map(|at| Timestamp(at.as_second())).map_err(|_| "write a time such as 2026-12-31T18:00:00Z".into())
}

/// Reads a number of days such as `90d`; gives seconds.
pub(crate) fn days(text: &str) -> Result<i64, String> {
    let number = text.strip_suffix('d').and_then(|number| number.parse::<u16>().ok());
    number.map(|days| i64::from(days) * 86_400).ok_or_else(|| "write a number of days such as 90d".into())
}

/// Writes a time in UTC.
pub(crate) fn show(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.0).map_or_else(|_| at.0.to_string(), |at| at.to_string())
}
