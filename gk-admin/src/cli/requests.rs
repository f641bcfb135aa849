//! `gk requests …`

use clap::{Args, Subcommand};
use gk_service::model::{AccessRequest, Remark, RequestState};
use gk_service::service::requests::{self, Approved, Decision, Filter};
use gk_shared::model::{Role, Slug};
use gk_shared::time::Timestamp;
use serde_json::{Value, json};

use super::answer::{Answer, Failure, list, table};
use super::shell::Shell;
use super::time;

#[derive(Subcommand)]
pub(super) enum Requests {
    /// List requests: those that wait first, then the decided ones, newest first
    List(List),
    /// Let the person in; they are told by mail
    Approve(Approve),
    /// Say no; the person is told by mail, with the reason
    Reject {
        #[command(flatten)]
        request: Named,
        /// Why, for the mail: at most 500 characters
        #[arg(long, default_value = "", value_parser = Remark::parse)]
        reason: Remark,
    },
}

#[derive(Args)]
pub(super) struct Named {
    /// The request's number, from `gk requests list`
    #[arg(short, long, value_name = "NUMBER")]
    id: i64,
}

#[derive(Args)]
pub(super) struct List {
    /// Only those for this app
    #[arg(short, long, alias = "slug", value_parser = Slug::parse)]
    app: Option<Slug>,
    /// Only these: pending, approved, rejected or withdrawn
    #[arg(long, value_parser = state)]
    state: Option<RequestState>,
    /// At most so many
    #[arg(long, default_value_t = 1000, value_name = "NUMBER")]
    limit: u32,
}

#[derive(Args)]
pub(super) struct Approve {
    #[command(flatten)]
    request: Named,
    /// The role the app is told; without one the grant has none
    #[arg(short, long, value_parser = Role::parse)]
    role: Option<Role>,
    /// Until when; without it for good
    #[arg(long = "expires", alias = "expires-at", value_name = "TIME", value_parser = time::parse)]
    expires_at: Option<Timestamp>,
}

fn state(word: &str) -> Result<RequestState, String> {
    RequestState::parse(word).ok_or_else(|| "one of pending, approved, rejected, withdrawn".into())
}

impl Requests {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let (db, caller) = (shell.database()?, &shell.caller);
        match self {
            Self::List(List { app, state, limit }) => {
                let states = state.map_or_else(|| RequestState::ALL.to_vec(), |state| vec![state]);
                let filter = Filter { app, states, skip: 0, most: limit.into() };
                Ok(listed(&db.read(caller, |view| requests::list(view, &filter))?.requests))
            }
            Self::Approve(Approve { request, role, expires_at }) => {
                let decision = Decision { role, expires_at };
                let done = db.write(caller, |op| requests::approve(op, request.id, &decision))?;
                Ok(Answer::done(done, |approved| (as_json(&approved.request), approved_text(approved))))
            }
            Self::Reject { request, reason } => {
                let done = db.write(caller, |op| requests::reject(op, request.id, &reason))?;
                let text = |request: &AccessRequest| format!("Rejected {} for {}.", request.email, request.slug);
                Ok(Answer::done(done, |request| (as_json(request), text(request))))
            }
        }
    }
}

fn approved_text(approved: &Approved) -> String {
    let AccessRequest { email, slug, .. } = &approved.request;
    let Some(given) = &approved.given else {
        return format!("Approved {email} for {slug}: they have a stronger grant by now, which stays as it is.");
    };
    let role = given.grant.role.as_ref().map(|role| format!(" as {role}")).unwrap_or_default();
    let until = given.grant.expires_at.map(|at| format!(" until {}", time::show(at))).unwrap_or_default();
    let new = given.new_role.as_ref().map(|role| format!(" The role {role} is new to {slug}.")).unwrap_or_default();
    format!("Approved {email} for {slug}{role}{until}.{new}")
}

fn listed(requests: &[AccessRequest]) -> Answer {
    let row = |request: &AccessRequest| {
        vec![
            request.id.to_string(),
            request.slug.to_string(),
            request.email.to_string(),
            request.state.word().into(),
            request.held.as_ref().and_then(|held| held.role.as_ref()).map(ToString::to_string).unwrap_or_default(),
            request.held.as_ref().and_then(|held| held.expires_at).map(time::show).unwrap_or_default(),
            time::show(request.created_at),
            request.decided_by.clone(),
            request.message.as_str().replace('\n', " "),
        ]
    };
    let rows = requests.iter().map(row).collect::<Vec<_>>();
    let text = table(&["Number", "App", "Email", "State", "Role", "Until", "Asked", "Decided by", "Message"], &rows);
    Answer::seen(list("requests", requests.iter().map(as_json)), text)
}

fn as_json(request: &AccessRequest) -> Value {
    json!({
        "id": request.id, "app": request.slug.as_str(), "app_name": request.app_name,
        "email": request.email.as_str(), "fullname": request.fullname,
        "message": request.message.as_str(), "state": request.state.word(), "reason": request.reason.as_str(),
        "role": request.held.as_ref().and_then(|held| held.role.as_ref()).map(Role::as_str),
        "expires_at": request.held.as_ref().and_then(|held| held.expires_at).map(time::show),
        "decided_by": Some(&request.decided_by).filter(|by| !by.is_empty()),
        "decided_at": request.decided_at.map(time::show), "created_at": time::show(request.created_at),
    })
}
