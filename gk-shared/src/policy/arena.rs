//! Many short lists in one allocation. A list of three in an allocation of its own would cost as much again to keep.

/// Where a list lies in its arena.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    start: u32,
    length: u32,
}

/// Lists of `T`, each found by its [`Span`]. A list never changes: another takes its place, and the old one's room is
/// unused until all lists are moved into a new arena.
#[derive(Clone)]
pub(super) struct Arena<T> {
    items: Vec<T>,
    unused: usize,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self { items: Vec::new(), unused: 0 }
    }
}

impl<T: Copy> Arena<T> {
    /// Makes room for so many more items.
    pub(super) fn reserve(&mut self, count: usize) {
        self.items.reserve_exact(count);
    }

    /// Gives back the room that nothing was put in.
    pub(super) fn shrink(&mut self) {
        self.items.shrink_to_fit();
    }

    /// Adds a list; `None` once the arena holds 2³² items.
    pub(super) fn add(&mut self, list: impl IntoIterator<Item = T>) -> Option<Span> {
        let start = self.items.len();
        self.items.extend(list);
        self.since(start)
    }

    /// Adds a list made of parts.
    pub(super) fn add_parts(&mut self, parts: &[&[T]]) -> Option<Span> {
        let start = self.items.len();
        for part in parts {
            self.items.extend_from_slice(part);
        }
        self.since(start)
    }

    /// The list at this place.
    pub(super) fn get(&self, span: Span) -> &[T] {
        let start = span.start as usize;
        self.items.get(start..start + span.length as usize).unwrap_or_default()
    }

    /// Says that nothing refers to this list any more.
    pub(super) fn drop_list(&mut self, span: Span) {
        self.unused += span.length as usize;
    }

    /// Whether most of the arena is room that nothing refers to.
    pub(super) fn is_mostly_unused(&self) -> bool {
        const NOT_WORTH_IT: usize = 65_536;
        self.unused > NOT_WORTH_IT && self.unused > self.items.len() / 2
    }

    /// How many items lists refer to.
    pub(super) fn used(&self) -> usize {
        self.items.len() - self.unused
    }

    fn since(&self, start: usize) -> Option<Span> {
        let length = u32::try_from(self.items.len() - start).ok()?;
        Some(Span { start: u32::try_from(start).ok()?, length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_found_where_they_were_put_and_unused_room_is_counted() {
        let mut arena = Arena::default();
        let [first, second] = [vec![1, 2, 3], vec![]].map(|list| arena.add(list).unwrap());
        assert_eq!((arena.get(first), arena.get(second)), ([1, 2, 3].as_slice(), [].as_slice()));
        arena.drop_list(first);
        assert_eq!((arena.used(), arena.is_mostly_unused()), (0, false), "too little to be worth moving");
        let large = arena.add(std::iter::repeat_n(7, 200_000)).unwrap();
        assert!(!arena.is_mostly_unused());
        arena.drop_list(large);
        assert!(arena.is_mostly_unused());
    }
}
