//! Which rows of the audit somebody asks for, in words: the same at the command line, at the API and on the page.

use clap::Args;
use gk_service::model::{AuditEntry, AuditFilter};
use gk_service::service::audit::{Forwarding, Verified};
use gk_shared::model::Slug;
use gk_shared::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::time;

/// Words that each narrow the rows; empty ones do not.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AuditAsked {
    /// What this person did, and what was done to them: user name or e-mail
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) person: String,
    /// Who did it, as the row calls them: a user name, api_key:NUMBER, an account of this machine, or a part of Gatekeeper
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) actor: String,
    /// What was done, such as login or grant_given
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) action: String,
    /// The app it was about
    #[arg(long, value_name = "SLUG", default_value = "", hide_default_value = true)]
    pub(crate) app: String,
    /// The address it came from
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) ip: String,
    /// Whole words that all are in the row
    #[arg(long, value_name = "WORDS", default_value = "", hide_default_value = true)]
    pub(crate) text: String,
    /// Not before: 2026-12-31, 2026-12-31T18:00:00Z, or 7d for the last seven days
    #[arg(long, value_name = "TIME", default_value = "", hide_default_value = true)]
    pub(crate) since: String,
    /// Not after: the same; a day is meant to its end
    #[arg(long, value_name = "TIME", default_value = "", hide_default_value = true)]
    pub(crate) until: String,
}

impl AuditAsked {
    /// The words by the names of their fields.
    pub(crate) fn narrowing(&self) -> [(&'static str, &str); 8] {
        [
            ("person", &self.person),
            ("actor", &self.actor),
            ("action", &self.action),
            ("app", &self.app),
            ("ip", &self.ip),
            ("text", &self.text),
            ("since", &self.since),
            ("until", &self.until),
        ]
    }

    /// What they mean, or which of them means nothing.
    pub(crate) fn filter(&self, now: Timestamp) -> Result<AuditFilter, String> {
        let said = |word: &str| Some(word.trim().to_owned()).filter(|word| !word.is_empty());
        let app = said(&self.app).map(|slug| Slug::parse(&slug)).transpose().map_err(|bad| format!("app: {bad}"))?;
        let ip =
            said(&self.ip).map(|ip| ip.parse()).transpose().map_err(|_| "ip: write an address such as 192.0.2.1")?;
        let moment = |name: &str, word: &str, within_day: i64| {
            said(word).map(|word| moment(&word, now, within_day)).transpose().map_err(|bad| format!("{name}: {bad}"))
        };
        Ok(AuditFilter {
            person: said(&self.person),
            actor: said(&self.actor),
            action: said(&self.action),
            app,
            ip,
            text: said(&self.text),
            since: moment("since", &self.since, 0)?,
            until: moment("until", &self.until, 86_400)?,
        })
    }
}

/// A day, so many seconds after its beginning; a time; or so many days ago.
fn moment(word: &str, now: Timestamp, within_day: i64) -> Result<Timestamp, String> {
    if let Ok(seconds) = time::days(word) {
        return Ok(now.plus(-seconds));
    }
    if let Ok(day) = time::parse(&format!("{word}T00:00:00Z")) {
        return Ok(day.plus(within_day));
    }
    time::parse(word)
        .map_err(|_| "write a day such as 2026-12-31, a time such as 2026-12-31T18:00:00Z, or 7d".to_owned())
}

/// A row as every face writes it.
pub(crate) fn entry_json(entry: &AuditEntry) -> Value {
    json!({
        "id": entry.id, "at": time::show(entry.at), "actor_kind": entry.actor_kind, "actor": entry.actor,
        "action": entry.action, "target": entry.target, "app": entry.app, "ip": entry.ip, "user_agent": entry.user_agent,
        "before": described(&entry.before), "after": described(&entry.after), "chain": chain(entry),
    })
}

/// What is written as JSON is given as JSON.
fn described(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { serde_json::from_str(text).unwrap_or_else(|_| json!(text)) }
}

/// What a check found.
pub(crate) fn verified_json(found: &Verified) -> Value {
    json!({
        "rows": found.rows, "first": found.first, "last": found.last, "checkpoint": found.checkpoint,
        "broken": found.broken, "breaks": found.breaks.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// How the audit is sent on.
pub(crate) fn forwarding_json(how: &Forwarding) -> Value {
    json!({
        "to": how.to.as_ref().map(ToString::to_string), "through": how.through, "waiting": how.waiting,
        "sent_at": how.sent_at.map(time::show), "failing_since": how.failing_since.map(time::show),
        "last_error": how.last_error,
    })
}

/// The same in a sentence or two.
pub(crate) fn forwarding_text(how: &Forwarding) -> String {
    let Some(to) = &how.to else { return "The audit is not sent on: audit.forward_to is empty.".to_owned() };
    let sent = how.sent_at.map(|at| format!(" (last at {})", time::show(at))).unwrap_or_default();
    let fails = how.failing_since.map(|since| format!(" Fails since {}: {}", time::show(since), how.last_error));
    let fails = fails.unwrap_or_default();
    format!("Sent on to {to}: arrived up to row {}{sent}, {} waiting.{fails}", how.through, how.waiting)
}

/// The chain value in hex digits.
pub(crate) fn chain(entry: &AuditEntry) -> String {
    use std::fmt::Write;
    entry.chain.iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_days_moments_or_days_ago() {
        let now = Timestamp(1_800_000_000);
        let of = |since: &str, until: &str| {
            let asked = AuditAsked { since: since.into(), until: until.into(), ..AuditAsked::default() };
            asked.filter(now).map(|filter| (filter.since.map(|at| at.0), filter.until.map(|at| at.0)))
        };
        assert_eq!(of("2026-12-31", "2026-12-31"), Ok((Some(1_798_675_200), Some(1_798_761_600))));
        assert_eq!(of("7d", "2026-12-31T01:00:00Z"), Ok((Some(1_799_395_200), Some(1_798_678_800))));
        assert!(of("yesterday", "").unwrap_err().starts_with("since: "));
        assert!(of("", "2026-13-01").unwrap_err().starts_with("until: "));
        let bad = AuditAsked { ip: "localhost".into(), ..AuditAsked::default() };
        assert!(bad.filter(now).unwrap_err().starts_with("ip: "));
        assert_eq!(AuditAsked::default().filter(now), Ok(AuditFilter::default()));
    }
}
