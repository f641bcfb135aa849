//! What must not reach the app: the session's cookie and API keys; and what else a visitor may claim.

use super::super::facts::Facts;
use super::super::finding::Finding;
use super::super::nginx::{Directive, Scope};
use super::super::site::{Location, Site};
use super::identity::{mentions, replaces, variables};

/// Maps that lead on to maps.
const MOST_MAPS: usize = 32;

pub(super) fn check(site: &Site<'_>, facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for block in &site.blocks {
        for (location, pass) in block.checked_passes().filter(|(_, pass)| pass.name == "proxy_pass") {
            let sets = |name| location.scope.header("proxy_set_header", name).is_some();
            // Said already, as one thing, where a location replaces all headers.
            let said = replaces(location) && !["Cookie", "Authorization", "X-GK-Token"].into_iter().all(sets);
            if !said {
                found.extend(cookie(site, location, pass));
                found.extend(keys(site, location, pass));
            }
            found.extend(upgrade(&location.scope));
            found.extend(claimed_address(&location.scope));
        }
    }
    let auth = site.servers.iter().filter(|server| facts.auth_host().is_some_and(|host| server.is_named(host)));
    found.extend(auth.flat_map(|server| server.locations.iter().filter_map(|one| claimed_address(&one.scope))));
    found
}

fn cookie(site: &Site<'_>, location: &Location<'_>, pass: &Directive) -> Option<Finding> {
    let header = location.scope.header("proxy_set_header", "Cookie");
    if header.is_some_and(|header| is_clean(site, header.argument(1), "http_cookie", "gk_session")) {
        return None;
    }
    let at = header.or(location.scope.one("proxy_set_header")).unwrap_or(pass);
    let what = "the session's cookie reaches the app, which can then go anywhere as whoever visits it";
    Some(Finding::wrong(
        "cookie-reaches-app",
        at,
        what,
        "Write proxy_set_header Cookie $gk_cookie; with the maps that gk apps nginx --shared prints.",
    ))
}

fn keys(site: &Site<'_>, location: &Location<'_>, pass: &Directive) -> Option<Finding> {
    let header = |name| location.scope.header("proxy_set_header", name);
    let first = || location.scope.one("proxy_set_header").unwrap_or(pass);
    let (authorization, token) = (header("Authorization"), header("X-GK-Token"));
    let kept = authorization.is_some_and(|one| is_clean(site, one.argument(1), "http_authorization", "gk_"));
    if kept && token.is_some_and(|one| one.argument(1).is_empty()) {
        return None;
    }
    let at = if kept { token } else { authorization };
    let what = "API keys reach the app, which can then use them as their owner";
    let mend = "Write proxy_set_header Authorization $gk_authorization; and proxy_set_header X-GK-Token \"\";";
    Some(Finding::wrong("key-reaches-app", at.unwrap_or_else(first), what, mend))
}

/// Whether a value is free of a secret: none of its variables is the header itself, unless a map on the way there
/// looks for the secret.
fn is_clean(site: &Site<'_>, value: &str, header: &str, secret: &str) -> bool {
    let mut names = variables(value);
    for _ in 0..MOST_MAPS {
        if names.is_empty() {
            return true;
        }
        if names.contains(&header) {
            return false;
        }
        let maps = names.iter().filter_map(|name| map(site, name)).filter(|map| !looks_for(map, secret));
        names = maps.flat_map(|map| variables(map.argument(0))).collect();
    }
    false
}

fn map<'c>(site: &Site<'c>, variable: &str) -> Option<&'c Directive> {
    site.http.iter().find(|one| one.name == "map" && one.argument(1).strip_prefix('$') == Some(variable))
}

/// A pattern of such a map names the secret, and what it gives is not the header as it came.
fn looks_for(map: &Directive, secret: &str) -> bool {
    map.inside().iter().any(|case| case.name.contains(secret) && !mentions(case.argument(0), map.argument(0)))
}

/// Any upgrade but to a WebSocket is a line on which nothing is checked any more.
fn upgrade(scope: &Scope<'_>) -> Option<Finding> {
    let header =
        scope.header("proxy_set_header", "Upgrade").filter(|one| mentions(one.argument(1), "$http_upgrade"))?;
    let what = "a visitor's \"Upgrade: h2c\" reaches the app: what follows on that connection is not checked";
    Some(Finding::wrong(
        "upgrade-any",
        header,
        what,
        "Write proxy_set_header Upgrade $gk_upgrade; which passes WebSockets alone.",
    ))
}

fn claimed_address(scope: &Scope<'_>) -> Option<Finding> {
    let header = scope.header("proxy_set_header", "X-Forwarded-For")?;
    let claimed = ["$proxy_add_x_forwarded_for", "$http_x_forwarded_for"];
    let claimed = claimed.iter().any(|name| mentions(header.argument(1), name));
    let what = "a visitor may claim any address: what they send in X-Forwarded-For goes along";
    claimed.then(|| {
        Finding::warning(
            "address-claimed",
            header,
            what,
            "Write proxy_set_header X-Forwarded-For $remote_addr; and set_real_ip_from behind another proxy.",
        )
    })
}
