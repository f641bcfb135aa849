//! The end of looking everybody up again: who is to be disabled is, unless they are suspiciously many.

use std::time::Instant;

use gk_service::model::{DirectoryRun, RunOutcome, RunState};
use gk_service::service::directories;
use gk_service::service::{Op, Refusal};
use gk_service::settings::Setting;

use super::Directories;
use super::run::Run;

impl Directories {
    /// Disables those who are to be, unless they are more than may be without asking.
    pub(super) async fn disable(
        &self,
        mut run: Run,
        (working, may_disable): (usize, i64),
        watch: &impl Fn(&DirectoryRun),
    ) -> Result<DirectoryRun, Refusal> {
        let percent = self.read(|view| Ok(view.settings.number(Setting::DirectoryBrakePercent))).await?;
        let working = i64::try_from(working).unwrap_or(i64::MAX);
        // One is never a mass, but where nobody may be disabled unasked.
        let share = (working.saturating_mul(percent) / 100).max(i64::from(percent > 0));
        let to_disable = std::mem::take(&mut run.to_disable);
        let wanted = i64::try_from(to_disable.len()).unwrap_or(i64::MAX);
        if wanted > share.max(may_disable) {
            run.so_far.disabled = wanted;
            for (user, found) in &to_disable {
                let why = if found.is_some() { "disabled in the directory" } else { "not in the directory any more" };
                run.note(user, RunOutcome::WouldDisable, why);
            }
            self.write_progress(&mut run, watch).await?;
            let why =
                format!("this would disable {wanted} of {working} accounts; without asking it may disable {share}");
            return self.end(run, RunState::Asks, why).await;
        }
        for (user, found) in to_disable {
            self.take(&mut run, &user, found).await?;
        }
        self.write_progress(&mut run, watch).await?;
        self.end(run, RunState::Done, String::new()).await
    }

    pub(super) async fn write_progress(
        &self,
        run: &mut Run,
        watch: &impl Fn(&DirectoryRun),
    ) -> Result<DirectoryRun, Refusal> {
        let (id, so_far, people) = (run.id, run.so_far, std::mem::take(&mut run.people));
        let progress = move |op: &Op<'_>| directories::progress(op, id, so_far, &people);
        let written = self.write(run.caller.clone(), progress).await?.value;
        run.written = Instant::now();
        watch(&written);
        Ok(written)
    }

    pub(super) async fn end(&self, run: Run, state: RunState, why: String) -> Result<DirectoryRun, Refusal> {
        let id = run.id;
        let finish = move |op: &Op<'_>| directories::finish(op, id, state, &why);
        self.write(run.caller, finish).await.map(|done| done.value)
    }
}
