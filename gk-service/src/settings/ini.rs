//! Settings as a file: `[section]`, `name = value`. A value is the rest of its line as it is, so that `%`, quotes, `=` and
//! `;` in it mean nothing. Section and name make the key; names may be in capitals, as older files have them.

use thiserror::Error;

use super::effective::{Effective, Source};
use super::registry::Secrecy;

/// One `name = value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands, from 1.
    pub line: usize,
    pub key: String,
    pub value: String,
}

/// Why a text is no file of settings.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadIni {
    #[error("line {0} is neither [section] nor name = value")]
    Line(usize),
    #[error("line {0} stands in no [section]")]
    NoSection(usize),
    #[error("line {1} has {0} a second time")]
    Twice(String, usize),
}

/// Reads a file, in its order.
pub fn parse(text: &str) -> Result<Vec<Entry>, BadIni> {
    let (mut section, mut entries) = (None, Vec::<Entry>::new());
    for (line, content) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let content = content.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = content.strip_prefix('[') {
            section = Some(name.strip_suffix(']').ok_or(BadIni::Line(line))?.trim().to_owned());
            continue;
        }
        let (name, value) = content.split_once(['=', ':']).ok_or(BadIni::Line(line))?;
        let section = section.as_ref().ok_or(BadIni::NoSection(line))?;
        let key = format!("{section}.{}", name.trim().to_ascii_lowercase());
        if entries.iter().any(|known| known.key == key) {
            return Err(BadIni::Twice(key, line));
        }
        entries.push(Entry { line, key, value: value.trim().to_owned() });
    }
    Ok(entries)
}

const HEAD: &str = "\
# Settings of Gatekeeper. `gk config import FILE` sets what stands here without a ; in front, all of it or nothing.
# A value is the rest of its line as it is: %, quotes, = and ; mean nothing in it.
";

/// A file of these settings. `secret` gives the value of a secret that is to be written; without one the file says only
/// whether it is set. What an import would not or could not change stands behind a `;`.
pub fn write<E>(
    settings: &[Effective],
    mut secret: impl FnMut(&Effective) -> Result<Option<String>, E>,
) -> Result<String, E> {
    let (mut file, mut section) = (HEAD.to_owned(), "");
    for effective in settings {
        let definition = effective.definition;
        if definition.section() != section {
            section = definition.section();
            file = format!("{file}\n[{section}]\n");
        }
        let value = match definition.secrecy {
            Secrecy::Open => Some(effective.open_text().to_owned()),
            Secrecy::Secret => secret(effective)?,
        };
        file += &described(effective, value.is_some());
        file += &line(effective, value);
    }
    Ok(file)
}

fn line(effective: &Effective, value: Option<String>) -> String {
    let mark = if effective.source == Source::Database && value.is_some() { "" } else { ";" };
    let (section, key) = (effective.definition.section(), effective.definition.key);
    let name = key.strip_prefix(section).unwrap_or(key).trim_start_matches('.');
    format!("{}\n", format!("{mark}{name} = {}", value.unwrap_or_default()).trim_end())
}

fn described(effective: &Effective, told: bool) -> String {
    let definition = effective.definition;
    let default = if definition.default.is_empty() { "empty" } else { definition.default };
    let more = match effective.pinned_at() {
        Some(place) => format!("# Fixed by {place}: no import changes it.\n"),
        None if !told && effective.is_set() => {
            "# Secret: it is set, and written with --with-secrets only.\n".to_owned()
        }
        None => String::new(),
    };
    format!("\n# {}.\n# Value: {}. Default: {default}\n{more}", definition.meaning, definition.kind.description())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::super::{DEFINITIONS, Settings, Stored};
    use super::*;

    const HOSTILE: [&str; 22] = [
        "100% sure",
        "%(host)s %% ${HOME} $(id) `id`",
        "\"quoted\"",
        "'single' \"",
        "\"",
        "a = b : c",
        "= x",
        ": x",
        "; no comment",
        "# no comment",
        "[server]",
        "back\\slash \\n",
        "tail \\",
        "ein Tür 🚪",
        "no\u{a0}break and\u{2028}line",
        "--flag",
        "a;b#c",
        "key=value",
        "%",
        "{}[]()<>|&*?~!^",
        "''",
        "x'; DROP TABLE setting; --",
    ];

    #[test]
    fn whatever_a_value_holds_comes_back_as_it_was() {
        for value in HOSTILE {
            let stored = |_: &str| Some(Stored::Open(value.to_owned()));
            let settings = Settings::combine(|_| None, stored);
            let secret = |_: &Effective| Ok::<_, Infallible>(Some(value.to_owned()));
            let Ok(file) = write(settings.all(), secret);
            let entries = parse(&file).unwrap();
            assert_eq!(entries.len(), DEFINITIONS.len(), "{value}");
            for (entry, definition) in entries.iter().zip(DEFINITIONS) {
                assert_eq!((entry.key.as_str(), entry.value.as_str()), (definition.key, value), "{file}");
            }
        }
    }

    #[test]
    fn what_is_not_set_or_not_told_stands_behind_a_mark() {
        let sealed = |key: &str| (key == "mail.smtp_password").then(|| Stored::Sealed(vec![1]));
        let pin = |key: &str| (key == "mail.smtp_host").then(|| (Stored::Open("m.example".into()), "SMTP_HOST".into()));
        let settings = Settings::combine(pin, sealed);
        let Ok(file) = write(settings.all(), |_| Ok::<_, Infallible>(None));
        assert_eq!(parse(&file), Ok(Vec::new()), "{file}");
        assert!(file.contains("\n;smtp_host = m.example\n") && file.contains("Fixed by SMTP_HOST"), "{file}");
        assert!(file.contains("# Secret: it is set") && file.contains("\n;smtp_password =\n"), "{file}");
        assert!(file.contains("\n;name = Gatekeeper\n"), "{file}");
    }

    #[test]
    fn an_older_file_is_read_and_a_broken_one_is_refused_by_its_line() {
        let old =
            "\u{feff}# old\r\n[mail]\r\nMAIL_SENDER: a%b@example.com \r\n\r\n; x\n [auth] \n  Admin_Emails=a@b.c\n";
        let entry = |line, key: &str, value: &str| Entry { line, key: key.into(), value: value.into() };
        let read = [entry(3, "mail.mail_sender", "a%b@example.com"), entry(7, "auth.admin_emails", "a@b.c")];
        assert_eq!(parse(old), Ok(read.to_vec()));
        assert_eq!(parse("[a]\nx"), Err(BadIni::Line(2)));
        assert_eq!(parse("[a\nx=1"), Err(BadIni::Line(1)));
        assert_eq!(parse("x=1"), Err(BadIni::NoSection(1)));
        assert_eq!(parse("[a]\nx=1\nX=2"), Err(BadIni::Twice("a.x".into(), 3)));
    }
}
