//! Words become directives, and blocks that hold directives.

use std::fmt;
use std::rc::Rc;

use super::BadConfig;
use super::words::{Piece, Words};

/// Deeper than any configuration that works.
const MOST_DEPTH: usize = 64;

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: Rc<str>,
    /// From 1.
    pub(crate) line: u32,
}

/// A name, its arguments, and what stands in its braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directive {
    pub(crate) name: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) block: Option<Vec<Directive>>,
    pub(crate) place: Place,
}

impl Directive {
    /// What stands in its braces; nothing if it has none.
    pub(crate) fn inside(&self) -> &[Self] {
        self.block.as_deref().unwrap_or_default()
    }

    /// An argument by position, or nothing.
    pub(crate) fn argument(&self, position: usize) -> &str {
        self.arguments.get(position).map_or("", String::as_str)
    }

    /// Whether it is `name` with exactly this first argument.
    pub(crate) fn says(&self, name: &str, first: &str) -> bool {
        self.name == name && self.argument(0) == first
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.file, self.line)
    }
}

/// Reads the text of one file.
pub(super) fn parse(file: &Rc<str>, text: &str) -> Result<Vec<Directive>, BadConfig> {
    let mut reader = Reader { file, words: Words::of(text), open: Vec::new(), level: Vec::new() };
    reader.read().map_err(|error| error.in_file(file))
}

/// Reads without recursion: blocks that are still open wait in a list.
struct Reader<'f> {
    file: &'f Rc<str>,
    words: Words<'f>,
    /// Each open block, with the directives that stand before it at its level.
    open: Vec<(Directive, Vec<Directive>)>,
    level: Vec<Directive>,
}

impl Reader<'_> {
    fn read(&mut self) -> Result<Vec<Directive>, BadConfig> {
        let mut begun: Option<Directive> = None;
        while let Some(piece) = self.words.next()? {
            begun = match (piece, begun) {
                (Piece::Word(name, line), None) => Some(self.directive(name, line)),
                (Piece::Word(word, _), Some(mut directive)) => {
                    directive.arguments.push(word);
                    Some(directive)
                }
                (Piece::End(_), Some(directive)) => {
                    self.level.push(directive);
                    None
                }
                (Piece::Open(line), Some(directive)) => {
                    self.enter(directive, line)?;
                    None
                }
                (Piece::Close(line), None) => {
                    self.leave(line)?;
                    None
                }
                (Piece::End(line), None) => return Err(BadConfig::at(line, "a `;` without a directive")),
                (Piece::Open(line), None) => return Err(BadConfig::at(line, "a `{` without a directive")),
                (Piece::Close(line), Some(_)) => return Err(BadConfig::at(line, "a `;` is missing before this `}`")),
            };
        }
        match (begun, self.open.pop()) {
            (Some(directive), _) => Err(BadConfig::at(directive.place.line, "this directive is not ended by a `;`")),
            (None, Some((block, _))) => Err(BadConfig::at(block.place.line, "this block is not closed")),
            (None, None) => Ok(std::mem::take(&mut self.level)),
        }
    }

    fn directive(&self, name: String, line: u32) -> Directive {
        let place = Place { file: Rc::clone(self.file), line };
        Directive { name, arguments: Vec::new(), block: None, place }
    }

    fn enter(&mut self, mut directive: Directive, line: u32) -> Result<(), BadConfig> {
        if directive.name.ends_with("_by_lua_block") {
            self.words.skip_foreign_block()?;
            directive.block = Some(Vec::new());
            self.level.push(directive);
            return Ok(());
        }
        if self.open.len() >= MOST_DEPTH {
            return Err(BadConfig::at(line, "blocks are nested too deeply"));
        }
        self.open.push((directive, std::mem::take(&mut self.level)));
        Ok(())
    }

    fn leave(&mut self, line: u32) -> Result<(), BadConfig> {
        let (mut block, before) = self.open.pop().ok_or_else(|| BadConfig::at(line, "a `}` too many"))?;
        block.block = Some(std::mem::replace(&mut self.level, before));
        self.level.push(block);
        Ok(())
    }
}
