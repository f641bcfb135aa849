//! The process that answers one question, read from standard input, and ends.

use std::io::{self, Read, Write};

use gk_service::Paths;
use gk_service::query::{Answer, MOST_QUESTION};
use gk_shared::environment::Environment;
use nix::sys::resource::{Resource, setrlimit};

use crate::PlaceFlags;

/// The verb of gk-admin that this is; nobody types it.
pub(crate) const VERB: &str = "answer-question";

/// Address space, in bytes: the program itself, a small cache, and what a question sorts.
const MOST_MEMORY: u64 = 512 << 20;
/// Seconds of processor time.
const MOST_WORK: u64 = 5;
/// Open files: the database, its two companions, and what was open at the start.
const MOST_FILES: u64 = 16;

/// Answers on standard output, in JSON.
///
/// # Errors
/// When the process cannot be kept small, or nobody listens.
pub fn answer(place: &PlaceFlags) -> io::Result<()> {
    let Paths { database, .. } = place.paths(&Environment::default());
    keep_small()?;
    let mut question = String::new();
    io::stdin().take(MOST_QUESTION as u64 + 1).read_to_string(&mut question)?;
    let answer = serde_json::to_vec(&Answer::of(&database, &question))?;
    io::stdout().write_all(&answer)
}

/// Takes from this process, for good, what no question needs.
fn keep_small() -> io::Result<()> {
    let limits = [
        (Resource::RLIMIT_AS, MOST_MEMORY),
        (Resource::RLIMIT_CPU, MOST_WORK),
        (Resource::RLIMIT_FSIZE, 0),
        (Resource::RLIMIT_NOFILE, MOST_FILES),
        (Resource::RLIMIT_CORE, 0),
    ];
    limits.iter().try_for_each(|(resource, most)| setrlimit(*resource, *most, *most).map_err(io::Error::from))
}
