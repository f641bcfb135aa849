//! Somebody wants to sign in: are they in a directory, and may they still? Asked before a mail is sent and after the page
//! has been answered, so that it shows in no answer.

use gk_service::model::{Account, Found, User};
use gk_service::service::directories::{self, Needs};
use gk_service::service::{Caller, Refusal};
use gk_shared::model::{Email, Username};

use super::people::Who;
use super::{Directories, Sought};

/// What a directory's answer means for a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// No directory has a say: what was typed counts.
    AsTyped,
    /// It is this account.
    As(Username),
    /// They are in a directory and may not sign in, or their names are another account's.
    Barred,
    /// More than one person is meant.
    Ambiguous,
    /// Whether they may is not known now.
    Unavailable,
}

impl Directories {
    /// Whether a directory has to be asked; nothing is asked yet.
    pub(crate) async fn needs(&self, typed: &str) -> Result<Needs, Refusal> {
        let typed = typed.to_owned();
        self.read(move |view| directories::needs(view, &typed)).await
    }

    /// Asks whom a name means, and makes or brings up to date their account.
    pub(crate) async fn arrive(&self, needs: Needs) -> Arrival {
        let arrived = match needs {
            Needs::Nothing => Ok(Arrival::AsTyped),
            Needs::Again { user, unique_id } => self.arrive_again(*user, unique_id).await,
            Needs::Address(address) => {
                let typed = Email::parse(&address).ok();
                self.arrive_new(self.sought(None, Who::Address(address)).await, typed).await
            }
            Needs::Named(label, name) => self.arrive_new(self.sought(Some(&label), Who::Named(name)).await, None).await,
            Needs::Bare(name) => self.arrive_new(self.sought(None, Who::Named(name)).await, None).await,
        };
        arrived.unwrap_or_else(|error| {
            tracing::warn!(%error, "somebody from a directory was not let in");
            Arrival::Barred
        })
    }

    /// Somebody whose account a directory keeps. While it does not answer, what it said last counts; that it has them no
    /// more is taken over by a refresh only, which counts how many that is.
    async fn arrive_again(&self, user: User, unique_id: String) -> Result<Arrival, Refusal> {
        let label = gk_service::model::DirectoryLabel::parse(&user.directory)?;
        match self.sought(Some(&label), Who::Numbered(unique_id)).await? {
            Sought::Found(found) if found.account == Account::Enabled => {
                let take = move |op: &gk_service::service::Op<'_>| directories::take(op, user.id, &found);
                let taken = self.write(Caller::system("directory"), take).await?.value;
                Ok(Arrival::As(taken.user.username))
            }
            Sought::Found(_) | Sought::Nobody => Ok(Arrival::Barred),
            Sought::Ambiguous => Ok(Arrival::Ambiguous),
            Sought::Unavailable(_) => Ok(Arrival::AsTyped),
        }
    }

    async fn arrive_new(&self, sought: Result<Sought, Refusal>, typed: Option<Email>) -> Result<Arrival, Refusal> {
        match sought? {
            Sought::Found(found) if found.account == Account::Enabled => self.admit(*found, typed).await,
            Sought::Found(_) => Ok(Arrival::Barred),
            Sought::Nobody => Ok(Arrival::AsTyped),
            Sought::Ambiguous => Ok(Arrival::Ambiguous),
            Sought::Unavailable(_) => Ok(Arrival::Unavailable),
        }
    }

    async fn admit(&self, found: Found, typed: Option<Email>) -> Result<Arrival, Refusal> {
        let admit = move |op: &gk_service::service::Op<'_>| directories::admit(op, &found, typed.as_ref());
        let user = self.write(Caller::system("directory"), admit).await?.value;
        Ok(Arrival::As(user.username))
    }
}
