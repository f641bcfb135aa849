//! Keys of programs and of people.

use gk_shared::model::{ApiKeyId, AppId, UserId};
use gk_shared::time::Timestamp;

/// What a program's key may do, by itself or together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes {
    /// Look at everything.
    pub read: bool,
    /// Change people, groups, grants and requests.
    pub write: bool,
    /// Sign people in to apps.
    pub mint: bool,
}

impl Scopes {
    pub const READ: Self = Self { read: true, write: false, mint: false };
    pub const WRITE: Self = Self { read: false, write: true, mint: false };
    pub const MINT: Self = Self { read: false, write: false, mint: true };
    pub const ALL: Self = Self { read: true, write: true, mint: true };

    /// Whether everything these may, the others may too.
    pub fn are_within(self, most: Self) -> bool {
        (most.read || !self.read) && (most.write || !self.write) && (most.mint || !self.mint)
    }

    /// Reads words separated by commas; `None` for an unknown one or none at all.
    pub fn parse(text: &str) -> Option<Self> {
        let mut scopes = Self::default();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            match word {
                "read" => scopes.read = true,
                "write" => scopes.write = true,
                "mint" => scopes.mint = true,
                _ => return None,
            }
        }
        (scopes != Self::default()).then_some(scopes)
    }

    /// The words, separated by commas.
    pub fn words(self) -> String {
        let all = [(self.read, "read"), (self.write, "write"), (self.mint, "mint")];
        all.into_iter().filter_map(|(has, word)| has.then_some(word)).collect::<Vec<_>>().join(",")
    }
}

/// The apps a person's key opens: at least one, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyApps(Vec<AppId>);

impl KeyApps {
    /// Takes them in any order; `None` if there are none.
    pub fn new(mut apps: Vec<AppId>) -> Option<Self> {
        apps.sort_unstable();
        apps.dedup();
        (!apps.is_empty()).then_some(Self(apps))
    }

    /// Each app, by number.
    pub fn iter(&self) -> impl Iterator<Item = AppId> {
        self.0.iter().copied()
    }
}

/// What a key is for: a program at the JSON API, or a person at apps. Never both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyReach {
    Program {
        scopes: Scopes,
        /// All it may touch, if set.
        app: Option<AppId>,
        /// The administrator of that app who made it, and without whose administration it is refused.
        maker: Option<UserId>,
    },
    /// It opens these apps as its owner, where the owner may enter.
    Person { owner: UserId, apps: KeyApps },
}

/// A key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    pub id: ApiKeyId,
    /// What it is for, in somebody's words.
    pub name: String,
    /// The first characters of the secret, to tell keys apart.
    pub prefix: String,
    pub reach: KeyReach,
    pub enabled: bool,
    pub created_by: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
}

/// Where a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    InUse,
    /// Put out of use by an administrator, who may put it into use again.
    Disabled,
    Expired,
    /// Whoever made it does not administer its app any more.
    MakerLeft,
}

impl KeyState {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::InUse => "in use",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::MakerLeft => "maker left",
        }
    }
}

impl ApiKey {
    /// Where it stands now by itself; whoever made it may take from it.
    pub(crate) fn state(&self, now: Timestamp) -> KeyState {
        match (self.enabled, self.expires_at) {
            (false, _) => KeyState::Disabled,
            (true, Some(until)) if until <= now => KeyState::Expired,
            (true, _) => KeyState::InUse,
        }
    }
}
