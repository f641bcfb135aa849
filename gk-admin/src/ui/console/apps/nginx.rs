//! `/admin/apps/{slug}/nginx`: an app's nginx block as plain text, for `curl` and the console's copy button alike.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use gk_service::proxy::{BadProxyValue, FilePath, Listen, Options, Proxy, Tls, UnknownProxy, Upstream};
use gk_service::service::apps::{self, Part};
use gk_service::service::{Refusal, View};
use serde::Deserialize;

use super::page::{Named, slug_of};
use crate::ui::AppState;
use crate::ui::console::guard::Administrator;
use crate::ui::errors::UiError;

/// What the address says; nothing: the usual.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::ui::console) struct Asked {
    proxy: String,
    pub(super) upstream: String,
    /// A certificate and its key, separated by a comma.
    tls: String,
    listen: String,
}

type Asking = Result<Query<Asked>, QueryRejection>;

/// GET /admin/apps/{slug}/nginx
pub(in crate::ui::console) async fn show(
    State(app): AppState,
    Administrator(there): Administrator,
    slug: Named,
    asked: Asking,
) -> Result<Response, UiError> {
    let slug = slug_of(slug)?;
    let Query(asked) = asked.map_err(|_| UiError::BadForm)?;
    let (proxy, options) = asked.wanted()?;
    let block = move |view: &View<'_>| apps::configuration(view, proxy, &[Part::App(slug)], &options);
    let text = app.read(there.caller.clone(), block).await?;
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

impl Asked {
    /// For which proxy, and how.
    pub(super) fn wanted(&self) -> Result<(Proxy, Options), Refusal> {
        let proxy = self.proxy().map_err(|bad| Refusal::Invalid(bad.to_string()))?;
        Ok((proxy, self.options().map_err(|bad| Refusal::Invalid(bad.to_string()))?))
    }

    fn proxy(&self) -> Result<Proxy, UnknownProxy> {
        if self.proxy.is_empty() { Ok(Proxy::Nginx) } else { Proxy::parse(&self.proxy) }
    }

    fn options(&self) -> Result<Options, BadProxyValue> {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let upstream = given(&self.upstream).map(|text| Upstream::parse(&text)).transpose()?;
        let tls = given(&self.tls).map(|text| FilePath::parse_pair(&text)).transpose()?;
        let listen = given(&self.listen).map(|text| Listen::parse(&text)).transpose()?;
        Ok(Options {
            tls: tls.map_or(Tls::ByOrigin, |(certificate, key)| Tls::Files { certificate, key }),
            listen: listen.into_iter().collect(),
            ..Options::usual(upstream.unwrap_or_else(Options::some_upstream))
        })
    }
}
