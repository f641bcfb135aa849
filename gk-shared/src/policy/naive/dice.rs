//! Where random choices come from: numbers that repeat with their seed, or the bytes that a fuzzer makes up.

/// A source of choices.
pub(crate) enum Dice<'d> {
    /// The state of a SplitMix64 generator; any number is a seed.
    Seeded(u64),
    /// One byte for each choice; when they are used up, always the first.
    Given(&'d [u8]),
}

impl Dice<'_> {
    /// A number from 0 up to, not including, `count`.
    pub(super) fn below(&mut self, count: usize) -> usize {
        self.next().checked_rem(count).unwrap_or(0)
    }

    /// Whether one of so many chances came true.
    pub(super) fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 1
    }

    /// One of these.
    pub(super) fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        *values.get(self.below(values.len())).expect("a choice between at least one")
    }

    /// Each of these or not; in their order.
    pub(super) fn some_of<T: Copy>(&mut self, values: &[T]) -> Vec<T> {
        values.iter().copied().filter(|_| self.one_in(2)).collect()
    }

    /// A moment within a few seconds of each other, so that the ends of times are met often.
    pub(super) fn moment(&mut self) -> i64 {
        100 + i64::try_from(self.below(12)).expect("less than 12")
    }

    fn next(&mut self) -> usize {
        match self {
            Self::Seeded(state) => {
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                usize::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or(0)
            }
            Self::Given(bytes) => {
                let Some((first, rest)) = bytes.split_first() else { return 0 };
                *bytes = rest;
                usize::from(*first)
            }
        }
    }
}
