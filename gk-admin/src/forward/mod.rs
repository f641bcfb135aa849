//! Sends the audit on, to syslog or over HTTP. A row is passed over only when it has arrived, so a restart on either side
//! loses none; some may arrive twice.

mod http;
mod syslog;

use std::sync::Arc;
use std::time::Duration;

use gk_service::Database;
use gk_service::model::ForwardTo;
use gk_service::service::audit::{self, Load};
use gk_service::service::{Caller, Refusal};
use gk_shared::caused::Caused;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

/// How often it is looked for new rows.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long is waited after a failure, twice as long after each further one, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Whatever the other side does, a try takes no longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a round came to.
enum Round {
    NothingToSend,
    Sent,
    Failed,
}

/// Sends rows on for ever, as the settings say at each round.
pub(crate) async fn forward(database: Arc<Database>) {
    let mut pause = FIRST_PAUSE;
    loop {
        match round(&database).await {
            Ok(Round::Sent) => pause = FIRST_PAUSE,
            Ok(Round::NothingToSend) => {
                pause = FIRST_PAUSE;
                sleep(LOOK_EVERY).await;
            }
            Ok(Round::Failed) => {
                sleep(pause).await;
                pause = (2 * pause).min(LONGEST_PAUSE);
            }
            Err(error) => {
                tracing::error!(error = %Caused(&error), "the audit cannot be sent on");
                sleep(LONGEST_PAUSE).await;
            }
        }
    }
}

async fn round(database: &Arc<Database>) -> Result<Round, Refusal> {
    let Some(load) = blocking(database, |database| database.read(&caller(), audit::to_send)).await? else {
        return Ok(Round::NothingToSend);
    };
    let sent = timeout(PATIENCE, send(&load)).await.unwrap_or_else(|_| Err("it took too long".to_owned()));
    match sent {
        Ok(()) => {
            let through = load.entries.last().map_or(0, |entry| entry.id);
            blocking(database, move |database| database.note(&caller(), |op| audit::sent(op, through))).await?;
            Ok(Round::Sent)
        }
        Err(why) => {
            tracing::warn!(to = %load.to, why, "the audit could not be sent on; it is tried again");
            blocking(database, move |database| database.note(&caller(), |op| audit::failed(op, &why))).await?;
            Ok(Round::Failed)
        }
    }
}

async fn send(load: &Load) -> Result<(), String> {
    let sent = match &load.to {
        ForwardTo::Udp(host, port) => syslog::by_udp(load, host, *port).await,
        ForwardTo::Tcp(host, port) => syslog::by_tcp(load, host, *port).await,
        ForwardTo::Unix(path) => syslog::by_socket(load, path).await,
        ForwardTo::Http(url) => return http::post(load, url).await,
    };
    sent.map_err(|error| error.to_string())
}

fn caller() -> Caller {
    Caller::system("forwarder")
}

async fn blocking<T: Send + 'static>(
    database: &Arc<Database>,
    work: impl FnOnce(&Database) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let database = Arc::clone(database);
    let done = spawn_blocking(move || work(&database)).await;
    done.unwrap_or_else(|_| Err(Refusal::Conflict("sending the audit on ended in a panic".into())))
}
