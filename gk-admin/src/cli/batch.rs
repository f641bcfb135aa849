//! `gk batch`: many verbs in one process. Each line is one verb in one transaction, answered when it is in force.
//! `gk --json batch` answers each with one object on one line.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use gk_service::Force;

use super::answer::{Answer, Failure, Form, saved};
use super::noted;
use super::shell::Shell;

/// Answers lines until there are no more. The exit code is 0: each answer speaks for itself.
pub(super) fn run(shell: &Shell, form: Form) -> Result<ExitCode, Failure> {
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|error| Failure::refused(error.to_string()))?;
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let said = answer(shell, &line);
        let lines = match form {
            Form::Text => in_words(said),
            Form::Json => said.map_or_else(|failure| failure.object(), |(answer, _)| answer.object()).to_string(),
        };
        let mut out = io::stdout();
        writeln!(out, "{lines}").and_then(|()| out.flush()).map_err(|error| Failure::refused(error.to_string()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The result, if there is one, and the verdict on a line of its own.
fn in_words(said: Result<(Answer, Form), Failure>) -> String {
    let (answer, wanted) = match said {
        Ok(said) => said,
        Err(failure) => return format!("error: {}", failure.message.replace('\n', " ")),
    };
    let verdict = match &answer.force {
        Force::Now => "ok".to_owned(),
        Force::NotYet(why) => saved(why),
    };
    let result = answer.render(wanted);
    if result.is_empty() { verdict } else { format!("{result}\n{verdict}") }
}

/// Words are separated by spaces; double quotes keep spaces within a word.
fn answer(shell: &Shell, line: &str) -> Result<(Answer, Form), Failure> {
    let words = std::iter::once("gk".to_owned()).chain(words(line));
    let (cli, name) = noted::understand(words).map_err(|error| Failure::misused(&error))?;
    if cli.place.names_any() {
        return Err(Failure::usage("files are named once, on `gk batch` itself"));
    }
    let form = cli.form();
    noted::run(shell, cli.verb, &name).map(|answer| (answer, form))
}

fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut begun) = (Vec::new(), String::new(), false, false);
    for c in line.trim().chars() {
        match c {
            '"' => {
                quoted = !quoted;
                begun = true;
            }
            c if c.is_whitespace() && !quoted => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            c => {
                word.push(c);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn quotes_keep_spaces_within_a_word() {
        assert_eq!(
            words(r#"apps add  --name "Engineering Docs" --note """#),
            ["apps", "add", "--name", "Engineering Docs", "--note", ""]
        );
    }
}
