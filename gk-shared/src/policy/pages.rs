//! Rows by their ids. Ids are handed out in order, so neighbours share a page, and all that is looked up is the page:
//! that table is small enough to stay in the processor's cache, and finding one of a million rows waits for memory once.

use crate::index::Index;

/// Rows of a page. A row that is alone on its page takes the room of all of them.
const ROWS: u32 = 32;

/// Rows of `R`, each found by its id.
#[derive(Clone)]
pub(super) struct Pages<R> {
    /// Page after page.
    rows: Vec<Option<R>>,
    /// Of each page, in the order of the rows: the ids on it divided by [`ROWS`].
    numbers: Vec<u32>,
    places: Index,
    count: usize,
}

impl<R> Default for Pages<R> {
    fn default() -> Self {
        Self { rows: Vec::new(), numbers: Vec::new(), places: Index::default(), count: 0 }
    }
}

impl<R: Copy> Pages<R> {
    /// Makes room for so many rows, if their ids have no gaps.
    pub(super) fn reserve(&mut self, count: usize) {
        let pages = count / ROWS as usize + 2;
        self.rows.reserve_exact(pages * ROWS as usize);
        self.numbers.reserve_exact(pages);
        self.places.reserve(pages);
    }

    /// Gives back the room that nothing was put in.
    pub(super) fn shrink(&mut self) {
        self.rows.shrink_to_fit();
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The row with this id.
    pub(super) fn get(&self, id: u32) -> Option<&R> {
        self.rows.get(at(self.page(id)?, id))?.as_ref()
    }

    /// The row with this id, to be changed.
    pub(super) fn get_mut(&mut self, id: u32) -> Option<&mut R> {
        let page = self.page(id)?;
        self.rows.get_mut(at(page, id))?.as_mut()
    }

    /// All rows with their ids, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &R)> {
        let ids = self.numbers.iter().flat_map(|number| (0..ROWS).map(move |offset| number * ROWS + offset));
        ids.zip(&self.rows).filter_map(|(id, row)| Some((id, row.as_ref()?)))
    }

    /// All rows, in no order.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut R> {
        self.rows.iter_mut().flatten()
    }

    /// Puts a row in its place. Gives the one that was there.
    pub(super) fn set(&mut self, id: u32, row: R) -> Option<R> {
        let page = self.page(id).unwrap_or_else(|| self.add_page(id / ROWS));
        let before = self.rows.get_mut(at(page, id))?.replace(row);
        self.count += usize::from(before.is_none());
        before
    }

    /// Removes a row, if there, and its page when nothing else is on it.
    pub(super) fn remove(&mut self, id: u32) -> Option<R> {
        let page = self.page(id)?;
        let removed = self.rows.get_mut(at(page, id))?.take()?;
        self.count -= 1;
        if self.rows.iter().skip(at(page, 0)).take(ROWS as usize).all(Option::is_none) {
            self.remove_page(page);
        }
        Some(removed)
    }

    fn page(&self, id: u32) -> Option<u32> {
        self.places.find(&(id / ROWS), |page| self.numbers.get(page as usize).copied())
    }

    fn add_page(&mut self, number: u32) -> u32 {
        // There are fewer pages than ids.
        let page = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        self.numbers.push(number);
        self.rows.extend((0..ROWS).map(|_| None));
        self.places.add(&number, page, |page| self.numbers.get(page as usize).copied());
        page
    }

    fn remove_page(&mut self, page: u32) {
        let number = self.numbers.swap_remove(page as usize);
        self.places.remove(&number, page);
        // Which was last is here now.
        let last = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        if let Some(moved) = self.numbers.get(page as usize) {
            self.rows.copy_within(at(last, 0).., at(page, 0));
            self.places.moved(moved, last, page);
        }
        self.rows.truncate(at(last, 0));
    }
}

/// Where in the list of rows this id is, on that page.
fn at(page: u32, id: u32) -> usize {
    page as usize * ROWS as usize + (id % ROWS) as usize
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn whatever_is_set_and_removed_is_found_and_a_page_goes_with_its_last_row() {
        let (mut pages, mut expected) = (Pages::default(), BTreeMap::new());
        pages.reserve(10);
        for step in 0..20_000_u32 {
            // Mostly neighbours, and some far apart.
            let id = if step % 5 == 0 { step.wrapping_mul(2_654_435_761) } else { step * 7_919 % 300 };
            if step % 3 == 0 {
                assert_eq!(pages.remove(id), expected.remove(&id));
            } else {
                assert_eq!(pages.set(id, step), expected.insert(id, step));
            }
            assert_eq!((pages.len(), pages.get(id)), (expected.len(), expected.get(&id)));
        }
        for (id, row) in &mut expected {
            *row += 2;
            *pages.get_mut(*id).unwrap() += 1;
        }
        pages.iter_mut().for_each(|row| *row += 1);
        assert_eq!(pages.iter().map(|(id, row)| (id, *row)).collect::<BTreeMap<_, _>>(), expected);
        for id in expected.keys() {
            pages.remove(*id);
        }
        assert_eq!((pages.len(), pages.rows.len(), pages.numbers.len(), pages.get(7)), (0, 0, 0, None));
        assert_eq!((pages.set(u32::MAX, 1), pages.get(u32::MAX)), (None, Some(&1)));
    }
}
