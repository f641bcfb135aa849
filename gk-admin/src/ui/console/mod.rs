//! `/admin`: what waits for whoever administers, and the way to the console's pages.

mod apps;
mod audit;
mod changes;
mod dashboard;
mod directories;
mod effects;
mod explanation;
mod export;
mod grants;
mod groups;
mod guard;
mod import;
mod invitations;
mod keys;
mod mail;
mod offered;
mod people;
mod properties;
mod requests;
mod settings;
mod system;
mod users;

use crate::sheets::MOST_BYTES;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use gk_service::service::console::{self, Console, Waiting};
use gk_service::service::settings::MOST_LOGO_BYTES;
use gk_service::service::{Refusal, View};
use maud::{Markup, html};

use self::guard::AppsVisitor;
use self::offered::offered;
use crate::app::App;
use crate::ui::errors::{UiError, in_the_way};
use crate::ui::kit::{self, Tab, Tone};
use crate::ui::page::Page;
use crate::ui::{AppState, paths};

/// Every path of the console.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route(paths::ADMIN, get(front))
        .route(paths::REQUESTS, get(requests::show))
        .route(paths::APPROVE_REQUEST, post(requests::approve))
        .route(paths::REJECT_REQUEST, post(requests::reject))
        .route(paths::INVITATIONS, get(invitations::show).post(invitations::make))
        .route(paths::WITHDRAW_INVITATION, post(invitations::withdraw))
        .route(paths::PEOPLE, get(people::show))
        .route(paths::APPROVE_PERSON, post(people::approve))
        .route(paths::REJECT_PERSON, post(people::reject))
        .merge(lists())
        .route(paths::KEYS, get(keys::show).post(keys::make))
        .route(paths::CHANGE_KEY, post(keys::change))
        .merge(all_mail())
        .merge(all_settings())
        .merge(all_directories())
        .route(paths::BACKUPS, get(system::backups::show).post(system::backups::take))
        .route(paths::TAKE_BACKUP, post(system::backups::take_away))
        .route(paths::SYSTEM_KEYS, get(system::keys::show))
        .route(paths::ROTATE_KEY, post(system::keys::change))
        .route(paths::SQL, get(system::sql::show).post(system::sql::ask))
        .route(paths::EXPORT_ANSWER, post(system::sql::export))
        .route(paths::AUDIT, get(audit::list))
        .route(paths::EXPORT_AUDIT, post(audit::take))
        .route(paths::VERIFY_AUDIT, post(audit::verify))
        .route(paths::AUDIT_ROW, get(audit::show))
        .merge(all_apps())
        .route(paths::USERS, get(users::list).post(users::add))
        .route(paths::NEW_USER, get(users::new))
        .route(paths::EXPORT_USERS, post(export::users))
        .route(paths::EXPORT_GROUPS, post(export::groups))
        .route(paths::EXPORT_PROPERTIES, post(export::properties))
        .route(paths::EXPORT_KEYS, post(export::keys))
        .route(paths::MANY_USERS, post(users::many))
        .route(paths::USER, get(users::show))
        .route(paths::USER_PLACES, get(users::places::show))
        .route(paths::CHANGE_USER, post(users::change))
        .route(paths::GROUPS, get(groups::list).post(groups::add))
        .route(paths::GROUP, get(groups::show))
        .route(paths::CHANGE_GROUP, post(groups::change))
        .route(paths::PROPERTIES, get(properties::list).post(properties::add))
        .route(paths::PROPERTY, get(properties::show))
        .route(paths::CHANGE_PROPERTY, post(properties::change))
}

/// What takes more than other forms bring: a file, and what the form adds to it.
fn lists() -> Router<App> {
    Router::new()
        .route(paths::IMPORT, get(import::show).post(import::preview))
        .route(paths::IMPORT_CONFIRMED, post(import::carry_out))
        .route(paths::IMPORT_REPORT, post(import::report))
        .layer(DefaultBodyLimit::max(MOST_BYTES + 64 * 1024))
}

fn all_apps() -> Router<App> {
    Router::new()
        .route(paths::APPS, get(apps::list).post(apps::add))
        .route(paths::NEW_APP, get(apps::new))
        .route(paths::APP, get(apps::grants::show))
        .route(paths::CHANGE_GRANT, post(apps::grants::change))
        .route(paths::APP_PEOPLE, get(apps::people::show))
        .route(paths::APP_SETTINGS, get(apps::settings::show).post(apps::settings::save))
        .route(paths::RENAME_ROLE, post(apps::settings::rename_role))
        .route(paths::REMOVE_APP, post(apps::settings::remove))
        .route(paths::APP_SETUP, get(apps::setup::show))
        .route(paths::APP_NGINX, get(apps::nginx::show))
        .route(paths::APP_KEYS, get(apps::keys::show).post(apps::keys::make))
        .route(paths::CHANGE_APP_KEY, post(apps::keys::change))
        .route(paths::APP_HISTORY, get(apps::history::show))
        .route(paths::GRANTS, get(grants::show))
        .route(paths::MANY_GRANTS, get(grants::many::show).post(grants::many::give))
        .route(paths::TAKE_GRANTS, post(grants::take))
        .route(paths::GIVE_BACK, post(grants::give_back))
}

fn all_settings() -> Router<App> {
    Router::new()
        .route(paths::SET_LOGO, post(settings::set_logo))
        .layer(DefaultBodyLimit::max(MOST_LOGO_BYTES + 64 * 1024))
        .route(paths::SYSTEM_SETTINGS, get(settings::first))
        .route(paths::SECTION, get(settings::show).post(settings::save))
        .route(paths::CLEAR_LOGO, post(settings::clear_logo))
        .route(paths::TEST_MAIL, post(settings::send_test_mail))
}

fn all_directories() -> Router<App> {
    Router::new()
        .route(paths::DIRECTORIES, get(directories::list).post(directories::add))
        .route(paths::NEW_DIRECTORY, get(directories::new))
        .route(paths::DIRECTORY, get(directories::show).post(directories::save))
        .route(paths::DIRECTORY_PEOPLE, get(directories::search))
        .route(paths::CHANGE_DIRECTORY, post(directories::change))
}

fn all_mail() -> Router<App> {
    Router::new()
        .route(paths::MAIL, get(mail::show))
        .route(paths::RETRY_ALL_MAIL, post(mail::retry_all))
        .route(paths::RETRY_MAIL, post(mail::retry))
        .route(paths::DROP_MAIL, post(mail::discard))
        .route(paths::SUPPRESS_MAIL, post(mail::suppress))
        .route(paths::UNSUPPRESS_MAIL, post(mail::unsuppress))
}

/// GET /admin
pub(super) async fn front(State(app): AppState, AppsVisitor(there): AppsVisitor) -> Result<Response, UiError> {
    match there.console {
        Console::Everything => dashboard::page(&app, &there).await,
        Console::OwnApps | Console::Closed => {
            let waiting = app.read(there.caller.clone(), |view: &View<'_>| console::waiting(view)).await?;
            Ok(Page::new("Console").of_console(&there).body(&front_view(&waiting)))
        }
    }
}

/// Why nothing was done: said on the list where it was asked for.
struct Problem {
    status: StatusCode,
    sentence: String,
}

impl Problem {
    /// What whoever decides can read there; or a page of its own. `list` is where to come back to after signing in.
    fn of(refusal: Refusal, list: &str) -> Result<Self, UiError> {
        let (status, sentence) = in_the_way(refusal, list)?;
        Ok(Self { status, sentence })
    }

    fn notice(&self) -> Markup {
        kit::notice(Tone::Bad, &html! { strong { "Nothing was done: " } (self.sentence) "." })
    }
}

/// The way between the console's pages, `here` being one of their paths.
pub(super) fn nav(waiting: &Waiting, here: &str) -> Markup {
    let tab = |href, label, count| Tab { href, label, count, here: href == here };
    let mut tabs = vec![
        tab(paths::ADMIN, "Overview", None),
        tab(paths::REQUESTS, "Requests", Some(waiting.requests)),
        tab(paths::APPS, "Apps", None),
    ];
    if let Some(people) = waiting.people {
        tabs.push(tab(paths::PEOPLE, "Waiting", Some(people)));
        tabs.push(tab(paths::USERS, "Users", None));
        tabs.push(tab(paths::GROUPS, "Groups", None));
        tabs.push(tab(paths::PROPERTIES, "Properties", None));
        tabs.push(tab(paths::INVITATIONS, "Invitations", None));
        tabs.push(tab(paths::KEYS, "Keys", None));
        tabs.push(tab(paths::MAIL, "Mail", None));
        tabs.push(tab(paths::SYSTEM_SETTINGS, "Settings", None));
        tabs.push(tab(paths::BACKUPS, "System", None));
        tabs.push(tab(paths::AUDIT, "Audit", None));
    }
    kit::tabs("Console", &tabs)
}

/// What whoever administers some apps begins with.
fn front_view(waiting: &Waiting) -> Markup {
    html! {
        (nav(waiting, paths::ADMIN))
        h1 { "Console" }
        p.subtle { @if waiting.requests == 0 { "All is quiet: nobody waits for you." } @else { "This waits for you." } }
        ul.figures { li { a.figure.waits[waiting.requests > 0] href=(paths::REQUESTS) {
            strong { (waiting.requests) }
            span { @if waiting.requests == 1 { "request for access" } @else { "requests for access" } }
        } } }
    }
}
