//! What stands around the apps: the sign-in page, the clocks, the connections to gk-validate, and what it knows.

use hyper::Request;
use hyper::header::HOST;
use jiff::fmt::rfc2822;
use url::Url;

use super::super::facts::Facts;
use super::super::finding::{Finding, Group, Outcome};
use super::line::{self, Answer, Line};
use super::{Live, probes, shown, unreached};

/// Clocks that differ by more, in seconds, end sessions and grants at another moment than is shown.
const CLOCKS_DIFFER: i64 = 5;
/// So many questions over one connection make it plain whether gk-validate is asked over one as well.
const QUESTIONS: u32 = 20;

impl Live {
    /// Whether people can sign in, and whether it is the same time there.
    pub(super) async fn sign_in_page(&self, auth: &Url) -> Vec<Finding> {
        let answer = match self.once(auth, get(auth, "/signin")).await {
            Ok(answer) => answer,
            Err(why) => return vec![unreached(auth, &why)],
        };
        let at = format!("{}/signin", shown(auth));
        let page = if answer.status.is_success() {
            Finding::line(Group::Live, "live-sign-in", Outcome::Ok, format!("{at} answers"))
        } else {
            let what = format!("{at} answers {}: nobody can sign in", answer.status.as_u16());
            let line = Finding::line(Group::Live, "live-sign-in", Outcome::Wrong, what);
            line.mended_by(
                "Is gk-admin running (gk ops healthcheck), and does nginx have what gk apps nginx --auth-host prints?",
            )
        };
        [page].into_iter().chain(clock(&answer, &at)).collect()
    }

    /// Whether nginx asks gk-validate over connections that are kept: otherwise each check costs a new one.
    pub(super) async fn kept(&self, origin: &Url) -> Finding {
        let line = |outcome, what: String| Finding::line(Group::Live, "live-connections", outcome, what);
        match self.opened(origin).await {
            Ok((questions, connections)) if connections * 4 <= questions => line(
                Outcome::Ok,
                format!("nginx keeps its connections to gk-validate ({connections} new ones for {questions} checks)"),
            ),
            Ok((questions, connections)) => line(
                Outcome::Warning,
                format!("{questions} checks opened {connections} connections to gk-validate"),
            )
            .mended_by(
                "Have nginx keep them: keepalive in the upstream, proxy_http_version 1.1 and an empty Connection.",
            ),
            Err(why) => line(Outcome::NotLooked, format!("whether connections are kept is not known: {why}")),
        }
    }

    /// How many questions gk-validate answered, and how many connections it accepted, while some were asked.
    async fn opened(&self, origin: &Url) -> Result<(u64, u64), String> {
        let before = self.figures().await?;
        let mut line = Line::open(origin, self.machine.as_deref()).await?;
        for _ in 0..QUESTIONS {
            line.ask(get(origin, probes::PATH)).await?;
        }
        let after = self.figures().await?;
        let more = |name: &str| Ok::<_, String>(after.sum(name)?.saturating_sub(before.sum(name)?));
        match more("gk_decisions_total")? {
            0 => Err(format!("the gk-validate at {} was not asked", self.figures)),
            questions => Ok((questions, more("gk_connections_total")?)),
        }
    }

    /// Whether gk-validate answers from what was committed last.
    pub(super) async fn revision(&self, facts: &Facts) -> Option<Finding> {
        let newest = facts.revision?;
        let line = |outcome, what| Finding::line(Group::Live, "live-revision", outcome, what);
        let known = match self.figures().await.and_then(|figures| figures.sum("gk_snapshot_revision")) {
            Ok(known) => known,
            Err(why) => {
                let what = format!("what gk-validate knows cannot be asked: {why}");
                return Some(line(Outcome::NotLooked, what).mended_by("--figures names where it shows its figures."));
            }
        };
        Some(if i64::try_from(known).is_ok_and(|known| known >= newest) {
            line(Outcome::Ok, format!("gk-validate knows all that is saved (revision {known})"))
        } else {
            let what = format!("gk-validate is at revision {known}, and {newest} is saved");
            line(Outcome::Wrong, what).mended_by("gk ops publish; gk-validate's log says why it does not read it.")
        })
    }

    async fn figures(&self) -> Result<Figures, String> {
        let url = Url::parse(&format!("http://{}", self.figures)).map_err(|error| error.to_string())?;
        let answer = Line::open(&url, None).await?.ask(get(&url, "/metrics")).await;
        answer.map(|answer| Figures(answer.body)).map_err(|why| format!("{}: {why}", self.figures))
    }
}

/// In Prometheus's text format.
struct Figures(String);

impl Figures {
    /// All series of this name together.
    fn sum(&self, name: &str) -> Result<u64, String> {
        let of_name = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
        let values = self.0.lines().filter(of_name).filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
        values.reduce(u64::saturating_add).ok_or_else(|| format!("there is no {name}"))
    }
}

fn get(url: &Url, path: &str) -> line::Request {
    Request::get(path).header(HOST, url.authority()).body(line::Body::default()).expect("a URL's parts fit in a head")
}

fn clock(answer: &Answer, at: &str) -> Option<Finding> {
    let line = |outcome, what: String| Some(Finding::line(Group::Live, "live-clock", outcome, what));
    let told = answer.date.as_deref().and_then(|date| rfc2822::parse(date).ok());
    let Some(told) = told else {
        return line(Outcome::NotLooked, format!("{at} does not say what time it is there"));
    };
    let apart = told.timestamp().as_second() - gk_shared::time::wall().0;
    if apart.abs() <= CLOCKS_DIFFER {
        return line(Outcome::Ok, "the clocks agree".into());
    }
    let ahead = if apart > 0 { "ahead of" } else { "behind" };
    let what = format!("the clock of {at} is {} seconds {ahead} this machine's", apart.abs());
    line(Outcome::Warning, what).map(|line| {
        line.mended_by("Sessions and grants end by these clocks: have chrony or another NTP client set them.")
    })
}
