//! Directories: set up in `setup`, people found in `people`, what is said of them taken over in `take`, everybody looked
//! up again in `runs`. The directories themselves are asked elsewhere: what comes here are their answers.

mod check;
mod membership;
mod people;
mod runs;
mod setup;
mod take;
#[cfg(test)]
mod tests;

pub use people::{Needs, about, admit, count, known, may_look, needs, people_of, provision};
pub use runs::{Progress, allow, begin, cancel, due, finish, latest, noted, progress, start, take_over, waiting};
pub use setup::{People, Setup, add, remove, update, update_seen};
pub use take::{Taken, is_current, take, take_gone};

use super::op::View;
use super::permit::{Verb, permit};
use super::refusal::Refusal;
use crate::model::{Directory, DirectoryLabel};
use crate::secret::{Purpose, Secret};
use crate::store::directories;

/// A directory with what it takes to ask it.
#[derive(Clone, Debug)]
pub struct Usable {
    pub directory: Directory,
    /// None for an anonymous bind, and when none is kept.
    pub password: Option<Secret>,
}

/// Every directory, in order.
pub fn list(view: &View<'_>) -> Result<Vec<Directory>, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    Ok(directories::list(view.connection)?)
}

/// The directory with this label.
pub fn find(view: &View<'_>, label: &DirectoryLabel) -> Result<Directory, Refusal> {
    permit(view.standing, Verb::Inspect)?;
    labelled(view, label)
}

/// Every directory that is switched on, with what it takes to ask it: for the part that does, and no face.
pub fn usable(view: &View<'_>) -> Result<Vec<Usable>, Refusal> {
    permit(view.standing, Verb::TakeFromDirectory)?;
    let switched_on = directories::list(view.connection)?.into_iter().filter(|directory| directory.enabled);
    switched_on.map(|directory| opened(view, directory)).collect()
}

/// One directory, switched on or not, with what it takes to try it.
pub fn to_try(view: &View<'_>, label: &DirectoryLabel) -> Result<Usable, Refusal> {
    permit(view.standing, Verb::ChangeDirectories)?;
    opened(view, labelled(view, label)?)
}

fn labelled(view: &View<'_>, label: &DirectoryLabel) -> Result<Directory, Refusal> {
    directories::by_label(view.connection, label)?.ok_or_else(|| Refusal::missing("directory", label))
}

fn opened(view: &View<'_>, directory: Directory) -> Result<Usable, Refusal> {
    let Some(sealed) = directories::sealed_password(view.connection, directory.id)? else {
        return Ok(Usable { directory, password: None });
    };
    let plain = view.root()?.open(Purpose::Directory, &sealed)?;
    let password = std::str::from_utf8(&plain).ok().map(Secret::new);
    Ok(Usable { directory, password })
}
