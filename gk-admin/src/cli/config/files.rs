//! `gk config import`, `export` and the logo: what goes through files.

use clap::Args;
use gk_service::service::settings::{self, Changed, Imported, Logo, MOST_LOGO_BYTES, PassedOver, Secrets};
use gk_service::service::{Op, Refusal};
use serde_json::{Value, json};

use super::shown;
use crate::cli::answer::{Answer, Failure, Form, counted, plain};
use crate::cli::effects;
use crate::cli::given::{Fresh, Given};
use crate::cli::shell::Shell;
use crate::setting_json::setting_json;

/// A file of settings is shorter.
const MOST_BYTES: usize = 1 << 20;

#[derive(Args)]
pub(in crate::cli) struct Import {
    /// As `gk config export` writes it, or an older INI file; a value is the rest of its line as it is
    #[arg(value_parser = Given::parser())]
    file: Given,
    /// Only say what would change, and who would gain or lose by it
    #[arg(long)]
    dry_run: bool,
}

#[derive(Args)]
pub(in crate::cli) struct Export {
    /// Where to, for the owner alone; it must not exist. Standard output unless given
    #[arg(value_parser = Fresh::parser())]
    file: Option<Fresh>,
    /// Write passwords and keys into it too
    #[arg(long)]
    with_secrets: bool,
}

#[derive(Args)]
pub(in crate::cli) struct SetLogo {
    /// A PNG, JPEG or WebP picture of at most 128 KiB
    #[arg(value_parser = Given::parser())]
    file: Given,
}

impl Import {
    pub(in crate::cli) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let bytes = self.file.read(MOST_BYTES)?;
        let text = String::from_utf8(bytes).ok().filter(|text| text.len() <= MOST_BYTES);
        let text = text.ok_or_else(|| Failure::usage("a file of settings is text in UTF-8 of at most 1 MiB"))?;
        let verb = |op: &Op<'_>| settings::import(op, &text);
        if self.dry_run {
            return effects::tried(shell, verb, imported);
        }
        Ok(Answer::done(shell.database()?.write(&shell.caller, verb)?, imported))
    }
}

impl Export {
    pub(in crate::cli) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        if self.file.is_none() && shell.form == Form::Json {
            return Err(Failure::usage("a file on standard output is no JSON: say where to"));
        }
        let secrets = if self.with_secrets { Secrets::Written } else { Secrets::LeftOut };
        let done = shell.database()?.write(&shell.caller, |op| settings::export(op, secrets))?;
        let Some(file) = self.file else {
            let text = done.value.trim_end().to_owned();
            return Ok(Answer { json: Value::Null, text, force: done.force });
        };
        let path = file.write(done.value.as_bytes())?;
        Ok(Answer::done(done, |_| (json!({ "file": path }), format!("Wrote the settings to {}.", path.display()))))
    }
}

impl SetLogo {
    pub(in crate::cli) fn run(self, shell: &Shell) -> Result<Answer, Failure> {
        let bytes = self.file.read(MOST_LOGO_BYTES)?;
        let done = shell.database()?.write(&shell.caller, |op| settings::set_logo(op, &bytes))?;
        Ok(Answer::done(done, |logo: &Logo| {
            let (kind, bytes) = (logo.kind.media_type(), logo.bytes.len());
            (json!({ "type": kind, "bytes": bytes }), format!("The logo is set: {kind}, {bytes} bytes."))
        }))
    }
}

/// Takes the logo away.
pub(in crate::cli) fn clear_logo(shell: &Shell) -> Result<Answer, Failure> {
    let done =
        shell.database()?.write(&shell.caller, |op: &Op<'_>| -> Result<(), Refusal> { settings::clear_logo(op) })?;
    Ok(Answer::done(done, |()| (json!({ "cleared": true }), "There is no logo any more.".to_owned())))
}

fn imported(imported: &Imported) -> (Value, String) {
    let Imported { changed, unchanged, passed_over } = imported;
    let over = |line: &PassedOver| format!("  (passed over) {}: {}", plain(&line.key), line.instead);
    let mut lines = changed.iter().map(difference).collect::<Vec<_>>();
    lines.extend(passed_over.iter().map(over));
    lines.push(format!("{} changed, {unchanged} as before.", counted(changed.len(), "setting")));
    let one = |one: &Changed| json!({ "before": setting_json(&one.before), "after": setting_json(&one.after) });
    let over = |line: &PassedOver| json!({ "key": line.key, "instead": line.instead });
    let json = json!({
        "changed": changed.iter().map(one).collect::<Vec<_>>(), "unchanged": unchanged,
        "passed_over": passed_over.iter().map(over).collect::<Vec<_>>(),
    });
    (json, lines.join("\n"))
}

fn difference(changed: &Changed) -> String {
    format!("  {}: {} → {}", changed.after.definition.key, shown(&changed.before), shown(&changed.after))
}
