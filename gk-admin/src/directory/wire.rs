//! The bytes of a connection: secured before the client has any of them, and answers looked at before it reads them.

use std::io;
use std::sync::Arc;

use gk_service::model::{DirectoryUri, Security};
use gk_service::service::directories::Usable;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, StdStream};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, split};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::ber;
use super::trouble::{Step, Trouble};

/// Message 1: an extended request with the number of StartTLS.
const START_TLS: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
/// The answer to it is short.
const MOST_OF_AN_ANSWER: usize = 4096;
/// So much is read at once.
const CHUNK: usize = 16 * 1024;

/// Secures a connection as the directory is set up, and gives it to the client.
pub(super) async fn secure(usable: &Usable, uri: &DirectoryUri, mut stream: TcpStream) -> Result<Ldap, Trouble> {
    let ca = &usable.directory.ca;
    match usable.directory.security {
        Security::Plain => handed_over(stream).await,
        Security::Ldaps => handed_over(encrypted(ca, uri, stream).await?).await,
        Security::StartTls => {
            start_tls(&mut stream).await?;
            handed_over(encrypted(ca, uri, stream).await?).await
        }
    }
}

fn failed(error: &io::Error) -> Trouble {
    Trouble::io(Step::Secure, error)
}

/// Asks for TLS. Nothing that comes with the answer counts: it is read to its end, and the next bytes have to be TLS.
async fn start_tls(stream: &mut TcpStream) -> Result<(), Trouble> {
    stream.write_all(START_TLS).await.map_err(|error| failed(&error))?;
    let mut answer = Vec::new();
    let length = loop {
        answer.push(stream.read_u8().await.map_err(|error| failed(&error))?);
        match ber::message_length(&answer) {
            Ok(Some(length)) if length <= MOST_OF_AN_ANSWER => break length,
            Ok(None) => {}
            Ok(Some(_)) | Err(_) => return Err(Trouble::new(Step::Secure, "this is no directory")),
        }
    };
    let header = answer.len();
    answer.resize(length, 0);
    let rest = answer.get_mut(header..).unwrap_or_default();
    stream.read_exact(rest).await.map_err(|error| failed(&error))?;
    match ber::extended_result(&answer) {
        Some((0, _)) => Ok(()),
        Some((code, said)) => Err(Trouble::answered(Step::Secure, code, &said)),
        None => Err(Trouble::new(Step::Secure, "this is no directory")),
    }
}

async fn encrypted(
    ca: &str,
    uri: &DirectoryUri,
    stream: TcpStream,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Trouble> {
    let host = uri.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host).map_err(|error| Trouble::new(Step::Secure, error.to_string()))?;
    let connected = TlsConnector::from(trusting(ca)?).connect(name, stream).await;
    connected.map_err(|error| failed(&error))
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

/// Gives the client one end of a pair of sockets, and stands between the other and the directory as long as both are there.
async fn handed_over(server: impl AsyncRead + AsyncWrite + Send + 'static) -> Result<Ldap, Trouble> {
    let (ours, clients) = std::os::unix::net::UnixStream::pair().map_err(|error| failed(&error))?;
    ours.set_nonblocking(true).map_err(|error| failed(&error))?;
    let ours = UnixStream::from_std(ours).map_err(|error| failed(&error))?;
    let settings = LdapConnSettings::new().set_std_stream(StdStream::Unix(clients));
    let opened = LdapConnAsync::with_settings(settings, "ldapi://directory").await;
    let (connection, ldap) = opened.map_err(|error| Trouble::of(Step::Secure, &error))?;
    tokio::spawn(connection.drive());
    tokio::spawn(stand_between(server, ours));
    Ok(ldap)
}

async fn stand_between(server: impl AsyncRead + AsyncWrite, client: UnixStream) {
    let (mut answers, mut to_server) = split(server);
    let (mut questions, mut to_client) = client.into_split();
    tokio::select! {
        _ = copy(&mut questions, &mut to_server) => {}
        ended = pass(&mut answers, &mut to_client) => {
            if let Err(error) = ended && error.kind() == io::ErrorKind::InvalidData {
                tracing::warn!(%error, "a directory's answer was not read");
            }
        }
    }
}

/// Passes whole messages on.
async fn pass(answers: &mut (impl AsyncRead + Unpin), client: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    let refused = |flaw: ber::Flaw| io::Error::new(io::ErrorKind::InvalidData, flaw);
    let (mut waiting, mut chunk) = (Vec::new(), vec![0; CHUNK]);
    loop {
        let mut begins = 0;
        while let Some(length) = ber::message_length(waiting.get(begins..).unwrap_or_default()).map_err(refused)? {
            let Some(message) = waiting.get(begins..begins + length) else { break };
            ber::check(message).map_err(refused)?;
            client.write_all(message).await?;
            begins += length;
        }
        waiting.drain(..begins);
        let read = answers.read(&mut chunk).await?;
        if read == 0 {
            return Ok(());
        }
        waiting.extend_from_slice(chunk.get(..read).unwrap_or_default());
    }
}
