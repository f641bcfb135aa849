//! The languages mails are written in.

/// A language there are templates for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    English,
    German,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// The tag it is stored and chosen by.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// What it calls itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// Reads a tag; `de-AT` is German.
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.trim().split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The one a browser likes best of those there are, by its Accept-Language header. Equal weights: the first named.
    pub fn preferred(header: &str) -> Option<Self> {
        let mut best: Option<(Self, f32)> = None;
        for part in header.split(',').take(20) {
            let (tag, weight) = part.split_once(";q=").unwrap_or((part, "1"));
            let weight = weight.trim().parse::<f32>().unwrap_or(0.0);
            let better = weight > 0.0 && best.is_none_or(|(_, most)| weight > most);
            if let Some(language) = Self::parse(tag).filter(|_| better) {
                best = Some((language, weight));
            }
        }
        best.map(|(language, _)| language)
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn the_browsers_wish_is_read_by_weight() {
        let of = |header| Language::preferred(header).map(Language::tag);
        assert_eq!(of("de-AT,de;q=0.9,en;q=0.8"), Some("de"));
        assert_eq!(of("fr-FR,en;q=0.4,de;q=0.7"), Some("de"));
        assert_eq!(of("en, de"), Some("en"));
        assert_eq!(of("de;q=0, en;q=0.1"), Some("en"));
        assert_eq!(of("fr"), None);
        assert_eq!(of("\u{0};q=x,,;q="), None);
    }
}
