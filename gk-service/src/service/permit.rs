//! May this caller do this? One pure function, and a table of every combination in permits.txt.
//!
//! Who administers an app by a grant, and a key that is bound to it, see that app whole: settings, grants, requests, keys
//! and audit. They never escalate, which is more than the table can say; `service::reach` has the rules:
//!
//! - They give no role stronger than their own, touch no grant that has one, and give nothing to themselves. So an admin
//!   may make another one of the same app, for no longer than they are one. A key gives and touches only roles weaker
//!   than every admin role. Whoever is stronger by a group, or a super-admin, is none of theirs to give to or take from.
//! - They give grants to people by exact name, never to groups: who is in a group is not theirs to know. The grant of a
//!   group they see, with those who enter by it, and no more.
//! - Of the settings they change name, description, contact, `noindex` and `listed`. The slug, the admin roles and
//!   X-Auth-Groups are not theirs. They add no origin, and callbacks only at origins the app has: both say where people
//!   may be sent, from the one page everybody trusts. An admin changes the list of roles below their own role; what
//!   stands from there on decides who is how strong, and stays. A key changes no roles.
//! - They make keys of their app with scopes that are theirs: an admin `read` and `write`, a key what it has; and none
//!   that outlasts them: it ends by then, and is refused while they administer the app no more (`keys::power`).
//!
//! Every setting that is not named here is an administrator's, also one that is yet to come.

use super::refusal::Refusal;
use crate::model::{Scopes, User};

/// What a caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Somebody who can read the root key: may do everything.
    Operator,
    /// A usable member of the built-in group `admin` who signed in a short while ago.
    SuperAdmin,
    /// The same, whose sign-in is too old to change anything of others.
    StaleAdmin,
    /// Whoever administers the one app in question by a grant, signed in a short while ago.
    AppAdmin,
    /// The same, whose sign-in is too old.
    StaleAppAdmin,
    /// A usable account.
    Person,
    /// A signed-in account that is pending, rejected or disabled.
    Unusable,
    /// A program with a key.
    Key(Scopes),
    /// A program whose key is bound to the app in question.
    AppKey(Scopes),
    /// A program whose key is bound to an app that is not in question: it may nothing here.
    BoundKey,
    /// Gatekeeper itself.
    System,
    /// Anybody.
    Stranger,
}

/// Whether a sign-in is recent enough for an administrator to change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignIn {
    Fresh,
    Old,
}

impl Standing {
    #[cfg(test)]
    const ALL: [Self; 16] = [
        Self::Operator,
        Self::SuperAdmin,
        Self::StaleAdmin,
        Self::AppAdmin,
        Self::StaleAppAdmin,
        Self::Person,
        Self::Unusable,
        Self::Key(Scopes::READ),
        Self::Key(Scopes::WRITE),
        Self::Key(Scopes::MINT),
        Self::AppKey(Scopes::READ),
        Self::AppKey(Scopes::WRITE),
        Self::AppKey(Scopes::MINT),
        Self::BoundKey,
        Self::System,
        Self::Stranger,
    ];

    /// What this account is.
    pub(super) fn of(user: &User, sign_in: SignIn) -> Self {
        match (user.is_usable(), user.admin, sign_in) {
            (false, ..) => Self::Unusable,
            (true, true, SignIn::Fresh) => Self::SuperAdmin,
            (true, true, SignIn::Old) => Self::StaleAdmin,
            (true, false, _) => Self::Person,
        }
    }

    /// What somebody is where they administer the app by a grant.
    pub(super) fn of_app_admin(sign_in: SignIn) -> Self {
        match sign_in {
            SignIn::Fresh => Self::AppAdmin,
            SignIn::Old => Self::StaleAppAdmin,
        }
    }

    /// What it would be after a new sign-in.
    fn refreshed(self) -> Self {
        match self {
            Self::StaleAdmin => Self::SuperAdmin,
            Self::StaleAppAdmin => Self::AppAdmin,
            Self::Operator
            | Self::SuperAdmin
            | Self::AppAdmin
            | Self::Person
            | Self::Unusable
            | Self::Key(_)
            | Self::AppKey(_)
            | Self::BoundKey
            | Self::System
            | Self::Stranger => self,
        }
    }
}

/// What a service function does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Look at people, groups, apps, grants, settings or a decision.
    Inspect,
    /// Add, change or remove people.
    ChangeUsers,
    /// Make administrators and unmake them, and change their accounts.
    ChangeAdmins,
    /// Add or remove groups and their members.
    ChangeGroups,
    /// Add or remove apps, and change everything about them.
    ChangeApps,
    /// See an app with its grants, keys and audit.
    SeeApp,
    /// Change what is said of an app.
    ChangeAppSettings,
    /// Make and end the keys that are bound to an app.
    ChangeAppKeys,
    /// Give and take grants.
    ChangeGrants,
    /// Set and unset settings.
    ChangeSettings,
    /// Make and end keys of programs and of people.
    ChangeKeys,
    /// Make a key that opens apps in one's own name.
    MakeOwnKey,
    /// Invite people, and take invitations back.
    ChangeInvitations,
    /// Try mails again, drop them, and say where none may go.
    ChangeMail,
    /// See who asks for access to an app.
    SeeRequests,
    /// Approve or reject them.
    DecideRequests,
    /// Make a session or a sign-in link for somebody else.
    MintSession,
    /// Look somebody up by name, to sign them in to an app.
    LookUp,
    /// Sign people in to an app that is not behind nginx.
    SignInToApp,
    /// See who is signed in to such an app.
    SeeSignedIn,
    /// Go on to such an app, signed in.
    EnterApp,
    /// End other people's sessions.
    EndSessions,
    /// End one's own session.
    SignOut,
    /// Ask for a sign-in mail and use it.
    SignIn,
    /// See one's own apps.
    SeeOwnApps,
    /// See and change one's own account.
    ChangeOwnAccount,
    /// Ask for access to an app.
    RequestAccess,
    /// Set directories up, and try them.
    ChangeDirectories,
    /// Look everybody up again whom a directory keeps, and see how far that is.
    RefreshDirectories,
    /// Take what a directory says of somebody.
    TakeFromDirectory,
    /// Empty the mail queue and delete what ran out.
    Housekeep,
    /// Take a copy of everything, and look at those there are.
    TakeBackup,
    /// Exchange the keys that sign and seal.
    RotateKeys,
    /// Ask the database in SQL.
    AskDatabase,
}

impl Verb {
    #[cfg(test)]
    const ALL: [Self; 34] = [
        Self::Inspect,
        Self::ChangeUsers,
        Self::ChangeAdmins,
        Self::ChangeGroups,
        Self::ChangeApps,
        Self::SeeApp,
        Self::ChangeAppSettings,
        Self::ChangeAppKeys,
        Self::ChangeGrants,
        Self::ChangeSettings,
        Self::ChangeKeys,
        Self::MakeOwnKey,
        Self::ChangeInvitations,
        Self::ChangeMail,
        Self::SeeRequests,
        Self::DecideRequests,
        Self::MintSession,
        Self::LookUp,
        Self::SignInToApp,
        Self::SeeSignedIn,
        Self::EnterApp,
        Self::EndSessions,
        Self::SignOut,
        Self::SignIn,
        Self::SeeOwnApps,
        Self::ChangeOwnAccount,
        Self::RequestAccess,
        Self::ChangeDirectories,
        Self::RefreshDirectories,
        Self::TakeFromDirectory,
        Self::Housekeep,
        Self::TakeBackup,
        Self::RotateKeys,
        Self::AskDatabase,
    ];

    /// Whom it takes, in words.
    fn needs(self) -> &'static str {
        match self {
            Self::Inspect
            | Self::ChangeUsers
            | Self::ChangeAdmins
            | Self::ChangeGroups
            | Self::ChangeApps
            | Self::ChangeSettings
            | Self::ChangeKeys
            | Self::ChangeInvitations
            | Self::ChangeMail
            | Self::ChangeDirectories
            | Self::RefreshDirectories
            | Self::EndSessions
            | Self::TakeBackup
            | Self::RotateKeys
            | Self::AskDatabase => "an administrator",
            Self::SeeRequests
            | Self::DecideRequests
            | Self::SeeApp
            | Self::ChangeAppSettings
            | Self::ChangeAppKeys
            | Self::ChangeGrants => "an administrator of the app",
            Self::MintSession | Self::TakeFromDirectory | Self::Housekeep => "an operator at the command line",
            Self::LookUp => "a key with the scope read",
            Self::SignInToApp => "a key with the scope mint, for this app",
            Self::SeeSignedIn => "a key with the scope read or mint, for this app",
            Self::SignOut | Self::SeeOwnApps | Self::EnterApp | Self::ChangeOwnAccount => "a signed-in person",
            Self::RequestAccess | Self::MakeOwnKey => "a signed-in person whose account is approved",
            Self::SignIn => "somebody who is not signed in as another",
        }
    }
}

/// Refuses what the caller may not do.
pub(crate) fn permit(standing: Standing, verb: Verb) -> Result<(), Refusal> {
    if may(standing, verb) {
        Ok(())
    } else if may(standing.refreshed(), verb) {
        Err(Refusal::SignInAgain)
    } else if standing == Standing::BoundKey && may(Standing::AppKey(Scopes::ALL), verb) {
        Err(Refusal::WrongApp)
    } else {
        Err(Refusal::Forbidden(verb.needs()))
    }
}

fn may(standing: Standing, verb: Verb) -> bool {
    use Standing::{
        AppAdmin, AppKey, BoundKey, Key, Operator, Person, StaleAdmin, StaleAppAdmin, Stranger, SuperAdmin, System,
        Unusable,
    };
    match verb {
        Verb::Inspect => match standing {
            Key(scopes) => scopes.read,
            Operator | SuperAdmin | StaleAdmin => true,
            AppKey(_) | BoundKey | AppAdmin | StaleAppAdmin | Person | Unusable | System | Stranger => false,
        },
        Verb::ChangeUsers | Verb::ChangeGroups => match standing {
            Key(scopes) => scopes.write,
            Operator | SuperAdmin => true,
            AppKey(_) | BoundKey | StaleAdmin | AppAdmin | StaleAppAdmin | Person | Unusable | System | Stranger => {
                false
            }
        },
        Verb::ChangeAdmins
        | Verb::ChangeApps
        | Verb::ChangeSettings
        | Verb::ChangeKeys
        | Verb::ChangeInvitations
        | Verb::ChangeMail
        | Verb::ChangeDirectories
        | Verb::EndSessions
        | Verb::RotateKeys
        | Verb::AskDatabase => matches!(standing, Operator | SuperAdmin),
        Verb::SeeRequests | Verb::SeeApp => match standing {
            Key(scopes) | AppKey(scopes) => scopes.read,
            Operator | SuperAdmin | StaleAdmin | AppAdmin | StaleAppAdmin => true,
            BoundKey | Person | Unusable | System | Stranger => false,
        },
        Verb::DecideRequests | Verb::ChangeGrants => match standing {
            Key(scopes) | AppKey(scopes) => scopes.write,
            Operator | SuperAdmin | AppAdmin => true,
            BoundKey | StaleAdmin | StaleAppAdmin | Person | Unusable | System | Stranger => false,
        },
        Verb::ChangeAppSettings | Verb::ChangeAppKeys => match standing {
            AppKey(scopes) => scopes.write,
            Operator | SuperAdmin | AppAdmin => true,
            Key(_) | BoundKey | StaleAdmin | StaleAppAdmin | Person | Unusable | System | Stranger => false,
        },
        Verb::MintSession => matches!(standing, Operator),
        Verb::LookUp => matches!(standing, Key(scopes) | AppKey(scopes) if scopes.read),
        Verb::SignInToApp => matches!(standing, Key(scopes) | AppKey(scopes) if scopes.mint),
        Verb::SeeSignedIn => matches!(standing, Key(scopes) | AppKey(scopes) if scopes.read || scopes.mint),
        Verb::RefreshDirectories => matches!(standing, Operator | SuperAdmin | System),
        Verb::TakeFromDirectory | Verb::Housekeep => matches!(standing, Operator | System),
        Verb::TakeBackup => matches!(standing, Operator | SuperAdmin | System),
        Verb::SignOut | Verb::SeeOwnApps | Verb::EnterApp | Verb::ChangeOwnAccount => {
            matches!(standing, SuperAdmin | StaleAdmin | AppAdmin | StaleAppAdmin | Person | Unusable)
        }
        Verb::RequestAccess | Verb::MakeOwnKey => {
            matches!(standing, SuperAdmin | StaleAdmin | AppAdmin | StaleAppAdmin | Person)
        }
        Verb::SignIn => matches!(standing, Stranger),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(standing: Standing) -> String {
        match standing {
            Standing::Key(scopes) => format!("Key({})", scopes.words()),
            Standing::AppKey(scopes) => format!("AppKey({})", scopes.words()),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn every_combination_is_in_the_table() {
        let line = |verb: &Verb| {
            let allowed = Standing::ALL.iter().filter(|standing| may(**standing, *verb)).copied();
            let again = Standing::ALL
                .iter()
                .copied()
                .filter(|standing| matches!(permit(*standing, *verb), Err(Refusal::SignInAgain)));
            let words = |found: Vec<Standing>| found.into_iter().map(word).collect::<Vec<_>>().join(" ");
            let again = words(again.collect());
            let again = if again.is_empty() { again } else { format!(" | after signing in again: {again}") };
            format!("{verb:?}: {}{again}\n", words(allowed.collect()))
        };
        let table = Verb::ALL.iter().map(line).collect::<String>();
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/service/permits.txt");
        if std::env::var_os("GK_BLESS").is_some() {
            std::fs::write(path, &table).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), table, "review, then run again with GK_BLESS=1");
    }
}
