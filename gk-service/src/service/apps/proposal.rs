//! What is said of a slug while it is being typed.

use gk_shared::model::Slug;

use super::refuse_unusable;
use crate::model::Origin;
use crate::service::op::View;
use crate::service::permit::{Verb, permit};
use crate::service::refusal::Refusal;
use crate::settings::Setting;

/// Refused to whoever may not add an app.
pub fn may_add(view: &View<'_>) -> Result<(), Refusal> {
    permit(view.standing, Verb::ChangeApps)
}

/// Where an app of this slug would be reached: below the cookies' domain, as the auth host is; `None` where cookies stay
/// on the auth host. Refused if no app can have the slug.
pub fn proposal(view: &View<'_>, slug: &str) -> Result<Option<Origin>, Refusal> {
    may_add(view)?;
    let slug = Slug::parse(slug)?;
    refuse_unusable(view, &slug)?;
    let domain = view.settings.text(Setting::CookieDomain);
    if domain.is_empty() {
        return Ok(None);
    }
    let auth = url::Url::parse(view.settings.text(Setting::PublicUrl)).ok();
    let port = auth.as_ref().and_then(url::Url::port).map(|port| format!(":{port}")).unwrap_or_default();
    let scheme = auth.as_ref().map_or("https", url::Url::scheme);
    Ok(Some(Origin::parse(&format!("{scheme}://{slug}.{domain}{port}"))?))
}
