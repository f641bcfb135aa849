//! Every path of the API, below `/api`.

pub(super) const ME: &str = "/v1/auth/me";
pub(super) const MY_APPS: &str = "/v1/auth/me/apps";
pub(super) const REQUEST_APP: &str = "/v1/auth/me/apps/{slug}/request";
pub(super) const PUBLIC_APPS: &str = "/v1/auth/apps/public";
pub(super) const PRIVATE_APPS: &str = "/v1/auth/apps/private";
pub(super) const REGISTER: &str = "/v1/auth/register";
pub(super) const REGISTER_VERIFY: &str = "/v1/auth/register/verify";
pub(super) const SIGNIN: &str = "/v1/auth/signin";
pub(super) const SIGNIN_VERIFY: &str = "/v1/auth/signin/verify";
pub(super) const SIGNOUT: &str = "/v1/auth/signout";
pub(super) const SEND_MAGIC_LINK: &str = "/v1/auth/send-magic-link";
pub(super) const VERIFY_MAGIC_LINK: &str = "/v1/auth/verify-magic-link";
pub(super) const CREATE_TOKEN: &str = "/v1/auth/create-token";
pub(super) const VERIFY_TOKEN: &str = "/v1/auth/verify-token";
pub(super) const RESOLVE: &str = "/v1/auth/resolve";
pub(super) const MY_KEYS: &str = "/v1/auth/me/keys";
pub(super) const MY_KEY: &str = "/v1/auth/me/keys/{id}";
pub(super) const KEYS: &str = "/v1/admin/keys";
pub(super) const KEY: &str = "/v1/admin/keys/{id}";
pub(super) const REQUESTS: &str = "/v1/admin/requests";
pub(super) const REQUESTS_OF_APP: &str = "/v1/admin/apps/{slug}/requests";
pub(super) const APPROVE_REQUEST: &str = "/v1/admin/apps/{slug}/requests/{id}/approve";
pub(super) const REJECT_REQUEST: &str = "/v1/admin/apps/{slug}/requests/{id}/reject";
pub(super) const IMPORT_USERS: &str = "/v1/admin/users/import";
