//! A world: one installation of Gatekeeper with its real parts, alone in a temporary folder, on loopback.
//!
//! `World::start()` runs gk-admin and gk-validate; nginx, an SMTP server and Chromium start when a test asks for
//! them. Every part is stopped by its process id when the world is dropped, or by the keeper when the tests end.

mod browser;
mod commands;
mod http;
mod keeper;
mod mail;
mod nginx;
mod part;
mod parts;
mod people;
pub(crate) mod programs;
mod smtp;
mod stub_app;
mod visitor;
mod waiting;

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU16, Ordering};

use tempfile::TempDir;

pub(crate) use browser::{Browser, axe};
pub(crate) use commands::Said;
pub(crate) use http::{Answer, Line, Lines, Place, Request, encode, unescaped};
pub(crate) use keeper::folder as removed_at_end;
pub(crate) use mail::path_in;
pub(crate) use nginx::is_root;
pub(crate) use part::Part;
pub(crate) use parts::validation;
pub(crate) use programs::{clean, ours, tool};
pub(crate) use smtp::{Certificates, Sink};
pub(crate) use stub_app::{Seen, StubApp};
pub(crate) use visitor::Visitor;
pub(crate) use waiting::{PATIENCE, wait_for, wait_until};

/// Addresses at this domain are internal in every world that does not say otherwise.
pub(crate) const INTERNAL: &str = "inside.example";
/// The administrator every world starts with.
pub(crate) const ADMIN: &str = "admin@example.com";

/// One installation. Shared between threads as it is: everything inside is locked.
pub(crate) struct World {
    settings: Vec<(String, String)>,
    port: u16,
    admin: Mutex<Option<Part>>,
    validate: Mutex<Option<Part>>,
    nginx: Mutex<Option<Part>>,
    chromedriver: Mutex<Option<(Part, String)>>,
    app: StubApp,
    admin_lines: Lines,
    validate_lines: Lines,
    front: Lines,
    metrics: Mutex<String>,
    people: Mutex<BTreeSet<String>>,
    apps: Mutex<BTreeSet<String>>,
    /// Last, so that the parts are gone before their files.
    folder: TempDir,
}

impl World {
    /// The usual world: gk-admin and gk-validate run.
    #[track_caller]
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// As [`World::start`], with settings pinned by the server's environment, for instance
    /// `("DEFAULT_APP_ACCESS", "allow")`. An empty value takes one of the usual settings out.
    #[track_caller]
    pub(crate) fn with(settings: &[(&str, &str)]) -> Self {
        let world = Self::quiet(settings);
        world.start_admin();
        world
    }

    /// gk-validate runs, gk-admin does not: `gk` publishes alone.
    #[track_caller]
    pub(crate) fn quiet(settings: &[(&str, &str)]) -> Self {
        let world = Self::bare(settings);
        world.start_validate();
        world
    }

    /// An initialised instance with its administrator; nothing runs.
    #[track_caller]
    pub(crate) fn bare(settings: &[(&str, &str)]) -> Self {
        let world = Self::empty(settings);
        world.gk_in(&world.environment(), &["init-db"]).done();
        world.gk(&["create-admin", "--username", "admin", "--email", ADMIN]).done();
        world
    }

    /// A folder and nothing in it.
    #[track_caller]
    pub(crate) fn empty(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::Builder::new().prefix("gk-").tempdir_in(programs::fast_folder());
        let folder = folder.expect("the temporary folder is writable");
        keeper::folder(folder.path());
        let port = free_port();
        let auth = format!("auth.gk.localhost:{port}");
        let at = |name: &str| Place::Unix(folder.path().join(name));
        Self {
            settings: usual_settings(port, settings),
            port,
            admin: Mutex::default(),
            validate: Mutex::default(),
            nginx: Mutex::default(),
            chromedriver: Mutex::default(),
            app: StubApp::start(),
            admin_lines: Lines::to(at("admin.sock"), &auth),
            validate_lines: Lines::to(at("validate.sock"), &auth),
            front: Lines::to(Place::Tcp(format!("127.0.0.1:{port}")), &format!("docs.gk.localhost:{port}")),
            metrics: Mutex::default(),
            people: Mutex::default(),
            apps: Mutex::default(),
            folder,
        }
    }

    /// The world's own folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// gatekeeper.sqlite3.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder().join("gatekeeper.sqlite3")
    }

    /// policy.sqlite3.
    pub(crate) fn policy(&self) -> PathBuf {
        self.folder().join("policy").join("policy.sqlite3")
    }

    /// The root key's file.
    pub(crate) fn key(&self) -> PathBuf {
        self.folder().join("gatekeeper.key")
    }

    /// `http://auth.gk.localhost:PORT`, where nginx answers for gk-admin.
    pub(crate) fn auth_url(&self) -> String {
        format!("http://{}", self.auth_host())
    }

    /// `http://docs.gk.localhost:PORT`, where nginx answers for the protected app.
    pub(crate) fn docs_url(&self) -> String {
        format!("http://{}", self.docs_host())
    }

    pub(crate) fn auth_host(&self) -> String {
        format!("auth.gk.localhost:{}", self.port)
    }

    pub(crate) fn docs_host(&self) -> String {
        format!("docs.gk.localhost:{}", self.port)
    }

    /// The app behind nginx.
    pub(crate) fn app(&self) -> &StubApp {
        &self.app
    }

    /// What the server's environment holds.
    pub(crate) fn environment(&self) -> Vec<(&str, &str)> {
        self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}

fn usual_settings(port: u16, own: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut settings = vec![
        ("GATEKEEPER_PUBLIC_URL".to_owned(), format!("http://auth.gk.localhost:{port}")),
        ("COOKIE_DOMAIN".to_owned(), "gk.localhost".to_owned()),
        ("ACCEPTED_DOMAINS".to_owned(), INTERNAL.to_owned()),
        // Every visitor is a new browser, and tests count mails.
        ("AUTH_NEW_DEVICE_MAIL".to_owned(), "false".to_owned()),
    ];
    for (name, value) in own {
        settings.retain(|(known, _)| known != name);
        if !value.is_empty() {
            settings.push(((*name).to_owned(), (*value).to_owned()));
        }
    }
    settings
}

/// A port of loopback nobody has, below the range the kernel hands out for outgoing connections, so that it is
/// still free when nginx binds it.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 400 * 25).expect("below 10,000");
    loop {
        let port = 20_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
