//! A small instance of the product, made by its own command: one app, one person with a grant, one session.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::generator::{Address, Question};
use crate::servers::{Server, free_address};

pub(crate) struct Scene {
    pub(crate) validate: Server,
    pub(crate) tcp: Address,
    pub(crate) unix: Address,
    /// The session's `gk_session=…`.
    pub(crate) cookie: String,
    /// Where servers of this run keep their files; goes when the run ends.
    pub(crate) folder: tempfile::TempDir,
}

impl Scene {
    pub(crate) fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cookie = instance(folder.path());
        let (address, tcp) = free_address();
        let socket = folder.path().join("validate.sock");
        let mut command = product("gk-validate");
        command
            .arg("--policy")
            .arg(folder.path().join("policy/policy.sqlite3"))
            .args(["--listen", &address.to_string()])
            .args(["--listen", &format!("unix:{}", socket.display())])
            .args(["--metrics", "off", "--activity", "off"]);
        let unix = Address::Unix(socket);
        let validate = Server::start(&mut command, &[&tcp, &unix]);
        Self { validate, tcp, unix, cookie, folder }
    }

    /// What nginx sends for each request it protects.
    pub(crate) fn question(&self, address: &Address) -> Question {
        let cookie = &self.cookie;
        let head = format!(
            "GET /api/v1/auth/validate HTTP/1.1\r\nHost: auth.gk.localhost\r\nCookie: {cookie}\r\n\
             X-GK-App: docs\r\nX-GK-Block: 2-0f3a9c2e\r\nX-Original-URI: /a/page?with=a&query=string\r\nX-Original-Method: GET\r\n\r\n"
        );
        Question { address: address.clone(), head: head.into_bytes(), status: 200 }
    }
}

/// A release binary of the product.
pub(crate) fn product(name: &str) -> Command {
    let path = release().join(name);
    assert!(path.exists(), "{} is missing: run `make bench`", path.display());
    let mut command = Command::new(path);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("RUST_LOG", "warn");
    command
}

/// `target/release`: this executable is in its `deps`.
fn release() -> PathBuf {
    let itself = std::env::current_exe().unwrap();
    itself.ancestors().nth(2).unwrap().to_owned()
}

/// Runs the command; gives what it prints.
pub(crate) fn gk_in(database: &Path, arguments: &str) -> String {
    let output = product("gk").args(arguments.split(' ')).arg("--db").arg(database).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "gk {arguments}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// The database of a run whose files are there.
pub(crate) fn database(folder: &Path) -> PathBuf {
    folder.join("gatekeeper.sqlite3")
}

fn instance(folder: &Path) -> String {
    let database = database(folder);
    let gk = |arguments: &str| gk_in(&database, arguments);
    fs::create_dir_all(folder).unwrap();
    gk("init-db");
    gk("apps add --slug docs --name Docs --origin https://docs.example.com --roles viewer,editor");
    gk("users add --email alice@example.com --name Alice --approved");
    gk("apps grant --slug docs --email alice@example.com --role editor");
    gk("sessions create --user alice@example.com").trim().to_owned()
}
