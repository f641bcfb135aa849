//! Where visitors are sent: to literal hosts, with the address as it came.

use super::super::facts::Facts;
use super::super::finding::Finding;
use super::super::nginx::Directive;
use super::super::site::{Server, Site};
use super::identity::mentions;

pub(super) fn check(site: &Site<'_>, facts: &Facts) -> Vec<Finding> {
    let is_ours = |server: &&Server<'_>| {
        let auth = facts.auth_host().is_some_and(|host| server.is_named(host));
        auth || site.blocks.iter().any(|block| std::ptr::eq(block.server.directive, server.directive))
    };
    let servers = site.servers.iter().filter(is_ours);
    servers.flat_map(|server| answers(server.directive)).filter_map(judge).collect()
}

/// All that may send somewhere, at any depth.
fn answers(server: &Directive) -> Vec<&Directive> {
    let (mut found, mut open) = (Vec::new(), vec![server]);
    while let Some(block) = open.pop() {
        for one in block.inside() {
            match one.name.as_str() {
                "return" | "rewrite" | "add_header" => found.push(one),
                _ => open.push(one),
            }
        }
    }
    found
}

fn judge(answer: &Directive) -> Option<Finding> {
    let target = match answer.name.as_str() {
        "rewrite" if answer.argument(1).contains("://") => answer.argument(1),
        "return" | "add_header" => answer.argument(1),
        _ => return None,
    };
    if ["$uri", "$document_uri"].iter().any(|decoded| mentions(target, decoded)) {
        let what = "$uri is decoded: %0d%0a in an address becomes a header of its own, and a=1&b=2 is cut";
        return Some(Finding::wrong("redirect-decoded", answer, what, "Use $request_uri, which is as it came."));
    }
    if ["$host", "$http_host"].iter().any(|chosen| mentions(target, chosen)) {
        let what = "the host comes from the request: \"GET http://elsewhere/\" sends people, and what is in the address, there";
        return Some(Finding::wrong("redirect-host", answer, what, "Write the host out."));
    }
    // nginx cannot encode, so everything behind redirect= is one address, and must be the last.
    let behind = target.split_once("redirect=").map(|(_, rest)| rest)?;
    let asked = behind.find("$request_uri").and_then(|start| behind.get(start + "$request_uri".len()..))?;
    let what = "something stands behind $request_uri, and is taken for a part of the address";
    (!asked.is_empty())
        .then(|| Finding::warning("redirect-not-last", answer, what, "Write redirect=…$request_uri at the very end."))
}
