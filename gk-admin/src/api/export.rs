//! Tables as files.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use gk_service::service::export::{self, Exported};
use serde::Deserialize;

use super::AppState;
use super::access::Narrowed;
use super::asked::{Named, Wanted};
use super::caller::Asking;
use super::problem::Problem;
use super::users::Which;
use crate::audit_asked::AuditAsked;
use crate::sheets::{self, Format};

#[derive(Deserialize)]
pub(super) struct Kind {
    format: Option<String>,
}

/// GET /api/v1/admin/exports/{table}?format=: noted in the audit, and changing nothing.
pub(super) async fn take(
    State(app): AppState,
    Asking(caller): Asking,
    Named(table): Named<String>,
    Wanted(which): Wanted<Which>,
    (Wanted(kind), Wanted(narrowed), Wanted(asked)): (Wanted<Kind>, Wanted<Narrowed>, Wanted<AuditAsked>),
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let exported = match table.as_str() {
        "users" => Exported::Users(which.filter()?),
        "groups" => Exported::Groups,
        "properties" => Exported::Properties,
        "keys" => Exported::Keys,
        "entrants" => Exported::Entrants(narrowed.app()?, narrowed.who()?),
        "audit" => Exported::Audit(asked.filter(app.database.now()).map_err(Problem::wrong_shape)?),
        "destinations" => Exported::Destinations(narrowed.user()?, narrowed.places()?),
        _ => {
            return Err(Problem::not_found(
                "there are the tables users, groups, properties, keys, entrants, destinations and audit",
            ));
        }
    };
    let format = Format::parse(kind.format.as_deref().unwrap_or("csv"));
    let format = format.ok_or_else(|| Problem::wrong_shape("format is csv, xlsx or jsonl"))?;
    if headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return Err(Problem::another_site());
    }
    let noted = exported.clone();
    app.write_in_force(caller.clone(), move |op, snapshot| export::begin(op, snapshot, &noted)).await?;
    Ok(sheets::answer(sheets::exported(app.database, caller, exported), format).await?)
}
