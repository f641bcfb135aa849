//! Which path leads to which handler.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, patch, post, put};

use super::users::{about, bulk, grants, named, numbered};
use super::{
    access, account, apps, audit, central, directories, export, groups, import, keys, kinds, paths, properties,
};
use super::{requests, sessions, settings, signin, system};
use crate::app::App;
use crate::sheets;

/// A body with a picture in it may be so long.
const MOST_LONG_BYTES: usize = 192 * 1024;

/// Paths whose clients know errors by the word `error`.
pub(super) fn in_the_shape_of_apps() -> Router<App> {
    for_apps().merge(about_people())
}

/// Paths whose clients know errors by the word `detail`.
pub(super) fn of_consoles() -> Router<App> {
    for_people()
        .merge(for_admins())
        .merge(for_consoles())
        .merge(about_settings())
        .merge(for_the_system())
        .merge(about_directories())
}

/// Paths that nobody knew before.
pub(super) fn of_its_own() -> Router<App> {
    for_lists().merge(for_keys())
}

/// What an app's own server asks: paths and shapes that its client libraries know.
fn for_apps() -> Router<App> {
    Router::new()
        .route(paths::RESOLVE, post(central::resolve))
        .route(paths::SEND_MAGIC_LINK, post(central::send_magic_link))
        .route(paths::VERIFY_MAGIC_LINK, post(central::verify_magic_link))
        .route(paths::CREATE_TOKEN, post(central::create_token))
        .route(paths::VERIFY_TOKEN, post(central::verify_token))
}

/// People, groups and properties, as programs of apps see to them.
fn about_people() -> Router<App> {
    Router::new()
        .route(paths::USERS, get(named::list).post(named::add))
        .route(paths::USER, get(named::one).patch(named::change).delete(named::remove))
        .route(paths::ROTATE_SALT, post(sessions::end_all_of))
        .route(paths::GROUPS_OF_USER, get(named::groups_of))
        .route(paths::ABOUT_USER, get(about::show))
        .route(paths::COPY_GROUPS, post(about::copy_groups))
        .route(paths::SESSION, delete(about::end_session))
        .route(paths::PROPERTY_KINDS, get(kinds::list))
        .route(paths::PROPERTY_KIND, get(kinds::holders).patch(kinds::rename).delete(kinds::remove))
        .route(paths::PROPERTIES, get(properties::list).put(properties::set_several).delete(properties::unset_several))
        .route(paths::PROPERTY, get(properties::one).put(properties::set).delete(properties::unset))
        .route(paths::GROUPS, get(groups::list).post(groups::add))
        .route(paths::GROUP, get(groups::one).patch(groups::change).delete(groups::remove))
        .route(paths::MEMBERS, get(groups::members).post(groups::join))
        .route(paths::MEMBER, delete(groups::leave))
        .route(paths::APP_SALT, get(sessions::app_salt))
        .route(paths::ROTATE_APP_SALT, post(sessions::end_everybodys))
}

/// People, as consoles see to them.
fn for_consoles() -> Router<App> {
    Router::new()
        .route(paths::PEOPLE, get(numbered::list).post(numbered::add))
        .route(paths::WAITING_PEOPLE, get(numbered::waiting))
        .route(paths::MANY_PEOPLE, post(bulk::many))
        .route(paths::MANY_GRANTS, post(grants::give))
        .route(paths::ONE_PERSON, get(numbered::one).patch(numbered::change).delete(numbered::remove))
        .route(paths::APPROVE_PERSON, post(numbered::approve))
        .route(paths::REJECT_PERSON, post(numbered::reject))
}

/// What self-service asks, for the person who is signed in.
fn for_people() -> Router<App> {
    Router::new()
        .route(paths::REGISTER, post(signin::register))
        .route(paths::REGISTER_VERIFY, post(signin::enter_registered))
        .route(paths::SIGNIN, post(signin::ask))
        .route(paths::SIGNIN_VERIFY, post(signin::enter))
        .route(paths::SIGNOUT, post(signin::signout))
        .route(paths::ME, get(account::me).patch(account::update).delete(account::remove))
        .route(paths::MY_APPS, get(account::own_apps))
        .route(paths::REQUEST_APP, post(requests::ask))
        .route(paths::PUBLIC_APPS, get(account::public_apps))
        .route(paths::PRIVATE_APPS, get(account::other_apps))
}

/// What those ask who administer, by session or by key.
fn for_admins() -> Router<App> {
    Router::new()
        .route(paths::APPS, get(apps::list).post(apps::add))
        .route(paths::APP, get(apps::one).patch(apps::change).delete(apps::remove))
        .route(paths::RENAME_ROLE, post(apps::rename_role))
        .route(paths::GRANTS_OF_APP, get(apps::grants::list).post(apps::grants::give))
        .route(paths::GRANT_OF_APP, patch(apps::grants::edit).delete(apps::grants::take))
        .route(paths::PEOPLE_OF_APP, get(apps::people::list))
        .route(paths::GRANT, post(apps::people::grant))
        .route(paths::REVOKE, delete(apps::people::revoke))
        .route(paths::KEYS_OF_APP, get(apps::keys::list).post(apps::keys::make))
        .route(paths::KEY_OF_APP, delete(apps::keys::remove))
        .route(paths::AUDIT_OF_APP, get(apps::history))
        .route(paths::TAKE_GRANTS, post(apps::grants::take_many))
        .route(paths::GIVE_BACK, post(apps::grants::give_back))
        .route(paths::REQUESTS, get(requests::pending))
        .route(paths::REQUESTS_OF_APP, get(requests::of_app))
        .route(paths::APPROVE_REQUEST, post(requests::approve))
        .route(paths::REJECT_REQUEST, post(requests::reject))
        .route(paths::EXPLAIN, get(access::explain))
        .route(paths::WHO, get(access::who))
        .route(paths::WHERE, get(access::places))
        .route(paths::AUDIT, get(audit::list))
        .route(paths::AUDIT_ROW, get(audit::one))
        .route(paths::VERIFY_AUDIT, get(audit::verify))
        .route(paths::FORWARD_AUDIT, get(audit::forwarding))
}

/// What the installation is set to.
fn about_settings() -> Router<App> {
    Router::new()
        .route(paths::LOGO, put(settings::set_logo).delete(settings::clear_logo))
        .layer(DefaultBodyLimit::max(MOST_LONG_BYTES))
        .route(paths::SETTINGS, get(settings::list).patch(settings::change))
        .route(paths::SETTING, get(settings::one).put(settings::set).delete(settings::unset))
}

/// Backups and keys.
fn for_the_system() -> Router<App> {
    Router::new()
        .route(paths::BACKUPS, get(system::backups).post(system::back_up))
        .route(paths::BACKUP_FILE, post(system::download))
        .route(paths::SYSTEM_KEYS, get(system::keys))
        .route(paths::ROTATE_SIGNING_KEY, post(system::rotate_signing_key))
        .route(paths::ROTATE_ROOT_KEY, post(system::rotate_root_key))
}

/// Where people come from besides this installation.
fn about_directories() -> Router<App> {
    Router::new()
        .route(paths::DIRECTORIES, get(directories::list).post(directories::add))
        .route(paths::DIRECTORY, get(directories::one).patch(directories::change).delete(directories::remove))
        .route(paths::TEST_DIRECTORY, post(directories::test))
        .route(paths::PEOPLE_OF_DIRECTORY, get(directories::people).post(directories::provision))
        .route(
            paths::REFRESH_DIRECTORY,
            get(directories::latest).post(directories::refresh).delete(directories::cancel),
        )
}

/// What takes more than other requests bring.
fn for_lists() -> Router<App> {
    Router::new()
        .route(paths::IMPORT_USERS, post(import::import))
        .layer(DefaultBodyLimit::max(sheets::MOST_BYTES))
        .route(paths::EXPORT, get(export::take))
}

/// API keys, of everybody for administrators and one's own.
fn for_keys() -> Router<App> {
    Router::new()
        .route(paths::KEYS, get(keys::list).post(keys::make))
        .route(paths::KEY, patch(keys::change).delete(keys::remove))
        .route(paths::MY_KEYS, get(keys::own).post(keys::make_own))
        .route(paths::MY_KEY, delete(keys::remove_own))
}
