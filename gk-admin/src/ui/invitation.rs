//! `/invitation/{token}`: who invites to what, and the form that asks for the sign-in by which it is used.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use gk_service::Secret;
use gk_service::model::{Invitation, InvitedApp, Purpose, Wish};
use gk_service::service::invitations::{self, Invited};
use maud::{Markup, html};
use serde::Deserialize;

use super::errors::UiError;
use super::kit::{self, Called, Tone};
use super::page::Page;
use super::signin::{Asking, begin};
use super::visitor::Visitor;
use super::{AppState, paths, time};
use crate::app::App;

#[derive(Deserialize)]
pub(super) struct EmailForm {
    /// Not sent when the invitation says whom it is for.
    #[serde(default)]
    email: String,
}

/// GET /invitation/{token}: uses nothing up, however often a mail scanner looks.
pub(super) async fn show(
    State(app): AppState,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, UiError> {
    let invited = open(&app, &visitor, Secret::new(token)).await?;
    let there = visitor.signed_in(&app).await?;
    let own = there.as_ref().map(|there| there.user.email.as_str());
    let page = Page::new("Invitation").body(&view(&invited, own));
    Ok(page)
}

/// POST /invitation/{token}: the same answer for everybody, as at /signin.
pub(super) async fn accept(
    State(app): AppState,
    visitor: Visitor,
    Path(token): Path<String>,
    form: Result<Form<EmailForm>, FormRejection>,
) -> Result<Response, UiError> {
    let Form(form) = form.map_err(|_| UiError::BadForm)?;
    let token = Secret::new(token);
    let Invited { invitation, .. } = open(&app, &visitor, token.clone()).await?;
    let name = invitation.email.map_or(form.email, |email| email.to_string());
    let wish = Wish::Here(paths::HOME.to_owned());
    begin(&app, &visitor, Asking { name, wish, purpose: Purpose::SignIn, invitation: Some(token) }).await
}

async fn open(app: &App, visitor: &Visitor, token: Secret) -> Result<Invited, UiError> {
    let found = app.read(visitor.stranger(), move |view| invitations::look(view, &token)).await?;
    found.ok_or(UiError::InvitationGone)
}

fn view(Invited { invitation, by }: &Invited, own: Option<&str>) -> Markup {
    html! {
        h1 { "You are invited" }
        p { strong { (by) } " invites you to sign in here" (gifts(invitation)) }
        @if !invitation.apps.is_empty() { ul { @for app in &invitation.apps { li { (app_line(app)) } } } }
        @if !invitation.note.is_empty() { (kit::quote(&invitation.note)) }
        form method="post" {
            @if let Some(email) = &invitation.email {
                p { "It is for " strong { (email) } ". No password: we mail a link there." }
            } @else {
                (kit::email_field("email", Called::ByEmail, own))
            }
            button type="submit" { "Send me a sign-in link" }
        }
        p.subtle { "The invitation works until " (time::at(invitation.expires_at)) "." }
    }
}

/// How the sentence about an invitation ends.
fn gifts(Invitation { apps, groups, .. }: &Invitation) -> Markup {
    html! {
        @for (number, group) in groups.iter().enumerate() {
            @if number == 0 { @if groups.len() == 1 { ", to be in the group " } @else { ", to be in the groups " } }
            @else if number + 1 == groups.len() { " and " }
            @else { ", " }
            strong { (group) }
        }
        @if apps.is_empty() { "." } @else { ", and to enter:" }
    }
}

fn app_line(app: &InvitedApp) -> Markup {
    html! { (app.name) @if let Some(role) = &app.role { " " (kit::badge(Tone::Plain, role.as_str())) } }
}
