//! A connection to one server of a directory: found, connected, secured, bound, each within the time-out. A password goes
//! out only on a connection that is as secured as was asked for, and an empty one never.

use std::time::{Duration, Instant};

use gk_service::model::DirectoryUri;
use gk_service::service::directories::Usable;
use ldap3::Ldap;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::trouble::{Step, Trouble};
use super::wire;

/// What a step came to, for whoever watches.
pub(crate) struct Done {
    pub(crate) step: Step,
    pub(crate) took: Duration,
}

/// Connects to one server, and tells of each step that is done.
pub(super) async fn open(
    usable: &Usable,
    uri: &DirectoryUri,
    watch: &mut (dyn FnMut(Done) + Send),
) -> Result<Ldap, Trouble> {
    let limit = limit(usable);
    let mut began = Instant::now();
    let mut done = |step| {
        watch(Done { step, took: began.elapsed() });
        began = Instant::now();
    };
    let stream = reach(uri, limit, &mut done).await?;
    let secured = timeout(limit, wire::secure(usable, uri, stream)).await;
    let mut ldap = secured.map_err(|_| Trouble::slow(Step::Secure, limit.as_secs()))??;
    done(Step::Secure);
    bind(usable, &mut ldap, limit).await?;
    done(Step::Bind);
    Ok(ldap)
}

/// How long each step may take.
pub(super) fn limit(usable: &Usable) -> Duration {
    Duration::from_secs(u64::try_from(usable.directory.timeout_seconds).unwrap_or(5).max(1))
}

async fn reach(uri: &DirectoryUri, limit: Duration, done: &mut impl FnMut(Step)) -> Result<TcpStream, Trouble> {
    let host = uri.host().trim_start_matches('[').trim_end_matches(']');
    let found = timeout(limit, lookup_host((host, uri.port()))).await;
    let found = found.map_err(|_| Trouble::slow(Step::Resolve, limit.as_secs()))?;
    let addresses = found.map_err(|error| Trouble::new(Step::Resolve, format!("{host}: {error}")))?.collect::<Vec<_>>();
    done(Step::Resolve);
    let connected = timeout(limit, TcpStream::connect(addresses.as_slice())).await;
    let connected = connected.map_err(|_| Trouble::slow(Step::Connect, limit.as_secs()))?;
    let stream = connected.map_err(|error| Trouble::new(Step::Connect, format!("{uri}: {error}")))?;
    _ = stream.set_nodelay(true);
    done(Step::Connect);
    Ok(stream)
}

async fn bind(usable: &Usable, ldap: &mut Ldap, limit: Duration) -> Result<(), Trouble> {
    let dn = &usable.directory.bind_dn;
    if dn.is_empty() {
        return Ok(());
    }
    let password = usable.password.as_ref().map(gk_service::Secret::reveal).filter(|password| !password.is_empty());
    let Some(password) = password else {
        return Err(Trouble::standing(Step::Bind, "no password is kept for the bind DN: give it again"));
    };
    let bound = timeout(limit, ldap.simple_bind(dn, password)).await;
    let bound = bound.map_err(|_| Trouble::slow(Step::Bind, limit.as_secs()))?;
    bound.and_then(ldap3::LdapResult::success).map(drop).map_err(|error| Trouble::of(Step::Bind, &error))
}
