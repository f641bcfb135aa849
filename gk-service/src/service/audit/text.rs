//! What people type to look for, as a query of FTS5 that is never a mistake: every word stands for itself.

/// So many words are looked for.
const MOST_WORDS: usize = 16;
/// So many characters.
const MOST_CHARACTERS: usize = 200;

/// The query, in these columns if any are named; nothing for a text without a letter or digit, which no row has.
pub(super) fn query(text: &str, columns: Option<&str>) -> Option<String> {
    let text = text.chars().take(MOST_CHARACTERS).filter(|c| !c.is_control() || c.is_whitespace()).collect::<String>();
    let words = text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric));
    let phrases = words.take(MOST_WORDS).map(|word| format!("\"{}\"", word.replace('"', " "))).collect::<Vec<_>>();
    let all = phrases.join(" AND ");
    match (phrases.is_empty(), columns) {
        (true, _) => None,
        (false, None) => Some(all),
        (false, Some(columns)) => Some(format!("{{{columns}}} : ({all})")),
    }
}

#[cfg(test)]
mod tests {
    use super::query;

    #[test]
    fn every_word_is_a_phrase() {
        assert_eq!(query("alice@example.com  added", None).as_deref(), Some("\"alice@example.com\" AND \"added\""));
        assert_eq!(query("a\"b OR NEAR(", None).as_deref(), Some("\"a b\" AND \"OR\" AND \"NEAR(\""));
        assert_eq!(query(" -- * ", None), None);
        assert_eq!(query("x", Some("actor target")).as_deref(), Some("{actor target} : (\"x\")"));
    }
}
