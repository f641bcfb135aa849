//! The servers of a configuration, and which of them protect an app.

use super::facts::{AppFacts, Facts};
use super::nginx::{Config, Directive, Modifier, Scope};

/// Where gk-validate answers.
pub(crate) const QUESTION: &str = "/api/v1/auth/validate";
/// What hands a request on to something.
const HANDLERS: [&str; 7] =
    ["proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass", "return"];

/// All servers; the blocks are those of apps.
pub(crate) struct Site<'c> {
    pub(crate) http: &'c [Directive],
    pub(crate) servers: Vec<Server<'c>>,
    pub(crate) blocks: Vec<Block<'c>>,
}

#[derive(Clone)]
pub(crate) struct Server<'c> {
    pub(crate) directive: &'c Directive,
    pub(crate) scope: Scope<'c>,
    /// All, those within others too.
    pub(crate) locations: Vec<Location<'c>>,
}

#[derive(Clone)]
pub(crate) struct Location<'c> {
    pub(crate) directive: &'c Directive,
    pub(crate) scope: Scope<'c>,
}

/// A server that protects an app, or should.
pub(crate) struct Block<'c> {
    pub(crate) server: Server<'c>,
    /// The location that asks gk-validate.
    pub(crate) check: Option<Location<'c>>,
}

impl<'c> Site<'c> {
    pub(crate) fn of(config: &'c Config, facts: &Facts) -> Self {
        let http = config.http();
        let scope = Scope::http(http);
        let servers = http.iter().filter(|one| one.name == "server" && one.block.is_some());
        let servers = servers.map(|directive| Server::of(directive, &scope)).collect::<Vec<_>>();
        let blocks = servers.iter().filter_map(|server| Block::of(server, facts)).collect();
        Self { http, servers, blocks }
    }

    /// What an `upstream` says, by its name.
    pub(crate) fn upstream(&self, name: &str) -> Option<&'c Directive> {
        self.http.iter().find(|one| one.says("upstream", name))
    }

    /// The addresses that a `proxy_pass` leads to: an upstream's servers, or the address that stands there.
    pub(crate) fn addresses(&self, pass: &'c Directive) -> Vec<&'c str> {
        let authority = authority(pass.argument(0));
        match self.upstream(authority) {
            Some(found) => {
                found.inside().iter().filter(|one| one.name == "server").map(|one| one.argument(0)).collect()
            }
            None => vec![authority],
        }
    }
}

impl<'c> Server<'c> {
    fn of(directive: &'c Directive, http: &Scope<'c>) -> Self {
        let scope = http.enter(directive);
        let mut locations = Vec::new();
        collect_locations(&scope, &mut locations);
        Self { directive, scope, locations }
    }

    /// Every name it answers to.
    pub(crate) fn names(&self) -> Vec<&'c str> {
        let names = self.scope.own().iter().filter(|one| one.name == "server_name");
        names.flat_map(|one| one.arguments.iter().map(String::as_str)).collect()
    }

    pub(crate) fn is_named(&self, host: &str) -> bool {
        self.names().iter().any(|name| name.eq_ignore_ascii_case(host))
    }

    /// The location that nginx takes for an address that holds no variable, regular expressions left aside.
    pub(crate) fn location(&self, path: &str) -> Option<&Location<'c>> {
        let fits = |location: &&Location<'c>| match location.modifier() {
            (Modifier::Exact | Modifier::Named, own) => own == path,
            (Modifier::Prefix | Modifier::Final, own) => path.starts_with(own),
            (Modifier::Regex, _) => false,
        };
        let exact = |location: &Location<'_>| location.modifier().0 == Modifier::Exact;
        self.locations.iter().filter(fits).max_by_key(|one| (exact(one), one.modifier().1.len()))
    }

    /// Whether it answers everything by sending elsewhere or refusing, as one that leads from http to https.
    pub(crate) fn only_returns(&self) -> bool {
        let returns = |level: &[Directive]| level.iter().find(|one| one.name == "return").is_some_and(is_no_content);
        let all = self.locations.iter().all(|location| returns(location.scope.own()));
        returns(self.scope.own()) || (all && self.location("/").is_some())
    }
}

/// A redirect or an error, and no page.
pub(crate) fn is_no_content(answer: &Directive) -> bool {
    let code = answer.argument(0);
    code.starts_with(['3', '4', '5']) || answer.arguments.len() == 1
}

fn collect_locations<'c>(scope: &Scope<'c>, found: &mut Vec<Location<'c>>) {
    for directive in scope.own().iter().filter(|one| one.name == "location") {
        let inner = scope.enter(directive);
        found.push(Location { directive, scope: inner.clone() });
        collect_locations(&inner, found);
    }
}

impl<'c> Location<'c> {
    pub(crate) fn modifier(&self) -> (Modifier, &'c str) {
        Modifier::of(self.directive)
    }

    /// How it is written, for sentences.
    pub(crate) fn shown(&self) -> String {
        format!("location {}", self.directive.arguments.join(" "))
    }

    /// Its own directives and those of its `if`s.
    pub(crate) fn own_and_ifs(&self) -> impl Iterator<Item = &'c Directive> {
        let own = self.scope.own();
        own.iter().chain(own.iter().filter(|one| one.name == "if").flat_map(Directive::inside))
    }

    /// What hands requests on; none means files, or a `return`.
    pub(crate) fn pass(&self) -> Option<&'c Directive> {
        self.own_and_ifs().find(|one| HANDLERS.contains(&one.name.as_str()) && one.name != "return")
    }

    /// Whether all it does is to answer with a `return`.
    pub(crate) fn only_returns(&self) -> bool {
        self.pass().is_none() && self.scope.own().iter().any(|one| one.name == "return")
    }

    pub(crate) fn is_internal(&self) -> bool {
        self.scope.own().iter().any(|one| one.name == "internal")
    }

    /// Where it asks first; `None` if nowhere.
    pub(crate) fn asks(&self) -> Option<&'c Directive> {
        self.scope.one("auth_request").filter(|one| one.argument(0) != "off")
    }

    fn is_check(&self) -> bool {
        self.pass().is_some_and(|pass| path_of(pass.argument(0)) == QUESTION)
    }
}

impl<'c> Block<'c> {
    fn of(server: &Server<'c>, facts: &Facts) -> Option<Self> {
        let registered = facts.apps.iter().flatten().any(|app| app.is_behind(server));
        let ours = |location: &&Location<'c>| location.is_check();
        let asked = server.locations.iter().filter_map(Location::asks).map(|one| one.argument(0));
        let asked = asked.clone().find_map(|path| server.location(path));
        let likely = asked.filter(|location| registered || location.modifier().1.starts_with("/_gk/"));
        let check = server.locations.iter().find(ours).or(likely).cloned();
        let is_one = check.is_some() || (registered && !server.only_returns());
        is_one.then(|| Self { server: server.clone(), check })
    }

    /// What it sends gk-validate as X-GK-App.
    pub(crate) fn slug(&self) -> &'c str {
        let header = self.check.as_ref().and_then(|check| check.scope.header("proxy_set_header", "X-GK-App"));
        header.map_or("", |header| header.argument(1))
    }

    /// What is known of its app.
    pub(crate) fn app<'f>(&self, facts: &'f Facts) -> Option<&'f AppFacts> {
        let mut apps = facts.apps.iter().flatten();
        apps.clone().find(|app| app.is_behind(&self.server)).or_else(|| apps.find(|app| app.slug == self.slug()))
    }

    /// Its locations but the check.
    pub(crate) fn pages(&self) -> impl Iterator<Item = &Location<'c>> {
        let check = self.check.as_ref().map(|check| std::ptr::from_ref(check.directive));
        self.server.locations.iter().filter(move |one| Some(std::ptr::from_ref(one.directive)) != check)
    }

    /// Those that hand on to the app what was checked.
    pub(crate) fn checked_passes(&self) -> impl Iterator<Item = (&Location<'c>, &'c Directive)> {
        let checked = self.pages().filter(|location| location.asks().is_some());
        checked.filter_map(|location| location.pass().map(|pass| (location, pass)))
    }
}

/// `docs` of `http://docs/page`, `unix:/run/x.sock` of `http://unix:/run/x.sock:/page`.
pub(crate) fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    if let Some(path) = rest.strip_prefix("unix:") {
        let length = path.find(':').unwrap_or(path.len());
        return rest.get(.."unix:".len() + length).unwrap_or(rest);
    }
    rest.split('/').next().unwrap_or(rest)
}

/// The path that a `proxy_pass` puts in the place of the asked one; empty if it names none.
pub(crate) fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.strip_prefix(authority(url)).unwrap_or_default();
    path.strip_prefix(':').unwrap_or(path)
}
