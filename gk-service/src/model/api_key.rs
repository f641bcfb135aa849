//! Keys of programs.

use gk_shared::model::AppId;
use gk_shared::time::Timestamp;

/// What a key may do, by itself or together.
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

/// A key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    pub id: i64,
    pub name: String,
    /// The first characters of the secret, to tell keys apart.
    pub prefix: String,
    pub scopes: Scopes,
    /// All it may touch, if set.
    pub app: Option<AppId>,
    pub enabled: bool,
    pub created_by: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it opens anything now.
    pub fn counts(&self, now: Timestamp) -> bool {
        self.enabled && self.expires_at.is_none_or(|until| now < until)
    }
}
