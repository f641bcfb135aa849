//! nginx in front of the auth host and two apps, with the templates of nginx/ filled in as an operator would.

use std::fmt::Write;
use std::path::Path;

use super::http::{Answer, Line, Place, Request};
use super::part::Part;
use super::programs::{clean, project, tool};
use super::{World, wait_until};

const NOINDEX: &str = "add_header X-Robots-Tag \"noindex, nofollow, noarchive\" always;";

impl World {
    /// Starts nginx with the shipped templates: the auth host, the app `docs`, and `wiki`, which is noindex.
    #[track_caller]
    pub(crate) fn start_nginx(&self) {
        let folder = self.folder().join("nginx");
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("nginx.conf");
        std::fs::write(&file, self.nginx_configuration(&folder)).unwrap();
        let mut command = clean(&tool("nginx"));
        command.arg("-e").arg(folder.join("error.log")).arg("-p").arg(&folder).arg("-c").arg(&file);
        let mut part = Part::start("nginx", &mut command, self.folder().join("nginx.log"));
        wait_until("nginx to listen", || {
            assert!(part.is_running(), "nginx ended and had said:\n{}", part.talk());
            Line::connect(&self.front_place()).is_ok()
        });
        *self.nginx.lock().unwrap() = Some(part);
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

    /// One worker, everything in the world's folder; the rest comes from the templates.
    fn nginx_configuration(&self, folder: &Path) -> String {
        let folder = folder.display();
        let user = if is_root() { "user root root;\n" } else { "" };
        let mut text =
            format!("{user}daemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log {folder}/error.log;\n");
        text.push_str("events { worker_connections 512; }\nhttp {\n");
        for part in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
            writeln!(text, "{part}_temp_path {folder}/{part};").unwrap();
        }
        writeln!(text, "access_log {folder}/access.log;\nserver_names_hash_bucket_size 128;").unwrap();
        text.push_str(&self.filled("gatekeeper.conf.template", &[]));
        text.push_str(&self.filled("auth.conf.template", &[]));
        text.push_str(&self.app_server("docs", ""));
        text.push_str(&self.app_server("wiki", NOINDEX));
        text + "}\n"
    }

    fn app_server(&self, slug: &str, noindex: &str) -> String {
        let host = format!("{slug}.gk.localhost");
        let authority = format!("{host}:{}", self.port);
        let url = format!("http://{authority}");
        let own = [
            ("slug", slug),
            ("app_host", &host),
            ("app_authority", &authority),
            ("app_url", &url),
            ("noindex", noindex),
        ];
        self.filled("app.conf.template", &own)
    }

    /// A template with values in the place of its `{{names}}`; a name without a value is a mistake.
    fn filled(&self, file: &str, own: &[(&str, &str)]) -> String {
        let path = project().join("nginx").join(file);
        let template = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let socket = |name: &str| format!("unix:{}", self.folder().join(name).display());
        let common = [
            ("listen", format!("127.0.0.1:{}", self.port)),
            ("auth_host", "auth.gk.localhost".to_owned()),
            ("auth_authority", self.auth_host()),
            ("auth_url", self.auth_url()),
            ("validate", socket("validate.sock")),
            ("admin", socket("admin.sock")),
            ("upstream", format!("http://{}", self.app.address())),
        ];
        let put = |text: String, name: &str, value: &str| text.replace(&format!("{{{{{name}}}}}"), value);
        let text = own.iter().fold(template, |text, (name, value)| put(text, name, value));
        let text = common.iter().fold(text, |text, (name, value)| put(text, name, value));
        assert!(!text.contains("{{"), "{file} has a placeholder without a value:\n{text}");
        text
    }
}

/// Whether the tests run as root.
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
