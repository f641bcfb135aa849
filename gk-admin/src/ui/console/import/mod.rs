//! `/admin/users/import`: people from a file or pasted lines. The list is looked at first, and carried along in the
//! form that confirms it; what is confirmed is read and judged anew, so that nothing but the list is taken from there.

mod views;

use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartError, MultipartRejection};
use axum::http::StatusCode;
use axum::response::Response;
use gk_service::service::console;
use gk_service::service::import::{self, Line, Mode};
use gk_service::service::{Op, Refusal, View};
use maud::Markup;

use super::Problem;
use crate::sheets::{self, Format, people, report_as_sheet};
use crate::ui::console::guard::Administrator;
use crate::ui::errors::UiError;
use crate::ui::page::Page;
use crate::ui::visitor::SignedIn;
use crate::ui::{AppState, paths};

/// What was sent.
#[derive(Clone)]
struct Sent {
    /// The file, or what was pasted if there was none.
    list: Vec<u8>,
    mode: Mode,
    /// What kind of file the report is wanted as.
    format: Format,
}

type Form = Result<Multipart, MultipartRejection>;

impl Sent {
    fn nothing() -> Self {
        Self { list: Vec::new(), mode: Mode::Create, format: Format::Xlsx }
    }

    async fn read(form: Form) -> Result<Self, UiError> {
        let (mut form, mut sent) = (form.map_err(|_| UiError::BadForm)?, Self::nothing());
        while let Some(field) = form.next_field().await.map_err(|error| unread(&error))? {
            let name = field.name().unwrap_or_default().to_owned();
            let value = field.bytes().await.map_err(|error| unread(&error))?;
            match name.as_str() {
                "file" | "text" if sent.list.is_empty() => sent.list = value.into(),
                "update" => sent.mode = Mode::CreateOrUpdate,
                "format" => sent.format = format(&value)?,
                _ => {}
            }
        }
        Ok(sent)
    }

    /// The list as it goes into a form: it was read as text already.
    fn text(&self) -> &str {
        std::str::from_utf8(&self.list).unwrap_or_default()
    }

    fn lines(&self) -> Result<Vec<Line>, Refusal> {
        Ok(people(&self.list)?)
    }
}

fn format(value: &[u8]) -> Result<Format, UiError> {
    std::str::from_utf8(value).ok().and_then(Format::parse).ok_or(UiError::BadForm)
}

/// A form that is too long is said to be so; anything else is no form.
fn unread(error: &MultipartError) -> UiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE { UiError::TooLong } else { UiError::BadForm }
}

/// GET /admin/users/import
pub(in crate::ui) async fn show(app: AppState, Administrator(there): Administrator) -> Result<Response, UiError> {
    offered(&app, &there).await?;
    page(&app, &there, ("Import people", StatusCode::OK), &views::form(None, &Sent::nothing())).await
}

/// POST /admin/users/import: what would happen.
pub(in crate::ui) async fn preview(
    app: AppState,
    Administrator(there): Administrator,
    form: Form,
) -> Result<Response, UiError> {
    let sent = handed_in(&app, &there, form).await?;
    match app.rehearse(there.caller.clone(), verb(&sent)).await {
        Ok(report) => page(&app, &there, ("Import people", StatusCode::OK), &views::preview(&report, &sent)).await,
        Err(refusal) => refused(&app, &there, refusal, &sent).await,
    }
}

/// POST /admin/users/import/confirm
pub(in crate::ui) async fn carry_out(
    app: AppState,
    Administrator(there): Administrator,
    form: Form,
) -> Result<Response, UiError> {
    let sent = handed_in(&app, &there, form).await?;
    match app.write(there.caller.clone(), verb(&sent)).await {
        Ok(report) => page(&app, &there, ("Imported", StatusCode::OK), &views::result(&report)).await,
        Err(refusal) => refused(&app, &there, refusal, &sent).await,
    }
}

/// POST /admin/users/import/report: what would happen, as a file.
pub(in crate::ui) async fn report(
    app: AppState,
    Administrator(there): Administrator,
    form: Form,
) -> Result<Response, UiError> {
    let sent = handed_in(&app, &there, form).await?;
    let report = app.rehearse(there.caller.clone(), verb(&sent)).await;
    let report = report.map_err(|refusal| UiError::refused_at(paths::IMPORT, refusal))?;
    Ok(sheets::answer(report_as_sheet(report), sent.format).await?)
}

/// Reads nothing of a list that is not to be imported: it may be long.
async fn handed_in(app: &AppState, there: &SignedIn, form: Form) -> Result<Sent, UiError> {
    offered(app, there).await?;
    Sent::read(form).await
}

async fn offered(State(app): &AppState, there: &SignedIn) -> Result<(), UiError> {
    let offer = app.read(there.caller.clone(), |view: &View<'_>| import::offer(view)).await;
    offer.map_err(|refusal| UiError::refused_at(paths::IMPORT, refusal))
}

fn verb(sent: &Sent) -> impl FnOnce(&Op<'_>) -> Result<import::Report, Refusal> + Send + 'static {
    let sent = sent.clone();
    move |op| import::import(op, sent.lines()?, sent.mode)
}

/// The form again, with what was pasted and why it was not taken.
async fn refused(app: &AppState, there: &SignedIn, refusal: Refusal, sent: &Sent) -> Result<Response, UiError> {
    let problem = Problem::of(refusal, paths::IMPORT)?;
    let head = ("Import people", problem.status);
    page(app, there, head, &views::form(Some(&problem), sent)).await
}

async fn page(
    State(app): &AppState,
    there: &SignedIn,
    (title, status): (&str, StatusCode),
    view: &Markup,
) -> Result<Response, UiError> {
    let waiting = app.read(there.caller.clone(), |view: &View<'_>| console::waiting(view)).await?;
    Ok(Page::new(title).status(status).of_console(there).body(&views::framed(&waiting, view)))
}
