//! How nginx reaches gk-validate: on connections that are kept, and not for long when it is silent.

use super::super::facts::Facts;
use super::super::finding::Finding;
use super::super::nginx::Directive;
use super::super::site::{Location, Site, authority};

const MOST_PATIENCE: u64 = 10;

pub(super) fn check(site: &Site<'_>, _: &Facts) -> Vec<Finding> {
    let checks = site.blocks.iter().filter_map(|block| block.check.as_ref());
    checks.flat_map(|check| kept(site, check).into_iter().chain(patience(check))).collect()
}

/// Each of these three alone is a new connection for every request.
fn kept(site: &Site<'_>, check: &Location<'_>) -> Vec<Finding> {
    let Some(pass) = check.pass() else { return Vec::new() };
    let costs = "so every request opens a connection to gk-validate, at 2.6 times the cost";
    let mut found = Vec::new();
    match site.upstream(authority(pass.argument(0))) {
        Some(upstream) if upstream.inside().iter().all(|one| one.name != "keepalive") => {
            let what = format!("the upstream keeps no connections, {costs}");
            found.push(Finding::warning("connections-not-kept", upstream, what, "Write keepalive 32; in it."));
        }
        Some(_) => {}
        None => {
            let what = format!("the check passes to an address and no upstream, {costs}");
            let mend = "Pass to the upstream gatekeeper_validate, which gk apps nginx --shared prints.";
            found.push(Finding::warning("connections-not-kept", pass, what, mend));
        }
    }
    if check.scope.value("proxy_http_version") != "1.1" {
        let at = check.scope.one("proxy_http_version").unwrap_or(check.directive);
        let what = format!("the check speaks HTTP/1.0, {costs}");
        found.push(Finding::warning(
            "connections-not-kept",
            at,
            what,
            "Write proxy_http_version 1.1; in the check's location.",
        ));
    }
    let connection = check.scope.header("proxy_set_header", "Connection");
    if connection.is_none_or(|header| !header.argument(1).is_empty()) {
        let what = format!("the check says \"Connection: close\" or something of the visitor's, {costs}");
        let at = connection.unwrap_or(check.directive);
        found.push(Finding::warning(
            "connections-not-kept",
            at,
            what,
            "Write proxy_set_header Connection \"\"; in the check's location.",
        ));
    }
    found
}

fn patience(check: &Location<'_>) -> Vec<Finding> {
    let times = ["proxy_connect_timeout", "proxy_read_timeout"].into_iter();
    let long = times.filter_map(|name| {
        let set = check.scope.one(name);
        let is_short = set.is_some_and(is_short);
        let what = format!("a gk-validate that does not answer keeps every visitor waiting: {name} is longer than {MOST_PATIENCE} seconds");
        let mend = format!("Write {name} 2s; in the check's location.");
        (!is_short).then(|| Finding::warning("check-patience", set.unwrap_or(check.directive), what, mend))
    });
    long.collect()
}

fn is_short(time: &Directive) -> bool {
    let text = time.argument(0);
    text.ends_with("ms") || text.trim_end_matches('s').parse::<u64>().is_ok_and(|seconds| seconds <= MOST_PATIENCE)
}
