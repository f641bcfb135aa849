//! The installation's own state: its database, its root key, what is in force, the cookie's domain, the mail server,
//! and directories.

use gk_service::Database;
use gk_service::service::{Caller, directories};
use gk_service::settings::Setting;
use gk_shared::panic;
use psl::Psl;

use super::facts::Facts;
use super::finding::{Finding, Outcome};
use crate::directory::probe;

/// Looks at the state. `tell` hears whom it waits for; the mail server and directories are asked only if `ask`.
pub(crate) async fn look(database: &Database, facts: &Facts, ask: bool, tell: impl Fn(&str)) -> Vec<Finding> {
    let mut found = vec![root_key(database), in_force(database, facts)];
    found.extend(panic(database));
    found.extend(cookie_domain(&facts.cookie_domain));
    if ask {
        tell("the mail server");
        found.push(mail(database).await);
        found.extend(directories(database, tell).await);
    }
    found
}

fn root_key(database: &Database) -> Finding {
    match database.key_problem() {
        None => Finding::state("database", Outcome::Ok, "the database is open, and its root key fits"),
        Some(why) => Finding::state("root-key", Outcome::Wrong, why)
            .mended_by("Bring back the key file that belongs to this database: nothing that is sealed can be read."),
    }
}

fn in_force(database: &Database, facts: &Facts) -> Finding {
    let published = database.in_force(|snapshot| snapshot.revision);
    match (published, facts.revision) {
        (Ok(published), Some(newest)) if published < newest => {
            let what = format!("revision {newest} is saved, and {published} is in force");
            Finding::state("publishing", Outcome::Wrong, what).mended_by("gk ops publish says what is in the way.")
        }
        (Ok(_), _) => Finding::state("publishing", Outcome::Ok, "all that is saved is in force"),
        (Err(why), _) => {
            Finding::state("publishing", Outcome::Wrong, format!("what is in force cannot be read: {why}"))
                .mended_by("gk ops publish writes the policy file anew, or says what is in the way.")
        }
    }
}

/// What `gk panic` denies, which is easily forgotten.
fn panic(database: &Database) -> Option<Finding> {
    let denied = panic::read(&panic::beside(database.policy_path()));
    let what = match denied {
        Ok(denied) if denied.is_empty() => return None,
        Ok(denied) => {
            format!("gk panic denies {}", denied.rules().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
        Err(why) => format!("the panic file denies everybody, since it says nothing clear: {why}"),
    };
    Some(Finding::state("panic", Outcome::Wrong, what).mended_by("gk panic lift takes it back when it is over."))
}

/// A cookie for a whole public suffix is refused by browsers: nobody stays signed in.
fn cookie_domain(domain: &str) -> Option<Finding> {
    let name = Setting::CookieDomain.definition().key;
    if domain.is_empty() {
        return None;
    }
    let suffix = psl::List.suffix(domain.as_bytes()).filter(psl::Suffix::is_known);
    Some(match suffix {
        Some(suffix) if suffix.as_bytes().len() == domain.len() => {
            let what = format!("{name} is {domain}, under which anybody can register: browsers refuse such a cookie");
            Finding::state("cookie-domain", Outcome::Wrong, what).mended_by(format!(
                "gk config set {name} followed by the domain that is yours, such as example.{domain}."
            ))
        }
        Some(_) | None => Finding::state("cookie-domain", Outcome::Ok, format!("browsers take cookies for {domain}")),
    })
}

async fn mail(database: &Database) -> Finding {
    match crate::mail::reach(database).await {
        Ok(said) => Finding::state("mail", Outcome::Ok, format!("mail goes {said}")),
        Err(why) => Finding::state("mail", Outcome::Wrong, format!("no mail can be sent: {why}"))
            .mended_by("gk config list shows the settings; gk mail test --to you@example.com tries them."),
    }
}

/// Every directory that is switched on, each of its addresses and base DNs.
async fn directories(database: &Database, tell: impl Fn(&str)) -> Vec<Finding> {
    let line = |outcome, what: String| Finding::state("directory", outcome, what);
    let usable = match database.read(&Caller::system("doctor"), directories::usable) {
        Ok(usable) => usable,
        Err(why) => return vec![line(Outcome::Wrong, format!("the directories cannot be asked: {why}"))],
    };
    let mut found = Vec::new();
    for one in &usable {
        let label = one.directory.label.as_str();
        tell(&format!("the directory {label}"));
        let probed = probe(one, None).await;
        let troubles = probed.steps.iter().filter_map(|step| Some((&step.step, step.result.as_ref().err()?)));
        let told = troubles.map(|(step, why)| {
            line(Outcome::Wrong, format!("the directory {label}: {step}: {why}"))
                .mended_by(format!("gk directory test --domain {label} tries each step."))
        });
        found.extend(told);
        if probed.is_well() {
            found.push(line(Outcome::Ok, format!("the directory {label} answers")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_for_a_public_suffix_is_wrong() {
        let outcome = |domain| cookie_domain(domain).map(|found| found.outcome);
        for wrong in ["com", "co.uk", "github.io"] {
            assert_eq!(outcome(wrong), Some(Outcome::Wrong), "{wrong}");
        }
        for fine in ["example.com", "example.co.uk", "corp.internal", "localhost"] {
            assert_eq!(outcome(fine), Some(Outcome::Ok), "{fine}");
        }
        assert_eq!(outcome(""), None);
    }
}
