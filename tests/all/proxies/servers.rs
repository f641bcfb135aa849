//! Starting each server with its template filled in as an operator would.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::world::programs::{project, python};
use crate::world::{Part, StubApp, World, clean, is_root, tool, wait_until};

/// One server and how it is told what to do.
pub(super) struct Server {
    name: &'static str,
    template: &'static str,
    /// The line that keeps search engines out.
    noindex: &'static str,
    /// How it writes the address of a Unix socket.
    socket: fn(&Path) -> String,
    /// How it writes where the app listens.
    upstream: fn(&StubApp) -> String,
    /// Writes what is needed beside the blocks, and says how to start.
    command: fn(&Plan) -> Command,
}

/// What to start, and where.
struct Plan {
    folder: PathBuf,
    port: String,
    /// The filled template of each app, by its slug.
    blocks: Vec<(&'static str, String)>,
}

pub(super) const CADDY: Server = Server {
    name: "caddy",
    template: "Caddyfile.template",
    noindex: "header >X-Robots-Tag \"noindex, nofollow\"",
    socket: |path| format!("unix/{}", path.display()),
    upstream: |app| format!("http://{}", app.address()),
    command: caddy,
};

pub(super) const HAPROXY: Server = Server {
    name: "haproxy",
    template: "haproxy.cfg.template",
    noindex: "http-after-response set-header X-Robots-Tag \"noindex, nofollow\"",
    socket: |path| format!("unix@{}", path.display()),
    upstream: |app| app.address().to_string(),
    command: haproxy,
};

pub(super) const APACHE: Server = Server {
    name: "apache2",
    template: "apache.conf.template",
    noindex: "Header always set X-Robots-Tag \"noindex, nofollow\"",
    socket: |path| format!("unix:{}", path.display()),
    upstream: |app| format!("http://{}", app.address()),
    command: apache,
};

pub(super) const TRAEFIK: Server = Server {
    name: "traefik",
    template: "traefik.yml.template",
    noindex: "X-Robots-Tag: noindex, nofollow",
    socket: |path| format!("unix:{}", path.display()),
    upstream: |app| format!("http://{}", app.address()),
    command: traefik,
};

impl Server {
    /// Starts it in front of the app `docs`, and of `wiki`, for which `asked` is asked in gk-validate's place.
    #[track_caller]
    pub(super) fn start(&self, world: &World, asked: &StubApp) -> Part {
        let folder = world.folder().join(self.name);
        std::fs::create_dir_all(&folder).unwrap();
        let port = world.docs_host().rsplit(':').next().unwrap().to_owned();
        let real = (self.socket)(&world.folder().join("validate.sock"));
        let blocks = vec![
            ("docs", self.filled(world, &port, &[("slug", "docs"), ("validate", &real), ("noindex", "")])),
            ("wiki", self.filled(world, &port, &[
                ("slug", "wiki"),
                ("validate", &asked.address().to_string()),
                ("noindex", self.noindex),
            ])),
        ];
        let plan = Plan { folder, port, blocks };
        let mut part = Part::start(self.name, &mut (self.command)(&plan), world.folder().join(self.name).join("log"));
        wait_until(&format!("{} to listen", self.name), || {
            assert!(part.is_running(), "{} ended and had said:\n{}", self.name, part.talk());
            TcpStream::connect(format!("127.0.0.1:{}", plan.port)).is_ok()
        });
        part
    }

    /// The template with values in the place of its `{{names}}`.
    fn filled(&self, world: &World, port: &str, own: &[(&str, &str)]) -> String {
        let slug = own[0].1;
        let host = format!("{slug}.gk.localhost");
        let text = |name: &str, value: String| (name.to_owned(), value);
        let mut values: Vec<_> = own.iter().map(|(name, value)| text(name, (*value).to_owned())).collect();
        values.extend([
            text("block", "1-0f3a9c2e".to_owned()),
            text("listen", format!("127.0.0.1:{port}")),
            text("app_authority", format!("{host}:{port}")),
            text("app_url", format!("http://{host}:{port}")),
            text("app_host", host),
            text("auth_host", "auth.gk.localhost".to_owned()),
            text("auth_url", world.auth_url()),
            text("upstream", (self.upstream)(world.app())),
        ]);
        let template = std::fs::read_to_string(shipped(self.template)).expect("the template is there");
        let put = |text: String, (name, value): &(String, String)| text.replace(&format!("{{{{{name}}}}}"), value);
        let text = values.iter().fold(template, put);
        assert!(!text.contains("{{"), "{} has a placeholder without a value:\n{text}", self.template);
        text
    }
}

impl Plan {
    fn write(&self, file: &str, text: &str) -> PathBuf {
        let path = self.folder.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn all_blocks(&self) -> String {
        self.blocks.iter().map(|(_, block)| block.as_str()).collect::<Vec<_>>().join("\n")
    }
}

/// A file of nginx/others.
fn shipped(file: &str) -> PathBuf {
    project().join("nginx/others").join(file)
}

fn caddy(plan: &Plan) -> Command {
    let main = "{\n\tadmin off\n\tauto_https off\n\tpersist_config off\n}\n";
    let file = plan.write("Caddyfile", &format!("{main}{}", plan.all_blocks()));
    let mut command = clean(&tool("caddy"));
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file).env("HOME", &plan.folder);
    command
}

fn haproxy(plan: &Plan) -> Command {
    let lua = shipped("haproxy.lua");
    let main = format!(
        "global\n    lua-load {}\ndefaults\n    mode http\n    timeout connect 2s\n    timeout client 30s\n    \
         timeout server 30s\nfrontend web\n    bind 127.0.0.1:{}\n",
        lua.display(),
        plan.port
    );
    let chosen = |(slug, _): &(&str, String)| {
        format!("    use_backend gk_{slug} if {{ req.hdr(host),field(1,:) -i {slug}.gk.localhost }}\n")
    };
    let chosen: String = plan.blocks.iter().map(chosen).collect();
    let file = plan.write("haproxy.cfg", &format!("{main}{chosen}{}", plan.all_blocks()));
    let mut command = clean(&tool("haproxy"));
    command.arg("-db").arg("-f").arg(file);
    command
}

fn apache(plan: &Plan) -> Command {
    let folder = plan.folder.display();
    let modules = ["mpm_event", "authz_core", "headers", "proxy", "proxy_http", "setenvif", "lua"];
    let load = |name: &&str| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n");
    let modules: String = modules.iter().map(load).collect();
    let user = if is_root() { "User www-data\nGroup www-data\n" } else { "" };
    let main = format!(
        "{modules}{user}ServerRoot {folder}\nServerName localhost\nPidFile {folder}/pid\nErrorLog {folder}/error.log\n\
         DefaultRuntimeDir {folder}\nListen 127.0.0.1:{port}\nDefine GATEKEEPER_LUA {lua}\n\
         <VirtualHost 127.0.0.1:{port}>\n    ServerName unknown.invalid\n    Redirect 421 /\n</VirtualHost>\n",
        port = plan.port,
        lua = shipped("apache.lua").display(),
    );
    let file = plan.write("apache.conf", &format!("{main}{}", plan.all_blocks()));
    let mut command = clean(&tool("apache2"));
    command.arg("-D").arg("FOREGROUND").arg("-f").arg(file);
    command
}

fn traefik(plan: &Plan) -> Command {
    for (slug, block) in &plan.blocks {
        plan.write(&format!("apps/{slug}.yml"), block);
    }
    for file in ["gatekeeper.go", "go.mod", ".traefik.yml"] {
        let text = std::fs::read_to_string(shipped("traefik").join(file)).expect("the plugin is there");
        plan.write(&format!("plugins-local/src/gatekeeper/{file}"), &text);
    }
    let main = format!(
        "entryPoints:\n  web:\n    address: 127.0.0.1:{}\nproviders:\n  file:\n    directory: {}/apps\n\
         experimental:\n  localPlugins:\n    gatekeeper:\n      moduleName: gatekeeper\n\
         global:\n  checkNewVersion: false\n  sendAnonymousUsage: false\n",
        plan.port,
        plan.folder.display()
    );
    let file = plan.write("traefik.yml", &main);
    let mut command = clean(&python().with_file_name("traefik"));
    command.arg("--configFile").arg(file).current_dir(&plan.folder);
    command
}
