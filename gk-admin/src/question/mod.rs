//! Asking the database in SQL: each question in a process of its own, which has little memory and time, writes no file,
//! and ends. Rows that were shown are kept a while, so that what leaves as a file is what was seen.

pub(crate) mod child;
mod shown;

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use gk_service::query::{Answer, MOST_TIME};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

pub(crate) use shown::{Shown, Taken};

/// A process that was told to end after [`MOST_TIME`] and has not is stopped.
const PATIENCE: Duration = Duration::from_secs(MOST_TIME.as_secs() + 3);
/// More than the rows of any answer take, as JSON.
const MOST_OUTPUT: u64 = 16 << 20;
/// So many are asked at a time; others wait.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Asks one question.
pub(crate) async fn ask(database: &Path, question: &str) -> Answer {
    let Ok(_turn) = TURNS.acquire().await else { return Answer::Refused("gk-admin is ending".into()) };
    match timeout(PATIENCE, answered(database, question)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(why)) => Answer::Refused(why),
        Err(_) => Answer::Refused(format!("it took longer than {} seconds, and was stopped", MOST_TIME.as_secs())),
    }
}

async fn answered(database: &Path, question: &str) -> Result<Answer, String> {
    let mut child = start(database).map_err(|error| format!("no process for it could be started: {error}"))?;
    if let Some(mut input) = child.stdin.take() {
        // One that ended before it had read says so by its exit.
        let _ = input.write_all(question.as_bytes()).await;
    }
    let mut said = Vec::new();
    if let Some(output) = child.stdout.take() {
        output.take(MOST_OUTPUT).read_to_end(&mut said).await.map_err(|error| error.to_string())?;
    }
    let status = child.wait().await.map_err(|error| error.to_string())?;
    serde_json::from_slice(&said).map_err(|_| ended(status))
}

/// This program again, with another verb. It is given nothing of this one's environment.
fn start(database: &Path) -> std::io::Result<Child> {
    let mut command = Command::new("/proc/self/exe");
    command.arg(child::VERB).arg("--db").arg(database).env_clear();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn()
}

fn ended(status: ExitStatus) -> String {
    format!("its process ended without an answer ({status}): it took more memory or time than a question may")
}
