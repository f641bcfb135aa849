//! Works on the runs that were asked for, and asks for those that are due.

use std::time::Duration;

use gk_service::model::DirectoryRun;
use gk_service::service::{Caller, Op, Refusal, directories};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Directories;

const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Works on runs until the process ends: one for each directory at a time.
pub(crate) async fn run(directories: Directories) {
    let mut works = JoinSet::new();
    loop {
        if let Err(error) = look(&directories, &mut works).await {
            tracing::error!(%error, "the runs that look people up again could not be looked at");
        }
        while works.try_join_next().is_some() {}
        sleep(LOOK_EVERY).await;
    }
}

async fn look(directories: &Directories, works: &mut JoinSet<()>) -> Result<(), Refusal> {
    for label in directories.read(directories::due).await? {
        directories.write(system(), move |op| directories::start(op, &label)).await?;
    }
    for run in directories.read(directories::waiting).await? {
        let (label, id) = (run.directory.clone(), run.id);
        let take_over = move |op: &Op<'_>| {
            let people = directories::people_of(op, &label)?;
            directories::take_over(op, id, people.len())
        };
        if let Some(begun) = directories.write(system(), take_over).await?.value {
            let directories = directories.clone();
            works.spawn(async move { work(&directories, begun).await });
        }
    }
    Ok(())
}

async fn work(directories: &Directories, begun: DirectoryRun) {
    let directory = begun.directory.to_string();
    match directories.work(system(), begun, |_| ()).await {
        Ok(run) => {
            let (state, reason) = (run.state.word(), run.reason);
            tracing::info!(
                directory,
                state,
                reason,
                run.looked_at,
                run.changed,
                run.disabled,
                run.failed,
                "everybody was looked up again"
            );
        }
        Err(error) => tracing::error!(directory, %error, "looking everybody up again ended early"),
    }
}

fn system() -> Caller {
    Caller::system("directory")
}
