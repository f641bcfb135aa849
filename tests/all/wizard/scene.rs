//! One world with all shapes behind one nginx. Tests tell their requests apart by path.

use std::sync::OnceLock;

use super::shapes::{Front, SHAPES, Shape, Upstream};
use crate::world::{Answer, Certificates, Line, Lines, Part, Place, Request, World, free_port, programs};

/// All shapes, each with its way in.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(super) doors: Vec<Door>,
    /// Every server of the nginx.
    servers: String,
    /// Of the certificate that `sealed` shows and `secure` has.
    authority: String,
    sealed_port: u16,
    _relay: Part,
}

/// One host of one shape, and how to ask it.
pub(super) struct Door {
    pub(super) shape: &'static Shape,
    /// Scheme, host and port.
    pub(super) origin: String,
    place: Place,
    lines: Lines,
}

impl Door {
    fn to(shape: &'static Shape, origin: String, place: Place) -> Self {
        let lines = Lines::to(place.clone(), authority(&origin));
        Self { shape, origin, place, lines }
    }

    pub(super) fn host(&self) -> &str {
        authority(&self.origin)
    }

    #[track_caller]
    pub(super) fn ask(&self, request: &Request) -> Answer {
        self.lines.ask(request)
    }

    /// A connection of one's own.
    #[track_caller]
    pub(super) fn line(&self) -> Line {
        Line::connect(&self.place).expect("nginx listens")
    }

    /// A path nobody else asks for.
    pub(super) fn path(&self, what: &str) -> String {
        let host = self.host().split('.').next().unwrap_or_default();
        format!("/{what}-{host}-end")
    }
}

fn authority(origin: &str) -> &str {
    origin.split_once("://").expect("an origin has a scheme").1
}

pub(crate) fn scene() -> &'static Scene {
    static SCENE: OnceLock<Scene> = OnceLock::new();
    SCENE.get_or_init(Scene::set)
}

/// Alice may enter all of them as an editor, carol none.
pub(super) fn alice() -> &'static str {
    static COOKIE: OnceLock<String> = OnceLock::new();
    COOKIE.get_or_init(|| scene().world.session("alice@example.com"))
}

pub(super) fn carol() -> &'static str {
    static COOKIE: OnceLock<String> = OnceLock::new();
    COOKIE.get_or_init(|| scene().world.session("carol@example.com"))
}

/// A page opened as a browser opens it.
pub(super) fn page(path: &str) -> Request {
    Request::get(path).with("Accept", "text/html,*/*;q=0.8").with("Sec-Fetch-Mode", "navigate")
}

impl Scene {
    fn set() -> Self {
        let world = World::quiet(&[]);
        world.gk(&["users", "add", "--email", "alice@example.com", "--name", "Älice", "--approved"]).done();
        world.person("carol@example.com");
        let certificates =
            Certificates::make_for(&world.folder().join("tls"), "DNS:sealed.gk.localhost,DNS:app.internal");
        let authority = certificates.authority().display().to_string();
        let (sealed_port, secure_port) = (free_port(), free_port());
        let mut servers = world.block(&["--shared", "--auth-host"]) + &other_hosts(&world, sealed_port);
        let mut origins = Vec::new();
        for shape in &SHAPES {
            let own = origins_of(shape, world.port(), sealed_port);
            register(&world, shape, &own);
            servers += &block(&world, shape, (sealed_port, secure_port));
            origins.extend(own.into_iter().map(|origin| (shape, origin)));
        }
        servers += &upstreams(&world, secure_port);
        world.start_nginx_with(&servers);
        let (relay, relayed) = relay(&world, sealed_port, &authority);
        let plain = Place::Tcp(format!("127.0.0.1:{}", world.port()));
        let place = |front: Front| if front == Front::Tls { relayed.clone() } else { plain.clone() };
        let doors = origins.into_iter().map(|(shape, origin)| Door::to(shape, origin, place(shape.front))).collect();
        Self { world, doors, servers, authority, sealed_port, _relay: relay }
    }

    /// A second nginx with the same servers, which asks nobody whether a request may pass; and its doors.
    pub(super) fn without_gk_validate(&self) -> (Vec<Part>, Vec<Door>) {
        let (port, sealed) = (free_port(), free_port());
        let moved =
            |text: String, from: u16, to: u16| text.replace(&format!("127.0.0.1:{from}"), &format!("127.0.0.1:{to}"));
        // What else listens is the first nginx's.
        let servers = moved(moved(self.printed().to_owned(), self.world.port(), port), self.sealed_port, sealed);
        let servers = servers.replace("validate.sock", "nobody.sock");
        let plain = Place::Tcp(format!("127.0.0.1:{port}"));
        let nginx = self.world.nginx_at("nginx-alone", &servers, &plain);
        let (relay, relayed) = relay(&self.world, sealed, &self.authority);
        let place = |front: Front| if front == Front::Tls { relayed.clone() } else { plain.clone() };
        let doors = self.doors.iter();
        let doors = doors.map(|door| Door::to(door.shape, door.origin.clone(), place(door.shape.front))).collect();
        (vec![nginx, relay], doors)
    }

    /// The servers that `gk apps nginx` printed, without those that stand for apps.
    pub(crate) fn printed(&self) -> &str {
        self.servers.split_once(UPSTREAMS).expect("the upstreams are last").0
    }

    /// The door of one shape.
    pub(super) fn door(&self, slug: &str) -> &Door {
        self.doors.iter().find(|door| door.shape.slug == slug).expect("there is such a shape")
    }
}

fn origins_of(shape: &Shape, port: u16, sealed_port: u16) -> Vec<String> {
    let (scheme, port) = if shape.front == Front::Tls { ("https", sealed_port) } else { ("http", port) };
    let hosts = std::iter::once(shape.slug).chain(shape.second);
    hosts.map(|host| format!("{scheme}://{host}.gk.localhost:{port}")).collect()
}

fn register(world: &World, shape: &Shape, origins: &[String]) {
    let mut add = vec!["apps", "add", "--slug", shape.slug, "--name", shape.slug];
    add.extend(origins.iter().flat_map(|origin| ["--origin", origin]));
    add.extend(shape.app);
    world.gk(&add).done();
    world.gk(&["apps", "grant", "--slug", shape.slug, "--email", "alice@example.com", "--role", "editor"]).done();
}

/// What the shared part says about hosts that are not ours, for the port of `sealed`: this world's auth host has no TLS.
fn other_hosts(world: &World, port: u16) -> String {
    let pair = ["server.pem", "server.key"].map(|file| world.folder().join("tls").join(file).display().to_string());
    let shared = world.block(&["--shared", "--listen", &format!("127.0.0.1:{port}"), "--tls", &pair.join(",")]);
    let (_, server) = shared.rsplit_once("server {").expect("the shared part has a server");
    format!("server {{{server}")
}

/// The block as it would be asked for.
pub(super) fn block(world: &World, shape: &Shape, (sealed_port, secure_port): (u16, u16)) -> String {
    let tls = |file: &str| world.folder().join("tls").join(file).display().to_string();
    let upstream = match shape.upstream {
        Upstream::Tcp => format!("http://{}", world.app().address()),
        Upstream::Unix => format!("http://unix:{}", world.folder().join("app.sock").display()),
        Upstream::Tls => format!("https://127.0.0.1:{secure_port}"),
    };
    let authority = tls("ca.pem");
    let pair = format!("{},{}", tls("server.pem"), tls("server.key"));
    let (sealed, plain) = (format!("127.0.0.1:{sealed_port}"), format!("127.0.0.1:{}", world.port()));
    let mut flags = vec!["--slug", shape.slug, "--upstream", &upstream];
    if shape.upstream == Upstream::Tls {
        flags.extend(["--upstream-ca", &authority, "--upstream-name", "app.internal"]);
    }
    if shape.front == Front::Tls {
        flags.extend(["--tls", &pair, "--listen", &sealed, "--listen-plain", &plain]);
    }
    world.block(&flags)
}

const UPSTREAMS: &str = "# From here on: the apps.";

/// The apps behind the socket and behind TLS: both pass everything on to the one there is. Over TLS it goes by one name.
fn upstreams(world: &World, secure_port: u16) -> String {
    let folder = world.folder().display();
    let pass = format!(
        "underscores_in_headers on; merge_slashes off; client_max_body_size 0; large_client_header_buffers 4 32k; location / {{ proxy_pass http://{}; \
         proxy_http_version 1.1; proxy_buffering off; proxy_set_header Host $http_host; \
         proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection; }}",
        world.app().address()
    );
    let pair = format!("ssl_certificate {folder}/tls/server.pem; ssl_certificate_key {folder}/tls/server.key;");
    format!(
        "{UPSTREAMS}\nserver {{ listen unix:{folder}/app.sock; {pass} }}\n\
         server {{ listen 127.0.0.1:{secure_port} ssl default_server; ssl_reject_handshake on; }}\n\
         server {{ listen 127.0.0.1:{secure_port} ssl; server_name app.internal secure.gk.localhost; {pair} {pass} }}\n"
    )
}

/// Passes plain bytes on to nginx over TLS.
fn relay(world: &World, port: u16, authority: &str) -> (Part, Place) {
    let mut command = programs::clean(&programs::python());
    command.arg("-u").arg(programs::project().join("tests/tls_relay.py"));
    command.args([&port.to_string(), "sealed.gk.localhost", authority]);
    let mut relay = Part::start("the TLS relay", &mut command, world.folder().join(format!("relay-{port}.log")));
    let place = Place::Tcp(format!("127.0.0.1:{}", relay.word_after("")));
    (relay, place)
}
