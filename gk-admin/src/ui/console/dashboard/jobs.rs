//! What the janitor's jobs delete, and what each did the last time.

use std::time::Duration;

use gk_service::service::janitor::JOBS;
use gk_shared::time::Timestamp;
use maud::{Markup, html};

use crate::janitor::Ran;
use crate::ui::kit::{self, Tone};
use crate::ui::time;

/// A row for each job.
pub(super) fn table(cleaned: &[Option<Ran>; JOBS.len()], now: Timestamp) -> Markup {
    let rows = JOBS.iter().zip(cleaned).map(|(job, ran)| {
        let [state, deleted, took, at] = cells(*ran, now);
        vec![html! { (job.what) }, state, deleted, took, at]
    });
    let rows = rows.collect::<Vec<_>>();
    kit::table("What is deleted by itself", &["What", "State", "Deleted", "Took", "When"], &rows)
}

fn cells(ran: Option<Ran>, now: Timestamp) -> [Markup; 4] {
    let Some(Ran { at, took, rows }) = ran else {
        let none = || html! { "–" };
        return [kit::badge(Tone::Plain, "not yet"), none(), none(), none()];
    };
    let (state, deleted) = match rows {
        Some(rows) => (kit::badge(Tone::Good, "done"), html! { (rows) }),
        None => (kit::badge(Tone::Bad, "failed"), html! { "see the log" }),
    };
    [state, deleted, html! { (length(took)) }, time::ago(at, now)]
}

fn length(took: Duration) -> String {
    if took < Duration::from_secs(1) {
        format!("{} ms", took.as_millis())
    } else {
        format!("{:.1} s", took.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_failed_is_seen_and_one_that_has_not_run_is_not_said_to_be_done() {
        let ran = |rows, took| Some(Ran { at: Timestamp(1), took: Duration::from_millis(took), rows });
        let mut cleaned = [None; JOBS.len()];
        (cleaned[0], cleaned[1]) = (ran(None, 3), ran(Some(12), 1500));
        let drawn = table(&cleaned, Timestamp(61)).into_string();
        assert_eq!((drawn.matches("failed").count(), drawn.matches("done").count()), (1, 1), "{drawn}");
        assert_eq!(drawn.matches("not yet").count(), JOBS.len() - 2);
        assert!(drawn.contains(">12</td>") && drawn.contains("1.5 s") && drawn.contains("3 ms"), "{drawn}");
    }
}
