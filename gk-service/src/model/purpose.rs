//! What a sign-in mail is for.

/// What a sign-in mail was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    SignIn,
    /// The same, and it may make an account for somebody from outside, who then waits.
    Register,
}

impl Purpose {
    /// The stored word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::SignIn => "signin",
            Self::Register => "register",
        }
    }

    /// Reads the word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::SignIn, Self::Register].into_iter().find(|purpose| purpose.word() == word)
    }
}
