//! `gk export …`

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use gk_service::service::export::{self, Exported};
use serde_json::json;

use super::answer::{Answer, Failure, Form};
use super::shell::Shell;
use super::users::Filters;
use crate::sheets::{self, Format};

/// Write a table to a file or to standard output (users by the filters below); cells are text, never formulas, and no secret is in it
#[derive(Args)]
pub(super) struct Export {
    /// Which table
    what: What,
    /// The kind of file; csv unless the file's name says otherwise
    #[arg(long, value_enum)]
    format: Option<Kind>,
    /// Where to; it must not exist. Standard output unless given
    #[arg(long)]
    to: Option<PathBuf>,
    #[command(flatten)]
    filters: Filters,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    Users,
    Groups,
    Properties,
    Keys,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Kind {
    Csv,
    Xlsx,
    Jsonl,
}

impl Export {
    pub(super) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let exported = match self.what {
            What::Users => Exported::Users(self.filters.filter()),
            What::Groups => Exported::Groups,
            What::Properties => Exported::Properties,
            What::Keys => Exported::Keys,
        };
        hand_out(shell, exported, self.format, self.to)
    }
}

/// Writes a table to a file that is not there yet, or to standard output.
pub(super) fn hand_out(
    shell: &Shell,
    exported: Exported,
    kind: Option<Kind>,
    to: Option<PathBuf>,
) -> Result<Answer, Failure> {
    let named = to.as_ref().and_then(|path| path.extension()?.to_str().and_then(Format::parse));
    let format = match kind {
        Some(Kind::Csv) => Format::Csv,
        Some(Kind::Xlsx) => Format::Xlsx,
        Some(Kind::Jsonl) => Format::Lines,
        None => named.unwrap_or(Format::Csv),
    };
    if to.is_none() && shell.form == Form::Json {
        return Err(Failure::usage("a table on standard output is no JSON: say where to with --to"));
    }
    let database = shell.shared_database()?;
    let done = database.write_in_force(&shell.caller, |op, snapshot| export::begin(op, snapshot, &exported))?;
    let counted = !matches!(exported, Exported::Audit(_));
    let sheet = sheets::exported(database, shell.caller.clone(), exported);
    let failed = |error: &dyn std::error::Error| Failure::refused(format!("the table was not written: {error}"));
    match &to {
        None => sheet.write(format, io::stdout()).map_err(|error| failed(&error))?,
        Some(path) => {
            let mut file = std::fs::File::create_new(path).map(io::BufWriter::new).map_err(|error| failed(&error))?;
            sheet.write(format, &mut file).map_err(|error| failed(&error))?;
            file.flush().map_err(|error| failed(&error))?;
        }
    }
    let Some(path) = to else {
        return Ok(Answer { json: serde_json::Value::Null, text: String::new(), force: done.force });
    };
    Ok(Answer::done(done, |rows| {
        if counted {
            (json!({ "rows": rows, "file": path }), format!("Wrote {rows} rows to {}.", path.display()))
        } else {
            (json!({ "file": path }), format!("Wrote what matches to {}.", path.display()))
        }
    }))
}
