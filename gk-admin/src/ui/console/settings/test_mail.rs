//! A mail that is sent at once, and what the other side said.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::service::mail::{self, Delivery};
use gk_service::service::{Op, Refusal};
use gk_shared::model::Email;
use maud::html;
use tokio::time::timeout;

use super::{Said, at, page};
use crate::app::App;
use crate::mail::Transports;
use crate::ui::AppState;
use crate::ui::console::Problem;
use crate::ui::console::guard::Administrator;
use crate::ui::errors::UiError;
use crate::ui::kit::Tone;
use crate::ui::typed::{Sent, Typed};

const SECTION: &str = "mail";
/// Less than any request may take, so that the page always says what came of it.
const PATIENCE: Duration = Duration::from_secs(20);

/// POST /admin/mail/test
pub(in crate::ui::console) async fn send(
    State(app): AppState,
    Administrator(there): Administrator,
    sent: Sent,
) -> Result<Response, UiError> {
    let typed = Typed::of(sent)?;
    let verb = move |op: &Op<'_>| -> Result<_, Refusal> {
        let to = typed.needed("to", Email::parse)?;
        Ok((mail::test_letter(op, &to)?, to))
    };
    let said = match app.write(there.caller.clone(), verb).await {
        Ok((letter, to)) => told(&to, delivered(&app, &letter).await),
        Err(refusal) => Said::problem(&Problem::of(refusal, &at(SECTION))?, None),
    };
    page(&app, &there, SECTION.to_owned(), said).await
}

async fn delivered(app: &App, letter: &mail::Letter) -> Delivery {
    let transports = Transports::new(Arc::clone(&app.database));
    let late = || Delivery::Delayed(format!("there was no answer within {} seconds", PATIENCE.as_secs()));
    timeout(PATIENCE, transports.send(letter)).await.unwrap_or_else(|_| late())
}

fn told(to: &Email, delivery: Delivery) -> Said {
    match delivery {
        Delivery::Sent(answer) => Said::notice(Tone::Good, &html! { "The mail to " (to) " was taken: " (answer) "." }),
        Delivery::Unclear(why) => Said {
            status: StatusCode::CONFLICT,
            ..Said::notice(
                Tone::Waits,
                &html! { "The mail to " (to) " was sent, but whether it was taken is not known: " (why) "." },
            )
        },
        Delivery::Delayed(why) | Delivery::Refused(why) | Delivery::Bounced(why) | Delivery::Dropped(why) => Said {
            status: StatusCode::CONFLICT,
            ..Said::notice(Tone::Bad, &html! { "No mail was sent to " (to) ": " (why) "." })
        },
    }
}
