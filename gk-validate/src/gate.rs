//! Request → response, for one worker: read the question, be up to date, validate, answer.

use std::cell::RefCell;
use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use gk_shared::time::{Clock, Moment, Timestamp};
use http_body_util::Empty;
use hyper::{Request, Response};

use crate::activity::Activity;
use crate::answer::Answer;
use crate::metrics::Metrics;
use crate::panicked::Panicked;
use crate::policy::{Policy, Unavailable};
use crate::question::{self, Asked};
use crate::validate::{Memory, validate};

/// What answering needs.
pub(crate) struct Gate {
    pub(crate) clock: Clock,
    pub(crate) policy: Policy,
    pub(crate) panicked: Panicked,
    memory: RefCell<Memory>,
    metrics: Arc<Metrics>,
}

impl Gate {
    pub(crate) fn new(
        clock: Clock,
        (policy, panicked): (Policy, Panicked),
        metrics: Arc<Metrics>,
        activity: Arc<Activity>,
    ) -> Self {
        Self { clock, policy, panicked, memory: RefCell::new(Memory::new(activity)), metrics }
    }

    /// Answers one request that came at that moment. Its body, if it announces one, is not read.
    pub(crate) async fn answer<B>(
        &self,
        request: Request<B>,
        came: Moment,
    ) -> Result<Response<Empty<Bytes>>, Infallible> {
        let answer = match question::read(&request) {
            Ok(asked) => self.judge(&asked, came.now).await,
            Err(refusal) => Answer::Refuse(refusal),
        };
        self.metrics.count(&answer);
        let response = answer.into_response(request.into_parts().0.headers);
        self.metrics.took(came.elapsed());
        Ok(response)
    }

    async fn judge(&self, asked: &Asked<'_>, mut now: Timestamp) -> Answer {
        // First, since it holds without any policy too.
        if self.panicked.denies_all_at(asked.app) {
            return Answer::Panic;
        }
        if !self.policy.is_current() {
            // Boxed, so that the usual request does not carry the room for waiting.
            if let Err(unavailable) = Box::pin(self.policy.catch_up()).await {
                return Answer::Unavailable(unavailable);
            }
            now = self.clock.now();
        }
        let Some((snapshot, built_from)) = self.policy.snapshot() else {
            return Answer::Unavailable(Unavailable::NoSnapshot);
        };
        let mut memory = self.memory.borrow_mut();
        memory.belong_to(built_from);
        validate(&mut memory, (&snapshot, &self.panicked), asked, now)
    }
}
