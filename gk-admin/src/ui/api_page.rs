//! `/api/v1`: the API on one page, from the table that the OpenAPI document is written from.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::errors::UiError;
use super::kit::{self, Tone};
use super::page::Page;
use super::visitor::Visitor;
use super::{AppState, paths};
use crate::api::openapi::{self, Operation, Place, Tag};

/// GET /api/v1
pub(super) async fn show(State(app): AppState, visitor: Visitor) -> Result<Response, UiError> {
    let there = visitor.signed_in(&app).await?;
    let body = view(&openapi::operations(), &openapi::schemas());
    let page = Page::new("API").wide();
    Ok(match &there {
        Some(there) => page.signed_in(there).body(&body),
        None => page.body(&body),
    })
}

fn view(operations: &[Operation], schemas: &Map<String, Value>) -> Markup {
    let of = |tag| operations.iter().filter(move |operation| operation.tag == tag);
    html! {
        h1 { "API" }
        p {
            "Programs show a key, as " code { "Authorization: Bearer gk_…" } " or " code { "X-API-Key: gk_…" }
            "; our own pages the session cookie, with what they change sent as JSON. The same in OpenAPI 3.1: "
            a href={ (paths::API) "/openapi.json" } { code { "openapi.json" } } "."
        }
        nav.contents aria-label="Contents" {
            @for tag in Tag::ALL {
                h2 { a href={ "#" (anchor(tag)) } { (tag.name()) } }
                ul { @for operation in of(tag) {
                    li { a href={ "#" (operation.id()) } { (operation.summary) } " " (address(operation)) }
                } }
            }
            h2 { a href="#refusals" { "What is refused everywhere" } }
            h2 { a href="#shapes" { "Shapes" } }
            ul { @for name in schemas.keys() { li { a href={ "#" (name) } { (name) } } } }
        }
        (refusals(operations))
        @for tag in Tag::ALL {
            section.operations id=(anchor(tag)) {
                h2 { (tag.name()) }
                p.subtle { (tag.about()) }
                @for operation in of(tag) { (described(operation)) }
            }
        }
        section.operations #shapes {
            h2 { "Shapes" }
            @for (name, schema) in schemas {
                article id=(name) { h3 { (name) } (shape(name, schema)) }
            }
        }
    }
}

fn anchor(tag: Tag) -> String {
    tag.name().to_ascii_lowercase().replace(' ', "-")
}

fn address(operation: &Operation) -> Markup {
    html! { code { (operation.method.to_ascii_uppercase()) " " (operation.whole_path()) } }
}

fn described(operation: &Operation) -> Markup {
    let parameter = |parameter: &openapi::Parameter| {
        let place = match parameter.place {
            Place::Path => "path",
            Place::Query => "query",
            Place::Header => "header",
        };
        vec![
            html! { code { (parameter.name) } },
            html! { (place) },
            kind(&parameter.schema),
            html! { (parameter.about) },
        ]
    };
    let rows = operation.parameters.iter().map(parameter).collect::<Vec<_>>();
    html! {
        article id=(operation.id()) {
            h3 { (operation.summary) }
            p { (address(operation)) }
            p { (operation.access.words()) " " (operation.about) }
            @if !rows.is_empty() { (kit::table("Parameters", &["Parameter", "In", "Type", "Meaning"], &rows)) }
            @if let Some(body) = &operation.body { h4 { "Body" } (shape("Body", body)) }
            (answers(operation))
        }
    }
}

fn answers(operation: &Operation) -> Markup {
    let good = operation.answers.iter().map(|(status, about, schema)| {
        vec![kit::badge(Tone::Good, &status.to_string()), html! { (about) }, kind(schema)]
    });
    let bad = operation.refuses.iter();
    let bad =
        bad.map(|(status, about)| vec![kit::badge(Tone::Plain, &status.to_string()), html! { (about) }, html! {}]);
    let rows = good.chain(bad).collect::<Vec<_>>();
    let usual = operation.usual_problems().into_iter().map(|(status, _)| status.to_string()).collect::<Vec<_>>();
    html! {
        h4 { "Answers" }
        (kit::table("Answers", &["Status", "When", "Body"], &rows))
        p.subtle { a href="#refusals" { "As everywhere" } ": " (usual.join(", ")) }
    }
}

/// What is refused everywhere, explained once.
fn refusals(operations: &[Operation]) -> Markup {
    let usual = operations.iter().flat_map(Operation::usual_problems).collect::<BTreeMap<_, _>>();
    let row = |(status, about): (u16, &str)| vec![kit::badge(Tone::Plain, &status.to_string()), html! { (about) }];
    let rows = usual.into_iter().map(row).collect::<Vec<_>>();
    html! {
        section.operations #refusals {
            h2 { "What is refused everywhere" }
            (kit::table("What is refused everywhere", &["Status", "When"], &rows))
        }
    }
}

/// The members of an object, or what else it is.
fn shape(caption: &str, schema: &Value) -> Markup {
    let Some(members) = schema.get("properties").and_then(Value::as_object) else {
        return html! { p { (kind(schema)) } };
    };
    let needed = schema.get("required").and_then(Value::as_array);
    let is_needed = |name: &str| needed.is_some_and(|needed| needed.iter().any(|one| one == name));
    let row = |(name, schema): (&String, &Value)| {
        let may_lack = if is_needed(name) { "" } else { "may be left out" };
        vec![html! { code { (name) } }, kind(schema), html! { (may_lack) }]
    };
    let rows = members.iter().map(row).collect::<Vec<_>>();
    kit::table(caption, &["Member", "Type", "Presence"], &rows)
}

/// A schema in words.
fn kind(schema: &Value) -> Markup {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|place| place.rsplit('/').next()) {
        return html! { a href={ "#" (name) } { (name) } };
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        let words = words.iter().filter_map(Value::as_str).collect::<Vec<_>>();
        return html! { (words.join(" | ")) };
    }
    if let Some(either) = schema.get("anyOf").and_then(Value::as_array) {
        return html! { @for (place, one) in either.iter().enumerate() { @if place > 0 { " or " } (kind(one)) } };
    }
    if let Some(items) = schema.get("items") {
        return html! { "list of " (kind(items)) };
    }
    if let Some(members) = schema.get("properties").and_then(Value::as_object) {
        return html! { "{ " @for (place, (name, schema)) in members.iter().enumerate() {
            @if place > 0 { ", " } code { (name) } ": " (kind(schema))
        } " }" };
    }
    html! { (plain(schema)) }
}

fn plain(schema: &Value) -> String {
    let of = |value: &Value| {
        if value == "string" { "text".to_owned() } else { value.as_str().unwrap_or_default().to_owned() }
    };
    let mut word = match schema.get("type") {
        Some(Value::Array(types)) => types.iter().map(of).collect::<Vec<_>>().join(" or "),
        Some(one) => of(one),
        None => "anything".to_owned(),
    };
    if schema.get("format").is_some() {
        word.push_str(", a time");
    }
    match (schema.get("minimum"), schema.get("maximum")) {
        (Some(least), Some(most)) => format!("{word}, {least} to {most}"),
        (Some(least), None) => format!("{word}, {least} or more"),
        _ => word,
    }
}
