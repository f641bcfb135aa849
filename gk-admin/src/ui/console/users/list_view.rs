//! The list of people, and the question before the same is done to many.

use gk_service::model::{Direction, Group, GroupKind, Status, User, UserSort};
use gk_service::service::console::Waiting;
use gk_service::service::users::MOST_BROWSED;
use maud::{Markup, html};

use super::Shown;
use crate::ui::console::{Problem, export, nav};
use crate::ui::kit::{self, Heading, Tone};
use crate::ui::typed::Typed;
use crate::ui::{paths, time};

/// What stands for somebody's state.
pub(super) fn state(user: &User) -> Markup {
    html! {
        @match user.status {
            Status::Approved if user.enabled => {},
            Status::Approved => {},
            Status::Pending => (kit::badge(Tone::Waits, "pending")),
            Status::Rejected => (kit::badge(Tone::Bad, "rejected")),
        }
        @if !user.enabled { (kit::badge(Tone::Bad, "disabled")) }
        @if user.admin { (kit::badge(Tone::Good, "administrator")) }
        @if !user.directory.is_empty() { (kit::badge(Tone::Plain, &user.directory)) }
    }
}

pub(super) fn list(shown: &Shown) -> Markup {
    html! {
        (nav(&shown.waiting, paths::USERS))
        @if let Some(sentence) = done(shown) { (kit::toast(&sentence)) }
        div.toolbar {
            h1 { "Users" }
            div.actions { a href=(paths::IMPORT) { "Import" } a.button href=(paths::NEW_USER) { "Add somebody" } }
        }
        (filters(shown))
        div #list {
            div.toolbar {
                p.subtle role="status" { (total(shown)) }
                @if !shown.part.rows.is_empty() { (export::buttons(paths::EXPORT_USERS, &shown.asked.narrowing())) }
            }
            @if shown.part.rows.is_empty() { (nobody(shown)) } @else { (people(shown)) }
        }
    }
}

fn done(shown: &Shown) -> Option<String> {
    let count = shown.asked.count.unwrap_or(0);
    let people = kit::counted(count, "person was", "people were");
    match shown.asked.done.as_str() {
        "approve" => Some(format!("{people} approved.")),
        "enable" => Some(format!("{people} enabled.")),
        "disable" => Some(format!("{people} disabled and signed out.")),
        "join" => Some(format!("{people} put into the group.")),
        "grant" => Some(format!("{people} let into the app.")),
        "deleted" => Some("The account was deleted. The audit keeps what it did.".to_owned()),
        _ => None,
    }
}

/// One more than are looked through may stand for any number.
fn total(shown: &Shown) -> String {
    let (total, most) = (shown.part.total, MOST_BROWSED);
    if total == most + 1 { format!("more than {most} people") } else { kit::counted(total, "person", "people") }
}

/// The way on from the last part that is shown of a very long list.
fn others(shown: &Shown) -> Markup {
    let (sort, turned) = (shown.order.sort, shown.order.direction.turned());
    html! {
        p.hint {
            "There are more people than are looked through one by one. Search for a part of a name, choose a filter, or "
            a href=(shown.asked.at(1, sort, turned)) { "begin at the other end" } ". Exports hold everybody."
        }
    }
}

fn nobody(shown: &Shown) -> Markup {
    let sentence = "Nobody matches. Take a filter away, or look for another part of the name or address.";
    html! { (kit::empty(sentence)) p.actions { a href=(paths::USERS) { "Show everybody" } @if shown.asked.search.contains('@') { a href=(paths::NEW_USER) { "Add somebody" } } } }
}

/// Where scripts run, the list follows what is typed; elsewhere the button does it.
fn filters(shown: &Shown) -> Markup {
    let asked = &shown.asked;
    let groups = shown.groups.iter().filter(|group| group.kind != GroupKind::Directory);
    let mut of_groups = vec![("", "any group")];
    of_groups.extend(groups.map(|group| (group.name.as_str(), group.name.as_str())));
    html! {
        form.filters method="get" action=(paths::USERS) role="search"
            hx-get=(paths::USERS) hx-trigger="input delay:300ms, submit" hx-target="#list" hx-select="#list" hx-swap="outerHTML" hx-push-url="true" {
            (kit::field("search", "Search", None, &html! {
                input #search type="search" name="search" value=(asked.search) placeholder="name, e-mail or group" maxlength="200" autocomplete="off" spellcheck="false";
            }))
            (kit::field("status", "Status", None, &kit::select("status", "status", &[("", "any"), ("approved", "approved"), ("pending", "pending"), ("rejected", "rejected")], &asked.status)))
            (kit::field("account", "Account", None, &kit::select("account", "account", &[("", "any"), ("enabled", "enabled"), ("disabled", "disabled")], &asked.account)))
            (kit::field("rank", "Rank", None, &kit::select("rank", "rank", &[("", "any"), ("admins", "administrators")], &asked.rank)))
            (kit::field("kind", "From", None, &kit::select("kind", "kind", &[("", "anywhere"), ("internal", "inside"), ("external", "outside"), ("directory", "a directory")], &asked.kind)))
            (kit::field("group", "Group", None, &kit::select("group", "group", &of_groups, &asked.group)))
            @if !asked.sort.is_empty() { input type="hidden" name="sort" value=(asked.sort); input type="hidden" name="order" value=(asked.order); }
            button type="submit" { "Search" }
        }
    }
}

fn people(shown: &Shown) -> Markup {
    let headings = [
        Heading::Ticks("user"),
        heading(shown, "Who", UserSort::Fullname),
        heading(shown, "User name", UserSort::Username),
        heading(shown, "E-mail", UserSort::Email),
        Heading::Text("State"),
        heading(shown, "Since", UserSort::Created),
        heading(shown, "Changed", UserSort::Updated),
    ];
    let rows = shown.part.rows.iter().map(|user| row(user, shown)).collect::<Vec<_>>();
    let (sort, direction) = (shown.order.sort, shown.order.direction);
    html! {
        form.many method="post" action=(paths::MANY_USERS) {
            (kit::table_under("People", &headings, &rows))
            (shown.paging.links(shown.part.total.min(MOST_BROWSED), |page| shown.asked.at(page, sort, direction)))
            @if shown.part.total > MOST_BROWSED && shown.paging.is_last(MOST_BROWSED) { (others(shown)) }
            (many(shown))
        }
    }
}

fn heading<'h>(shown: &Shown, label: &'h str, sort: UserSort) -> Heading<'h> {
    let sorted = (shown.order.sort == sort).then_some(shown.order.direction);
    let next = sorted.map_or(Direction::Ascending, Direction::turned);
    Heading::Sorts(label, shown.asked.at(1, sort, next), sorted)
}

fn row(user: &User, shown: &Shown) -> Vec<Markup> {
    let name = user.display_name();
    vec![
        html! { input type="checkbox" name="user" value=(user.id.0) aria-label={ "Choose " (user.email) }; },
        html! { a.whole href=(paths::of(paths::USER, user.id.0)) { (name) } },
        html! { @if user.username.as_str() == user.email.as_str() { span.subtle { "the e-mail" } } @else { (user.username) } },
        html! { span.address { (user.email) } },
        state(user),
        time::ago(user.created_at, shown.now),
        time::ago(user.updated_at, shown.now),
    ]
}

/// What can be done to those who are ticked.
fn many(shown: &Shown) -> Markup {
    let local = |group: &&Group| group.kind == GroupKind::Local;
    let groups =
        shown.groups.iter().filter(local).map(|group| (group.name.as_str(), group.name.as_str())).collect::<Vec<_>>();
    let apps = shown.apps.iter().map(|app| (app.slug.as_str(), app.name.as_str())).collect::<Vec<_>>();
    let mut what = vec![("", "choose…"), ("approve", "approve"), ("disable", "disable"), ("enable", "enable")];
    if !groups.is_empty() {
        what.push(("join", "put into the group"));
    }
    if !apps.is_empty() {
        what.push(("grant", "let into the app"));
    }
    html! {
        fieldset.inline {
            legend { "Those who are ticked" }
            (kit::field("what", "Do", None, &kit::select("what", "what", &what, "")))
            @if !groups.is_empty() { (kit::field("into", "Group", None, &kit::select("into", "group", &groups, ""))) }
            @if !apps.is_empty() {
                (kit::field("app", "App", None, &kit::select("app", "app", &apps, "")))
                (kit::field("role", "Role, if any", None, &html! { input #role type="text" name="role" maxlength="64" autocapitalize="none" spellcheck="false"; }))
                (kit::field("until", "Until, if not for good", None, &html! { input #until type="date" name="until"; }))
            }
            button type="submit" { "Go on…" }
        }
    }
}

/// Asks back before the same is done to many.
pub(super) fn sure(waiting: &Waiting, people: &[User], typed: &Typed, problem: Option<&Problem>) -> Markup {
    let said = |name: &str| typed.one(name).unwrap_or_default().to_owned();
    let count = kit::counted(i64::try_from(people.len()).unwrap_or(i64::MAX), "person", "people");
    let what = match typed.one("what").unwrap_or_default() {
        "approve" => format!("Approve {count}"),
        "enable" => format!("Enable {count}"),
        "disable" => format!("Disable {count}"),
        "join" => format!("Put {count} into the group {}", said("group")),
        _ => format!("Let {count} into {}", said("app")),
    };
    html! {
        (nav(waiting, paths::USERS))
        h1 { (what) "?" }
        @if let Some(problem) = problem { (problem.notice()) }
        ul.names { @for user in people { li { (kit::person(&user.fullname, user.email.as_str())) " " (state(user)) } } }
        form method="post" action=(paths::MANY_USERS) {
            @for name in ["what", "group", "app", "role", "until"] { @if let Some(value) = typed.one(name) { input type="hidden" name=(name) value=(value); } }
            @for user in people { input type="hidden" name="user" value=(user.id.0); }
            input type="hidden" name="sure" value="yes";
            p.actions { button.danger[typed.one("what") == Some("disable")] type="submit" { (what) } a href=(paths::USERS) { "Leave it" } }
        }
    }
}
