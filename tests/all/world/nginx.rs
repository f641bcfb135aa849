//! nginx in front of the auth host and of apps, with the blocks `gk apps nginx` prints.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use super::http::{Answer, Line, Place, Request};
use super::part::Part;
use super::programs::{clean, tool};
use super::{World, wait_until};

impl World {
    /// Starts nginx with the auth host and every app that is registered with its own host, `SLUG.gk.localhost`.
    #[track_caller]
    pub(crate) fn start_nginx(&self) {
        let mut blocks = self.block(&["--shared", "--auth-host"]);
        let apps = self.gk_json(&["apps", "list"]);
        for app in apps["apps"].as_array().expect("it lists apps") {
            let slug = app["slug"].as_str().expect("an app has a slug");
            if app["origins"] == serde_json::json!([format!("http://{slug}.gk.localhost:{}", self.port)]) {
                let upstream = format!("http://{}", self.app.address());
                blocks += &self.block(&["--slug", slug, "--upstream", &upstream]);
            }
        }
        self.start_nginx_with(&blocks);
    }

    /// What `gk apps nginx` prints for this world's sockets; nginx listens at the world's port unless the flags say where.
    #[track_caller]
    pub(crate) fn block(&self, flags: &[&str]) -> String {
        let socket = |name: &str| format!("unix:{}", self.folder().join(name).display());
        let (validate, admin) = (socket("validate.sock"), socket("admin.sock"));
        let here = format!("127.0.0.1:{}", self.port);
        let listen = if flags.contains(&"--listen") { &[][..] } else { &["--listen", &here] };
        let own = ["apps", "nginx", "--validate", &validate, "--admin", &admin];
        self.gk(&[&own, listen, flags].concat()).done()
    }

    /// Starts nginx with these servers, of which one listens at the world's port.
    #[track_caller]
    pub(crate) fn start_nginx_with(&self, servers: &str) {
        drop(self.nginx.lock().unwrap().take());
        *self.nginx.lock().unwrap() = Some(self.nginx_at("nginx", servers, &self.front_place()));
    }

    /// One more nginx with these servers, of which one listens there; its files are in a folder of that name.
    #[track_caller]
    pub(crate) fn nginx_at(&self, folder: &str, servers: &str, place: &Place) -> Part {
        let mut part = Part::start("nginx", &mut self.nginx_command(folder, servers), self.folder().join("nginx.log"));
        wait_until("nginx to listen", || {
            assert!(part.is_running(), "nginx ended and had said:\n{}", part.talk());
            Line::connect(place).is_ok()
        });
        part
    }

    /// nginx with these servers, not yet run.
    pub(crate) fn nginx_command(&self, folder: &str, servers: &str) -> Command {
        let folder = self.folder().join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("nginx.conf");
        std::fs::write(&file, around(&folder, servers)).unwrap();
        let mut command = clean(&tool("nginx"));
        command.arg("-e").arg(folder.join("error.log")).arg("-p").arg(&folder).arg("-c").arg(&file);
        command
    }

    /// The port nginx listens at.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Asks the protected app's host through nginx.
    #[track_caller]
    pub(crate) fn docs(&self, request: &Request) -> Answer {
        self.front.ask(request)
    }

    /// Asks the auth host through nginx.
    #[track_caller]
    pub(crate) fn auth(&self, request: &Request) -> Answer {
        self.front.ask(&request.clone().with("Host", &self.auth_host()))
    }

    /// A connection to nginx of one's own.
    #[track_caller]
    pub(crate) fn front_line(&self) -> Line {
        Line::connect(&self.front_place()).expect("nginx listens")
    }

    fn front_place(&self) -> Place {
        Place::Tcp(format!("127.0.0.1:{}", self.port))
    }
}

/// A whole configuration: one worker, everything in this folder.
fn around(folder: &Path, servers: &str) -> String {
    let folder = folder.display();
    let user = if is_root() { "user root root;\n" } else { "" };
    let mut text =
        format!("{user}daemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log {folder}/error.log;\n");
    text.push_str("events { worker_connections 512; }\nhttp {\n");
    for part in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        writeln!(text, "{part}_temp_path {folder}/{part};").unwrap();
    }
    writeln!(text, "access_log {folder}/access.log;\nserver_names_hash_bucket_size 128;").unwrap();
    text + servers + "}\n"
}

/// Whether the tests run as root.
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
