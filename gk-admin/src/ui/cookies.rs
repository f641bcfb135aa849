//! The cookies we set: the session, one for each pending sign-in, and one by which the browser itself is known.

use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use gk_service::Secret;
use gk_service::service::View;
use gk_service::service::devices::KNOWN_DAYS;
use gk_service::service::signin::{Browser, SignedIn};
use gk_service::settings::Setting;

use super::visitor::{SESSION, Visitor};

/// What a pending sign-in's cookie is called, before its random part. Over https no other host of the cookie's domain
/// can plant one of this name, and so nobody can have a person sign in as somebody else.
const FLOW: &str = "gk_flow_";
const FLOW_HTTPS: &str = "__Host-gk_flow_";

/// What the cookie is called by which the browser itself is known. It opens nothing.
const DEVICE: &str = "gk_device";
const DEVICE_HTTPS: &str = "__Host-gk_device";

/// More pending sign-ins than this, and the oldest is given up.
const MOST_FLOWS: usize = 8;

/// What the settings say about cookies.
pub(crate) struct CookieRules {
    secure: &'static str,
    /// How the name of a pending sign-in's cookie begins.
    flow: &'static str,
    device: &'static str,
    domain: Option<String>,
    flow_seconds: i64,
}

impl CookieRules {
    pub(crate) fn of(view: &View<'_>) -> Self {
        let domain = view.settings.text(Setting::CookieDomain);
        let https = view.settings.text(Setting::PublicUrl).starts_with("https:");
        Self {
            secure: if https { "; Secure" } else { "" },
            flow: if https { FLOW_HTTPS } else { FLOW },
            device: if https { DEVICE_HTTPS } else { DEVICE },
            domain: (!domain.is_empty()).then(|| domain.to_owned()),
            flow_seconds: view.settings.number(Setting::LinkSeconds),
        }
    }
}

impl CookieRules {
    /// How the names of pending sign-ins' cookies begin.
    pub(super) fn flow_prefix(&self) -> &'static str {
        self.flow
    }
}

impl Visitor {
    /// The secrets of this browser's pending sign-ins.
    pub(crate) fn verifiers(&self, rules: &CookieRules) -> Vec<Secret> {
        self.cookies_named(rules.flow).map(|(_, value)| Secret::new(value)).collect()
    }

    /// The secret of the browser itself, if somebody has signed in with it.
    pub(crate) fn device(&self, rules: &CookieRules) -> Option<Secret> {
        self.cookies_named(rules.device).find(|(name, _)| *name == rules.device).map(|(_, value)| Secret::new(value))
    }

    /// All that this browser brings along to a sign-in.
    pub(crate) fn browser(&self, rules: &CookieRules) -> Browser {
        let tokens = self.tokens().into_iter().map(Secret::new).collect();
        Browser { verifiers: self.verifiers(rules), device: self.device(rules), tokens }
    }
}

/// Has the browser keep the secret of a pending sign-in.
pub(crate) fn start_flow(headers: &mut HeaderMap, rules: &CookieRules, visitor: &Visitor, verifier: &Secret) {
    let (prefix, seconds, secure) = (rules.flow, rules.flow_seconds, rules.secure);
    let held = visitor.cookies_named(prefix).map(|(name, _)| name).collect::<Vec<_>>();
    for oldest in held.iter().take((held.len() + 1).saturating_sub(MOST_FLOWS)) {
        set(headers, &format!("{oldest}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}"));
    }
    // The name only has to differ from the browser's others; the value is the secret.
    let (name, value) = (verifier.fingerprint(), verifier.reveal());
    set(headers, &format!("{prefix}{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"));
}

/// Gives the browser its session, in place of any it had, and what it is known by from now on.
pub(crate) fn start_session(headers: &mut HeaderMap, rules: &CookieRules, signed_in: &SignedIn) {
    let new = &signed_in.new;
    let seconds = new.session.expires_at.since(new.session.created_at);
    let (token, secure) = (new.token.reveal(), rules.secure);
    if let Some(domain) = &rules.domain {
        // One of the same name without a domain would make two, and two that differ are refused.
        set(headers, &format!("{SESSION}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}"));
        set(
            headers,
            &format!("{SESSION}={token}; Path=/; Domain={domain}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"),
        );
    } else {
        set(headers, &format!("{SESSION}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"));
    }
    keep_device(headers, rules, &signed_in.device);
}

/// Has the browser keep what it is known by, for as long as browsers keep anything.
pub(super) fn keep_device(headers: &mut HeaderMap, rules: &CookieRules, device: &Secret) {
    let (name, value, secure) = (rules.device, device.reveal(), rules.secure);
    let seconds = KNOWN_DAYS * 86_400;
    set(headers, &format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"));
}

/// Takes every session cookie away that we may have set.
pub(crate) fn end_session(headers: &mut HeaderMap, rules: &CookieRules) {
    let secure = rules.secure;
    set(headers, &format!("{SESSION}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}"));
    if let Some(domain) = &rules.domain {
        set(headers, &format!("{SESSION}=; Path=/; Domain={domain}; Max-Age=0; HttpOnly; SameSite=Lax{secure}"));
    }
}

fn set(headers: &mut HeaderMap, cookie: &str) {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        headers.append(SET_COOKIE, cookie);
    }
}
