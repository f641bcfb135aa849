//! The location that asks gk-validate: what it sends, and who may reach it.

use super::super::facts::Facts;
use super::super::finding::Finding;
use super::super::nginx::Directive;
use super::super::site::{Block, Location, QUESTION, Site, path_of};

pub(super) fn check(site: &Site<'_>, facts: &Facts) -> Vec<Finding> {
    let both = site.blocks.iter().filter_map(|block| block.check.as_ref().map(|check| (block, check)));
    both.flat_map(|(block, check)| {
        let mut found = reached(site, check, facts);
        found.extend(sent(check));
        found.extend(body_size(block, check));
        found.extend(headers(check, facts));
        found
    })
    .collect()
}

/// Who reaches it, and what it reaches.
fn reached(site: &Site<'_>, check: &Location<'_>, facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    if !check.is_internal() {
        let what = "visitors can open the check itself, and try cookies and keys there";
        found.push(Finding::warning("check-not-internal", check.directive, what, "Write internal; in this location."));
    }
    let is_preflight = |one: &&Directive| one.says("if", "($gk_preflight)");
    let conditions = check.scope.own().iter().filter(|one| one.name == "if" && !is_preflight(one));
    let answers = check.scope.own().iter().chain(conditions.flat_map(Directive::inside));
    for answer in answers.filter(|one| one.name == "return") {
        let what = "nginx answers here in gk-validate's place: a 2xx lets everybody in";
        let mend = "Take it out: only gk-validate decides. The one exception is if ($gk_preflight) { return 204; }.";
        found.push(Finding::wrong("check-answers-itself", answer, what, mend));
    }
    let Some(pass) = check.pass() else {
        let what = "the check asks nobody";
        let mend = format!("Write proxy_pass http://gatekeeper_validate{QUESTION};");
        found.push(Finding::wrong("check-path", check.directive, what, mend));
        return found;
    };
    if path_of(pass.argument(0)) != QUESTION {
        let what = format!("gk-validate answers at {QUESTION} only: anything else is 404, and 500 for visitors");
        found.push(Finding::wrong(
            "check-path",
            pass,
            what,
            format!("End the address with {QUESTION}, without a slash behind it."),
        ));
    }
    if asks_admin(site, pass, facts) {
        let what = "the check asks gk-admin, which decides nothing: every page becomes a 500";
        found.push(Finding::wrong("check-asks-admin", pass, what, "Pass to the upstream of gk-validate."));
    }
    found
}

/// Whether it leads to where the auth host's pages come from.
fn asks_admin(site: &Site<'_>, pass: &Directive, facts: &Facts) -> bool {
    let host = facts.auth_host();
    let auth = site.servers.iter().filter(|server| host.is_some_and(|host| server.is_named(host)));
    let admin = auth.flat_map(|server| server.locations.iter().filter_map(Location::pass));
    let admin = admin.flat_map(|pass| addresses(site, pass)).collect::<Vec<_>>();
    addresses(site, pass).iter().any(|address| admin.contains(address))
}

fn addresses(site: &Site<'_>, pass: &Directive) -> Vec<String> {
    site.addresses(pass).into_iter().map(str::to_owned).collect()
}

/// What of the visitor's request goes along.
fn sent(check: &Location<'_>) -> Vec<Finding> {
    let scope = &check.scope;
    let at = |name: &str| scope.one(name).unwrap_or(check.directive);
    let mut found = Vec::new();
    if scope.value("proxy_pass_request_headers") != "off" {
        let what = "the visitor's own headers reach gk-validate, and a request with hundreds of them ends with 500";
        let mend = "Write proxy_pass_request_headers off; in this location.";
        found.push(Finding::wrong("check-request-headers", at("proxy_pass_request_headers"), what, mend));
    }
    if scope.value("proxy_pass_request_body") != "off" {
        let what = "a body is announced to gk-validate and never comes: uploads hang and end with 500";
        let mend = "Write proxy_pass_request_body off; in this location.";
        found.push(Finding::wrong("check-request-body", at("proxy_pass_request_body"), what, mend));
    }
    if scope.header("proxy_set_header", "Content-Length").is_none_or(|header| !header.argument(1).is_empty()) {
        let what = "Content-Length goes along without a body: uploads hang and end with 500";
        let at = scope.header("proxy_set_header", "Content-Length").unwrap_or(check.directive);
        found.push(Finding::wrong(
            "check-content-length",
            at,
            what,
            "Write proxy_set_header Content-Length \"\"; in this location.",
        ));
    }
    found
}

/// The body's size is looked at in the check's location too, and there it is a 500.
fn body_size(block: &Block<'_>, check: &Location<'_>) -> Option<Finding> {
    let limit = |location: &Location<'_>| {
        location.scope.one("client_max_body_size").map_or(1 << 20, |one| size(one.argument(0)))
    };
    let own = limit(check);
    let widest = block.pages().filter(|one| one.asks().is_some()).max_by_key(|one| limit(one))?;
    if own >= limit(widest) {
        return None;
    }
    let at = check.scope.one("client_max_body_size").unwrap_or(check.directive);
    let what =
        format!("{} takes larger bodies than the check's location does: what is larger ends with 500", widest.shown());
    Some(Finding::wrong(
        "check-body-size",
        at,
        what,
        "Write client_max_body_size at the server, or client_max_body_size 0; in the check's location.",
    ))
}

/// `8m` in bytes; 0 stands for any size.
fn size(text: &str) -> u64 {
    let (digits, factor) = match text.char_indices().last() {
        Some((end, 'k' | 'K')) => (text.get(..end), 1 << 10),
        Some((end, 'm' | 'M')) => (text.get(..end), 1 << 20),
        Some((end, 'g' | 'G')) => (text.get(..end), 1 << 30),
        _ => (Some(text), 1),
    };
    match digits.and_then(|digits| digits.parse::<u64>().ok()) {
        Some(0) => u64::MAX,
        Some(number) => number.saturating_mul(factor),
        None => 1 << 20,
    }
}

fn headers(check: &Location<'_>, facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut expect = |name: &str,
                      value: &str,
                      why: &str,
                      outcome: fn(&'static str, &Directive, String, String) -> Finding,
                      label| {
        let header = check.scope.header("proxy_set_header", name);
        if header.is_none_or(|header| header.argument(1) != value) {
            let mend = format!("Write proxy_set_header {name} {value}; in this location.");
            found.push(outcome(label, header.unwrap_or(check.directive), why.to_owned(), mend));
        }
    };
    expect(
        "Cookie",
        "$http_cookie",
        "gk-validate does not see the cookies as they came: nobody, or not everybody, gets in",
        Finding::wrong,
        "check-cookie",
    );
    expect(
        "Authorization",
        "$http_authorization",
        "API keys in Authorization do not reach gk-validate",
        Finding::warning,
        "check-key",
    );
    expect(
        "X-GK-Token",
        "$http_x_gk_token",
        "API keys in X-GK-Token do not reach gk-validate",
        Finding::warning,
        "check-key",
    );
    if let Some(host) = facts.auth_host() {
        expect(
            "Host",
            host,
            "the check is asked under another host than the auth host",
            Finding::warning,
            "check-host",
        );
    }
    found
}
