//! What Prometheus is told of this process, on a listener of its own that nginx does not know.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use gk_service::Database;
use gk_service::service::signin::Asked;
use gk_service::service::{Caller, mail};
use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry, TEXT_FORMAT, TextEncoder};
use tokio::task::spawn_blocking;

use crate::backups::Outcome;

/// Every series.
pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    letters: IntGaugeVec,
    backups: IntCounterVec,
}

impl Metrics {
    /// Registers all series. Labels come from closed lists, and each is there from the start.
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let help = "Requests for a sign-in mail, by what came of them";
        let requests = IntCounterVec::new(Opts::new("gk_signin_requests_total", help), &["outcome"])?;
        for asked in Asked::ALL {
            requests.with_label_values(&[asked.word()]);
        }
        let help = "Mails in the database, by where they stand";
        let letters = IntGaugeVec::new(Opts::new("gk_mail_letters", help), &["state"])?;
        let help = "Backups to backup.folder, by what became of them";
        let backups = IntCounterVec::new(Opts::new("gk_backups_total", help), &["outcome"])?;
        for outcome in Outcome::ALL {
            backups.with_label_values(&[outcome.word()]);
        }
        registry.register(Box::new(backups.clone()))?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(letters.clone()))?;
        Ok(Self { registry, requests, letters, backups })
    }

    /// Counts a request for a sign-in mail.
    pub(crate) fn asked(&self, asked: Asked) {
        self.requests.with_label_values(&[asked.word()]).inc();
    }

    /// Counts a backup.
    pub(crate) fn backed_up(&self, outcome: Outcome) {
        self.backups.with_label_values(&[outcome.word()]).inc();
    }

    fn text(&self, database: &Database) -> Result<String, String> {
        let counts = database.read(&Caller::system("metrics"), mail::counts).map_err(|error| error.to_string())?;
        for (state, count) in counts {
            self.letters.with_label_values(&[state.word()]).set(count);
        }
        TextEncoder::new().encode_to_string(&self.registry.gather()).map_err(|error| error.to_string())
    }
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
