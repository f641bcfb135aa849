//! What a mail says: a text template for each kind and language, and one layout that makes the HTML part of it.
//!
//! A template is `Subject: …`, an empty line, and paragraphs. The paragraph that is the link or the code and nothing
//! else is set apart in the HTML part. Values are made harmless first, and escaped there; none can add a line to the
//! subject. A template of the operator's that cannot be used never costs a mail: the built-in one is used instead.

use std::path::Path;

use gk_service::model::Template;
use minijinja::value::Value as Filled;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::{Map, Value, json};

use super::tame::tame;
use super::templates::{self, LAYOUT};

/// A worded mail.
pub(super) struct Worded {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

/// Far more than any mail needs; a template that never ends is stopped there.
const MOST_STEPS: u64 = 50_000;
const MOST_BYTES: usize = 256 * 1024;

/// Fills the template with the values, an object in JSON. Files in `folder` replace the built-in texts.
pub(super) fn word(template: Template, values: &str, folder: Option<&Path>) -> Result<Worded, String> {
    let mut values: Map<String, Value> = serde_json::from_str(values).map_err(|error| error.to_string())?;
    for name in template.kind.values() {
        values.entry(*name).or_insert_with(|| json!(""));
    }
    tame(&mut values);
    let filling = Filled::from_serialize(&values);
    let name = templates::name(template);
    let (subject, blocks) =
        by_template(folder, (&name, templates::built_in(template)), |source| parts(&fill(&name, source, &filling)?))?;
    let page = page(template, &subject, (&values, &blocks));
    let html = by_template(folder, LAYOUT, |source| fill(LAYOUT.0, source, &page))?;
    Ok(Worded { subject, text: format!("{}\n", blocks.join("\n\n")), html })
}

/// Makes something of the operator's own template, or else of the built-in one.
fn by_template<T>(
    folder: Option<&Path>,
    (name, built_in): (&str, &str),
    use_it: impl Fn(&str) -> Result<T, String>,
) -> Result<T, String> {
    let own = folder.and_then(|folder| Some((folder, templates::own(folder, name)?)));
    if let Some((folder, source)) = own {
        match source.and_then(|source| use_it(&source)) {
            Ok(made) => return Ok(made),
            Err(error) => tracing::warn!(
                file = %folder.join(name).display(), error,
                "a mail template cannot be used, so the built-in one was"
            ),
        }
    }
    use_it(built_in)
}

/// Takes a filled template apart: subject and paragraphs.
fn parts(filled: &str) -> Result<(String, Vec<String>), String> {
    let (subject, body) = filled.trim_start().split_once("\n\n").unwrap_or((filled, ""));
    let subject = subject.strip_prefix("Subject: ").ok_or("its first line is not `Subject: …`")?.trim();
    if subject.is_empty() || subject.chars().any(char::is_control) {
        return Err("its subject is not one line, followed by an empty one".into());
    }
    let blocks = body.split("\n\n").map(|block| block.trim().to_owned()).filter(|block| !block.is_empty());
    let blocks = blocks.collect::<Vec<_>>();
    if blocks.is_empty() { Err("it has no text".into()) } else { Ok((subject.to_owned(), blocks)) }
}

/// What the layout is filled with.
fn page(template: Template, subject: &str, (values, blocks): (&Map<String, Value>, &[String])) -> Filled {
    let text = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default();
    let (link, code) = (text("link"), text("code"));
    let block = |block: &String| {
        let kind = match block.as_str() {
            whole if whole == link => "link",
            whole if whole == code => "code",
            other if other.lines().all(|line| line.starts_with('>')) => "quote",
            _ => "text",
        };
        let lines = block.lines().map(|line| line.trim_start_matches('>').trim()).collect::<Vec<_>>();
        json!({ "kind": kind, "lines": lines })
    };
    let blocks = blocks.iter().map(block).collect::<Vec<_>>();
    Filled::from_iter([
        ("language", Filled::from(template.language.tag())),
        ("subject", Filled::from(subject)),
        ("blocks", Filled::from_serialize(&blocks)),
        ("code", Filled::from(code)),
        // Its characters are known: escaping slashes too, as templates do, would only make it longer.
        ("link", Filled::from_safe_string(link.replace('&', "&amp;"))),
    ])
}

/// The values of the layout are escaped, since it is HTML.
fn fill(name: &str, source: &str, values: &Filled) -> Result<String, String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_fuel(Some(MOST_STEPS));
    environment.set_auto_escape_callback(|name| if name == LAYOUT.0 { AutoEscape::Html } else { AutoEscape::None });
    let filled = environment.render_named_str(name, source, values).map_err(|error| error.to_string())?;
    if filled.len() > MOST_BYTES { Err("it makes a mail that is too long".into()) } else { Ok(filled) }
}

#[cfg(test)]
mod tests {
    use gk_service::model::{Language, MailKind};

    use super::*;

    const LINK: &str = "https://auth.example.com/signin/link/abc?a=1&b=2";
    const HOSTILE: &str = "<b>x</b> {{ 7*7 }}\r\nBcc: victim@example.com\n\nhttps://evil.example/x\n\n\u{202e}moc.live";

    /// Every value as bad as it can be; the link and the code as they are.
    fn filled(template: Template, hostile: &str) -> Worded {
        let mut values = Map::from_iter([("name".to_owned(), json!(hostile)), ("url".into(), json!(LINK))]);
        values.insert("email".into(), json!("alice@example.com"));
        for name in template.kind.values() {
            values.insert((*name).to_owned(), json!(hostile));
        }
        for (name, value) in [("link", LINK), ("code", "ABCD-2345")] {
            values.entry(name).and_modify(|there| *there = json!(value));
        }
        word(template, &json!(values).to_string(), None).unwrap()
    }

    fn assert_harmless(template: Template, hostile: &str) {
        let mail = filled(template, hostile);
        let about = templates::name(template);
        let links = usize::from(template.kind.values().contains(&"link"));
        assert!(!mail.subject.chars().any(char::is_control), "{about}: {}", mail.subject);
        assert_eq!(mail.html.matches("href=").count(), links, "{about}: {}", mail.html);
        assert_eq!(mail.html.matches(&format!("href=\"{}\"", LINK.replace('&', "&amp;"))).count(), links, "{about}");
        assert_eq!(mail.text.lines().filter(|line| *line == LINK).count(), links, "{about}: {}", mail.text);
        for part in [&mail.subject, &mail.text, &mail.html] {
            assert!(
                !part.contains("://evil") && !part.contains('\u{202e}') && !part.contains(">49"),
                "{about}: {part}"
            );
            assert!(!part.lines().any(|line| line.starts_with("Bcc:")) && !part.contains('\r'), "{about}: {part}");
        }
        assert!(!mail.html.contains("<b>") && !mail.html.contains("<img") && !mail.html.contains("<script"), "{about}");
        let set_apart = mail.html.matches("ui-monospace").count();
        assert_eq!(set_apart, usize::from(template.kind.values().contains(&"code")), "{about}: {}", mail.html);
    }

    #[test]
    fn no_value_can_do_harm_in_any_mail() {
        for template in templates::all() {
            // The last two would be taken for the link and the code themselves.
            for hostile in [HOSTILE, "", "\n\n", LINK, "ABCD-2345"] {
                assert_harmless(template, hostile);
            }
        }
    }

    #[test]
    fn free_text_is_quoted_line_by_line() {
        let template = Template { kind: MailKind::AccessRequested, language: Language::English };
        let values = json!({
            "name": "Gatekeeper", "person": "eve@example.com", "app": "Docs", "link": LINK,
            "message": "Hello\n\nApprove it here:\n\nhttps://evil.example",
        });
        let mail = word(template, &values.to_string(), None).unwrap();
        assert!(mail.text.contains("\n\n> Hello\n> Approve it here:\n> https: //evil.example\n\n"), "{}", mail.text);
        assert!(mail.html.contains("Hello<br>Approve it here:<br>"), "{}", mail.html);
    }

    #[test]
    fn a_broken_file_of_the_operator_costs_no_mail() {
        let folder = tempfile::tempdir().unwrap();
        let template = Template { kind: MailKind::Test, language: Language::German };
        let file = folder.path().join("test.de.txt");
        let word =
            || word(template, "{\"name\":\"Tor\",\"url\":\"\",\"email\":\"a@b.c\"}", Some(folder.path())).unwrap();
        std::fs::write(&file, "Subject: Hallo {{ name }}\r\n\r\nEigener Text\r\n").unwrap();
        assert_eq!((word().subject.as_str(), word().text.as_str()), ("Hallo Tor", "Eigener Text\n"));
        let endless = "Subject: x\n\n{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
        for broken in ["", "no subject", "Subject: {{", "Subject: x\n\n{{ nobody }}", endless, &"x".repeat(70_000)] {
            std::fs::write(&file, broken).unwrap();
            assert_eq!(word().subject, "Tor - Probemail");
        }
        std::fs::write(folder.path().join("layout.html"), "{% if %}").unwrap();
        assert!(word().html.contains("<!doctype html>"));
    }

    #[test]
    fn the_built_in_texts_are_written_once_and_are_what_is_used() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("sign-in.en.txt"), "mine").unwrap();
        let (written, there) = templates::write_all(folder.path()).unwrap();
        assert_eq!((written.len(), there.len()), (36, 1));
        assert_eq!(std::fs::read_to_string(folder.path().join("sign-in.en.txt")).unwrap(), "mine");
    }
}
