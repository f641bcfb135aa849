//! What Prometheus is told. Handles are made once; counting a request costs a few atomic additions.

use std::sync::Arc;
use std::time::Duration;

use gk_shared::access::{AllowReason, ForbidReason, SignInReason};
use gk_shared::activity::{Answers, State};
use gk_shared::time::{Clock, wall};
use prometheus::core::Collector;
use prometheus::{
    Error, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};

use crate::answer::{Answer, Withheld};
use crate::identity::Groups;
use crate::policy::Unavailable;
use crate::status::{FileState, News, Status};

/// From a tenth of a microsecond, about what a known token costs, to the longest wait for the file.
const SECONDS: [f64; 13] = [1e-7, 2.5e-7, 5e-7, 1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.5];

/// Every series of this process.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Requests,
    connections_open: IntGauge,
    connections: IntCounter,
    snapshot: SnapshotGauges,
    denied: IntGauge,
    dropped_lines: IntCounter,
    set_back: IntGauge,
    statuses: Vec<Arc<Status>>,
    clock: Clock,
}

/// What requests count. The arrays are in the order of each reason's `ALL`.
struct Requests {
    allow: [IntCounter; AllowReason::ALL.len()],
    sign_in: [IntCounter; SignInReason::ALL.len()],
    forbid: [IntCounter; ForbidReason::ALL.len()],
    withheld: [IntCounter; Withheld::ALL.len()],
    unavailable: [IntCounter; Unavailable::ALL.len()],
    refused: IntCounter,
    groups_dropped: IntCounter,
    seconds: Histogram,
}

/// Set from the workers' news when somebody reads them; of several workers, the one furthest behind counts.
struct SnapshotGauges {
    revision: IntGauge,
    age: IntGauge,
    users: IntGauge,
    state: IntGaugeVec,
}

impl Metrics {
    /// Registers all series, for that many workers.
    pub(crate) fn new(workers: u16) -> Result<Self, Error> {
        let registry = Registry::new();
        Ok(Self {
            requests: Requests::new(&registry)?,
            connections_open: registered(
                &registry,
                IntGauge::new("gk_connections_open", "Connections that are open now, idle ones included"),
            )?,
            connections: registered(&registry, IntCounter::new("gk_connections_total", "Connections accepted"))?,
            snapshot: SnapshotGauges::new(&registry)?,
            denied: registered(
                &registry,
                IntGauge::new("gk_panic_rules", "What gk panic denies: people, apps, or everybody"),
            )?,
            dropped_lines: registered(
                &registry,
                IntCounter::new("gk_decision_log_dropped_total", "Lines of the decision log that nobody took in time"),
            )?,
            set_back: registered(
                &registry,
                IntGauge::new(
                    "gk_clock_set_back_seconds",
                    "How far the wall clock lies behind the time that decisions use: it was set back since the start",
                ),
            )?,
            statuses: (0..workers).map(|_| Arc::new(Status::new())).collect(),
            clock: Clock::start(),
            registry,
        })
    }

    /// Where each worker puts its news.
    pub(crate) fn statuses(&self) -> &[Arc<Status>] {
        &self.statuses
    }

    /// Counts an answer by its reason.
    pub(crate) fn count(&self, answer: &Answer) {
        let requests = &self.requests;
        let counter = match answer {
            Answer::Allow(reason, _) => requests.allow.get(reason.position()),
            Answer::SignIn(reason) => requests.sign_in.get(*reason as usize),
            Answer::Forbid(reason, _) => requests.forbid.get(*reason as usize),
            Answer::Withhold(reason) => requests.withheld.get(*reason as usize),
            Answer::Unavailable(reason) => requests.unavailable.get(*reason as usize),
            Answer::Refuse(_) => Some(&requests.refused),
        };
        if let Some(counter) = counter {
            counter.inc();
        }
        if let Answer::Allow(_, headers) = answer
            && headers.groups == Groups::TooLong
        {
            requests.groups_dropped.inc();
        }
    }

    /// How long an answer took.
    pub(crate) fn took(&self, time: Duration) {
        self.requests.seconds.observe(time.as_secs_f64());
    }

    /// So much is denied by `gk panic`.
    pub(crate) fn denies(&self, rules: usize) {
        self.denied.set(i64::try_from(rules).unwrap_or(i64::MAX));
    }

    /// The decision log could not take a line.
    pub(crate) fn dropped_a_line(&self) {
        self.dropped_lines.inc();
    }

    #[cfg(test)]
    pub(crate) fn dropped_lines(&self) -> u64 {
        self.dropped_lines.get()
    }

    pub(crate) fn connection_opened(&self) {
        self.connections_open.inc();
        self.connections.inc();
    }

    pub(crate) fn connection_closed(&self) {
        self.connections_open.dec();
    }

    /// Everything, in Prometheus's text format.
    pub(crate) fn text(&self) -> Result<String, Error> {
        self.snapshot.set(&self.news(), self.clock);
        self.set_back.set(self.clock.now().since(wall()).max(0));
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }

    /// What answers come from, for gk-admin.
    pub(crate) fn state(&self) -> State {
        let news = self.news();
        let behind = Behind::of(&news, self.clock);
        let file = behind.file.map_or("not-looked-at", FileState::word).to_owned();
        State { revision: behind.revision, users: behind.users, age: behind.age, file }
    }

    /// How often each was answered, for gk-admin.
    pub(crate) fn answers(&self) -> Answers {
        let sum = |counters: &[IntCounter]| counters.iter().map(IntCounter::get).sum();
        let Requests { allow, sign_in, forbid, withheld, unavailable, .. } = &self.requests;
        let forbid = sum(forbid) + sum(withheld);
        Answers { allow: sum(allow), sign_in: sum(sign_in), forbid, unavailable: sum(unavailable) }
    }

    /// The news of every worker.
    pub(crate) fn news(&self) -> Vec<News> {
        self.statuses.iter().map(|status| status.news()).collect()
    }
}

impl Requests {
    fn new(registry: &Registry) -> Result<Self, Error> {
        let help = "Answers, by what was answered and why";
        let decisions = IntCounterVec::new(Opts::new("gk_decisions_total", help), &["outcome", "reason"]);
        let decisions = registered(registry, decisions)?;
        let counter = |outcome: &str, reason: &str| decisions.with_label_values(&[outcome, reason]);
        let help = "Requests that asked nothing: malformed, or of another path or method";
        let refused = registered(registry, IntCounter::new("gk_requests_refused_total", help))?;
        let help = "Answers without X-Auth-Groups, because it would have been longer than 1 KiB";
        let groups_dropped = registered(registry, IntCounter::new("gk_groups_header_dropped_total", help))?;
        let help = "From a request's head read to its answer made";
        let seconds = HistogramOpts::new("gk_validate_seconds", help).buckets(SECONDS.to_vec());
        Ok(Self {
            allow: AllowReason::ALL.map(|reason| counter("allow", reason.word())),
            sign_in: SignInReason::ALL.map(|reason| counter("sign-in", reason.word())),
            forbid: ForbidReason::ALL.map(|reason| counter("forbid", reason.word())),
            withheld: Withheld::ALL.map(|reason| counter("forbid", reason.word())),
            unavailable: Unavailable::ALL.map(|reason| counter("unavailable", reason.word())),
            refused,
            groups_dropped,
            seconds: registered(registry, Histogram::with_opts(seconds))?,
        })
    }
}

impl SnapshotGauges {
    fn new(registry: &Registry) -> Result<Self, Error> {
        let revision = IntGauge::new("gk_snapshot_revision", "The revision answers come from; 0 before the first");
        let help = "Since the snapshot was last known to equal the file; looked at once a second";
        let age = IntGauge::new("gk_snapshot_age_seconds", help);
        let users = IntGauge::new("gk_snapshot_users", "Users in the snapshot");
        let help = "How the file at the policy path was found at the last look: 1 for its state, else 0";
        let state = IntGaugeVec::new(Opts::new("gk_policy_state", help), &["state"]);
        Ok(Self {
            revision: registered(registry, revision)?,
            age: registered(registry, age)?,
            users: registered(registry, users)?,
            state: registered(registry, state)?,
        })
    }

    fn set(&self, news: &[News], clock: Clock) {
        let behind = Behind::of(news, clock);
        self.revision.set(behind.revision);
        self.users.set(behind.users);
        self.age.set(behind.age);
        for state in FileState::ALL {
            self.state.with_label_values(&[state.word()]).set((behind.file == Some(state)).into());
        }
    }
}

/// Of several workers, the one furthest behind.
struct Behind {
    revision: i64,
    users: i64,
    age: i64,
    file: Option<FileState>,
}

impl Behind {
    fn of(news: &[News], clock: Clock) -> Self {
        let known = || news.iter().filter_map(|news| news.snapshot);
        let now = clock.now();
        Self {
            revision: known().map(|known| known.revision).min().unwrap_or(0),
            users: known().map(|known| known.users).min().unwrap_or(0).cast_signed() as i64,
            age: known().map(|known| now.since(known.looked_at)).max().unwrap_or(0),
            file: news.iter().filter_map(|news| news.state).max(),
        }
    }
}

/// Registers a new series.
fn registered<C: Collector + Clone + 'static>(registry: &Registry, series: Result<C, Error>) -> Result<C, Error> {
    let series = series?;
    registry.register(Box::new(series.clone()))?;
    Ok(series)
}
