//! A table of short texts that many rows share, so that each is kept once.

use std::collections::HashMap;

use foldhash::fast::RandomState;

/// Texts by number, counted from 0 in order of first sight. Never shrinks: roles and domains are few.
#[derive(Clone, Default)]
pub(super) struct Texts {
    texts: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32, RandomState>,
}

impl Texts {
    /// The number of a text, given one if it is new.
    pub(super) fn index(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(text.into());
        self.numbers.insert(text.into(), number);
        number
    }

    /// The text of a number; empty for one never given.
    pub(super) fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("", |text| text)
    }
}
