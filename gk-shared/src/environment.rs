//! Settings from outside: the environment file that all binaries read, and the process's own environment over it.

use std::collections::HashMap;
use std::path::Path;
use std::{env, fs, io};

use thiserror::Error;

/// Read by every binary, so that a shell and a service agree on where things are.
pub const ENVIRONMENT_FILE: &str = "/etc/gatekeeper/environment";

/// Names and values, the process's own before the file's. A name with an empty value counts as not given.
#[derive(Clone, Debug, Default)]
pub struct Environment(HashMap<String, String>);

/// Why the environment file was refused.
#[derive(Debug, Error)]
pub enum BadEnvironment {
    #[error("cannot read {ENVIRONMENT_FILE}")]
    Unreadable(#[source] io::Error),
    #[error("line {0} of {ENVIRONMENT_FILE} is not NAME=value")]
    Line(usize),
}

impl Environment {
    /// Reads [`ENVIRONMENT_FILE`], or the file that `GATEKEEPER_ENVIRONMENT_FILE` names, and lays this process's
    /// environment over it. A file that is absent, or that is not for this user to read, says nothing.
    pub fn read() -> Result<Self, BadEnvironment> {
        let path = env::var_os("GATEKEEPER_ENVIRONMENT_FILE").unwrap_or_else(|| ENVIRONMENT_FILE.into());
        let text = match fs::read_to_string(Path::new(&path)) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
                String::new()
            }
            Err(error) => return Err(BadEnvironment::Unreadable(error)),
        };
        let own = env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()));
        Self::of(&text, own)
    }

    /// The same from values: `own` wins over `file`.
    pub fn of(file: &str, own: impl IntoIterator<Item = (String, String)>) -> Result<Self, BadEnvironment> {
        let mut values = HashMap::new();
        for (number, line) in (1..).zip(file.lines()) {
            if let Some((name, value)) = parse_line(line).map_err(|()| BadEnvironment::Line(number))? {
                values.insert(name.to_owned(), value.to_owned());
            }
        }
        values.extend(own.into_iter().filter(|(_, value)| !value.is_empty()));
        values.retain(|_, value| !value.is_empty());
        Ok(Self(values))
    }

    /// The value of a name, if one was given.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// One line, as systemd's `EnvironmentFile=` takes it: blank and `#` lines say nothing, quotes around a value go.
fn parse_line(line: &str) -> Result<Option<(&str, &str)>, ()> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (name, value) = line.split_once('=').ok_or(())?;
    let plain = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain(name) { Ok(Some((name, unquoted(value.trim())))) } else { Err(()) }
}

fn unquoted(value: &str) -> &str {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)))
        .unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn the_process_wins_over_the_file_unless_it_says_nothing() {
        let file = "# a comment\n\nA=file\nB=\"two words\"\nC='x'\nD=";
        let found = Environment::of(file, [own("A", "own"), own("B", "")]).expect("a sound file");
        assert_eq!(found.get("A"), Some("own"));
        assert_eq!(found.get("B"), Some("two words"));
        assert_eq!(found.get("C"), Some("x"));
        assert_eq!((found.get("D"), found.get("E")), (None, None));
    }

    #[test]
    fn a_line_that_sets_nothing_is_named() {
        for bad in ["A", "=x", "A B=x", "export A=x"] {
            let refused = Environment::of(&format!("X=1\n{bad}"), []);
            assert!(matches!(refused, Err(BadEnvironment::Line(2))), "{bad}");
        }
    }
}
