//! What keeps answers: nginx, browsers; and what stays open after a revocation.

use super::super::facts::Facts;
use super::super::finding::Finding;
use super::super::nginx::Directive;
use super::super::site::{Block, Location, Site};
use super::identity::mentions;

const CACHES: [&str; 4] = ["proxy_cache", "fastcgi_cache", "uwsgi_cache", "scgi_cache"];
/// As long as a quiet WebSocket may outlive a revocation without a word.
const MOST_QUIET_SECONDS: u64 = 600;

pub(super) fn check(site: &Site<'_>, facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for block in &site.blocks {
        found.extend(block.check.iter().filter_map(cached_decision));
        for (location, pass) in block.checked_passes() {
            found.extend(CACHES.iter().filter_map(|cache| cached_page(location, cache)));
            found.extend(browser(block, location, pass, facts));
            found.extend(long_socket(location));
        }
    }
    found
}

fn cached_decision(check: &Location<'_>) -> Option<Finding> {
    let cache = check.scope.one("proxy_cache").filter(|one| one.argument(0) != "off")?;
    let what =
        "nginx keeps gk-validate's answers: a revoked person stays in, and one person's answer may serve another";
    Some(Finding::wrong("check-cached", cache, what, "Write proxy_cache off; in the check's location."))
}

/// One person's page for all; unless the key of the cache names the person.
fn cached_page(location: &Location<'_>, directive: &'static str) -> Option<Finding> {
    let cache = location.scope.one(directive).filter(|one| one.argument(0) != "off")?;
    let key = location.scope.value(&format!("{directive}_key"));
    let personal = location.scope.list("auth_request_set");
    let personal =
        personal.iter().filter(|one| one.argument(1) == "$upstream_http_x_auth_user").map(|one| one.argument(0));
    if personal.into_iter().any(|user| mentions(key, user)) {
        return None;
    }
    let what = format!("nginx keeps the pages of {} and gives one person's to another", location.shown());
    let mend = format!("Write {directive} off; or put $gk_user into {directive}_key.");
    Some(Finding::wrong("page-cached", cache, what, mend))
}

/// The headers that browsers and search engines go by.
fn browser(block: &Block<'_>, location: &Location<'_>, pass: &Directive, facts: &Facts) -> Vec<Finding> {
    let scope = &location.scope;
    let at = scope.one("add_header").unwrap_or(pass);
    let mut found = Vec::new();
    if scope.header("add_header", "Cache-Control").is_none() && scope.one("expires").is_none() {
        let what = format!(
            "pages of {} that say nothing of caching open from the browser's cache after sign-out",
            location.shown()
        );
        let mend = "Write add_header Cache-Control $gk_cache; here: an add_header of a location's own replaces all of its server's.";
        found.push(Finding::warning("page-kept-by-browser", at, what, mend));
    }
    let hidden = block.app(facts).is_some_and(|app| app.noindex);
    if hidden && scope.header("add_header", "X-Robots-Tag").is_none() {
        let what = format!("the app shall stay out of search engines, and {} does not say so", location.shown());
        let mend = "Write add_header X-Robots-Tag \"noindex, nofollow\" always;";
        found.push(Finding::warning("search-engines", at, what, mend));
    }
    found
}

/// A WebSocket is checked when it opens, and never again.
fn long_socket(location: &Location<'_>) -> Option<Finding> {
    let upgrade = location.scope.header("proxy_set_header", "Upgrade")?;
    let timeout = location.scope.one("proxy_read_timeout").filter(|_| !upgrade.argument(1).is_empty())?;
    let seconds = seconds(timeout.argument(0)).filter(|seconds| *seconds > MOST_QUIET_SECONDS)?;
    let what = format!("an open WebSocket outlives a revocation until it is quiet for {seconds} seconds");
    let mend =
        format!("Write at most proxy_read_timeout {MOST_QUIET_SECONDS}s; and have the app close sockets by itself.");
    Some(Finding::warning("websocket-outlives", timeout, what, mend))
}

/// `1h 30m` is written with a blank in quotes, or joined.
fn seconds(text: &str) -> Option<u64> {
    let (mut total, mut number, mut rest) = (0_u64, String::new(), text.chars().peekable());
    while let Some(next) = rest.next() {
        if next.is_ascii_digit() {
            number.push(next);
            continue;
        }
        let unit = match (next, rest.peek()) {
            ('m', Some('s')) => {
                number.clear();
                rest.next();
                continue;
            }
            ('s', _) => 1,
            ('m', _) => 60,
            ('h', _) => 3600,
            ('d', _) => 86400,
            ('w', _) => 7 * 86400,
            ('M', _) => 30 * 86400,
            ('y', _) => 365 * 86400,
            (' ', _) => continue,
            _ => return None,
        };
        total = total.saturating_add(number.parse::<u64>().ok()?.saturating_mul(unit));
        number.clear();
    }
    let last = if number.is_empty() { 0 } else { number.parse().ok()? };
    Some(total.saturating_add(last))
}
