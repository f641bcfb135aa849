//! What people and programs from outside wrote, made harmless for a mail: it can neither look like a paragraph of
//! ours nor become a link.

use gk_shared::model::is_invisible;
use serde_json::{Map, Value};

const MOST_CHARACTERS: usize = 300;
const MOST_LINES: usize = 40;

/// Makes every value harmless: free text is quoted line by line, everything else is one line.
pub(super) fn tame(values: &mut Map<String, Value>) {
    for (name, value) in values.iter_mut() {
        if let Value::String(text) = value {
            *text = match name.as_str() {
                "link" | "url" => address(text),
                "description" | "message" | "note" | "reason" => quoted(text),
                _ => line(text),
            };
        }
    }
}

/// An address of ours, or nothing.
fn address(text: &str) -> String {
    let web = text.starts_with("https://") || text.starts_with("http://");
    let sound = text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | '\'' | '`'));
    if web && sound { text.to_owned() } else { String::new() }
}

/// Each line behind a `>`, without empty ones, so that it stays one paragraph.
fn quoted(text: &str) -> String {
    let lines = text.split(['\n', '\r', '\u{2028}', '\u{2029}', '\u{85}']).map(line);
    let lines = lines.filter(|line| !line.is_empty()).take(MOST_LINES).map(|line| format!("> {line}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// One line: white space and control characters become spaces, what is invisible or turns the direction of writing
/// goes, and an address in it is no longer one that mail readers make clickable.
fn line(text: &str) -> String {
    let visible = text.chars().filter(|c| !is_invisible(*c)).take(MOST_CHARACTERS);
    let plain = visible.map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c }).collect::<String>();
    plain.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ").replace("://", ": //")
}
