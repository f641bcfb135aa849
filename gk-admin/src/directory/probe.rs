//! Trying a directory step by step, each timed and explained: what `gk directory test` and the console's button show.

use std::time::{Duration, Instant};

use gk_service::model::{DirectoryUri, Found, Security};
use gk_service::service::directories::Usable;

use super::connect::{self, Done};
use super::people::{self, Who};
use super::question;
use super::trouble::{Step, Trouble};

/// One step, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Probed {
    pub(crate) step: String,
    pub(crate) took: Duration,
    /// What was found, or what is in the way.
    pub(crate) result: Result<String, String>,
}

/// All steps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Probe {
    pub(crate) steps: Vec<Probed>,
    /// The person that was asked for.
    pub(crate) found: Option<Found>,
}

impl Probe {
    /// Whether nothing was in the way.
    pub(crate) fn is_well(&self) -> bool {
        self.steps.iter().all(|step| step.result.is_ok())
    }

    fn note(&mut self, step: String, began: Instant, result: Result<String, Trouble>) {
        let result = result.map_err(|trouble| trouble.why);
        self.steps.push(Probed { step, took: began.elapsed(), result });
    }
}

/// Tries every address of a directory, and looks somebody up at the first that works.
pub(crate) async fn probe(usable: &Usable, user: Option<&str>) -> Probe {
    let mut probe = Probe::default();
    let mut open = None;
    for uri in &usable.directory.uris {
        let connected = probe_address(usable, uri, &mut probe).await;
        open = open.or(connected);
    }
    let Some(mut ldap) = open else { return probe };
    for base in &usable.directory.base_dns {
        let began = Instant::now();
        let looked = question::is_readable(&mut ldap, base, connect::limit(usable)).await;
        let looked = looked.and_then(|readable| {
            let hidden = "the bind DN may not see it";
            readable.then(|| "readable".to_owned()).ok_or_else(|| Trouble::standing(Step::Search, hidden))
        });
        probe.note(format!("read {base}"), began, looked);
    }
    if let Some(user) = user.filter(|_| probe.is_well()) {
        probe_user(usable, &mut ldap, user, &mut probe).await;
    }
    probe
}

async fn probe_address(usable: &Usable, uri: &DirectoryUri, probe: &mut Probe) -> Option<ldap3::Ldap> {
    let began = Instant::now();
    let mut steps = Vec::new();
    let opened = connect::open(usable, uri, &mut |Done { step, took }| steps.push((step, took))).await;
    for (step, took) in steps {
        let step_name = format!("{uri}: {}", step.word());
        probe.steps.push(Probed { step: step_name, took, result: Ok(said(usable, step).into()) });
    }
    match opened {
        Ok(ldap) => Some(ldap),
        Err(trouble) => {
            probe.note(format!("{uri}: {}", trouble.step.word()), began, Err(trouble));
            None
        }
    }
}

fn said(usable: &Usable, step: Step) -> &'static str {
    match (step, usable.directory.security) {
        (Step::Secure, Security::Ldaps) => "TLS, and the certificate is trusted",
        (Step::Secure, Security::StartTls) => "StartTLS, and the certificate is trusted",
        (Step::Secure, Security::Plain) => "not secured, as set up: passwords and answers can be read on their way",
        (Step::Bind, _) if usable.directory.bind_dn.is_empty() => "anonymous",
        (Step::Bind, _) => "the bind DN and its password are accepted",
        (Step::Resolve | Step::Connect | Step::Search, _) => "done",
    }
}

async fn probe_user(usable: &Usable, ldap: &mut ldap3::Ldap, user: &str, probe: &mut Probe) {
    let name = user.split_once('\\').map_or(user, |(_, name)| name);
    let who = if name.contains('@') { Who::Address(name.to_owned()) } else { Who::Named(name.to_owned()) };
    let began = Instant::now();
    let people = people::ask(ldap, usable, &who).await;
    let step = format!("look up {user}");
    match people.map(<[Found; 1]>::try_from) {
        Ok(Ok([found])) => {
            let groups = found.groups.len();
            let email = found.emails.first().map_or("no e-mail, so they cannot sign in", |email| email.as_str());
            let text = format!("{} ({email}), {}, in {groups} group(s)", found.dn, found.account.word());
            probe.note(step, began, Ok(text));
            probe.found = Some(found);
        }
        Ok(Err(none)) if none.is_empty() => {
            let nobody = "nobody in this directory goes by that";
            probe.note(step, began, Err(Trouble::standing(Step::Search, nobody)));
        }
        Ok(Err(several)) => {
            let dns = several.iter().map(|found| found.dn.as_str()).collect::<Vec<_>>().join("; ");
            probe.note(step, began, Err(Trouble::standing(Step::Search, format!("several go by that: {dns}"))));
        }
        Err(trouble) => probe.note(step, began, Err(trouble)),
    }
}
