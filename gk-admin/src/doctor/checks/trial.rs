//! What `gk apps nginx` prints for two apps, and what is registered with them.

use std::path::Path;

use gk_service::model::{App, OpenPath, Origin, RoleList};
use gk_service::proxy::{self, Listen, Options, Piece, Place, Proxy, Tls};
use gk_shared::model::{AppId, Slug};
use gk_shared::time::Timestamp;

use super::super::facts::{AppFacts, Facts};
use super::super::nginx::Config;
use super::{Finding, examine};

/// What is open of wiki.
const OPEN: &[&str] = &["/health", "/static/*", "/metrics=10.0.0.0/8,fd00::/8"];

/// Files by name; the first is nginx's own.
#[derive(Clone)]
pub(super) struct Trial {
    pub(super) files: Vec<(&'static str, String)>,
}

impl Trial {
    /// The auth host, the app docs, and wiki, which is noindex and has open paths; something else speaks TLS.
    pub(super) fn new() -> Self {
        Self::of(&Tls::Elsewhere)
    }

    fn of(tls: &Tls) -> Self {
        let main = "http {\n    include gatekeeper.conf;\n    include auth.conf;\n    include docs.conf;\n    include wiki.conf;\n}\n";
        let files = vec![
            ("nginx.conf", main.to_owned()),
            ("gatekeeper.conf", printed(&Piece::Shared, tls.clone())),
            ("auth.conf", printed(&Piece::AuthHost, tls.clone())),
            ("docs.conf", printed(&block("docs", &[]), tls.clone())),
            ("wiki.conf", printed(&block("wiki", OPEN), tls.clone())),
        ];
        Self { files }
    }

    /// The same with TLS.
    pub(super) fn with_tls() -> Self {
        Self::of(&Tls::ByOrigin)
    }

    /// Changes the first line of a file that holds `from`; without a new text it is emptied.
    pub(super) fn change(&mut self, file: &str, from: &str, to: &str) {
        let text = self.text_mut(file);
        let line =
            text.lines().find(|line| line.contains(from)).unwrap_or_else(|| panic!("no {from} in {file}")).to_owned();
        *text = text.replacen(&line, to, 1);
    }

    pub(super) fn text(&self, file: &str) -> &str {
        &self.files.iter().find(|(name, _)| *name == file).expect("a file of ours").1
    }

    fn text_mut(&mut self, file: &str) -> &mut String {
        let found = self.files.iter_mut().find(|(name, _)| *name == file);
        &mut found.unwrap_or_else(|| panic!("no {file}")).1
    }

    /// The number of the first line that holds `text`; of several lines, that of the last.
    pub(super) fn line_of(&self, file: &str, text: &str) -> u32 {
        let whole = self.text(file);
        let end = whole.find(text).unwrap_or_else(|| panic!("no {text} in {file}:\n{whole}")) + text.len();
        u32::try_from(whole[..end].lines().count()).expect("a short file")
    }

    /// As `nginx -T` prints it.
    pub(super) fn dump(&self) -> String {
        let part = |(name, text): &(&str, String)| format!("# configuration file /etc/nginx/{name}:\n{text}\n");
        self.files.iter().map(part).collect::<Vec<_>>().concat()
    }

    pub(super) fn findings(&self, facts: &Facts) -> Vec<Finding> {
        examine(&Config::parse("-", &self.dump()).expect("well formed"), facts)
    }

    /// Writes it to where nginx can read it, with a place for all that nginx writes.
    pub(super) fn write(&self, folder: &Path) {
        for (name, text) in &self.files {
            let own = if *name == "nginx.conf" { "error_log stderr;\npid nginx.pid;\nevents {}\n" } else { "" };
            let text = text.replace("http {", "http {\naccess_log off;\nserver_names_hash_bucket_size 128;\nproxy_cache_path cache keys_zone=pages:1m;\n");
            std::fs::write(folder.join(name), format!("{own}{text}")).expect("written");
        }
    }
}

/// A piece as `gk apps nginx` prints it.
fn printed(piece: &Piece, tls: Tls) -> String {
    let listen = Listen::parse("127.0.0.1:8443").expect("an address and a port");
    let options = Options { listen: vec![listen], tls, ..Options::usual(Options::some_upstream()) };
    Proxy::Nginx.render(piece, &auth(), &options).expect("nginx has everything")
}

fn block(slug: &str, open: &[&str]) -> Piece {
    Piece::App(of(&app(slug, open)))
}

fn auth() -> Place {
    Place::of(&Origin::parse("https://auth.example.com").expect("an origin")).expect("a host")
}

fn of(app: &App) -> proxy::AppFacts {
    proxy::AppFacts::of(app, &auth()).expect("a host")
}

/// An app of this slug, with the paths that are open.
fn app(slug: &str, open: &[&str]) -> App {
    App {
        id: AppId(1),
        slug: Slug::parse(slug).expect("a slug"),
        name: slug.to_owned(),
        description: String::new(),
        origins: vec![Origin::parse(&format!("https://{slug}.example.com")).expect("an origin")],
        roles: Vec::new(),
        role_list: RoleList::Open,
        admin_roles: Vec::new(),
        noindex: slug == "wiki",
        callbacks: Vec::new(),
        open_paths: open.iter().map(|path| OpenPath::parse(path).expect("a path")).collect(),
        listed: false,
        groups_header: false,
        stale_ok: false,
        contact: String::new(),
        seen_block: None,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    }
}

/// Both apps are registered.
pub(super) fn facts() -> Facts {
    let apps = [app("docs", &[]), app("wiki", OPEN)];
    Facts {
        public_url: Some("https://auth.example.com".parse().expect("a URL")),
        apps: Some(apps.iter().map(|app| AppFacts::of(app, of(app).mark)).collect()),
        ..Facts::default()
    }
}
