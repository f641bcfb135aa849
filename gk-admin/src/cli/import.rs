//! `gk users import` and the older `gk import-users`.

use clap::Args;
use gk_service::service::import::{self, Line, Mode, Outcome, Reason, Report, Reported};
use gk_service::service::{Caller, Op};
use gk_shared::model::Username;

use super::answer::{Answer, Failure, plain, table};
use super::given::Given;
use super::shell::Shell;
use crate::sheets::{self, MOST_BYTES, Run, details, report_as_json};

#[derive(Args)]
pub(super) struct Import {
    /// CSV in UTF-8 whose first line names the columns: username,email,fullname in any order; only email is needed
    #[arg(value_parser = Given::parser())]
    file: Given,
    /// Say what would happen, line by line, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Also take over the names of people who have an account, and approve those who wait
    #[arg(long)]
    update: bool,
}

#[derive(Args)]
pub(super) struct ImportUsers {
    /// CSV in UTF-8 whose first line names the columns: username,email,fullname
    #[arg(value_parser = Given::parser())]
    file: Given,
}

impl Import {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let (lines, db) = (people(&self.file)?, shell.database()?);
        let mode = if self.update { Mode::CreateOrUpdate } else { Mode::Create };
        let verb = |op: &Op<'_>| import::import(op, lines, mode);
        if self.dry_run {
            let report = db.rehearse(&shell.caller, verb)?;
            return Ok(Answer::seen(report_as_json(&report, Run::Rehearsed), told(&report, Run::Rehearsed)));
        }
        let done = db.write(&shell.caller, verb)?;
        Ok(Answer::done(done, |report| (report_as_json(report, Run::Done), told(report, Run::Done))))
    }
}

impl ImportUsers {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let lines = people(&self.file)?;
        // Whoever reads the audit knows the verb by this name.
        let caller = Caller::operator("import-users");
        let done = shell.database()?.write(&caller, |op| import::import(op, lines, Mode::Create))?;
        Ok(Answer::done(done, |report| {
            let lines = report.lines.iter().map(told_as_before).collect::<String>();
            let text = format!("{lines}Done. Created: {}, Skipped: {}", report.created, report.skipped);
            (report_as_json(report, Run::Done), text)
        }))
    }
}

fn people(file: &Given) -> Result<Vec<Line>, Failure> {
    sheets::people(&file.read(MOST_BYTES)?).map_err(|error| Failure::usage(error.to_string()))
}

fn told(report: &Report, run: Run) -> String {
    let row = |reported: &Reported| {
        let line = &reported.line;
        vec![
            line.number.to_string(),
            reported.outcome.word().into(),
            called(line),
            plain(line.email.trim()),
            details(&reported.outcome),
        ]
    };
    let rows = report.lines.iter().map(row).collect::<Vec<_>>();
    let Report { created, updated, unchanged, skipped, .. } = report;
    let end = match run {
        Run::Done => "Done.",
        Run::Rehearsed => "Nothing was changed; this is what would happen.",
    };
    let table = table(&["Line", "Outcome", "Username", "Email", ""], &rows);
    format!("{table}\n\n{end} Created: {created}, updated: {updated}, unchanged: {unchanged}, skipped: {skipped}")
}

fn told_as_before(reported: &Reported) -> String {
    let line = &reported.line;
    match &reported.outcome {
        Outcome::Created | Outcome::Updated(_) | Outcome::Unchanged => format!("Created: {}\n", called(line)),
        Outcome::Skipped(Reason::Exists | Reason::Repeated(_)) => format!("Exists, skipping: {}\n", called(line)),
        Outcome::Skipped(Reason::Incomplete) => {
            format!("Skipping row (missing username or email): {}\n", written(line))
        }
        Outcome::Skipped(Reason::Refused(why)) => format!("Skipping row ({why}): {}\n", written(line)),
    }
}

/// The user name as the account has it; or as it is written, if it is none.
fn called(line: &Line) -> String {
    let written = line.username.as_deref().unwrap_or(&line.email);
    Username::parse(written).map_or_else(|_| plain(written.trim()), |username| username.to_string())
}

fn written(line: &Line) -> String {
    let cells = [line.username.as_deref(), Some(line.email.as_str()), line.fullname.as_deref()];
    cells.into_iter().flatten().map(plain).collect::<Vec<_>>().join(",")
}
