//! Who the app is told that somebody is: gk-validate's word, and never the visitor's.

use super::super::facts::Facts;
use super::super::finding::Finding;
use super::super::nginx::{Directive, Scope};
use super::super::site::{Location, Site};

/// What gk-validate says.
const OURS: [&str; 4] = ["X-Auth-User", "X-Auth-Name", "X-Auth-Role", "X-Auth-Groups"];
/// What other products say it by, and what an app may therefore believe.
const OTHERS: [&str; 15] = [
    "X-Auth-Email",
    "X-Auth-Username",
    "X-Auth-Request-User",
    "X-Auth-Request-Email",
    "X-Auth-Request-Groups",
    "X-Auth-Request-Preferred-Username",
    "X-WebAuth-User",
    "Remote-User",
    "Remote-Name",
    "Remote-Email",
    "Remote-Groups",
    "X-Remote-User",
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Forwarded-Groups",
];
/// What lets somebody in.
const SECRETS: [&str; 3] = ["Cookie", "Authorization", "X-GK-Token"];
/// What gateways call the address that was asked for, which some apps decide by.
const ADDRESSES: [&str; 5] =
    ["X-Original-URI", "X-Original-URL", "X-Original-Method", "X-Rewrite-URL", "X-Forwarded-Uri"];

pub(super) fn check(site: &Site<'_>, _: &Facts) -> Vec<Finding> {
    let mut found = underscores(site);
    for (location, pass) in site.blocks.iter().flat_map(|block| block.checked_passes().collect::<Vec<_>>()) {
        if pass.name == "proxy_pass" {
            found.extend(missing(location, pass));
            found.extend(location.scope.list("proxy_set_header").into_iter().filter_map(|one| forged(location, one)));
        } else {
            found.extend(other_protocol(location, pass));
        }
    }
    found
}

/// Headers that nginx passes on as they came, because nothing is said of them where it counts.
fn missing(location: &Location<'_>, pass: &Directive) -> Option<Finding> {
    let list = location.scope.list("proxy_set_header");
    let unsaid = |names: &[&'static str]| {
        let said = |name: &&&str| list.iter().any(|one| one.argument(0).eq_ignore_ascii_case(name));
        names.iter().filter(|name| !said(name)).copied().collect::<Vec<_>>()
    };
    let (ours, others) = (unsaid(&OURS), unsaid(&[OTHERS.as_slice(), ADDRESSES.as_slice()].concat()));
    let (at, shown) = (list.first().copied().unwrap_or(pass), location.shown());
    if replaces(location) && !(ours.is_empty() && unsaid(&SECRETS).is_empty()) {
        let what = format!(
            "{shown} has a proxy_set_header of its own, which replaces all of the server's: whom a visitor claims to be reaches the app"
        );
        return Some(Finding::wrong(
            "headers-replaced",
            at,
            what,
            "Repeat all proxy_set_header lines that gk apps nginx prints in it.",
        ));
    }
    let names = ours.iter().chain(&others).copied().collect::<Vec<_>>().join(", ");
    let what = format!("in {shown} a visitor's own {names} reaches the app");
    let mend = "Repeat the proxy_set_header lines that gk apps nginx prints for these names.";
    match (ours.is_empty(), others.is_empty()) {
        (false, _) => Some(Finding::wrong("identity-forged", at, what, mend)),
        (true, false) => Some(Finding::warning("identity-of-others", at, what, mend)),
        (true, true) => None,
    }
}

/// Whether it has a `proxy_set_header` of its own, which leaves none of its server's.
pub(super) fn replaces(location: &Location<'_>) -> bool {
    location.scope.own().iter().any(|one| one.name == "proxy_set_header")
}

/// A header that names somebody must be empty or gk-validate's; a decoded address in one is a way to write more headers.
fn forged(location: &Location<'_>, header: &Directive) -> Option<Finding> {
    let (name, value) = (header.argument(0), header.argument(1));
    if ["$uri", "$document_uri"].iter().any(|decoded| mentions(value, decoded)) {
        let what = format!("{name} holds $uri, which is decoded: %0d%0a in an address becomes a header of its own");
        return Some(Finding::wrong("header-injection", header, what, "Use $request_uri, which is as it came."));
    }
    let names_somebody = |one: &&&str| one.eq_ignore_ascii_case(name);
    if !OURS.iter().chain(&OTHERS).any(|one| names_somebody(&one)) {
        return None;
    }
    let foreign = variables(value).into_iter().find(|variable| !is_said(&location.scope, variable))?;
    let what = format!("{name} gets ${foreign}, which gk-validate does not say here");
    let mend =
        "Set it by auth_request_set $gk_… $upstream_http_x_auth_…; at the same level as the others, or write \"\".";
    Some(Finding::wrong("identity-not-ours", header, what, mend))
}

/// Whether an `auth_request_set` that counts gives it what gk-validate answered.
fn is_said(scope: &Scope<'_>, variable: &str) -> bool {
    let sets = |one: &&Directive| one.argument(0).strip_prefix('$') == Some(variable);
    let source = scope.list("auth_request_set").into_iter().find(sets).map_or("", |one| one.argument(1));
    source.starts_with("$upstream_http_x_auth_")
}

/// FastCGI and its like take every header of the visitor's, whatever proxy_set_header says.
fn other_protocol(location: &Location<'_>, pass: &Directive) -> Option<Finding> {
    let (directive, name) = match pass.name.as_str() {
        "grpc_pass" => ("grpc_set_header", "X-Auth-User"),
        "fastcgi_pass" => ("fastcgi_param", "HTTP_X_AUTH_USER"),
        "uwsgi_pass" => ("uwsgi_param", "HTTP_X_AUTH_USER"),
        "scgi_pass" => ("scgi_param", "HTTP_X_AUTH_USER"),
        _ => return None,
    };
    let set = location.scope.header(directive, name);
    if set.is_some_and(|set| variables(set.argument(1)).iter().all(|variable| is_said(&location.scope, variable))) {
        return None;
    }
    let what =
        format!("by {} a visitor's own X-Auth-User reaches the app: proxy_set_header says nothing here", pass.name);
    Some(Finding::wrong(
        "identity-forged",
        pass,
        what,
        format!("Write {directive} {name} $gk_user; and the like for the other names."),
    ))
}

/// The first server of a listener decides how request lines are read, so any counts.
fn underscores(site: &Site<'_>) -> Vec<Finding> {
    let everywhere = site.http.iter().chain(site.servers.iter().flat_map(|server| server.directive.inside()));
    let on = everywhere.filter(|one| one.says("underscores_in_headers", "on"));
    let found = on.map(|one| {
        let what = "X_Auth_User passes, and many apps read it as X-Auth-User";
        Finding::wrong("underscores", one, what, "Write underscores_in_headers off; or leave it out.")
    });
    found.collect()
}

/// The names of the variables in a value.
pub(super) fn variables(value: &str) -> Vec<&str> {
    let after = value.split('$').skip(1).map(|rest| rest.trim_start_matches('{'));
    let name = |rest: &'_ str| rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    after.filter_map(|rest| rest.get(..name(rest))).collect()
}

/// Whether this variable, and not one whose name only begins like it, stands in a value.
pub(super) fn mentions(value: &str, variable: &str) -> bool {
    variables(value).contains(&variable.trim_start_matches('$'))
}
