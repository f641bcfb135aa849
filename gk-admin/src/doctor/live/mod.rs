//! What the running stack answers to somebody who is not signed in. Nothing is changed, and nobody is signed in.

mod around;
mod line;
mod probes;

use url::Url;

use self::line::{Answer, Line};
use self::probes::{Asked, PROBES};
use super::facts::{AppFacts, Facts};
use super::finding::{Finding, Group, Outcome};

/// How the stack is reached.
pub(crate) struct Live {
    /// The machine that is asked for every host, in place of what their names resolve to.
    pub(crate) machine: Option<String>,
    /// Where gk-validate shows its figures, such as `127.0.0.1:5102`.
    pub(crate) figures: String,
}

impl Live {
    /// Asks the sign-in page and every app's every origin. `tell` hears whom, as it may take some seconds each.
    pub(crate) async fn ask(&self, facts: &Facts, tell: impl Fn(&str)) -> Vec<Finding> {
        let Some(auth) = &facts.public_url else {
            let what = "without the database it is not known which hosts to ask";
            return vec![Finding::line(Group::Live, "live", Outcome::NotLooked, what)];
        };
        tell(auth.as_str());
        let mut found = self.sign_in_page(auth).await;
        let mut kept = None;
        for (origin, app) in origins(facts) {
            tell(origin.as_str());
            let asked = Asked { origin, auth };
            let complaints = self.app(&asked, app).await;
            if kept.is_none() && complaints.iter().all(|one| one.outcome == Outcome::Ok) {
                kept = Some(self.kept(origin).await);
            }
            found.extend(complaints);
        }
        found.extend(kept);
        found.extend(self.revision(facts).await);
        found
    }

    async fn app(&self, asked: &Asked<'_>, app: &AppFacts) -> Vec<Finding> {
        if app.open_paths.iter().any(|open| open.location == "^~ /" && open.networks.is_empty()) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for probe in &PROBES {
            match self.once(asked.origin, probe.request(asked)).await {
                Ok(answer) => found.extend(probe.judge(&answer, asked)),
                Err(why) => {
                    found.push(unreached(asked.origin, &why));
                    break;
                }
            }
        }
        if found.is_empty() {
            let what = format!("{} refuses whoever is not signed in, and leads there and back", shown(asked.origin));
            found.push(Finding::line(Group::Live, "live-app", Outcome::Ok, what));
        }
        found
    }

    async fn once(&self, origin: &Url, request: line::Request) -> Result<Answer, String> {
        Line::open(origin, self.machine.as_deref()).await?.ask(request).await
    }
}

/// Those that something of ours has to stand before.
fn origins(facts: &Facts) -> impl Iterator<Item = (&Url, &AppFacts)> {
    let ours = facts.apps.iter().flatten().filter(|app| !app.elsewhere);
    ours.flat_map(|app| app.origins.iter().map(move |origin| (origin, app)))
}

fn shown(origin: &Url) -> String {
    origin.origin().ascii_serialization()
}

fn unreached(origin: &Url, why: &str) -> Finding {
    let what = format!("{} cannot be asked: {why}", shown(origin));
    Finding::line(Group::Live, "live-unreached", Outcome::Warning, what)
        .mended_by("If its name does not lead here yet, name the machine with --connect; otherwise see to nginx.")
}
