//! For tests: the decision a second time, without a snapshot, by SQL over the file's rows; and random files, changes
//! and questions, over which both have to agree. Only in tests and under cargo-fuzz.

mod agreement;
mod decision;
mod dice;
mod question;
mod rows;

pub(crate) use agreement::agree;
pub(crate) use dice::Dice;
pub(crate) use rows::random_file;
