//! `gk sessions …` and `gk login-link`.

use clap::{Args, Subcommand};
use gk_service::model::{Session, in_words};
use gk_service::service::{sessions, signin};
use gk_shared::model::{SessionId, Slug, Username};
use serde_json::{Value, json};

use super::answer::{Answer, Failure, counted, list, table};
use super::shell::Shell;
use super::time;

#[derive(Subcommand)]
pub(super) enum Sessions {
    /// Make a session and print its cookie
    Create {
        /// User name or e-mail
        #[arg(short = 'e', long, alias = "email", value_parser = Username::parse)]
        user: Username,
        /// Bind it to one app, which is then all it opens
        #[arg(long, value_parser = Slug::parse)]
        app: Option<Slug>,
        /// How long it lasts, in seconds; as session.expiry_days says unless given
        #[arg(long, value_name = "SECONDS")]
        lifetime: Option<i64>,
    },
    /// List the sessions of a person that still count, the newest first
    List {
        /// User name or e-mail
        #[arg(short = 'e', long, alias = "email", value_parser = Username::parse)]
        user: Username,
    },
    /// End one session, or all of a person's: in force when this returns
    Revoke(Revoke),
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct Revoke {
    /// The session's id: 32 hex digits
    #[arg(long, value_parser = session_id)]
    session: Option<SessionId>,
    /// The token in its cookie
    #[arg(long)]
    token: Option<String>,
    /// Every session of this person
    #[arg(short = 'e', long, alias = "email", value_parser = Username::parse)]
    user: Option<Username>,
}

/// Print a link that signs somebody in
#[derive(Args)]
pub(super) struct LoginLink {
    /// User name or e-mail
    #[arg(short = 'e', long, alias = "email", value_parser = Username::parse)]
    user: Username,
}

fn session_id(text: &str) -> Result<SessionId, String> {
    SessionId::parse(text).ok_or_else(|| "write 32 hex digits".into())
}

impl Sessions {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        match self {
            Self::Create { user, app, lifetime } => {
                let create = |op: &gk_service::service::Op<'_>| sessions::create(op, &user, app.as_ref(), lifetime);
                let done = shell.database()?.write(&shell.caller, create)?;
                Ok(Answer::done(done, |new| {
                    let cookie = format!("gk_session={}", new.token.reveal());
                    let json = json!({
                        "cookie": cookie, "token": new.token.reveal(), "session": new.session.id.to_string(),
                        "expires_at": time::show(new.session.expires_at),
                    });
                    (json, cookie)
                }))
            }
            Self::List { user } => listed(shell, &user),
            Self::Revoke(revoke) => revoke.run(shell),
        }
    }
}

fn listed(shell: &Shell, user: &Username) -> Result<Answer, Failure> {
    let sessions = shell.database()?.read(&shell.caller, |view| sessions::list(view, user))?;
    let heading = ["Session", "Method", "IP", "Browser", "Created", "Last seen", "Expires"];
    let row = |session: &Session| {
        let browser = browser(session);
        let times = [session.created_at, session.last_seen_at, session.expires_at].map(time::show);
        [vec![session.id.to_string(), session.method.clone(), session.ip.clone(), browser], times.to_vec()].concat()
    };
    let rows = sessions.iter().map(row).collect::<Vec<_>>();
    Ok(Answer::seen(list("sessions", sessions.iter().map(as_json)), table(&heading, &rows)))
}

/// The browser in words, and --json has what it calls itself; a session that was made here has none.
fn browser(session: &Session) -> String {
    if session.user_agent.is_empty() { String::new() } else { in_words(&session.user_agent) }
}

fn as_json(session: &Session) -> Value {
    json!({
        "session": session.id.to_string(), "method": session.method, "ip": session.ip,
        "user_agent": session.user_agent, "created_at": time::show(session.created_at),
        "last_seen_at": time::show(session.last_seen_at), "expires_at": time::show(session.expires_at),
    })
}

impl Revoke {
    fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let (db, caller) = (shell.database()?, &shell.caller);
        if let Some(user) = &self.user {
            let done = db.write(caller, |op| sessions::end_all_of(op, user))?;
            return Ok(Answer::done(done, |ended| {
                (json!({ "ended": ended }), format!("Ended {} of {user}.", counted(*ended, "session")))
            }));
        }
        let done = db.write(caller, |op| match (&self.session, &self.token) {
            (Some(id), _) => sessions::end(op, *id),
            (None, token) => sessions::end_token(
                op,
                token.as_deref().unwrap_or_default().trim_start_matches("gk_session=").as_bytes(),
            ),
        })?;
        let text = |session: &Session| format!("Ended session {}.", session.id);
        Ok(Answer::done(done, |session| (json!({ "session": session.id.to_string() }), text(session))))
    }
}

impl LoginLink {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let done = shell.database()?.write(&shell.caller, |op| signin::host_link(op, &self.user))?;
        Ok(Answer::done(done, |link| (json!({ "link": link.reveal() }), link.reveal().to_owned())))
    }
}
