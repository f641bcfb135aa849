//! How gk-validate tells gk-admin what was used when: the answer to `GET /activity?after=N`, lines of plain text.
//!
//! ```text
//! gk-activity 1 <instance> <through> <newest>
//! state <revision> <users> <seconds since it was known to equal the file> <how the file was found>
//! answers <200> <401> <403> <503, each since the start>
//! session <32 hex digits> <seconds since 1970>
//! key <number> <seconds since 1970>
//! grant <number> <seconds since 1970>
//! block <number of its app> <its mark, or -> <seconds since 1970>
//! ```
//!
//! Uses are numbered in the order they are noted, and of each session, key, grant and app's block only the last is kept. An answer tells those
//! after N, at most [`MOST_IN_A_REPORT`], up to the number `through`; whoever asks goes on after that until it is
//! `newest`. The instance is drawn at each start, and with another one the numbers begin again. A reader passes over
//! lines that begin with a word it does not know.

use std::fmt;

use thiserror::Error;

use crate::model::{ApiKeyId, AppId, BlockMark, GrantId, SessionId};
use crate::time::Timestamp;

/// The path that is asked.
pub const PATH: &str = "/activity";

/// How many uses one answer tells.
pub const MOST_IN_A_REPORT: usize = 2_000;

/// What was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Used {
    Session(SessionId),
    /// A person's key.
    Key(ApiKeyId),
    /// Somebody entered by it.
    Grant(GrantId),
    /// A check for a registered app came through a block that says this of itself; `None` when it says nothing that can
    /// be read.
    Block(AppId, Option<BlockMark>),
}

impl Used {
    /// What is told of only once: whichever mark it carries, a block is its app's.
    #[must_use]
    pub fn thing(self) -> Self {
        match self {
            Self::Block(app, _) => Self::Block(app, None),
            Self::Session(_) | Self::Key(_) | Self::Grant(_) => self,
        }
    }
}

/// What one gk-validate answers from; of several workers, the one furthest behind counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// 0 before the first.
    pub revision: i64,
    pub users: i64,
    /// Seconds since it was known to equal the file.
    pub age: i64,
    /// How the file was found at the last look, in a word; `ok` when all is well.
    pub file: String,
}

/// How often each was answered since the start: 200, 401, 403 and 503.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    pub allow: u64,
    pub sign_in: u64,
    pub forbid: u64,
    pub unavailable: u64,
}

impl State {
    fn parse(text: &str) -> Option<Self> {
        let words = text.split(' ').collect::<Vec<_>>();
        let [revision, users, age, file] = words.as_slice() else { return None };
        if file.is_empty() {
            return None;
        }
        let number = |word: &str| word.parse().ok();
        Some(Self { revision: number(revision)?, users: number(users)?, age: number(age)?, file: (*file).to_owned() })
    }
}

impl Answers {
    fn parse(text: &str) -> Option<Self> {
        let numbers = text.split(' ').map(|word| word.parse().ok()).collect::<Option<Vec<_>>>()?;
        let [allow, sign_in, forbid, unavailable] = numbers.as_slice() else { return None };
        Some(Self { allow: *allow, sign_in: *sign_in, forbid: *forbid, unavailable: *unavailable })
    }
}

/// Uses, as one gk-validate tells them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The run of gk-validate that tells this.
    pub instance: u64,
    /// The number of the last use told here; the newest of all when there is none to tell.
    pub through: u64,
    /// The number of the last use there is.
    pub newest: u64,
    /// `None` from an older gk-validate.
    pub state: Option<State>,
    pub answers: Option<Answers>,
    /// When each was last used, oldest first.
    pub uses: Vec<(Used, Timestamp)>,
}

/// Why a text is no report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadReport {
    #[error("the answer is no report of activity that this build knows")]
    Head,
    #[error("line {0} of the report cannot be read")]
    Line(usize),
}

impl Report {
    /// Reads the text of an answer.
    pub fn parse(text: &str) -> Result<Self, BadReport> {
        let mut lines = text.lines();
        let head = lines.next().and_then(|head| head.strip_prefix("gk-activity 1 ")).ok_or(BadReport::Head)?;
        let mut words = head.split(' ');
        let mut number = |radix| words.next().and_then(|word| u64::from_str_radix(word, radix).ok());
        let (instance, through, newest) = (number(16), number(10), number(10));
        let (Some(instance), Some(through), Some(newest)) = (instance, through, newest) else {
            return Err(BadReport::Head);
        };
        let (mut state, mut answers, mut uses) = (None, None, Vec::new());
        for (number, line) in (2..).zip(lines) {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            let id: fn(&str) -> Option<Used> = match word {
                "session" => |id| SessionId::parse(id).map(Used::Session),
                "key" => |id| id.parse().ok().map(|id| Used::Key(ApiKeyId(id))),
                "grant" => |id| id.parse().ok().map(|id| Used::Grant(GrantId(id))),
                "block" => block,
                "state" => {
                    state = Some(State::parse(rest).ok_or(BadReport::Line(number))?);
                    continue;
                }
                "answers" => {
                    answers = Some(Answers::parse(rest).ok_or(BadReport::Line(number))?);
                    continue;
                }
                _ => continue,
            };
            uses.push(used(rest, id).ok_or(BadReport::Line(number))?);
        }
        Ok(Self { instance, through, newest, state, answers, uses })
    }
}

fn used(text: &str, id: fn(&str) -> Option<Used>) -> Option<(Used, Timestamp)> {
    let (name, at) = text.rsplit_once(' ')?;
    Some((id(name)?, Timestamp(at.parse().ok()?)))
}

fn block(text: &str) -> Option<Used> {
    let (app, mark) = text.split_once(' ')?;
    let mark = if mark == "-" { None } else { Some(BlockMark::parse(mark.as_bytes())?) };
    Some(Used::Block(AppId(app.parse().ok()?), mark))
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "gk-activity 1 {:016x} {} {}", self.instance, self.through, self.newest)?;
        if let Some(State { revision, users, age, file }) = &self.state {
            writeln!(out, "state {revision} {users} {age} {file}")?;
        }
        if let Some(Answers { allow, sign_in, forbid, unavailable }) = self.answers {
            writeln!(out, "answers {allow} {sign_in} {forbid} {unavailable}")?;
        }
        self.uses.iter().try_for_each(|(used, at)| match used {
            Used::Session(id) => writeln!(out, "session {id} {}", at.0),
            Used::Key(id) => writeln!(out, "key {id} {}", at.0),
            Used::Grant(id) => writeln!(out, "grant {id} {}", at.0),
            Used::Block(app, Some(mark)) => writeln!(out, "block {app} {mark} {}", at.0),
            Used::Block(app, None) => writeln!(out, "block {app} - {}", at.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_back() {
        let session = |byte| Used::Session(SessionId([byte; 16]));
        let key = Used::Key(ApiKeyId(3));
        let grant = Used::Grant(GrantId(4));
        let block = |mark| Used::Block(AppId(2), mark);
        let mark = BlockMark { version: 1, digest: 0x0f3a_9c2e };
        let uses = [session(7), key, session(8), grant, block(Some(mark)), block(None)];
        let uses = uses.into_iter().zip((5..).map(Timestamp)).collect();
        let state = Some(State { revision: 7, users: 3, age: 0, file: "unknown-format".into() });
        let answers = Some(Answers { allow: 1, sign_in: 2, forbid: 3, unavailable: u64::MAX });
        let report = Report { instance: 0xab, through: 12, newest: 40, state, answers, uses };
        let text = report.to_string();
        assert!(text.ends_with("\ngrant 4 8\nblock 2 1-0f3a9c2e 9\nblock 2 - 10\n"), "{text}");
        assert_eq!(Report::parse(&text), Ok(report));
    }

    #[test]
    fn what_a_later_version_adds_is_passed_over_and_anything_else_refused() {
        let text = "gk-activity 1 1 2 2\nwindow 3 4\nsession 00000000000000000000000000000001 9\n";
        let uses = vec![(Used::Session(SessionId(1_u128.to_be_bytes())), Timestamp(9))];
        assert_eq!(Report::parse(text).map(|report| report.uses), Ok(uses));
        for bad in ["", "gk-activity 2 1 2 2", "gk-activity 1 1 2", "gk-activity 1 x 2 2", "<html>"] {
            assert_eq!(Report::parse(bad), Err(BadReport::Head), "{bad:?}");
        }
        let session = "session 00000000000000000000000000000001 x";
        let unnamed = ["session", "session 1 2", session, "key", "key x 1", "key 1 x", "grant x 1"];
        for bad in unnamed.into_iter().chain(["block 1 2", "block x - 1", "block 1 1-xyz 2", "block 1 - x"]).chain([
            "state 1 2 3",
            "state 1 2 x ok",
            "answers 1 2 3",
            "answers 1 2 3 -4",
        ]) {
            let text = format!("gk-activity 1 1 2 2\n{bad} \n");
            assert_eq!(Report::parse(&text).err(), Some(BadReport::Line(2)), "{bad:?}");
        }
    }
}
