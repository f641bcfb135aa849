//! May this caller do this? One pure function, and a table of every combination in permits.txt.

use super::refusal::Refusal;
use crate::model::User;

/// What a caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Somebody who can read the root key: may do everything.
    Operator,
    /// A usable member of the built-in group `admin`.
    SuperAdmin,
    /// A usable account.
    Person,
    /// A signed-in account that is pending, rejected or disabled.
    Unusable,
    /// Gatekeeper itself.
    System,
    /// Anybody.
    Stranger,
}

impl Standing {
    #[cfg(test)]
    const ALL: [Self; 6] =
        [Self::Operator, Self::SuperAdmin, Self::Person, Self::Unusable, Self::System, Self::Stranger];

    /// What this account is.
    pub(super) fn of(user: &User) -> Self {
        match (user.is_usable(), user.admin) {
            (false, _) => Self::Unusable,
            (true, true) => Self::SuperAdmin,
            (true, false) => Self::Person,
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
    /// Add or remove groups and their members.
    ChangeGroups,
    /// Add or remove apps.
    ChangeApps,
    /// Give and take grants.
    ChangeGrants,
    /// Set and unset settings.
    ChangeSettings,
    /// Make a session or a sign-in link for somebody else.
    MintSession,
    /// End other people's sessions.
    EndSessions,
    /// End one's own session.
    SignOut,
    /// Ask for a sign-in mail and use it.
    SignIn,
    /// See one's own apps.
    SeeOwnApps,
    /// Empty the mail queue and delete what ran out.
    Housekeep,
}

impl Verb {
    #[cfg(test)]
    const ALL: [Self; 12] = [
        Self::Inspect,
        Self::ChangeUsers,
        Self::ChangeGroups,
        Self::ChangeApps,
        Self::ChangeGrants,
        Self::ChangeSettings,
        Self::MintSession,
        Self::EndSessions,
        Self::SignOut,
        Self::SignIn,
        Self::SeeOwnApps,
        Self::Housekeep,
    ];

    /// Whom it takes, in words.
    fn needs(self) -> &'static str {
        match self {
            Self::Inspect
            | Self::ChangeUsers
            | Self::ChangeGroups
            | Self::ChangeApps
            | Self::ChangeGrants
            | Self::ChangeSettings
            | Self::EndSessions => "an administrator",
            Self::MintSession | Self::Housekeep => "an operator at the command line",
            Self::SignOut | Self::SeeOwnApps => "a signed-in person",
            Self::SignIn => "somebody who is not signed in as another",
        }
    }
}

/// Refuses what the caller may not do.
pub(crate) fn permit(standing: Standing, verb: Verb) -> Result<(), Refusal> {
    if may(standing, verb) { Ok(()) } else { Err(Refusal::Forbidden(verb.needs())) }
}

fn may(standing: Standing, verb: Verb) -> bool {
    match verb {
        Verb::Inspect
        | Verb::ChangeUsers
        | Verb::ChangeGroups
        | Verb::ChangeApps
        | Verb::ChangeGrants
        | Verb::ChangeSettings
        | Verb::EndSessions => matches!(standing, Standing::Operator | Standing::SuperAdmin),
        Verb::MintSession => matches!(standing, Standing::Operator),
        Verb::Housekeep => matches!(standing, Standing::Operator | Standing::System),
        Verb::SignOut | Verb::SeeOwnApps => {
            matches!(standing, Standing::SuperAdmin | Standing::Person | Standing::Unusable)
        }
        Verb::SignIn => matches!(standing, Standing::Stranger),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_is_in_the_table() {
        let line = |verb: &Verb| {
            let allowed = Standing::ALL.iter().filter(|standing| may(**standing, *verb));
            format!("{verb:?}: {}\n", allowed.map(|standing| format!("{standing:?}")).collect::<Vec<_>>().join(" "))
        };
        let table = Verb::ALL.iter().map(line).collect::<String>();
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/service/permits.txt");
        if std::env::var_os("GK_BLESS").is_some() {
            std::fs::write(path, &table).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), table, "review, then run again with GK_BLESS=1");
    }
}
