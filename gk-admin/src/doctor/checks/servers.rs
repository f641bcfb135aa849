//! Which server answers for which host name: exactly ours, and another one for all others.

use super::super::facts::Facts;
use super::super::finding::{Finding, Group, Outcome};
use super::super::nginx::Directive;
use super::super::site::{Server, Site};

pub(super) fn check(site: &Site<'_>, facts: &Facts) -> Vec<Finding> {
    let mut found = site.blocks.iter().filter_map(|block| loose_name(&block.server)).collect::<Vec<_>>();
    found.extend(site.blocks.iter().flat_map(|block| others(site, &block.server)));
    let is_there = |host: &str| site.servers.iter().any(|server| server.is_named(host));
    if let Some(host) = facts.auth_host().filter(|host| !site.blocks.is_empty() && !is_there(host)) {
        let what = format!("no server here is named {host}, where people are sent to sign in");
        let line = Finding::line(Group::Nginx, "auth-host-missing", Outcome::Warning, what);
        found.push(line.mended_by(
            "Write it with gk apps nginx --auth-host, or set server.public_url; if another nginx has it, run gk doctor there.",
        ));
    }
    found
}

/// A block stands for one app, so its hosts are written out.
fn loose_name(server: &Server<'_>) -> Option<Finding> {
    let at = server.scope.one("server_name").unwrap_or(server.directive);
    let what = format!("this block answers for hosts that nobody wrote out ({})", loose(server)?);
    Some(Finding::warning("server-name-loose", at, what, "Name the app's own hosts in server_name, one by one."))
}

/// A name that stands for several hosts.
pub(super) fn loose<'c>(server: &Server<'c>) -> Option<&'c str> {
    let names = server.names();
    let is_loose = |name: &&str| name.starts_with(['~', '*', '.']) || name.ends_with('*') || ["_", ""].contains(name);
    if names.is_empty() { Some("no server_name") } else { names.into_iter().find(is_loose) }
}

/// For each listener: what answers for host names that are not ours?
fn others(site: &Site<'_>, server: &Server<'_>) -> Vec<Finding> {
    let listens = server.scope.own().iter().filter(|one| one.name == "listen");
    listens
        .filter_map(|listen| {
            let same = |other: &&Server<'_>| listens_of(other).any(|one| one.argument(0) == listen.argument(0));
            let first =
                site.servers.iter().filter(same).find(|other| {
                    listens_of(other).any(|one| one.argument(0) == listen.argument(0) && is_default(one))
                });
            match first {
                None => {
                    let what = format!(
                        "no server is the default_server of {}, so the first one answers for every host name",
                        listen.argument(0)
                    );
                    Some(Finding::warning(
                        "default-server-missing",
                        listen,
                        what,
                        "Add the last server that gk apps nginx --shared prints.",
                    ))
                }
                Some(first) if std::ptr::eq(first.directive, server.directive) => {
                    let what = "this block answers for every host name that no other server has";
                    Some(Finding::warning(
                        "block-is-default",
                        listen,
                        what,
                        "Take default_server away here, and add the last server that gk apps nginx --shared prints.",
                    ))
                }
                Some(_) => None,
            }
        })
        .collect()
}

fn listens_of<'c>(server: &Server<'c>) -> impl Iterator<Item = &'c Directive> {
    server.directive.inside().iter().filter(|one| one.name == "listen")
}

fn is_default(listen: &Directive) -> bool {
    listen.arguments.iter().any(|word| word == "default_server" || word == "default")
}
