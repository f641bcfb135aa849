//! Text in a CSV file that no spreadsheet takes for a formula: what would begin like one gets an apostrophe in front,
//! and loses it again when it is read here.
//!
//! A spreadsheet may split the file where we did not, at semicolons, tabs or line breaks inside a cell. So what follows
//! one of those counts as a beginning too.

use std::borrow::Cow;

use gk_shared::model::is_invisible;

/// What may be written, and is read back by [`unguarded`] as it was.
pub(super) fn guarded(cell: &str) -> Cow<'_, str> {
    let (mut written, mut done) = (String::new(), 0);
    for at in beginnings(cell).filter(|at| is_risky(cell, *at)) {
        written.push_str(cell.get(done..at).unwrap_or_default());
        written.push('\'');
        done = at;
    }
    rest_of(cell, done, written)
}

/// The cell that was written so; also somebody else's, who guards cells in the same way.
pub(super) fn unguarded(written: &str) -> Cow<'_, str> {
    let is_guard =
        |at: &usize| written.get(*at..).is_some_and(|rest| rest.starts_with('\'')) && is_risky(written, at + 1);
    let (mut cell, mut done) = (String::new(), 0);
    for at in beginnings(written).filter(is_guard) {
        cell.push_str(written.get(done..at).unwrap_or_default());
        done = at + 1;
    }
    rest_of(written, done, cell)
}

/// The text itself, if nothing was changed; else what was made of its beginning, and the rest.
fn rest_of(text: &str, done: usize, mut begun: String) -> Cow<'_, str> {
    if begun.is_empty() && done == 0 {
        return Cow::Borrowed(text);
    }
    begun.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(begun)
}

/// Where a cell may begin for whoever splits the text elsewhere.
fn beginnings(cell: &str) -> impl Iterator<Item = usize> {
    let splits = |(_, c): &(usize, char)| is_split(*c);
    std::iter::once(0).chain(cell.char_indices().filter(splits).map(|(at, c)| at + c.len_utf8()))
}

fn is_split(c: char) -> bool {
    matches!(c, ';' | '\t' | '\r' | '\n')
}

/// Whether what stands here is a formula, were it a cell: a sign, after what spreadsheets pass over; or, at the cell's
/// own beginning, a tab or line break. Apostrophes are passed over, so that a guard changes no answer.
fn is_risky(cell: &str, at: usize) -> bool {
    let passed_over =
        |c: char| !is_split(c) && (c.is_whitespace() || c.is_control() || is_invisible(c) || matches!(c, '\'' | '"'));
    let first = cell.get(at..).unwrap_or_default().trim_start_matches(passed_over).chars().next();
    let is_first = at == 0 || (at == 1 && cell.starts_with('\''));
    match first {
        Some('=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}') => true,
        Some('\t' | '\r' | '\n') => is_first,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_guarded_and_nothing_else() {
        for (cell, written) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("  =1", "'  =1"),
            ("\u{a0}\u{feff}=1", "'\u{a0}\u{feff}=1"),
            ("\tx", "'\tx"),
            ("\r\nx", "'\r\nx"),
            ("\"=1", "'\"=1"),
            ("'=1", "''=1"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("a;=1", "a;'=1"),
            ("a\n- b", "a\n'- b"),
            ("a, -b", "a, -b"),
            ("'quoted'", "'quoted'"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(guarded(cell), written);
            assert_eq!(unguarded(written), cell);
        }
    }

    #[test]
    fn every_cell_comes_back_as_it_was() {
        let letters = ['a', '\'', '=', ' ', ';', '\t', '\r', '"', '\u{ff1d}'];
        let mut cells = vec![String::new()];
        for _ in 0..5 {
            let longer = cells.iter().flat_map(|cell| letters.map(|letter| format!("{cell}{letter}")));
            cells = longer.chain([String::new()]).collect();
            for cell in &cells {
                let written = guarded(cell);
                assert_eq!(unguarded(&written), *cell, "{written:?}");
                for at in beginnings(&written) {
                    let begins = written.get(at..).unwrap().trim_start_matches([' ', '"']);
                    assert!(!begins.starts_with(['=', '\u{ff1d}']), "{written:?}");
                }
            }
        }
    }
}
