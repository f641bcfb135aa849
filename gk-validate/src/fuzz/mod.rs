//! What cargo-fuzz calls: the bytes nginx or anybody else may send, and what has to hold of the answers. Only in tests
//! and under cargo-fuzz; the tests replay what it has found.

mod answers;
mod cookie;
mod head;
mod reading;
mod wire;

pub use cookie::cookie;
pub use head::head;

#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn cookies_hold_over_all_saved_inputs() {
        replay(include_str!("../../../fuzz/corpora/cookie.txt"), super::cookie);
    }

    #[test]
    fn heads_hold_over_all_saved_inputs() {
        replay(include_str!("../../../fuzz/corpora/head.txt"), super::head);
    }
}
