//! What an app's page looks like.

use gk_service::model::{Grant, Holder};
use gk_service::service::console::Console;
use gk_shared::model::Role;
use maud::{Markup, html};

use super::grants::{Asked, Change, Shown};
use super::page::{Message, Section, head};
use crate::ui::console::grants::{Choice, last_used, span, undone, whom};
use crate::ui::console::offered::name_field;
use crate::ui::kit::{self, Tab, Tone};
use crate::ui::{paths, time};

pub(super) fn view(shown: &Shown, message: &Message, asked: &Asked) -> Markup {
    let here = paths::of_app(paths::APP, &shown.app.slug);
    html! {
        (head((&shown.waiting, shown.console), &shown.app, Section::Grants, message))
        (undone(shown.undo.as_ref(), &here))
        @if !shown.app.description.is_empty() { p { (shown.app.description) } }
        (choices(shown, &here))
        @if shown.listed.grants.is_empty() { (kit::empty(nobody(shown.choice))) } @else {
            (kit::table("Grants", &["Who", "Role", "When", "Given", "Last used", ""], &shown.listed.grants.iter().map(|(grant, _)| row(shown, grant)).collect::<Vec<_>>()))
            (shown.paging.links(shown.listed.total, |page| paths::with(&here, [("which", shown.choice.word()), ("page", Some(page.to_string()))])))
        }
        h2 { "Let somebody in" }
        (to_person(shown, &here, &asked.user))
        (to_group(shown))
        p.hint { "Administrators enter every app, and where the settings say so everybody from inside does: they need no grant. In force from the next request on; they are told by mail." }
    }
}

fn choices(shown: &Shown, here: &str) -> Markup {
    let hrefs = Choice::ALL.map(|choice| (choice, paths::with(here, [("which", choice.word())])));
    let tabs = hrefs.each_ref().map(|(choice, href)| Tab {
        href,
        label: choice.label(),
        count: None,
        here: *choice == shown.choice,
    });
    kit::tabs("Which grants", &tabs)
}

fn nobody(choice: Choice) -> &'static str {
    match choice {
        Choice::All => "Nobody has a grant yet. Let somebody in below.",
        Choice::Unused => "Every grant that is older than 90 days was used in them.",
        Choice::Expiring => "No grant ends within 30 days.",
    }
}

/// Where a form of the page is sent.
fn to(shown: &Shown, change: Change) -> String {
    paths::of_app(paths::CHANGE_GRANT, &shown.app.slug).replace("{change}", change.word())
}

fn row(shown: &Shown, grant: &Grant) -> Vec<Markup> {
    vec![
        whom(grant),
        html! { @match &grant.role { Some(role) => (kit::badge(tone(shown, role), role.as_str())), None => span.subtle { "none" } } },
        span(grant, shown.now),
        html! { (time::ago(grant.granted_at, shown.now)) br; span.subtle { "by " (grant.granted_by) } @if !grant.note.is_empty() { br; span.subtle { (grant.note) } } },
        last_used(grant, shown.now),
        html! { @if is_theirs(shown, grant) { (edit(shown, grant)) (take(shown, grant)) } },
    ]
}

fn tone(shown: &Shown, role: &Role) -> Tone {
    if shown.app.admin_roles.contains(role) { Tone::Good } else { Tone::Plain }
}

/// Groups are an administrator's to give to and to take from.
fn is_theirs(shown: &Shown, grant: &Grant) -> bool {
    shown.console == Console::Everything || matches!(grant.holder, Holder::User(_))
}

fn edit(shown: &Shown, grant: &Grant) -> Markup {
    let day = |at: Option<_>| at.map(time::day).unwrap_or_default();
    // The end of a day is the first moment after it.
    let last = grant.expires_at.map(|at| at.plus(-1));
    kit::confirm(
        "Change…",
        &html! {
            form.invite method="post" action=(to(shown, Change::Edit)) {
                input type="hidden" name="grant" value=(grant.id);
                (fields(shown, &format!("of-{}", grant.id), &Known {
                    role: grant.role.as_ref().map(Role::as_str).unwrap_or_default(), from: &day(grant.starts_at), until: &day(last), note: &grant.note,
                }))
                input type="hidden" name="from_before" value=(day(grant.starts_at));
                input type="hidden" name="until_before" value=(day(last));
                label.choice { input type="checkbox" name="tell" value="yes"; "Tell them by mail" }
                button type="submit" { "Save" }
            }
        },
    )
}

fn take(shown: &Shown, grant: &Grant) -> Markup {
    html! {
        form method="post" action=(to(shown, Change::Take)) {
            input type="hidden" name="grant" value=(grant.id);
            button.quiet type="submit" aria-label={ "Take back the grant of " (grant.holder_name) } { "Take back" }
        }
    }
}

/// What is known of a grant.
#[derive(Default)]
struct Known<'k> {
    role: &'k str,
    from: &'k str,
    until: &'k str,
    note: &'k str,
}

/// The fields of a grant; several of these forms are on a page.
fn fields(shown: &Shown, form: &str, known: &Known<'_>) -> Markup {
    let id = |name: &str| format!("{form}-{name}");
    let date = |name: &str, label: &str, value: &str| {
        kit::field(&id(name), label, None, &html! { input id=(id(name)) type="date" name=(name) value=(value); })
    };
    html! {
        (kit::field(&id("role"), "Role, if any", None, &html! {
            input id=(id("role")) type="text" name="role" value=(known.role) maxlength="64" list=(id("roles")) autocomplete="off" autocapitalize="none" spellcheck="false";
            datalist id=(id("roles")) { @for role in &shown.app.roles { option value=(role) {} } }
        }))
        (date("from", "From, if not at once", known.from))
        (date("until", "Until, if not for good", known.until))
        (kit::field(&id("note"), "Note", None, &html! { input id=(id("note")) type="text" name="note" value=(known.note) maxlength="500" autocomplete="off"; }))
    }
}

fn to_person(shown: &Shown, here: &str, typed: &str) -> Markup {
    html! {
        form.inline method="post" action=(to(shown, Change::Give)) {
            (name_field(here, typed, &shown.offered))
            (fields(shown, "person", &Known::default()))
            button type="submit" { "Let in" }
        }
    }
}

fn to_group(shown: &Shown) -> Markup {
    let groups = shown.groups.iter().map(|group| (group.name.as_str(), group.name.as_str())).collect::<Vec<_>>();
    html! {
        @if !groups.is_empty() {
            (kit::confirm("A whole group…", &html! {
                form.inline method="post" action=(to(shown, Change::Give)) {
                    (kit::field("group", "Group", None, &kit::select("group", "group", &groups, "")))
                    (fields(shown, "group", &Known::default()))
                    button type="submit" { "Let the group in" }
                }
            }))
        }
    }
}
