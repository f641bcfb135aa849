//! A connection to one server of a directory: found, connected, secured, bound, each within the time-out. A password goes
//! out only on a connection that is as secured as was asked for, and an empty one never.

use std::net::Shutdown;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gk_service::model::{DirectoryUri, Security};
use gk_service::service::directories::Usable;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, StdStream};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::trouble::{Step, Trouble};

/// What a step came to, for whoever watches.
pub(crate) struct Done {
    pub(crate) step: Step,
    pub(crate) took: Duration,
}

/// Connects to the first server that answers. What is wrong with the bind is wrong with each of them, and trying the
/// next would count as another bad password.
pub(super) async fn open(usable: &Usable) -> Result<Ldap, Trouble> {
    let mut first = None;
    for uri in &usable.directory.uris {
        match open_one(usable, uri, &mut |_| ()).await {
            Ok(ldap) => return Ok(ldap),
            Err(trouble) if trouble.step == Step::Bind => return Err(trouble),
            Err(trouble) => _ = first.get_or_insert(trouble),
        }
    }
    Err(first.unwrap_or_else(|| Trouble::new(Step::Resolve, "the directory has no address")))
}

/// Connects to one server, and tells of each step that is done.
pub(super) async fn open_one(
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
    let mut ldap = secure(usable, uri, stream).await?;
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

async fn secure(usable: &Usable, uri: &DirectoryUri, stream: TcpStream) -> Result<Ldap, Trouble> {
    let limit = limit(usable);
    let failed = |why: String| Trouble::new(Step::Secure, why);
    let stream = stream.into_std().map_err(|error| failed(error.to_string()))?;
    // What the client has begun ends only with the connection.
    let handle = stream.try_clone().map_err(|error| failed(error.to_string()))?;
    let mut settings = LdapConnSettings::new().set_std_stream(StdStream::Tcp(stream));
    match usable.directory.security {
        Security::Ldaps => settings = settings.set_config(trusting(&usable.directory.ca)?),
        Security::StartTls => settings = settings.set_config(trusting(&usable.directory.ca)?).set_starttls(true),
        Security::Plain => {}
    }
    let opened = timeout(limit, LdapConnAsync::with_settings(settings, uri.as_str())).await;
    let trouble = match opened {
        Ok(Ok((connection, ldap))) => {
            tokio::spawn(connection.drive());
            return Ok(ldap);
        }
        Ok(Err(error)) => Trouble::of(Step::Secure, &error),
        Err(_) => Trouble::slow(Step::Secure, limit.as_secs()),
    };
    _ = handle.shutdown(Shutdown::Both);
    Err(trouble)
}

/// Whom a connection trusts: these authorities and no other, or whom the system trusts.
fn trusting(ca: &str) -> Result<Arc<ClientConfig>, Trouble> {
    let failed = |why: String| Trouble::new(Step::Secure, why);
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| failed(error.to_string()))?;
    if ca.is_empty() {
        let builder = builder.with_platform_verifier().map_err(|error| failed(error.to_string()))?;
        return Ok(Arc::new(builder.with_no_client_auth()));
    }
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca.as_bytes()) {
        let certificate = certificate.map_err(|error| failed(format!("the CA cannot be read: {error}")))?;
        roots.add(certificate).map_err(|error| failed(format!("the CA cannot be used: {error}")))?;
    }
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

async fn bind(usable: &Usable, ldap: &mut Ldap, limit: Duration) -> Result<(), Trouble> {
    let dn = &usable.directory.bind_dn;
    if dn.is_empty() {
        return Ok(());
    }
    let password = usable.password.as_ref().map(gk_service::Secret::reveal).filter(|password| !password.is_empty());
    let Some(password) = password else {
        return Err(Trouble::new(Step::Bind, "no password is kept for the bind DN: give it again"));
    };
    let bound = timeout(limit, ldap.simple_bind(dn, password)).await;
    let bound = bound.map_err(|_| Trouble::slow(Step::Bind, limit.as_secs()))?;
    bound.and_then(ldap3::LdapResult::success).map(drop).map_err(|error| Trouble::of(Step::Bind, &error))
}
