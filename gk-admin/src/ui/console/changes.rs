//! What a row of the audit says was before and after, as people read it.

use std::collections::BTreeSet;

use maud::{Markup, html};
use serde_json::{Map, Value};

use crate::ui::kit;

/// What differs, in a cell of a list.
pub(super) fn differing(before: &str, after: &str) -> Markup {
    let differs = both(before, after).into_iter().filter(|(_, before, after)| before != after);
    html! { @for (name, before, after) in differs { div.change { (name) ": " @if let Some(before) = before { del { (before) } " " } @if let Some(after) = after { ins { (after) } } } } }
}

/// All of it side by side, with what differs marked.
pub(super) fn side_by_side(before: &str, after: &str) -> Markup {
    let said = |text: Option<String>| html! { @if let Some(text) = text { (text) } @else { span.subtle { "–" } } };
    let row = |(name, before, after): (String, Option<String>, Option<String>)| {
        let differs = before.is_some() && before != after;
        vec![
            html! { (name) @if differs { " " (kit::badge(kit::Tone::Waits, "changed")) } },
            html! { span.address { (said(before)) } },
            html! { span.address { (said(after)) } },
        ]
    };
    let rows = both(before, after).into_iter().map(row).collect::<Vec<_>>();
    kit::table("Before and after", &["What", "Before", "After"], &rows)
}

/// Everything two descriptions name: before and after, as far as there was and is something.
fn both(before: &str, after: &str) -> Vec<(String, Option<String>, Option<String>)> {
    let (before, after) = (read(before), read(after));
    let names = before.keys().chain(after.keys()).collect::<BTreeSet<_>>();
    let said = |all: &Map<String, Value>, name: &String| all.get(name).and_then(words);
    names.into_iter().map(|name| (name.replace('_', " "), said(&before, name), said(&after, name))).collect()
}

/// A description that is one value has no names.
fn read(text: &str) -> Map<String, Value> {
    match serde_json::from_str(text) {
        Ok(Value::Object(all)) => all,
        Ok(value) => [("value".to_owned(), value)].into_iter().collect(),
        Err(_) if text.is_empty() => Map::new(),
        Err(_) => [("value".to_owned(), Value::String(text.to_owned()))].into_iter().collect(),
    }
}

/// A value in words; nothing for one that says nothing.
fn words(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().filter_map(words).collect::<Vec<_>>().join(", "),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Null => String::new(),
        Value::Number(_) | Value::Object(_) => value.to_string(),
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_compared_by_name_and_single_values_whole() {
        let cell = |before, after| differing(before, after).into_string();
        let changed = cell(r#"{"a":1,"full_name":"x","b":[]}"#, r#"{"a":1,"full_name":"<y>","c":true}"#);
        assert!(
            changed.contains("full name: <del>x</del> <ins>&lt;y&gt;</ins>") && changed.contains("c: <ins>yes</ins>")
        );
        assert!(!changed.contains("a: ") && !changed.contains("b: "), "{changed}");
        assert!(cell("\"old\"", "\"new\"").contains("value: <del>old</del> <ins>new</ins>"));
        assert_eq!(cell("", ""), "");
        assert!(side_by_side("not json", "").into_string().contains("not json"));
    }
}
