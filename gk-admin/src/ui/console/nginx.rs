//! `/admin/apps/{slug}/nginx`: an app's nginx block as plain text, for `curl` and the console's copy button alike.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use gk_service::proxy::{BadProxyValue, FilePath, Listen, Options, Proxy, Tls, UnknownProxy, Upstream};
use gk_service::service::apps::{self, Part};
use gk_service::service::{Refusal, View};
use gk_shared::model::Slug;
use serde::Deserialize;

use crate::ui::AppState;
use crate::ui::errors::UiError;
use crate::ui::visitor::SignedIn;

/// What the address says; nothing: the usual.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::ui) struct Asked {
    #[serde(default)]
    proxy: String,
    #[serde(default)]
    upstream: String,
    /// A certificate and its key, separated by a comma.
    #[serde(default)]
    tls: String,
    #[serde(default)]
    listen: String,
}

type Named = Result<Path<String>, PathRejection>;
type Asking = Result<Query<Asked>, QueryRejection>;

/// GET /admin/apps/{slug}/nginx
pub(in crate::ui) async fn show(
    State(app): AppState,
    there: SignedIn,
    slug: Named,
    asked: Asking,
) -> Result<Response, UiError> {
    let slug = slug.ok().and_then(|Path(slug)| Slug::parse(&slug).ok()).ok_or(UiError::NoPage)?;
    let Query(asked) = asked.map_err(|_| UiError::BadForm)?;
    let options = asked.options().map_err(|bad| Refusal::Invalid(bad.to_string()))?;
    let proxy = asked.proxy().map_err(|bad| Refusal::Invalid(bad.to_string()))?;
    let block = move |view: &View<'_>| apps::configuration(view, proxy, &[Part::App(slug)], &options);
    let text = app.read(there.caller.clone(), block).await?;
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

impl Asked {
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
