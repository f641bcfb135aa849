//! What Prometheus is told of this process, on a listener of its own that nginx does not know.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use gk_service::Database;
use gk_service::service::janitor::{JOBS, Job};
use gk_service::service::signin::Asked;
use gk_service::service::{Caller, backups, figures, mail};
use prometheus::core::Collector;
use prometheus::{
    Error, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TEXT_FORMAT, TextEncoder,
};
use tokio::task::spawn_blocking;

use crate::app::App;
use crate::backups::Outcome;
use crate::janitor::Ran;

/// How long jobs take: from one that finds nothing to one that cleans up after years.
const SECONDS: [f64; 6] = [0.001, 0.01, 0.1, 1.0, 10.0, 60.0];

/// Every series.
pub(crate) struct Metrics {
    registry: Registry,
    answers: IntCounterVec,
    requests: IntCounterVec,
    sign_ins: IntCounterVec,
    letters: IntGaugeVec,
    look_ups: IntCounterVec,
    backups: IntCounterVec,
    /// When the newest was made, and how often one is to be; 0: never.
    last_backup: IntGauge,
    backup_every: IntGauge,
    jobs: Jobs,
    /// Held while what the database counts is copied: two who ask at once must not both add it.
    copying: Mutex<()>,
}

/// What the janitor's jobs count.
struct Jobs {
    seconds: HistogramVec,
    removed: IntCounterVec,
    failures: IntCounterVec,
}

impl Metrics {
    /// Registers all series. Labels come from closed lists, and but for those of answers each is there from the start.
    pub(crate) fn new() -> Result<Self, Error> {
        let registry = Registry::new();
        let counters =
            |name, help, labels: &[&str]| registered(&registry, IntCounterVec::new(Opts::new(name, help), labels));
        let gauge = |name, help| registered(&registry, IntGauge::new(name, help));
        let metrics = Self {
            answers: counters("gk_http_requests_total", "Requests, by route and status", &["route", "status"])?,
            requests: counters(
                "gk_signin_requests_total",
                "Requests for a sign-in mail, by what came of them",
                &["outcome"],
            )?,
            sign_ins: counters("gk_signins_total", "Sign-ins by link or code, by what came of them", &["outcome"])?,
            letters: registered(
                &registry,
                IntGaugeVec::new(
                    Opts::new("gk_mail_letters", "Mails in the database, by where they stand"),
                    &["state"],
                ),
            )?,
            backups: counters("gk_backups_total", "Backups to backup.folder, by what became of them", &["outcome"])?,
            last_backup: gauge(
                "gk_backup_last_timestamp_seconds",
                "When the newest backup in backup.folder was made; 0: there is none",
            )?,
            backup_every: gauge(
                "gk_backup_interval_seconds",
                "How often a backup is to be taken; 0: none is taken by itself",
            )?,
            look_ups: counters(
                "gk_directory_lookups_total",
                "Questions to directories, by directory and what came of them",
                &["directory", "outcome"],
            )?,
            jobs: Jobs {
                seconds: registered(
                    &registry,
                    HistogramVec::new(
                        HistogramOpts::new("gk_job_seconds", "How long the janitor's jobs took")
                            .buckets(SECONDS.to_vec()),
                        &["task"],
                    ),
                )?,
                removed: counters("gk_job_removed_total", "Rows that the janitor's jobs deleted", &["task"])?,
                failures: counters("gk_job_failures_total", "The janitor's jobs that failed", &["task"])?,
            },
            copying: Mutex::new(()),
            registry,
        };
        metrics.begin();
        Ok(metrics)
    }

    /// Has each series there from the start.
    fn begin(&self) {
        for asked in Asked::ALL {
            self.requests.with_label_values(&[asked.word()]);
        }
        for outcome in Outcome::ALL {
            self.backups.with_label_values(&[outcome.word()]);
        }
        for job in &JOBS {
            self.jobs.seconds.with_label_values(&[job.name]);
            self.jobs.removed.with_label_values(&[job.name]);
            self.jobs.failures.with_label_values(&[job.name]);
        }
    }

    /// Counts a request for a sign-in mail.
    pub(crate) fn asked(&self, asked: Asked) {
        self.requests.with_label_values(&[asked.word()]).inc();
    }

    /// Counts a question to a directory. Its label is a name that administrators give, of which there are few.
    pub(crate) fn looked_up(&self, directory: &str, outcome: &'static str) {
        self.look_ups.with_label_values(&[directory, outcome]).inc();
    }

    /// Counts a backup.
    pub(crate) fn backed_up(&self, outcome: Outcome) {
        self.backups.with_label_values(&[outcome.word()]).inc();
    }

    /// Counts a job of the janitor's.
    pub(crate) fn cleaned(&self, job: &Job, ran: Ran) {
        self.jobs.seconds.with_label_values(&[job.name]).observe(ran.took.as_secs_f64());
        match ran.rows {
            Some(rows) => self.jobs.removed.with_label_values(&[job.name]).inc_by(rows as u64),
            None => self.jobs.failures.with_label_values(&[job.name]).inc(),
        }
    }

    pub(crate) fn text(&self, database: &Database) -> Result<String, String> {
        let read = |view: &gk_service::service::View<'_>| {
            Ok((mail::counts(view)?, figures::totals(view)?, backups::rhythm(view)?))
        };
        let (counts, totals, (every, newest)) =
            database.read(&Caller::system("metrics"), read).map_err(|error| error.to_string())?;
        for (state, count) in counts {
            self.letters.with_label_values(&[state.word()]).set(count);
        }
        self.last_backup.set(newest.map_or(0, |at| at.0));
        self.backup_every.set(every.unwrap_or(0));
        let copying = self.copying.lock().unwrap_or_else(PoisonError::into_inner);
        for (what, count) in totals.into_iter().filter(|(what, _)| what.is_sign_in()) {
            let counter = self.sign_ins.with_label_values(&[what.word()]);
            counter.inc_by(u64::try_from(count).unwrap_or(0).saturating_sub(counter.get()));
        }
        drop(copying);
        TextEncoder::new().encode_to_string(&self.registry.gather()).map_err(|error| error.to_string())
    }
}

/// Registers a new series.
fn registered<C: Collector + Clone + 'static>(registry: &Registry, series: Result<C, Error>) -> Result<C, Error> {
    let series = series?;
    registry.register(Box::new(series.clone()))?;
    Ok(series)
}

/// Counts every answer by its route as it is written here: an address as it was asked for has names and secrets in it,
/// and there is no end of them.
pub(crate) async fn counted(State(app): State<App>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    app.metrics.answers.with_label_values(&[route, response.status().as_str()]).inc();
    response
}

/// GET /metrics
pub(crate) fn router(metrics: Arc<Metrics>, database: Arc<Database>) -> Router {
    Router::new().route("/metrics", get(show)).with_state((metrics, database))
}

async fn show(State((metrics, database)): State<(Arc<Metrics>, Arc<Database>)>) -> Response {
    let text = spawn_blocking(move || metrics.text(&database)).await.unwrap_or_else(|error| Err(error.to_string()));
    match text {
        Ok(text) => ([(CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        Err(error) => {
            tracing::error!(error, "the metrics cannot be told");
            (StatusCode::SERVICE_UNAVAILABLE, "the metrics cannot be told now\n").into_response()
        }
    }
}
