//! Request → response, for one worker: read the question, be up to date, validate, answer.

use std::cell::RefCell;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use gk_shared::time::{Clock, Moment, Timestamp};
use http_body_util::Empty;
use hyper::{Request, Response};

use crate::activity::Activity;
use crate::answer::{Answer, Withheld};
use crate::decision_log::DecisionLog;
use crate::metrics::Metrics;
use crate::panicked::Panicked;
use crate::policy::{Policy, Unavailable};
use crate::question::{self, Asked};
use crate::validate::{Ground, Memory, validate};

/// What answering needs.
pub(crate) struct Gate {
    pub(crate) clock: Clock,
    pub(crate) policy: Policy,
    pub(crate) panicked: Panicked,
    log: Option<DecisionLog>,
    memory: RefCell<Memory>,
    metrics: Arc<Metrics>,
}

impl Gate {
    pub(crate) fn new(
        clock: Clock,
        (policy, panicked, log): (Policy, Panicked, Option<DecisionLog>),
        metrics: Arc<Metrics>,
        activity: Arc<Activity>,
    ) -> Self {
        Self { clock, policy, panicked, log, memory: RefCell::new(Memory::new(activity)), metrics }
    }

    /// Whether there is a decision log.
    pub(crate) fn is_logged(&self) -> bool {
        self.log.is_some()
    }

    /// Keeps both files in sight. Ends only where there is no timer.
    pub(crate) async fn follow(&self) -> io::Result<Infallible> {
        self.policy.follow(|| self.panicked.look()).await
    }

    /// Answers one request that came at that moment. Its body, if it announces one, is not read.
    ///
    /// That is done before this returns, unless the policy file has to be read first. What is left to do then is boxed, so
    /// that the usual request neither has room for waiting nor is moved about.
    pub(crate) fn answer<B>(
        &self,
        request: Request<B>,
        came: Moment,
    ) -> impl Future<Output = Result<Response<Empty<Bytes>>, Infallible>> {
        let answer = match question::read(&request) {
            Ok(asked) => self.judge_at_once(&asked, came.now),
            Err(refusal) => Some(Answer::Refuse(refusal)),
        };
        let answered = match answer {
            Some(answer) => Ok(self.respond(answer, request, came)),
            None => Err(Box::pin(self.answer_later(request, came))),
        };
        async {
            match answered {
                Ok(response) => Ok(response),
                Err(later) => Ok(later.await),
            }
        }
    }

    /// What the answer to a question is, if it can be told at once.
    pub(crate) fn judge_at_once(&self, asked: &Asked<'_>, now: Timestamp) -> Option<Answer> {
        (self.policy.is_current() || self.panicked.denies_all_at(asked.app)).then(|| self.judge(asked, now))
    }

    async fn answer_later<B>(&self, request: Request<B>, came: Moment) -> Response<Empty<Bytes>> {
        let answer = match (self.policy.catch_up().await, question::read(&request)) {
            (Err(unavailable), _) => Answer::Unavailable(unavailable),
            (Ok(()), Ok(asked)) => self.judge(&asked, self.clock.now()),
            (Ok(()), Err(refusal)) => Answer::Refuse(refusal),
        };
        self.respond(answer, request, came)
    }

    fn judge(&self, asked: &Asked<'_>, now: Timestamp) -> Answer {
        // First, since it holds without any policy too.
        if self.panicked.denies_all_at(asked.app) {
            return Answer::Withhold(Withheld::Panic);
        }
        let Some((snapshot, built_from)) = self.policy.snapshot() else {
            return Answer::Unavailable(Unavailable::NoSnapshot);
        };
        let mut memory = self.memory.borrow_mut();
        memory.belong_to(built_from);
        let is_stale = self.policy.is_stale(&snapshot, now);
        let ground = Ground { snapshot: &snapshot, panicked: &self.panicked, is_stale };
        validate(&mut memory, &ground, asked, now)
    }

    /// Counts an answer, notes it where that is wanted, and makes it a response in the place of the request.
    fn respond<B>(&self, answer: Answer, request: Request<B>, came: Moment) -> Response<Empty<Bytes>> {
        self.metrics.count(&answer);
        if let Some(log) = &self.log
            && log.wants(&answer)
        {
            log.note(&answer, request.headers(), (self.user_of(&answer).as_deref(), came.now));
        }
        let response = answer.into_response(request.into_parts().0.headers);
        self.metrics.took(came.elapsed());
        response
    }

    /// Whom an answer concerns, where that is known.
    fn user_of(&self, answer: &Answer) -> Option<String> {
        let id = match answer {
            Answer::Allow(_, headers) => return headers.user.to_str().ok().map(str::to_owned),
            Answer::Forbid(_, id) => (*id)?,
            Answer::SignIn(_) | Answer::Withhold(_) | Answer::Unavailable(_) | Answer::Refuse(_) => return None,
        };
        let (snapshot, _) = self.policy.snapshot()?;
        snapshot.user(id).map(|user| user.email().to_owned())
    }
}
