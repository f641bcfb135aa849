//! An SMTP server to send to, with certificates of a private authority.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::commands::Said;
use super::part::Part;
use super::programs::{clean, project, python, tool};

/// A private certificate authority and a server certificate for `localhost` and 127.0.0.1.
pub(crate) struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    /// Makes both with openssl, in `folder`.
    #[track_caller]
    pub(crate) fn make(folder: &Path) -> Self {
        Self::make_for(folder, "DNS:localhost,IP:127.0.0.1")
    }

    /// The same for a server that goes by these names.
    #[track_caller]
    pub(crate) fn make_for(folder: &Path, names: &str) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let made = Self { folder: folder.to_owned() };
        let ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
        let authority = ["req", "-x509", "-subj", "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.pem"];
        Said::by(made.openssl().args(authority).args(ec).args(["-addext", "keyUsage=keyCertSign"])).done();
        let server = ["req", "-x509", "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.pem"];
        let names = format!("subjectAltName={names}");
        let names = ["-addext", &names, "-addext", "basicConstraints=critical,CA:FALSE"];
        Said::by(made.openssl().args(server).args(ec).args(names).args(["-CA", "ca.pem", "-CAkey", "ca.key"])).done();
        made
    }

    /// The authority's certificate: what `SMTP_CA_FILE` names.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// An Outbox service with the server's certificate (`tests/outbox_sink.py`), and its port.
    #[track_caller]
    pub(crate) fn outbox(&self) -> (Part, u16) {
        let mut command = clean(&python());
        command.arg("-u").arg(project().join("tests/outbox_sink.py"));
        command.arg(self.folder.join("server.pem")).arg(self.folder.join("server.key"));
        let mut server = Part::start("the Outbox", &mut command, self.folder.join("outbox.log"));
        let port = server.word_after("").parse().expect("it says its port");
        (server, port)
    }

    fn openssl(&self) -> Command {
        let mut command = clean(&tool("openssl"));
        command.current_dir(&self.folder);
        command
    }
}

/// A running SMTP server (`tests/smtp_sink.py`) that writes what it accepts into a folder.
pub(crate) struct Sink {
    folder: PathBuf,
    port: u16,
    part: Part,
}

impl Sink {
    /// `mode` is `starttls`, `tls` or `plain`; user `gk`, password `mailpw`.
    #[track_caller]
    pub(crate) fn start(folder: &Path, mode: &str, certificates: &Certificates) -> Self {
        Self::start_at(folder, mode, certificates, 0)
    }

    /// As [`Sink::start`], on this port.
    #[track_caller]
    pub(crate) fn start_at(folder: &Path, mode: &str, certificates: &Certificates, port: u16) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let mut command = clean(&python());
        command.arg("-u").arg(project().join("tests/smtp_sink.py")).arg(folder).args([mode, &port.to_string()]);
        command.arg(certificates.folder.join("server.pem")).arg(certificates.folder.join("server.key"));
        let mut server = Part::start("the SMTP server", &mut command, folder.join("sink.log"));
        let said = server.word_after("");
        let bound = said.parse().unwrap_or_else(|_| panic!("the SMTP server says `{said}`"));
        Self { folder: folder.to_owned(), port: bound, part: server }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What it accepted so far, oldest first.
    pub(crate) fn mails(&self) -> Vec<String> {
        super::mail::mails_in(&self.folder, ".eml")
    }

    /// How often somebody has tried to sign in.
    pub(crate) fn sign_ins(&self) -> usize {
        std::fs::read_to_string(self.folder.join("sign-ins")).unwrap_or_default().lines().count()
    }

    /// Stops listening.
    pub(crate) fn stop(self) {
        self.part.stop();
    }
}
