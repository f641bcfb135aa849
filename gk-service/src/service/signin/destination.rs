//! Where a sign-in leads, from what was asked for or from what was stored.

use crate::model::{AppPlace, Destination, ReturnTo, Wish};
use crate::service::central::find_place;
use crate::service::{Refusal, View, apps};
use crate::store::challenges::Challenge;

/// Checks a wish; what is not ours becomes the home page.
pub(super) fn checked(view: &View<'_>, wish: &Wish) -> Result<Destination, Refusal> {
    match wish {
        Wish::Here(text) => Ok(Destination::Here(ReturnTo::parse(text, &apps::hosts(view)?))),
        Wish::App { callback, next } => Ok(or_home(find_place(view, callback, next)?)),
    }
}

/// Checks again what was stored: an app or its callback URL may have gone since.
pub(super) fn of(view: &View<'_>, challenge: &Challenge) -> Result<Destination, Refusal> {
    match challenge.app {
        None => Ok(Destination::Here(ReturnTo::parse(&challenge.return_to, &apps::hosts(view)?))),
        Some(_) => Ok(or_home(place_of(view, challenge)?)),
    }
}

/// The app a challenge leads to, if it still has that callback URL.
pub(super) fn place_of(view: &View<'_>, challenge: &Challenge) -> Result<Option<AppPlace>, Refusal> {
    let place = find_place(view, &challenge.callback, &challenge.return_to)?;
    Ok(place.filter(|place| challenge.app == Some(place.id)))
}

fn or_home(place: Option<AppPlace>) -> Destination {
    place.map_or_else(|| Destination::Here(ReturnTo::home()), |place| Destination::App(Box::new(place)))
}
