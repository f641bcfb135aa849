//! What cargo-fuzz calls: parsers that take whatever comes, and what has to hold of their answers. Only in tests and
//! under cargo-fuzz; the tests replay what it has found.

mod names;
mod policy;
mod token;

pub use names::names;
pub use policy::policy;
pub use token::token;

#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn names_hold_over_all_saved_inputs() {
        replay(include_str!("../../../fuzz/corpora/names.txt"), super::names);
    }

    #[test]
    fn tokens_hold_over_all_saved_inputs() {
        replay(include_str!("../../../fuzz/corpora/token.txt"), super::token);
    }

    #[test]
    fn policy_files_hold_over_all_saved_inputs() {
        replay(include_str!("../../../fuzz/corpora/policy.txt"), super::policy);
    }
}
