//! Two gk-validate behind one nginx: exchanged, killed or hung one at a time, and no request is any the worse for it.

use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::world::{Line, PATIENCE, Part, Place, Request, World, clean, ours, validation, wait_until};

/// How often each of the two is exchanged (SIGTERM) and killed (SIGKILL), and how many requests there are at least.
struct Size {
    exchanges: usize,
    kills: usize,
    requests: usize,
}

#[test]
fn two_that_are_exchanged_and_killed_in_turn_fail_no_request() {
    restart_under_load(&Size { exchanges: 10, kills: 10, requests: 10_000 });
}

#[test]
#[ignore = "a million requests: `make chaos`"]
fn chaos_two_that_are_exchanged_and_killed_200_times_fail_none_of_a_million_requests() {
    restart_under_load(&Size { exchanges: 200, kills: 200, requests: 1_000_000 });
}

/// A gk-validate whose socket is held for it, as systemd does.
struct Instance<'w> {
    world: &'w World,
    name: String,
    socket: UnixListener,
    part: Option<Part>,
}

impl<'w> Instance<'w> {
    fn new(world: &'w World, name: &str) -> Self {
        let name = format!("validate-{name}");
        let socket = UnixListener::bind(Self::path(world, &name)).unwrap();
        Self { world, name, socket, part: None }
    }

    fn path(world: &World, name: &str) -> PathBuf {
        world.folder().join(name).with_extension("sock")
    }

    fn address(&self) -> String {
        format!("unix:{}", Self::path(self.world, &self.name).display())
    }

    /// Starts it, and waits until it has read the policy.
    #[track_caller]
    fn start(&mut self, environment: &[(&str, &str)]) {
        let pass = "exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$@\"";
        let mut command = clean("sh".as_ref());
        command.args(["-c", pass, "sh"]).arg(ours("gk-validate")).arg("--policy").arg(self.world.policy());
        command.args(["--metrics", "off", "--activity", "off"]).envs(environment.iter().copied());
        let socket = Stdio::from(OwnedFd::from(self.socket.try_clone().unwrap()));
        let log = self.world.folder().join(&self.name).with_extension("log");
        let mut part = Part::start_with(&self.name, &mut command, log, socket);
        part.word_after("policy file followed");
        self.part = Some(part);
    }

    fn part(&mut self) -> &mut Part {
        self.part.as_mut().expect("it runs")
    }

    #[track_caller]
    fn exchange(&mut self) {
        assert!(self.part.take().expect("it runs").stop().success());
        self.start(&[]);
    }

    #[track_caller]
    fn kill(&mut self) {
        self.part.take().expect("it runs").kill();
        self.start(&[]);
    }
}

/// One world's two instances with nginx before them; the app is a page of nginx's own.
#[track_caller]
fn scene(world: &World) -> [Instance<'_>; 2] {
    world.grant("alice@example.com", "docs");
    let mut instances = ["1", "2"].map(|name| Instance::new(world, name));
    for instance in &mut instances {
        instance.start(&[]);
    }
    let addresses = instances.each_ref().map(Instance::address);
    let app = format!("unix:{}", world.folder().join("app.sock").display());
    let [one, two] = &addresses;
    let here = format!("127.0.0.1:{}", world.port());
    let flags = ["apps", "nginx", "--shared", "--validate", one, "--validate", two, "--listen", &here];
    let upstream = format!("http://{app}");
    let printed = world.gk(&[&flags[..], &["--slug", "docs", "--upstream", &upstream]].concat()).done();
    world.start_nginx_with(&format!("{printed}\nserver {{ listen {app}; return 200 here; }}\n"));
    instances
}

/// Who asks, and what they have to get.
fn visits(world: &World) -> [(Request, u16); 3] {
    let (alice, bob) = (world.session("alice@example.com"), world.signed_in("bob@example.com"));
    let get = Request::get("/");
    [(get.clone().with("Cookie", &alice), 200), (get.clone().with("Cookie", &bob), 403), (get, 401)]
}

#[track_caller]
fn restart_under_load(size: &Size) {
    let world = World::bare(&[]);
    let mut instances = scene(&world);
    let visits = visits(&world);
    let (asked, enough) = (AtomicUsize::new(0), AtomicBool::new(false));
    let started = Instant::now();
    let wrong = std::thread::scope(|scope| {
        let visitors = [0; 4].map(|_| scope.spawn(|| visit(&world, &visits, &asked, &enough)));
        for number in 0..size.exchanges.max(size.kills) {
            for instance in &mut instances {
                if number < size.exchanges {
                    instance.exchange();
                }
                if number < size.kills {
                    instance.kill();
                }
            }
        }
        while asked.load(Ordering::Relaxed) < size.requests && visitors.iter().all(|visitor| !visitor.is_finished()) {
            std::thread::sleep(Duration::from_millis(20));
        }
        enough.store(true, Ordering::Relaxed);
        visitors.into_iter().filter_map(|visitor| visitor.join().unwrap()).collect::<Vec<_>>()
    });
    let asked = asked.into_inner();
    assert!(wrong.is_empty(), "{} of {asked} requests went wrong: {:?}", wrong.len(), wrong.first());
    assert!(asked >= size.requests);
    eprintln!(
        "figures: {asked} requests, {} exchanges and {} kills in {:.0} s: none failed",
        2 * size.exchanges,
        2 * size.kills,
        started.elapsed().as_secs_f64()
    );
}

/// Asks over one kept connection until it is enough or something is wrong; gives what was.
fn visit(world: &World, visits: &[(Request, u16)], asked: &AtomicUsize, enough: &AtomicBool) -> Option<String> {
    let host = format!("docs.gk.localhost:{}", world.port());
    let mut line = world.front_line();
    for (request, status) in visits.iter().cycle() {
        if enough.load(Ordering::Relaxed) {
            break;
        }
        match line.ask(request, &host) {
            Ok(answer) if answer.status != *status => return Some(format!("{status} was expected: {answer:?}")),
            Ok(answer) if answer.header("connection") == Some("close") => line = world.front_line(),
            Ok(_) => {}
            Err(error) => return Some(format!("{status} was expected: {error}")),
        }
        asked.fetch_add(1, Ordering::Relaxed);
    }
    None
}

#[test]
fn while_one_hangs_every_request_is_answered_by_the_other() {
    let world = World::bare(&[]);
    let mut instances = scene(&world);
    let visits = visits(&world);
    instances[0].part().freeze();
    let slowest = visits.iter().cycle().take(4).map(|(request, status)| {
        let asked = Instant::now();
        assert_eq!(world.docs(request).status, *status);
        asked.elapsed()
    });
    assert!(slowest.max().unwrap() < Duration::from_secs(4), "the other is asked after two seconds");
    instances[0].part().signal("CONT");
}

#[test]
fn who_asks_while_none_runs_waits_for_the_next_one_and_is_not_refused() {
    let world = World::bare(&[]);
    let mut instance = Instance::new(&world, "1");
    let mut line = Line::connect(&Place::Unix(Instance::path(&world, &instance.name))).unwrap();
    line.send(&validation(None, None).bytes("auth")).unwrap();
    instance.start(&[]);
    assert_eq!(line.answer("GET").unwrap().status, 401);
    assert!(instance.part.take().unwrap().stop().success());
    assert!(Instance::path(&world, &instance.name).exists(), "the socket is systemd's, not its own");
    let mut next = Line::connect(&Place::Unix(Instance::path(&world, &instance.name))).unwrap();
    instance.start(&[]);
    assert_eq!(next.ask(&validation(None, None), "auth").unwrap().status, 401);
}

#[test]
fn systemd_is_told_when_it_is_ready_that_it_is_alive_and_when_it_ends() {
    let world = World::bare(&[]);
    let path = world.folder().join("notify.sock");
    let systemd = UnixDatagram::bind(&path).unwrap();
    systemd.set_read_timeout(Some(PATIENCE)).unwrap();
    let heard = || {
        let mut bytes = [0; 64];
        let length = systemd.recv(&mut bytes).expect("it says something");
        String::from_utf8_lossy(&bytes[..length]).trim().to_owned()
    };
    let mut instance = Instance::new(&world, "1");
    instance.start(&[("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "4000000")]);
    assert_eq!(heard(), "READY=1");
    assert_eq!(heard(), "WATCHDOG=1");
    instance.part().freeze();
    systemd.set_read_timeout(Some(Duration::from_millis(2500))).unwrap();
    assert!(systemd.recv(&mut [0; 64]).is_err(), "one that hangs is not alive");
    instance.part().signal("CONT");
    systemd.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(heard(), "WATCHDOG=1");
    instance.part().signal("TERM");
    wait_until("it to say that it ends", || heard() == "STOPPING=1");
}
