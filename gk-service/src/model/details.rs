//! What is known about a person besides names and address: shown to administrators, and used for nothing.

/// One of the details of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    GivenName,
    MailNickname,
    Title,
    Department,
    Manager,
    TelephoneNumber,
    MobileNumber,
}

impl Detail {
    pub const ALL: [Self; 7] = [
        Self::GivenName,
        Self::MailNickname,
        Self::Title,
        Self::Department,
        Self::Manager,
        Self::TelephoneNumber,
        Self::MobileNumber,
    ];

    /// The word of columns, forms and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::GivenName => "given_name",
            Self::MailNickname => "mail_nickname",
            Self::Title => "title",
            Self::Department => "department",
            Self::Manager => "manager",
            Self::TelephoneNumber => "telephone_number",
            Self::MobileNumber => "mobile_number",
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::GivenName => "Given name",
            Self::MailNickname => "Mail nickname",
            Self::Title => "Title",
            Self::Department => "Department",
            Self::Manager => "Manager",
            Self::TelephoneNumber => "Telephone",
            Self::MobileNumber => "Mobile",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|detail| detail.word() == word)
    }
}

/// All details of a person; what is not known is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details([String; Detail::ALL.len()]);

impl Details {
    /// Every detail, in the order of [`Detail::ALL`].
    pub(crate) fn new(all: [String; Detail::ALL.len()]) -> Self {
        Self(all)
    }

    /// One of them.
    pub fn get(&self, detail: Detail) -> &str {
        self.iter().find_map(|(found, text)| (found == detail).then_some(text)).unwrap_or_default()
    }

    /// Sets one of them.
    pub fn set(&mut self, detail: Detail, text: String) {
        let mut all = Detail::ALL.into_iter().zip(&mut self.0);
        if let Some((_, place)) = all.find(|(found, _)| *found == detail) {
            *place = text;
        }
    }

    /// Each with its text.
    pub fn iter(&self) -> impl Iterator<Item = (Detail, &str)> {
        Detail::ALL.into_iter().zip(self.0.iter().map(String::as_str))
    }
}
