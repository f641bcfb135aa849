//! Starting, stopping and asking gk-admin and gk-validate.

use std::process::{Command, ExitStatus};
use std::sync::MutexGuard;

use super::http::{Answer, Line, Place, Request};
use super::part::Part;
use super::programs::{clean, ours};
use super::{World, wait_until};

impl World {
    /// Starts gk-admin on its Unix socket and waits until it listens.
    #[track_caller]
    pub(crate) fn start_admin(&self) {
        self.start_admin_on(&format!("unix:{}", self.folder().join("admin.sock").display()));
    }

    /// Starts gk-admin on an address, and says which one it has when the port was 0.
    #[track_caller]
    pub(crate) fn start_admin_on(&self, listen: &str) -> String {
        self.run_admin(&mut self.admin_command(listen))
    }

    /// gk-admin on an address, not yet started.
    pub(crate) fn admin_command(&self, listen: &str) -> Command {
        let mut command = clean(&ours("gk-admin"));
        command.current_dir(self.folder()).arg("serve").arg("--db").arg(self.database());
        command.args(["--listen", listen, "--metrics", "127.0.0.1:0"]).env("GATEKEEPER_ACTIVITY", self.activity());
        command.envs(self.environment());
        command
    }

    /// Starts a command made from [`World::admin_command`] as this world's gk-admin; gives where it listens.
    #[track_caller]
    pub(crate) fn run_admin(&self, command: &mut Command) -> String {
        let mut part = Part::start("gk-admin", command, self.folder().join("gk-admin.log"));
        let address = part.word_after("listening on ");
        *self.admin.lock().unwrap() = Some(part);
        address
    }

    /// gk-validate on its Unix socket, not yet started.
    #[track_caller]
    pub(crate) fn validate_command(&self) -> Command {
        let mut command = clean(&ours("gk-validate"));
        command.current_dir(self.folder()).arg("--policy").arg(self.policy());
        command.arg("--listen").arg(format!("unix:{}", self.folder().join("validate.sock").display()));
        command.args(["--metrics", "127.0.0.1:0", "--activity", &self.activity()]);
        command
    }

    /// Starts gk-validate and waits until it listens.
    #[track_caller]
    pub(crate) fn start_validate(&self) {
        self.start_validate_with(&[]);
    }

    /// As [`World::start_validate`], with more arguments.
    #[track_caller]
    pub(crate) fn start_validate_with(&self, arguments: &[&str]) {
        self.run_validate(self.validate_command().args(arguments));
    }

    /// Starts a command made from [`World::validate_command`] as this world's gk-validate.
    #[track_caller]
    pub(crate) fn run_validate(&self, command: &mut Command) {
        let mut part = Part::start("gk-validate", command, self.folder().join("gk-validate.log"));
        *self.metrics.lock().unwrap() = part.word_after("metrics on ");
        part.word_after("listening on unix:");
        *self.validate.lock().unwrap() = Some(part);
    }

    /// Where gk-validate listens over TCP, when started with `--listen 127.0.0.1:0` as well.
    #[track_caller]
    pub(crate) fn validate_address(&self) -> Place {
        let mut part = self.validate.lock().unwrap();
        let part = part.as_mut().expect("gk-validate runs");
        Place::Tcp(format!("127.{}", part.word_after("listening on 127.")))
    }

    /// Where gk-validate tells gk-admin which sessions are used.
    fn activity(&self) -> String {
        format!("unix:{},mode=0600", self.folder().join("activity.sock").display())
    }

    /// gk-validate's Unix socket.
    pub(crate) fn validate_socket(&self) -> Place {
        Place::Unix(self.folder().join("validate.sock"))
    }

    /// The running gk-admin, or none.
    pub(crate) fn admin_part(&self) -> MutexGuard<'_, Option<Part>> {
        self.admin.lock().unwrap()
    }

    /// The running gk-validate, or none.
    pub(crate) fn validate_part(&self) -> MutexGuard<'_, Option<Part>> {
        self.validate.lock().unwrap()
    }

    /// Ends gk-admin with SIGTERM.
    #[track_caller]
    pub(crate) fn stop_admin(&self) -> ExitStatus {
        self.admin_part().take().expect("gk-admin runs").stop()
    }

    /// Ends gk-admin with SIGKILL.
    #[track_caller]
    pub(crate) fn kill_admin(&self) {
        self.admin_part().take().expect("gk-admin runs").kill();
    }

    /// Ends gk-validate with SIGTERM.
    #[track_caller]
    pub(crate) fn stop_validate(&self) -> ExitStatus {
        self.validate_part().take().expect("gk-validate runs").stop()
    }

    /// Ends gk-validate with SIGKILL.
    #[track_caller]
    pub(crate) fn kill_validate(&self) {
        self.validate_part().take().expect("gk-validate runs").kill();
    }

    /// Everything gk-validate has said, over all its runs.
    pub(crate) fn validate_talk(&self) -> String {
        self.talk("gk-validate.log")
    }

    /// Everything gk-admin has said, over all its runs.
    pub(crate) fn admin_talk(&self) -> String {
        self.talk("gk-admin.log")
    }

    fn talk(&self, file: &str) -> String {
        String::from_utf8_lossy(&std::fs::read(self.folder().join(file)).unwrap_or_default()).into_owned()
    }

    /// One subrequest as nginx sends it, over a kept connection; `app` is the X-GK-App header.
    #[track_caller]
    pub(crate) fn validate(&self, cookie: Option<&str>, app: Option<&str>) -> Answer {
        self.ask_validate(&validation(cookie, app))
    }

    /// Any request to gk-validate.
    #[track_caller]
    pub(crate) fn ask_validate(&self, request: &Request) -> Answer {
        self.validate_lines.ask(request)
    }

    /// Any request to gk-admin, as nginx would pass it on.
    #[track_caller]
    pub(crate) fn ask_admin(&self, request: &Request) -> Answer {
        self.admin_lines.ask(request)
    }

    /// Where gk-validate's metrics listener is.
    pub(crate) fn metrics_address(&self) -> String {
        self.metrics.lock().unwrap().clone()
    }

    /// A page of gk-validate's metrics listener.
    #[track_caller]
    pub(crate) fn metrics_page(&self, path: &str) -> Answer {
        let mut line = Line::connect(&Place::Tcp(self.metrics_address())).expect("the metrics listener is there");
        line.ask(&Request::get(path), "localhost").expect("the metrics listener answers")
    }

    /// One figure of gk-validate's metrics: the sum of the series that begin with `series`.
    #[track_caller]
    pub(crate) fn metric(&self, series: &str) -> Option<f64> {
        figure(&self.metrics_page("/metrics").text(), series)
    }

    /// One figure of gk-admin's metrics: the sum of the series that begin with `series`.
    #[track_caller]
    pub(crate) fn admin_metric(&self, series: &str) -> Option<f64> {
        figure(&self.admin_metrics(), series)
    }

    /// All that gk-admin tells Prometheus.
    #[track_caller]
    pub(crate) fn admin_metrics(&self) -> String {
        let address = self.admin_part().as_mut().expect("gk-admin runs").word_after("metrics on ");
        let mut line = Line::connect(&Place::Tcp(address)).expect("the metrics listener is there");
        line.ask(&Request::get("/metrics"), "localhost").expect("it answers").text()
    }

    /// Waits until gk-validate says it is ready.
    #[track_caller]
    pub(crate) fn wait_until_ready(&self) {
        wait_until("gk-validate to be ready", || self.metrics_page("/readyz").status == 200);
    }
}

/// The subrequest nginx makes.
pub(crate) fn validation(cookie: Option<&str>, app: Option<&str>) -> Request {
    let mut request = Request::get("/api/v1/auth/validate");
    if let Some(cookie) = cookie {
        request = request.with("Cookie", cookie);
    }
    if let Some(app) = app {
        request = request.with("X-GK-App", app);
    }
    request
}

/// The sum of the series of a page of metrics that begin with `series`.
fn figure(page: &str, series: &str) -> Option<f64> {
    let lines = page.lines().filter(|line| line.starts_with(series));
    let values: Vec<f64> = lines.filter_map(|line| line.rsplit(' ').next()?.parse().ok()).collect();
    (!values.is_empty()).then(|| values.iter().sum())
}
