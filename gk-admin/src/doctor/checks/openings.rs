//! Ways past the check: locations without it, and answers that nginx gives before it asks.

use super::super::facts::{Facts, OpenFacts};
use super::super::finding::Finding;
use super::super::nginx::Directive;
use super::super::site::{Block, Location, Site};

pub(super) fn check(site: &Site<'_>, facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for block in &site.blocks {
        if block.check.is_none() && block.pages().all(|location| location.asks().is_none()) {
            found.push(unprotected(block));
            continue;
        }
        found.extend(early_answers(block.server.scope.own()));
        for location in block.pages() {
            found.extend(of_location(block, location, facts));
        }
    }
    found
}

fn unprotected(block: &Block<'_>) -> Finding {
    Finding::wrong(
        "unprotected-host",
        block.server.directive,
        format!("{} belongs to a registered app, and nothing asks gk-validate", block.server.names().join(" ")),
        "Write this server as gk apps nginx prints it.",
    )
}

fn of_location(block: &Block<'_>, location: &Location<'_>, facts: &Facts) -> Vec<Finding> {
    let is_open = || block.app(facts).is_some_and(|app| app.open_paths.iter().any(|open| is_that(location, open)));
    if facts.apps.is_none() && location.own_and_ifs().any(|one| one.says("if", "($gk_odd_path)")) {
        return vec![open_for_all_we_know(location)];
    }
    if location.only_returns() && location.asks().is_none() || location.is_internal() || is_open() {
        return Vec::new();
    }
    let Some(asks) = location.asks() else { return vec![unchecked(location)] };
    let mut found = early_answers(location.scope.own());
    let asked = block.server.location(asks.argument(0)).map(|one| std::ptr::from_ref(one.directive));
    if asked.is_none() || asked != block.check.as_ref().map(|check| std::ptr::from_ref(check.directive)) {
        found.push(another_asked(asks));
    }
    found.extend(any_of_several(location));
    found
}

/// The location of this open path, for those networks and no others.
fn is_that(location: &Location<'_>, open: &OpenFacts) -> bool {
    let own = location.scope.own();
    let allowed = own.iter().filter(|one| one.name == "allow").map(|one| one.argument(0));
    location.directive.arguments.join(" ") == open.location
        && allowed.eq(open.networks.iter().map(String::as_str))
        && (open.networks.is_empty() || own.iter().any(|one| one.says("deny", "all")))
}

fn open_for_all_we_know(location: &Location<'_>) -> Finding {
    let what =
        format!("{} is open without sign-in; only the database says whether it is meant to be", location.shown());
    Finding::warning("open-path-unknown", location.directive, what, "Run gk doctor where it can read the database.")
}

fn unchecked(location: &Location<'_>) -> Finding {
    let off = location.scope.own().iter().find(|one| one.says("auth_request", "off"));
    Finding::wrong(
        "unchecked-location",
        off.unwrap_or(location.directive),
        format!("{} is open to everybody: no auth_request counts there", location.shown()),
        "Have it inherit the server's auth_request /_gk/validate, or add its path to the app's open paths if it is meant to be open.",
    )
}

fn another_asked(asks: &Directive) -> Finding {
    Finding::wrong(
        "another-check",
        asks,
        format!(
            "auth_request leads to {}, and not to gk-validate: something else decides, or nothing",
            asks.argument(0)
        ),
        "Have it lead to the location = /_gk/validate that gk apps nginx prints.",
    )
}

/// `return` and `rewrite` run before `auth_request`, at their own level and in `if`. Errors give nothing away.
fn early_answers(level: &[Directive]) -> Vec<Finding> {
    let ifs = level.iter().filter(|one| one.name == "if").flat_map(Directive::inside);
    let answers = level.iter().chain(ifs).filter_map(|one| match one.name.as_str() {
        "return" if !one.argument(0).starts_with(['4', '5']) => Some(unchecked_answer(one)),
        "rewrite" if is_redirect(one) => Some(unchecked_answer(one)),
        _ => None,
    });
    answers.collect()
}

fn is_redirect(rewrite: &Directive) -> bool {
    matches!(rewrite.argument(2), "redirect" | "permanent")
        || rewrite.argument(1).starts_with("http://")
        || rewrite.argument(1).starts_with("https://")
        || rewrite.argument(1).starts_with("$scheme")
}

fn unchecked_answer(answer: &Directive) -> Finding {
    let what = format!("nginx answers with this {} before it asks gk-validate, so everybody gets it", answer.name);
    let mend = "Let the app answer, or serve a file; if everybody may have it, say so by auth_request off beside it.";
    if answer.argument(0).starts_with('3') || answer.name == "rewrite" {
        Finding::warning("answer-before-check", answer, what, mend)
    } else {
        Finding::wrong("answer-before-check", answer, what, mend)
    }
}

fn any_of_several(location: &Location<'_>) -> Option<Finding> {
    let satisfy = location.scope.one("satisfy").filter(|one| one.argument(0) == "any")?;
    Some(Finding::wrong(
        "satisfy-any",
        satisfy,
        format!("in {}, whoever an allow or auth_basic lets in is not checked", location.shown()),
        "Write satisfy all, or add the path to the app's open paths for these networks.",
    ))
}
