//! The words of an nginx configuration: quotes, escapes, variables and comments as nginx itself reads them.

use super::BadConfig;

/// What a configuration is made of. Numbers are lines, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Word(String, u32),
    /// `;`
    End(u32),
    /// `{`
    Open(u32),
    /// `}`
    Close(u32),
}

/// Reads piece by piece; nothing is read twice.
pub(super) struct Words<'t> {
    rest: std::iter::Peekable<std::str::Chars<'t>>,
    line: u32,
}

impl<'t> Words<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { rest: text.chars().peekable(), line: 1 }
    }

    /// The next piece, or `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Piece>, BadConfig> {
        self.skip_blank();
        let line = self.line;
        let Some(first) = self.step() else { return Ok(None) };
        Ok(Some(match first {
            ';' => Piece::End(line),
            '{' => Piece::Open(line),
            '}' => Piece::Close(line),
            '"' | '\'' => Piece::Word(self.quoted(first)?, line),
            other => Piece::Word(self.bare(other), line),
        }))
    }

    /// Passes over a block that holds another language, up to its closing brace.
    pub(super) fn skip_foreign_block(&mut self) -> Result<(), BadConfig> {
        let (opened, mut depth) = (self.line, 1_u32);
        while let Some(next) = self.step() {
            match next {
                '{' => depth += 1,
                '}' if depth == 1 => return Ok(()),
                '}' => depth -= 1,
                _ => {}
            }
        }
        Err(BadConfig::at(opened, "this block is not closed"))
    }

    fn step(&mut self) -> Option<char> {
        let next = self.rest.next();
        if next == Some('\n') {
            self.line += 1;
        }
        next
    }

    fn skip_blank(&mut self) {
        while let Some(&next) = self.rest.peek() {
            if next == '#' {
                while self.step().is_some_and(|passed| passed != '\n') {}
            } else if is_blank(next) {
                self.step();
            } else {
                return;
            }
        }
    }

    fn quoted(&mut self, quote: char) -> Result<String, BadConfig> {
        let (line, mut word) = (self.line, String::new());
        while let Some(next) = self.step() {
            match next {
                '\\' => self.escaped(&mut word),
                next if next == quote => return self.ended(word),
                next => word.push(next),
            }
        }
        Err(BadConfig::at(line, "this quote is not closed"))
    }

    /// What may follow a closing quote.
    fn ended(&mut self, word: String) -> Result<String, BadConfig> {
        match self.rest.peek() {
            None | Some(';' | '{' | ')') => Ok(word),
            Some(next) if is_blank(*next) => Ok(word),
            Some(next) => Err(BadConfig::at(self.line, format!("unexpected `{next}` after a quote"))),
        }
    }

    fn bare(&mut self, first: char) -> String {
        let mut word = String::new();
        if first == '\\' {
            self.escaped(&mut word);
        } else {
            word.push(first);
        }
        while let Some(&next) = self.rest.peek() {
            let names_variable = next == '{' && word.ends_with('$');
            if is_blank(next) || next == ';' || (next == '{' && !names_variable) {
                break;
            }
            self.step();
            if next == '\\' { self.escaped(&mut word) } else { word.push(next) }
        }
        word
    }

    /// What a backslash makes of the character behind it; of most, nothing.
    fn escaped(&mut self, word: &mut String) {
        match self.step() {
            Some(plain @ ('"' | '\'' | '\\')) => word.push(plain),
            Some('t') => word.push('\t'),
            Some('r') => word.push('\r'),
            Some('n') => word.push('\n'),
            Some(other) => word.extend(['\\', other]),
            None => word.push('\\'),
        }
    }
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}
