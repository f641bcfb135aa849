//! What visitors get who are not let in: the error pages, and what replaces them.

use super::super::facts::Facts;
use super::super::finding::Finding;
use super::super::nginx::Directive;
use super::super::site::{Block, Location, Site};

pub(super) fn check(site: &Site<'_>, _: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for block in &site.blocks {
        for location in block.pages().filter(|one| one.asks().is_some() && !one.only_returns()) {
            found.extend(intercepted(location));
            found.extend(pages(block, location));
        }
        found.extend(block.server.scope.list("error_page").into_iter().filter_map(|page| checked_page(block, page)));
    }
    found
}

fn intercepted(location: &Location<'_>) -> Option<Finding> {
    let intercept = location.scope.one("proxy_intercept_errors").filter(|one| one.argument(0) == "on")?;
    let what = "the app's own 401, 403 and 500 are replaced, and send its users to sign in again and again";
    Some(Finding::wrong("errors-intercepted", intercept, what, "Write proxy_intercept_errors off;"))
}

fn pages(block: &Block<'_>, location: &Location<'_>) -> Vec<Finding> {
    let list = location.scope.list("error_page");
    let mut found = list.iter().filter_map(|page| changed(page)).collect::<Vec<_>>();
    let has = |code: &str| list.iter().any(|page| codes(page).any(|one| one == code));
    let lacking = ["401", "403", "500"].into_iter().filter(|code| !has(code)).collect::<Vec<_>>().join(", ");
    if !lacking.is_empty() {
        let own = location.scope.own().iter().find(|one| one.name == "error_page");
        let why = if own.is_some() { "; an error_page of a location's own replaces all of its server's" } else { "" };
        let at = own.or(list.first().copied()).unwrap_or(block.server.directive);
        let what = format!("visitors of {} see nginx's bare page for {lacking}{why}", location.shown());
        let mend = format!("Repeat the error_page lines that gk apps nginx prints for {lacking} here.");
        found.push(Finding::warning("error-page-missing", at, what, mend));
    }
    found
}

/// The codes an `error_page` is for.
fn codes(page: &Directive) -> impl Iterator<Item = &str> {
    let codes = page.arguments.iter().map(String::as_str);
    codes.take_while(|word| word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Which code goes out in the place of the one that came.
fn changed(page: &Directive) -> Option<Finding> {
    let new = page.arguments.iter().find_map(|word| word.strip_prefix('='));
    let is_for = |code: &str| codes(page).any(|one| one == code);
    if new.is_some_and(|code| code.starts_with('2')) && ["401", "403", "500"].into_iter().any(is_for) {
        let what = "a refusal goes out as a success: programs and caches take it for the page";
        return Some(Finding::wrong(
            "refusal-as-success",
            page,
            what,
            "Write = without a number, so that the page's own code counts.",
        ));
    }
    if new.is_none() && is_for("500") {
        let what = "when gk-validate does not answer, visitors get 500 instead of 503";
        return Some(Finding::warning(
            "unavailable-as-500",
            page,
            what,
            "Write error_page 500 = @gk_unavailable; with the = before the name.",
        ));
    }
    None
}

/// A page of the block's own is answered before the check; one that something else gives is checked like the page
/// that was refused, and refused.
fn checked_page(block: &Block<'_>, page: &Directive) -> Option<Finding> {
    codes(page).find(|code| ["401", "403", "500"].contains(code))?;
    let target = page.arguments.last()?;
    let location = block.server.location(target).filter(|_| target.starts_with(['@', '/']));
    let Some(location) = location else {
        let is_inside = target.starts_with(['@', '/']);
        let what = format!("there is no location {target}");
        return is_inside
            .then(|| Finding::wrong("error-page-nowhere", page, what, "Add it as gk apps nginx prints it."));
    };
    let checked = location.asks().is_some() && !location.only_returns();
    let what = format!("{} is itself checked: visitors see nginx's bare page", location.shown());
    checked.then(|| Finding::warning("error-page-checked", page, what, "Write auth_request off; in that location."))
}
