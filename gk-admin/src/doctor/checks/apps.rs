//! Which app a block says it is, and which apps there are.

use super::super::facts::{AppFacts, Facts};
use super::super::finding::{Finding, Group, Outcome};
use super::super::site::{Block, Site};
use super::servers::loose;

pub(super) fn check(site: &Site<'_>, facts: &Facts) -> Vec<Finding> {
    let mut found = site.blocks.iter().filter_map(|block| named(block, facts)).collect::<Vec<_>>();
    found.extend(site.blocks.iter().filter_map(|block| outdated(block, facts)));
    found.extend(twice(site, facts));
    found.extend(without_block(site, facts));
    found
}

/// The app a block names is a literal, registered, and the one whose host it answers for.
fn named(block: &Block<'_>, facts: &Facts) -> Option<Finding> {
    let check = block.check.as_ref()?;
    let header = check.scope.header("proxy_set_header", "X-GK-App");
    let (at, slug) = (header.unwrap_or(check.directive), block.slug());
    if slug.is_empty() {
        let what = "gk-validate is not told which app is asked for, and lets nobody in";
        return Some(Finding::wrong(
            "app-missing",
            at,
            what,
            "Write proxy_set_header X-GK-App with the app's slug in this location.",
        ));
    }
    if slug.contains('$') {
        let what = format!("which app is asked for comes from {slug}, so whoever asks may choose it");
        return Some(Finding::wrong("app-not-literal", at, what, "Write the app's slug itself behind X-GK-App."));
    }
    let apps = facts.apps.as_ref()?;
    let Some(app) = apps.iter().find(|app| app.slug == slug) else {
        let what = format!("no app is registered as {slug}");
        let mend = format!("gk apps add --slug {slug} …, or correct the slug.");
        return Some(Finding::wrong("app-unregistered", at, what, mend));
    };
    if let Some(other) = apps.iter().find(|other| other.slug != slug && other.is_behind(&block.server)) {
        let what = format!("this is the host of {}, and gk-validate is asked about {slug}", other.slug);
        return Some(Finding::wrong(
            "app-of-another-host",
            at,
            what,
            format!("Write proxy_set_header X-GK-App {};", other.slug),
        ));
    }
    if !app.is_behind(&block.server) && loose(&block.server).is_none() {
        let what = format!("none of these names is an origin of {slug}, so nobody is led back here after signing in");
        let at = block.server.scope.one("server_name").unwrap_or(block.server.directive);
        return Some(Finding::warning(
            "host-unregistered",
            at,
            what,
            format!("gk apps update --slug {slug} --origin …, or correct server_name."),
        ));
    }
    None
}

/// A block says which it is; one of an app that has changed since lets in, or keeps out, as it was before.
fn outdated(block: &Block<'_>, facts: &Facts) -> Option<Finding> {
    let check = block.check.as_ref()?;
    let app = facts.apps.as_ref()?.iter().find(|app| app.slug == block.slug() && app.is_behind(&block.server))?;
    let mend = format!("Write it anew: gk apps nginx --slug {} --upstream …", app.slug);
    let Some(header) = check.scope.header("proxy_set_header", "X-GK-Block") else {
        let what = "gk-validate is not told which block this is, so nobody can say whether it is out of date";
        return Some(Finding::warning("block-unmarked", check.directive, what, mend));
    };
    let what = format!("this block is not the one that would be made for {} now", app.slug);
    (header.argument(1) != app.mark.to_string()).then(|| Finding::warning("block-outdated", header, what, mend))
}

/// Without a list of apps, two hosts that ask for the same one are worth a look.
fn twice(site: &Site<'_>, facts: &Facts) -> Vec<Finding> {
    if facts.apps.is_some() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (position, block) in site.blocks.iter().enumerate() {
        let earlier = site.blocks.iter().take(position);
        let same = |other: &&Block<'_>| !block.slug().is_empty() && other.slug() == block.slug();
        let other_host = |other: &&Block<'_>| other.server.names() != block.server.names();
        let header = block.check.as_ref().and_then(|check| check.scope.header("proxy_set_header", "X-GK-App"));
        if let (Some(other), Some(header)) = (earlier.filter(same).find(other_host), header) {
            let what = format!(
                "{} and {} are both the app {}",
                other.server.names().join(" "),
                block.server.names().join(" "),
                block.slug()
            );
            found.push(Finding::warning(
                "app-twice",
                header,
                what,
                "Give each app its own slug, unless these are two hosts of one app.",
            ));
        }
    }
    found
}

fn without_block(site: &Site<'_>, facts: &Facts) -> Vec<Finding> {
    let has_block =
        |app: &&AppFacts| site.blocks.iter().any(|block| block.slug() == app.slug || app.is_behind(&block.server));
    let expected = facts.apps.iter().flatten().filter(|app| !app.elsewhere && !app.origins.is_empty());
    let missing = expected.filter(|app| !has_block(app)).map(|app| {
        let what = format!("the app {} is registered, and no server asks gk-validate about it", app.slug);
        let line = Finding::line(Group::Nginx, "app-without-block", Outcome::Warning, what);
        line.mended_by("Write its block with gk apps nginx; if another nginx protects it, run gk doctor there.")
    });
    missing.collect()
}
