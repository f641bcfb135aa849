//! Every path of the pages, for routes and links alike.

use gk_service::model::AppPlace;
use gk_shared::model::Slug;
use url::form_urlencoded;

pub(super) const HOME: &str = "/";
pub(super) const SIGNIN: &str = "/signin";
pub(super) const REGISTER: &str = "/register";
pub(super) const SENT: &str = "/signin/sent";
pub(super) const LINK: &str = "/signin/link/{token}";
pub(super) const AGAIN: &str = "/signin/again";
pub(super) const SETTINGS: &str = "/settings";
pub(super) const SETTINGS_NAME: &str = "/settings/name";
pub(super) const SETTINGS_MAILS: &str = "/settings/mails";
pub(super) const SETTINGS_SESSION: &str = "/settings/sessions/end";
pub(super) const SETTINGS_OTHERS: &str = "/settings/sessions/end-others";
pub(super) const SETTINGS_EMAIL: &str = "/settings/email";
pub(super) const SETTINGS_EMAIL_CANCEL: &str = "/settings/email/cancel";
pub(super) const SETTINGS_EMAIL_LINK: &str = "/settings/email/{token}";
pub(super) const SETTINGS_KEYS: &str = "/settings/keys";
pub(super) const SETTINGS_KEY_DELETE: &str = "/settings/keys/delete";
pub(super) const SETTINGS_DELETE: &str = "/settings/delete";
pub(super) const INVITATION: &str = "/invitation/{token}";
pub(super) const SIGNOUT: &str = "/signout";
pub(super) const LOGIN: &str = "/auth/login";
pub(super) const LOGIN_GO: &str = "/auth/login/go";
pub(super) const VERIFY: &str = "/auth/verify";
pub(super) const LOGOUT: &str = "/auth/logout";
pub(super) const REQUEST_ACCESS: &str = "/request-access";
pub(super) const WITHDRAW_REQUEST: &str = "/request-access/withdraw";
pub(super) const ADMIN: &str = "/admin";
pub(super) const REQUESTS: &str = "/admin/requests";
pub(super) const APPROVE_REQUEST: &str = "/admin/requests/{id}/approve";
pub(super) const REJECT_REQUEST: &str = "/admin/requests/{id}/reject";
pub(super) const INVITATIONS: &str = "/admin/invitations";
pub(super) const WITHDRAW_INVITATION: &str = "/admin/invitations/{id}/withdraw";
pub(super) const IMPORT: &str = "/admin/users/import";
pub(super) const IMPORT_CONFIRMED: &str = "/admin/users/import/confirm";
pub(super) const IMPORT_REPORT: &str = "/admin/users/import/report";
pub(super) const KEYS: &str = "/admin/keys";
pub(super) const CHANGE_KEY: &str = "/admin/keys/{id}/{change}";
pub(super) const PEOPLE: &str = "/admin/people";
pub(super) const APPROVE_PERSON: &str = "/admin/people/{id}/approve";
pub(super) const REJECT_PERSON: &str = "/admin/people/{id}/reject";
pub(super) const USERS: &str = "/admin/users";
pub(super) const NEW_USER: &str = "/admin/users/new";
pub(super) const EXPORT_USERS: &str = "/admin/users/export";
pub(super) const EXPORT_GROUPS: &str = "/admin/groups/export";
pub(super) const EXPORT_PROPERTIES: &str = "/admin/properties/export";
pub(super) const EXPORT_KEYS: &str = "/admin/keys/export";
pub(super) const MANY_USERS: &str = "/admin/users/many";
pub(super) const USER: &str = "/admin/users/{id}";
pub(super) const USER_PLACES: &str = "/admin/users/{id}/places";
pub(super) const CHANGE_USER: &str = "/admin/users/{id}/{change}";
pub(super) const GROUPS: &str = "/admin/groups";
pub(super) const GROUP: &str = "/admin/groups/{id}";
pub(super) const CHANGE_GROUP: &str = "/admin/groups/{id}/{change}";
pub(super) const PROPERTIES: &str = "/admin/properties";
pub(super) const PROPERTY: &str = "/admin/properties/of";
pub(super) const CHANGE_PROPERTY: &str = "/admin/properties/of/{change}";
pub(super) const APPS: &str = "/admin/apps";
// Not below the apps, where it would be in the way of an app of that name.
pub(super) const NEW_APP: &str = "/admin/add-app";
pub(super) const APP: &str = "/admin/apps/{slug}";
pub(super) const CHANGE_GRANT: &str = "/admin/apps/{slug}/grants/{change}";
pub(super) const APP_PEOPLE: &str = "/admin/apps/{slug}/people";
pub(super) const APP_SETTINGS: &str = "/admin/apps/{slug}/settings";
pub(super) const RENAME_ROLE: &str = "/admin/apps/{slug}/rename-role";
pub(super) const REMOVE_APP: &str = "/admin/apps/{slug}/remove";
pub(super) const APP_SETUP: &str = "/admin/apps/{slug}/setup";
pub(super) const APP_NGINX: &str = "/admin/apps/{slug}/nginx";
pub(super) const APP_KEYS: &str = "/admin/apps/{slug}/keys";
pub(super) const CHANGE_APP_KEY: &str = "/admin/apps/{slug}/keys/{id}/{change}";
pub(super) const APP_HISTORY: &str = "/admin/apps/{slug}/history";
pub(super) const GRANTS: &str = "/admin/grants";
pub(super) const MANY_GRANTS: &str = "/admin/grants/many";
pub(super) const TAKE_GRANTS: &str = "/admin/grants/take";
pub(super) const GIVE_BACK: &str = "/admin/grants/give-back";
pub(super) const SYSTEM_SETTINGS: &str = "/admin/settings";
pub(super) const SECTION: &str = "/admin/settings/{section}";
pub(super) const SET_LOGO: &str = "/admin/settings/logo/set";
pub(super) const CLEAR_LOGO: &str = "/admin/settings/logo/clear";
pub(super) const MAIL: &str = "/admin/mail";
pub(super) const TEST_MAIL: &str = "/admin/mail/test";
pub(super) const RETRY_ALL_MAIL: &str = "/admin/mail/retry";
pub(super) const RETRY_MAIL: &str = "/admin/mail/{id}/retry";
pub(super) const DROP_MAIL: &str = "/admin/mail/{id}/drop";
pub(super) const SUPPRESS_MAIL: &str = "/admin/mail/suppress";
pub(super) const UNSUPPRESS_MAIL: &str = "/admin/mail/unsuppress";
pub(super) const BACKUPS: &str = "/admin/system/backups";
pub(super) const TAKE_BACKUP: &str = "/admin/system/backups/{name}";
pub(super) const DIRECTORIES: &str = "/admin/directories";
pub(super) const NEW_DIRECTORY: &str = "/admin/add-directory";
pub(super) const DIRECTORY: &str = "/admin/directories/{label}";
pub(super) const DIRECTORY_PEOPLE: &str = "/admin/directories/{label}/people";
pub(super) const CHANGE_DIRECTORY: &str = "/admin/directories/{label}/{change}";
pub(super) const SYSTEM_KEYS: &str = "/admin/system/keys";
pub(super) const ROTATE_KEY: &str = "/admin/system/keys/{change}";
pub(super) const SQL: &str = "/admin/system/sql";
pub(super) const EXPORT_ANSWER: &str = "/admin/system/sql/{number}/export";
pub(super) const AUDIT: &str = "/admin/audit";
pub(super) const AUDIT_ROW: &str = "/admin/audit/{id}";
pub(super) const EXPORT_AUDIT: &str = "/admin/audit/export";
pub(super) const VERIFY_AUDIT: &str = "/admin/audit/verify";
pub(super) const API: &str = "/api/v1";
// The number changes with the content, so that browsers may keep a file for ever.
pub(super) const STYLE: &str = concat!("/assets/", env!("GK_STYLE_NAME"));
pub(super) const WAIT_SCRIPT: &str = "/assets/wait.2.js";
pub(super) const CONSOLE_SCRIPT: &str = concat!("/assets/", env!("GK_CONSOLE_NAME"));
pub(super) const HTMX: &str = "/assets/htmx.2.0.11.js";
pub(super) const COLOURS: &str = "/assets/colours.css";
pub(super) const LOGO: &str = "/assets/logo";
pub(super) const ICON: &str = "/assets/icon.svg";

/// Where people sign in to an app that is not behind nginx.
pub(super) fn login(place: &AppPlace) -> String {
    let query = [("callback_url", place.callback.as_str()), ("next", place.next.as_str())];
    format!("{LOGIN}?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish())
}

/// Where somebody asks for access to such an app, and comes back from.
pub(super) fn no_entry(place: &AppPlace) -> String {
    format!("{REQUEST_ACCESS}?app={}&redirect={}", place.slug, login(place))
}

/// The window that waits for one pending sign-in, and by which way it was begun.
pub(super) fn waiting(flow: &str, way: &str) -> String {
    if way.is_empty() { format!("{SENT}?flow={flow}") } else { format!("{SENT}?flow={flow}&for={way}") }
}

/// A path with those of the parameters that have a value.
pub(super) fn with<'a>(path: &str, parameters: impl IntoIterator<Item = (&'a str, Option<String>)>) -> String {
    let given = parameters.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// The settings, saying what was just done.
pub(super) fn settings_after(done: &str) -> String {
    format!("{SETTINGS}?done={done}")
}

/// One of the paths that name a row.
pub(super) fn of(path: &str, id: i64) -> String {
    path.replace("{id}", &id.to_string())
}

/// One of the paths that name an app.
pub(super) fn of_app(path: &str, slug: &Slug) -> String {
    path.replace("{slug}", slug.as_str())
}

/// Where to ask for access to an app, and where to go on to afterwards.
pub(super) fn request_access(slug: &Slug, place: &str) -> String {
    if place == HOME {
        format!("{REQUEST_ACCESS}?app={slug}")
    } else {
        format!("{REQUEST_ACCESS}?app={slug}&redirect={place}")
    }
}

/// A page that goes on to a place. The place comes last and unencoded, as nginx has to write it.
pub(super) fn then(page: &str, place: &str) -> String {
    format!("{page}?redirect={place}")
}
