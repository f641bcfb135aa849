//! Looks at a message before the client reads it. The client follows whatever is nested, and would follow a hostile server,
//! or who answers in its place before the connection is secured, until the stack is gone.

#[cfg(test)]
mod tests;

use thiserror::Error;

/// Of a message, with everything in it. A large photo fits.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// An entry's values are six deep.
const MOST_DEEP: usize = 12;
/// Each costs many times what it takes on the wire.
const MOST_ELEMENTS: usize = 100_000;
/// Of the message itself.
const SEQUENCE: u8 = 0x30;
const CONTROLS: u8 = 0xa0;
const EXTENDED_RESPONSE: u8 = 0x78;
const OCTET_STRING: u8 = 0x04;
const ENUMERATED: u8 = 0x0a;
/// Of a tag: there are elements in it.
const CONSTRUCTED: u8 = 0x20;

/// Why a message is not passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum Flaw {
    #[error("it is no message of LDAP")]
    Malformed,
    #[error("it is nested too deeply")]
    TooDeep,
    #[error("it is too large")]
    TooLarge,
}

/// An element's tag, and where its content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    tag: u8,
    begins: usize,
    length: usize,
}

/// How many bytes the message has that begins here; `None` while too few are there to know.
pub(super) fn message_length(bytes: &[u8]) -> Result<Option<usize>, Flaw> {
    match header(bytes)? {
        Some(Header { tag, .. }) if tag != SEQUENCE => Err(Flaw::Malformed),
        Some(Header { length, .. }) if length > MOST_BYTES => Err(Flaw::TooLarge),
        Some(Header { begins, length, .. }) => Ok(Some(begins + length)),
        None => Ok(None),
    }
}

/// Whether a whole message can be read without harm.
pub(super) fn check(message: &[u8]) -> Result<(), Flaw> {
    let mut left = MOST_ELEMENTS;
    let (top, rest) = element(message)?;
    let mut parts = top.content;
    if top.tag != SEQUENCE || !rest.is_empty() {
        return Err(Flaw::Malformed);
    }
    while !parts.is_empty() {
        let (part, rest) = element(parts)?;
        follow(&part, 1, &mut left)?;
        if part.tag == CONTROLS {
            check_controls(part.content, &mut left)?;
        }
        parts = rest;
    }
    Ok(())
}

/// What an extended request came to, of a whole message: the result's code, and what the server says of it.
pub(super) fn extended_result(message: &[u8]) -> Option<(u32, String)> {
    check(message).ok()?;
    let (_number, rest) = element(element(message).ok()?.0.content).ok()?;
    let operation = element(rest).ok()?.0;
    let (code, rest) = element(operation.content).ok()?;
    let (_matched, rest) = element(rest).ok()?;
    let said = String::from_utf8_lossy(element(rest).ok()?.0.content).into_owned();
    let known = operation.tag == EXTENDED_RESPONSE && code.tag == ENUMERATED && code.content.len() <= 4;
    known.then(|| (code.content.iter().fold(0, |code, &byte| code << 8 | u32::from(byte)), said))
}

/// A control's value is text on the wire and elements again for whoever reads it. Before it come a name, which is text
/// and nothing more, and perhaps whether the control matters.
fn check_controls(mut controls: &[u8], left: &mut usize) -> Result<(), Flaw> {
    while !controls.is_empty() {
        let (control, rest) = element(controls)?;
        let (_name, mut parts) = element(control.content)?;
        while !parts.is_empty() {
            let (part, others) = element(parts)?;
            if part.tag == OCTET_STRING && part.content.first().is_some_and(|tag| tag & CONSTRUCTED != 0) {
                follow(&element(part.content)?.0, 1, left)?;
            }
            parts = others;
        }
        controls = rest;
    }
    Ok(())
}

struct Element<'b> {
    tag: u8,
    content: &'b [u8],
}

/// Looks at everything in an element.
fn follow(element_there: &Element<'_>, deep: usize, left: &mut usize) -> Result<(), Flaw> {
    *left = left.checked_sub(1).ok_or(Flaw::TooLarge)?;
    if element_there.tag & CONSTRUCTED == 0 {
        return Ok(());
    }
    if deep >= MOST_DEEP {
        return Err(Flaw::TooDeep);
    }
    let mut inner = element_there.content;
    while !inner.is_empty() {
        let (next, rest) = element(inner)?;
        follow(&next, deep + 1, left)?;
        inner = rest;
    }
    Ok(())
}

/// The first element, and what follows it.
fn element(bytes: &[u8]) -> Result<(Element<'_>, &[u8]), Flaw> {
    let Header { tag, begins, length } = header(bytes)?.ok_or(Flaw::Malformed)?;
    let (content, rest) =
        bytes.get(begins..).and_then(|after| after.split_at_checked(length)).ok_or(Flaw::Malformed)?;
    Ok((Element { tag, content }, rest))
}

/// A tag of one byte and a length of at most four, as LDAP has them.
fn header(bytes: &[u8]) -> Result<Option<Header>, Flaw> {
    let (Some(&tag), Some(&first)) = (bytes.first(), bytes.get(1)) else { return Ok(None) };
    if tag & 0x1f == 0x1f {
        return Err(Flaw::Malformed);
    }
    if first < 0x80 {
        return Ok(Some(Header { tag, begins: 2, length: usize::from(first) }));
    }
    let count = usize::from(first & 0x7f);
    if !(1..=4).contains(&count) {
        return Err(Flaw::Malformed);
    }
    let Some(length) = bytes.get(2..2 + count) else { return Ok(None) };
    let length = length.iter().fold(0_usize, |length, &byte| length << 8 | usize::from(byte));
    Ok(Some(Header { tag, begins: 2 + count, length }))
}
