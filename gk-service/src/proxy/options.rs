//! What Gatekeeper does not know of an installation, and the operator says.

use super::facts::Place;
use super::values::{FilePath, HostName, Listen, ServerAddress, Upstream};

/// What the operator chooses for a block.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the app listens.
    pub upstream: Upstream,
    /// How an app that is reached over TLS is recognised.
    pub upstream_tls: UpstreamTls,
    /// Where visitors are taken; empty: at the port of the origin.
    pub listen: Vec<Listen>,
    /// Where visitors without TLS are led to it; empty with `listen` given: nowhere, else port 80.
    pub listen_plain: Vec<Listen>,
    pub tls: Tls,
    /// Where each gk-validate listens: at least one. nginx asks the next when one does not answer; other proxies the first.
    pub validate: Vec<ServerAddress>,
    pub admin: ServerAddress,
}

/// Whether the proxy speaks TLS with visitors.
#[derive(Clone, Debug)]
pub enum Tls {
    /// With https in the origin, by the certificate that certbot keeps for the host; else not.
    ByOrigin,
    Files {
        certificate: FilePath,
        key: FilePath,
    },
    /// Something in front of the proxy does.
    Elsewhere,
}

/// How an app that is reached over TLS is recognised.
#[derive(Clone, Debug)]
pub enum UpstreamTls {
    /// By a certificate from this authority, for this name or the upstream's own.
    Verified { authority: FilePath, name: Option<HostName> },
    /// It is not: whoever answers at its address is believed.
    Unverified { name: Option<HostName> },
}

impl Options {
    /// An installation with the systemd units as they are.
    pub fn usual(upstream: Upstream) -> Self {
        let address = |text: &str| ServerAddress::parse(text).expect("a socket's path of plain letters");
        Self {
            upstream,
            upstream_tls: UpstreamTls::Verified { authority: Self::system_authorities(), name: None },
            listen: Vec::new(),
            listen_plain: Vec::new(),
            tls: Tls::ByOrigin,
            validate: ["unix:/run/gatekeeper/validate-1.sock", "unix:/run/gatekeeper/validate-2.sock"]
                .map(address)
                .into(),
            admin: address("unix:/run/gatekeeper-admin/admin.sock"),
        }
    }

    /// Where an app listens as long as nobody has said it.
    pub fn some_upstream() -> Upstream {
        Upstream::parse("http://127.0.0.1:3000").expect("an address and a port")
    }

    /// The authorities Debian and Ubuntu trust.
    pub fn system_authorities() -> FilePath {
        FilePath::parse("/etc/ssl/certs/ca-certificates.crt").expect("an absolute path of plain letters")
    }

    /// Certificate and key for a place, if visitors reach it over TLS here.
    pub(super) fn certificate(&self, place: &Place) -> Option<(String, String)> {
        match &self.tls {
            Tls::Files { certificate, key } => Some((certificate.to_string(), key.to_string())),
            Tls::ByOrigin if place.speaks_tls() => {
                let folder = format!("/etc/letsencrypt/live/{}", place.host());
                Some((format!("{folder}/fullchain.pem"), format!("{folder}/privkey.pem")))
            }
            Tls::ByOrigin | Tls::Elsewhere => None,
        }
    }

    /// Where a place is served: what was chosen, or its port on every address.
    pub(super) fn listens(&self, place: &Place) -> Vec<String> {
        if !self.listen.is_empty() {
            return self.listen.iter().map(ToString::to_string).collect();
        }
        let own = if self.certificate(place).is_some() { "443" } else { "80" };
        everywhere(place.origin().port().unwrap_or(own))
    }

    /// Where visitors without TLS are led to it.
    pub(super) fn plain_listens(&self, place: &Place) -> Vec<String> {
        match (self.certificate(place), self.listen_plain.as_slice(), self.listen.as_slice()) {
            (None, ..) => Vec::new(),
            (Some(_), [], []) => everywhere("80"),
            (Some(_), chosen, _) => chosen.iter().map(ToString::to_string).collect(),
        }
    }
}

fn everywhere(port: &str) -> Vec<String> {
    vec![port.to_owned(), format!("[::]:{port}")]
}
