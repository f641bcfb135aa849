//! The blocks that `gk apps nginx` prints for ten shapes of apps, all in one real nginx: what each lets through.

mod live;
mod open;
pub(crate) mod scene;
mod shapes;
mod table;
mod text;
